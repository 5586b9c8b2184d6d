/** Writes a site: all of it, or the files that a change reaches, whose number does not grow with the registry. */
import { type ModuleName, pages } from '@mlld/format';
import { contextFor, type PageContext } from '../components/context.ts';
import { documentOf } from '../components/layout.tsx';
import type { ModuleRow } from '../model/view.ts';
import { authorFiles } from './author.ts';
import { fixedFiles } from './fixed.ts';
import { listFiles } from './lists.ts';
import { mainPage, moduleFiles, removedModuleFiles } from './module.ts';
import { overviewFiles } from './overview.ts';
import { blockNumber, hasPage, type Plan, planKey, planSite } from './plan.ts';
import { oldShards, type Reach, reachOf } from './reach.ts';
import type { SiteFile, SiteSource } from './source.ts';
import { tagFiles } from './tags.ts';

/** What all parts of the writer share. */
export interface Job {
  readonly source: SiteSource;
  readonly plan: Plan;
  /** A page as a file. */
  readonly page: (path: string, render: (context: PageContext) => { toString(): string }) => SiteFile;
}

export interface SitePlan {
  /** To be kept, and given as `planBefore` to the next build. */
  readonly key: string;
  readonly files: AsyncGenerator<SiteFile>;
}

export function writeSite(source: SiteSource): SitePlan {
  const plan = planSite(source.rows, source.people);
  const key = planKey(plan);
  const job: Job = { source, plan, page: pageWriter(source) };
  return { key, files: filesOf(job, reachOf(job, key)) };
}

function pageWriter(source: SiteSource): Job['page'] {
  return (path, render) => {
    const context = contextFor(source, path);
    const file = path === '' || path.endsWith('/') ? `${path}index.html` : path;
    return [file, documentOf(render(context))];
  };
}

async function* filesOf(job: Job, reach: Reach): AsyncGenerator<SiteFile> {
  const { source, plan } = job;
  if (reach.all) yield* assetFiles(source);
  if (source.planBefore !== undefined && source.planBefore !== planKey(plan))
    for (const file of oldShards(source, plan)) yield [file, undefined];
  yield* modulesOf(job, reach);
  for (const author of [...reach.authors].sort()) yield* authorFiles(job, author);
  for (const tag of [...reach.tags].sort()) yield* tagFiles(job, tag);
  yield* listFiles(job, reach);
  yield* overviewFiles(job, reach.modules);
  yield* fixedFiles(job, reach.all);
}

function* assetFiles({ assets }: SiteSource): Generator<SiteFile> {
  for (const [file, content] of assets.files) yield [pages.asset(file), content];
}

async function* modulesOf(job: Job, { modules, recounted }: Reach): AsyncGenerator<SiteFile> {
  for (const name of [...recounted].sort()) {
    const view = await job.source.view(name);
    if (view !== undefined) yield mainPage(job, view);
  }
  const names = [...modules].sort();
  for (const name of names) yield* pagesOf(job, name);
  if (job.plan.blockBits >= 0) yield* blocksOf(job, names);
}

/** The pages of one module; or what takes them away, where it had some and has none any more. */
async function* pagesOf(job: Job, name: ModuleName): AsyncGenerator<SiteFile> {
  const { source, plan } = job;
  const row = source.rows.get(name);
  const old = source.before?.get(name);
  if (row !== undefined && hasPage(plan, name)) {
    yield* moduleFiles(job, row);
    yield* removedVersions(row, old);
  } else if (source.before !== undefined) yield* removedModuleFiles(name, old ?? row);
}

async function* blocksOf(job: Job, names: readonly ModuleName[]): AsyncGenerator<SiteFile> {
  const { source, plan } = job;
  const bits = plan.blockBits;
  const inBlocks = new Map(names.map((name) => [blockNumber(name, bits), [] as ModuleName[]]));
  for (const name of source.rows.keys())
    if (!hasPage(plan, name)) inBlocks.get(blockNumber(name, bits))?.push(name);
  for (const [block, list] of inBlocks) yield await blockFile(job, block.toString(16), list.sort());
}

function* removedVersions(row: ModuleRow, old: ModuleRow | undefined): Generator<SiteFile> {
  const gone = (old?.versions ?? []).filter((version) => !row.versions.includes(version));
  if (old !== undefined && gone.length > 0)
    yield* removedModuleFiles(row.name, { ...old, versions: gone }, { versionsOnly: true });
}

/** The data of all modules of a block that have no page: the shell page makes pages of it. */
async function blockFile({ source }: Job, block: string, names: readonly ModuleName[]): Promise<SiteFile> {
  if (names.length === 0) return [pages.block(block), undefined];
  const views: unknown[] = [];
  for (const name of names) {
    const view = await source.view(name);
    if (view !== undefined) views.push({ ...view, readme: view.readme.slice(0, 8000) });
  }
  return [pages.block(block), `${JSON.stringify(views)}\n`];
}
