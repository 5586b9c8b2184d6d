/** Files about the whole registry: home, statistics, advisories, feeds, sitemap. */
import { layout, type ModuleName, pages } from '@mlld/format';
import { absolute } from '../components/context.ts';
import { atom } from '../feeds/atom.ts';
import { advisoryEntries, releaseEntries } from '../feeds/entries.ts';
import { jsonFeed } from '../feeds/json-feed.ts';
import { sitemapIndex, sitemapOf } from '../feeds/sitemap.ts';
import { isDoubtful } from '../model/doubtful.ts';
import type { ModuleRow } from '../model/view.ts';
import { AdvisoriesPage, AdvisoryPage } from '../pages/advisories.tsx';
import { DesignPage } from '../pages/design.tsx';
import { HomePage, type TrendingModule } from '../pages/home.tsx';
import { StatisticsPage } from '../pages/statistics.tsx';
import { countedCategories, countedTags } from './lists.ts';
import {
  addressOf,
  blockNumber,
  hasAuthorPage,
  hasPage,
  hasTagPage,
  sitemapBits,
  sitemapFile,
} from './plan.ts';
import { byCreation, byUpdate, mostImported, rowsOf, top } from './rows.ts';
import type { Job } from './site.ts';
import type { SiteFile, SiteSource } from './source.ts';
import { statisticsData } from './statistics.ts';

/** `modules`: those whose sitemaps are to be given again. */
export function* overviewFiles(job: Job, modules: Iterable<ModuleName>): Generator<SiteFile> {
  const { source, page } = job;
  const rows = [...source.rows.values()];
  const fresh = top(rows, byCreation, 30);
  const updated = top(rows, byUpdate, 30);
  yield page(pages.home, (context) => HomePage({ context, data: homeData(job, { rows, fresh, updated }) }));
  yield page(pages.design, (context) => DesignPage({ context, rows: fresh.slice(0, 2) }));
  yield page(pages.statistics, (context) => StatisticsPage({ context, data: statisticsData(job, rows) }));
  yield* feedFiles(job, { fresh, updated });
  yield* advisoryFiles(job);
  yield* sitemapFiles(job, modules);
  yield [pages.llms, llms(job, updated)];
}

function homeData(
  job: Job,
  lists: { rows: readonly ModuleRow[]; fresh: readonly ModuleRow[]; updated: readonly ModuleRow[] },
) {
  const { source, plan } = job;
  const { rows, fresh, updated } = lists;
  const link = (row: ModuleRow) => ({ name: row.name, about: row.about });
  const used = rowsOf(source.rows, mostImported(plan.dependents, 6));
  const newNames = new Set(fresh.slice(0, 6).map(({ name }) => name));
  return {
    modules: rows.length,
    versions: rows.reduce((sum, row) => sum + row.versions.length, 0),
    authors: plan.authors.size,
    signed: rows.filter((row) => row.evidence >= 2).length,
    fresh: fresh.slice(0, 6),
    updated: updated.filter((row) => !newNames.has(row.name) && row.updated !== row.created).slice(0, 6),
    used,
    trending: trendingOf(source),
    countedUntil: source.installs?.until ?? '',
    collections: source.catalog.collections.map((one) => ({
      ...one,
      modules: rowsOf(source.rows, one.modules).map(link),
    })),
    recommended: source.collections.slice(0, 6),
    categories: countedCategories(job).filter(({ count }) => count > 0),
    tags: countedTags(plan, 12),
  };
}

/** Without those that nobody should be led to. */
function trendingOf({ trending, rows }: SiteSource): TrendingModule[] {
  return trending
    .flatMap(([name, now, before]) => {
      const row = rows.get(name);
      return row === undefined || isDoubtful(row) ? [] : [{ row, now, before }];
    })
    .slice(0, 6);
}

function* feedFiles(
  { source, plan }: Job,
  { fresh, updated }: { fresh: readonly ModuleRow[]; updated: readonly ModuleRow[] },
): Generator<SiteFile> {
  const { registry } = source;
  const address = (name: ModuleName) => addressOf(plan, name);
  const feeds = [
    {
      topic: 'new',
      title: 'New modules',
      path: pages.home,
      entries: releaseEntries(registry, { rows: fresh, by: 'created', addressOf: address }),
    },
    {
      topic: 'updates',
      title: 'Updates',
      path: pages.home,
      entries: releaseEntries(registry, { rows: updated, by: 'updated', addressOf: address }),
    },
    {
      topic: 'advisories',
      title: 'Advisories',
      path: pages.advisories,
      entries: advisoryEntries(registry, source.advisories.slice(0, 50)),
    },
  ];
  for (const { topic, ...feed } of feeds) {
    const [xml, json] = [pages.feed(topic, 'xml'), pages.feed(topic, 'json')];
    yield [xml, atom({ registry, ...feed }, xml)];
    yield [json, jsonFeed({ registry, ...feed }, json)];
  }
}

function* advisoryFiles({ source, page }: Job): Generator<SiteFile> {
  const { advisories } = source;
  yield page(pages.advisories, (context) => AdvisoriesPage({ context, advisories }));
  for (const one of advisories)
    yield page(pages.advisory(one.id), (context) => AdvisoryPage({ context, one }));
}

/** Every module is in one of the sitemaps, by its name alone: one more module rewrites that one, the list of all, and the one of pages. */
function* sitemapFiles({ source, plan }: Job, modules: Iterable<ModuleName>): Generator<SiteFile> {
  const { registry, rows } = source;
  if (registry.url === undefined) return;
  const at = (path: string) => absolute(source, path) ?? path;
  const bits = sitemapBits(plan);
  const touched = new Map([...modules].map((name) => [blockNumber(name, bits), [] as ModuleRow[]]));
  const used = new Set<number>();
  for (const [name, row] of rows) {
    const shard = blockNumber(name, bits);
    used.add(shard);
    touched.get(shard)?.push(row);
  }
  const lists = [
    pages.home,
    pages.browse(''),
    pages.tags,
    pages.advisories,
    pages.statistics,
    pages.governance,
    pages.start,
    pages.api,
  ];
  const authors = [...new Set([...plan.authors.keys(), ...plan.people.keys()])]
    .filter((author) => hasAuthorPage(plan, author))
    .sort();
  const tags = [...plan.tags.keys()].filter((tag) => hasTagPage(plan, tag)).sort();
  const others = [...lists, ...authors.map(pages.author), ...tags.map(pages.tag)];
  yield [pages.sitemap('pages'), sitemapOf(others.map((path) => ({ loc: at(path), lastmod: '' })))];
  const entry = ({ name, updated }: ModuleRow) => ({ loc: at(addressOf(plan, name)), lastmod: updated });
  for (const [shard, list] of touched) {
    const sorted = list.sort((a, b) => (a.name < b.name ? -1 : 1));
    yield [sitemapFile(shard, bits), sorted.length === 0 ? undefined : sitemapOf(sorted.map(entry))];
  }
  const files = [...used].sort((a, b) => a - b).map((shard) => sitemapFile(shard, bits));
  yield [pages.sitemap(''), sitemapIndex([pages.sitemap('pages'), ...files].map(at))];
}

function llms({ source, plan }: Job, updated: readonly ModuleRow[]): string {
  const { registry } = source;
  const at = (path: string) => absolute(source, path) ?? path;
  const text = (name: ModuleName) =>
    hasPage(plan, name) ? `${pages.module(name)}index.md` : layout.index(name);
  return `# ${registry.title}

> A registry of modules for mlld: signed statements in plain files. Every module has its versions as data at
> ${at('')}index/<author>/<name>, and ${plan.blockBits < 0 ? 'its' : 'if others import it often, its'} documentation as Markdown at ${at('')}@<author>/<name>/index.md.

## Files

- [All names](${at(layout.names)}): one a line
- [API](${at(pages.api)}): what is at which path
- [Updates](${at(pages.feed('updates', 'json'))}): JSON feed

## Modules that were updated last

${updated.map((row) => `- [${row.name}](${at(text(row.name))}): ${row.about.replace(/\s+/g, ' ')}`).join('\n')}
`;
}
