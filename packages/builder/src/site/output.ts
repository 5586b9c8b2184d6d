/** The web site of a distribution (docs/spec/site.md), as an output of the build. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { type Author, layout, type ModuleName, pages, RegistryError } from '@mlld/format';
import {
  type Assets,
  type ModuleRow,
  readAssets,
  type SiteSource,
  viewOfAll,
  viewOfInstalls,
  writeSite,
} from '@mlld/site';
import { newestCollections } from '../collections/output.ts';
import type { Changed, LateFacts, Output, OutputFile, Rows } from '../outputs/output.ts';
import { statementFolders } from '../repository/statements.ts';
import { tagCatalog } from '../repository/tag-catalog.ts';
import { allInstalls, countedModules, moduleSeries, shownKey } from '../stats/output.ts';
import { trendingModules } from '../stats/trending.ts';
import {
  advisoryViews,
  authorFacts,
  documentPaths,
  documents,
  registryView,
  reviewsByAuthor,
} from './facts.ts';
import { rowOf, sourcesOf, type ViewContext, viewOf } from './view.ts';

/** Rows are module rows by name; keys that begin with `~` are about all. */
const planRow = '~plan';
const collectionsRow = '~collections';
/** Who reviews, and how often. */
const reviewersRow = '~reviewers';
/** What the installs of modules were drawn from. */
const installsRow = '~installs';

export const site: Output = {
  name: 'site',
  /** Every page names the styles and scripts: others make another site. */
  get version() {
    const { css, script, icon } = siteAssets();
    return crc32(`8 ${css} ${script} ${icon}`);
  },
  owns: [
    '@*/',
    ...[
      'search/index.html',
      pages.notFound,
      'index.html',
      'og.png',
      pages.llms,
      pages.openSearch,
      pages.sitemap(''),
    ],
    ...[
      'assets/',
      'feeds/',
      'sitemaps/',
      'tags/',
      'categories/',
      'kinds/',
      'browse/',
      'statistics/',
      'collection/',
      'governance/',
    ],
    ...['start/', 'api/', 'design/', 'module/'],
  ],
  reads: [...statementFolders, ...documentPaths, layout.tagCatalog],
  late: (facts, changed) => siteFiles(facts, changed),
};

async function* siteFiles(facts: LateFacts, changed: Changed): AsyncGenerator<OutputFile> {
  const assets = siteAssets();
  const { repository, rows } = facts;
  const catalog = tagCatalog(repository);
  const all = changed.all || changed.paths.has(layout.tagCatalog);
  const before = all ? undefined : new Map<ModuleName, ModuleRow | undefined>();
  const touched = all ? facts.names() : [...changed.modules];
  for (const name of touched) {
    before?.set(name, parseRow(rows.get(name)));
    const record = facts.record(name);
    if (record === undefined) rows.delete(name);
    else rows.set(name, JSON.stringify(rowOf(record, versionsOf(facts, name), catalog)));
  }
  const source = sourceOf(facts, { changed, assets, before, all });
  const plan = writeSite({ ...source, planBefore: rows.get(planRow) });
  yield* plan.files;
  yield* removedCollections(source, rows);
  rows.set(planRow, plan.key);
}

/** Pages of collections that were taken back. */
function* removedCollections({ collections }: SiteSource, rows: Rows): Generator<OutputFile> {
  const now = collections.map(({ by, slug }) => pages.collection(by, slug));
  const before = rows.get(collectionsRow);
  for (const page of before === undefined ? [] : (JSON.parse(before) as string[]))
    if (!now.includes(page)) yield [`${page}index.html`, undefined];
  rows.set(collectionsRow, JSON.stringify(now));
}

function parseRow(text: string | undefined): ModuleRow | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as ModuleRow);
}

/** Newest first. */
function versionsOf({ read }: LateFacts, name: ModuleName): string[] {
  return read(name).releases.map(({ version }) => version);
}

function allRows(rows: Rows): Map<ModuleName, ModuleRow> {
  const found = new Map<ModuleName, ModuleRow>();
  for (const [name, text] of rows.entries())
    if (!name.startsWith('~')) found.set(name as ModuleName, JSON.parse(text) as ModuleRow);
  return found;
}

interface Known {
  readonly changed: Changed;
  readonly assets: Assets;
  readonly before: ReadonlyMap<ModuleName, ModuleRow | undefined> | undefined;
  readonly all: boolean;
}

function sourceOf(facts: LateFacts, { changed, assets, before, all }: Known): SiteSource {
  const { info, policy, repository } = facts;
  const rows = allRows(facts.rows);
  const dependents = new Map<string, ModuleName[]>();
  for (const [name, { imports }] of rows) {
    for (const imported of new Set(imports)) {
      const list = dependents.get(imported);
      if (list === undefined) dependents.set(imported, [name]);
      else list.push(name);
    }
  }
  const advisories = advisoryViews(facts);
  const counted = facts.kept('statistics');
  const installs = allInstalls(counted);
  const shown = counted === undefined ? '' : shownKey(counted);
  const isRecounted = facts.rows.get(installsRow) !== shown;
  facts.rows.set(installsRow, shown);
  const reviewsBy = reviewsByAuthor(facts);
  const context: ViewContext = {
    facts,
    catalog: tagCatalog(repository),
    advisories: new Map(advisories.map((one) => [one.id, one])),
    dependents: (name) => [...(dependents.get(name) ?? [])].sort(),
  };
  const collections = newestCollections(facts).map(({ said }) => ({
    by: said.by,
    slug: said.slug,
    title: said.title,
    about: said.about,
    at: said.at,
    modules: said.modules
      .filter(({ name }) => rows.has(name))
      .map(({ name, reason }) => ({ name, reason, about: rows.get(name)?.about ?? '' })),
  }));
  return {
    registry: registryView(info, policy !== undefined),
    assets,
    catalog: context.catalog,
    rows,
    before: all ? undefined : before,
    view: async (name, version) => {
      const module = await facts.module(name);
      return module && viewOf(module, version, context);
    },
    sources: async (name, version) => {
      const module = await facts.module(name);
      return module === undefined ? [] : sourcesOf(module, version, context);
    },
    author: (author) => ({ ...authorFacts(author as Author, facts), reviews: reviewsBy(author) }),
    authors: new Set([...changed.authors, ...peopleIn(changed.paths)]),
    people: peopleOf(facts, { changed, makers: collections.map(({ by }) => by) }),
    advisories,
    collections,
    documents: documents(repository),
    newest: facts.newest,
    installs: installs && viewOfAll(installs),
    installsOf: (name) =>
      counted && installs && viewOfInstalls(installs, moduleSeries(counted, name, installs.newest)),
    trending: trendingModules(counted),
    recounted: new Set(counted !== undefined && isRecounted ? countedModules(counted) : []),
  };
}

/** `reviews/<author>/<name>/<version>/<by>/<n>.json`, `collections/<by>/<slug>/<n>.json` */
function personIn(file: string): string | undefined {
  return (
    /^reviews\/[^/]+\/[^/]+\/[^/]+\/([^/]+)\//.exec(file)?.[1] ?? /^collections\/([^/]+)\//.exec(file)?.[1]
  );
}

function peopleIn(paths: Iterable<string>): string[] {
  return [...paths].flatMap((file) => personIn(file) ?? []);
}

/** Reviews are counted when one comes; a publish finds what was counted then. */
function peopleOf(
  { rows, statements }: LateFacts,
  { changed, makers }: { readonly changed: Changed; readonly makers: readonly string[] },
): Map<string, number> {
  const isSame = !changed.all && ![...changed.paths].some((file) => file.startsWith('reviews/'));
  const kept = isSame ? rows.get(reviewersRow) : undefined;
  const people = new Map(
    kept === undefined
      ? countOf(peopleIn(statements.list('reviews')))
      : (JSON.parse(kept) as [string, number][]),
  );
  if (kept === undefined) rows.set(reviewersRow, JSON.stringify([...people]));
  for (const by of makers) people.set(by, (people.get(by) ?? 0) + 1);
  return people;
}

function countOf(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

let found: Assets | undefined;

/** Beside the bundle, or beside the package's own code. @throws RegistryError FILE_NOT_FOUND */
export function siteAssets(): Assets {
  if (found !== undefined) return found;
  const places = ['../site-assets', '../../../site/dist/site-assets', '../../site/dist/site-assets'];
  const folder = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((place) => existsSync(place));
  if (folder === undefined) {
    throw new RegistryError('FILE_NOT_FOUND', "the site's styles and scripts are not there", {
      hint: 'npm run build makes them.',
    });
  }
  found = readAssets(folder);
  return found;
}
