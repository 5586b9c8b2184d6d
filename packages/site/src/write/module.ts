/** The files of one module: its page, its versions, its source, its comparison, badges, a picture, and its Markdown twin. */
import { type ModuleName, pages } from '@mlld/format';
import { markdownTwin } from '../feeds/twin.ts';
import { badge } from '../images/badge.ts';
import { ogImage } from '../images/og.ts';
import { diffVersions, factsOf, type VersionFacts } from '../model/diff.ts';
import type { ModuleRow, ModuleView, SourceFile } from '../model/view.ts';
import { DiffPage } from '../pages/diff.tsx';
import { signature } from '../pages/module/body.tsx';
import { Installs } from '../pages/module/installs.tsx';
import { ModulePage } from '../pages/module.tsx';
import { SourcePage } from '../pages/source.tsx';
import { pageLimits } from './plan.ts';
import type { Job } from './site.ts';
import type { SiteFile } from './source.ts';

export async function* moduleFiles(job: Job, row: ModuleRow): AsyncGenerator<SiteFile> {
  const { source, page } = job;
  const { name } = row;
  const view = await source.view(name);
  if (view === undefined) return;
  const home = pages.module(name);
  yield mainPage(job, view);
  yield [`${home}index.md`, markdownTwin(view, source.registry)];
  yield [`${home}badge.svg`, badge('mlld', view.latest, 'version')];
  yield [
    `${home}quality.svg`,
    badge('quality', view.quality === undefined ? 'unknown' : String(view.quality.value), 'quality'),
  ];
  yield [
    `${home}og.png`,
    ogImage({
      title: name,
      text: view.about,
      foot: `${source.registry.title} / ${view.version}`,
      seed: view.digest ?? name,
    }),
  ];
  const seen: Seen[] = [];
  for (const version of row.versions.slice(0, pageLimits.versions)) {
    const one = version === view.version ? view : await source.view(name, version);
    if (one === undefined) continue;
    if (one.theme !== undefined) yield [pages.themeCss(name, version), one.theme.css];
    const files = await source.sources(name, version);
    yield page(pages.version(name, version), (context) => ModulePage({ context, view: one }));
    yield page(pages.source(name, version), (context) => SourcePage({ context, view: one, files }));
    const facts = factsOf(one, signature);
    yield [pages.facts(name, version), `${JSON.stringify(facts)}\n`];
    if (seen.length < 2) seen.push({ facts, files });
  }
  yield diffFile(job, view, seen);
}

/** The only page that shows installs: the end of a week writes nothing else of a module. */
export function mainPage({ source, page }: Job, view: ModuleView): SiteFile {
  const { name } = view;
  return page(pages.module(name), (context) =>
    ModulePage({ context, view, children: Installs({ context, installs: source.installsOf(name) }) }),
  );
}

interface Seen {
  readonly facts: VersionFacts;
  readonly files: readonly SourceFile[];
}

function diffFile({ page }: Job, view: ModuleView, [now, before]: readonly Seen[]): SiteFile {
  const path = pages.diff(view.name);
  if (now === undefined || before === undefined) return [`${path}index.html`, undefined];
  const texts = new Map([...before.files, ...now.files].map((file) => [file.sha256, file.text]));
  const diff = diffVersions(before.facts, now.facts, (sha256) => texts.get(sha256));
  return page(path, (context) => DiffPage({ context, view, diff }));
}

/** Takes away what `moduleFiles` gave. */
export function* removedModuleFiles(
  name: ModuleName,
  row: Pick<ModuleRow, 'versions'> | undefined,
  { versionsOnly = false } = {},
): Generator<SiteFile> {
  for (const version of row?.versions ?? []) {
    yield [`${pages.version(name, version)}index.html`, undefined];
    yield [`${pages.source(name, version)}index.html`, undefined];
    yield [pages.facts(name, version), undefined];
    yield [pages.themeCss(name, version), undefined];
  }
  if (versionsOnly) return;
  const home = pages.module(name);
  for (const file of ['index.html', 'index.md', 'badge.svg', 'quality.svg', 'og.png'])
    yield [`${home}${file}`, undefined];
  yield [`${pages.diff(name)}index.html`, undefined];
}
