/** The pages of a registry as a cache knows it: what is not there is said to be not there, and nothing is guessed. */
import { advisoriesAbout, advisoryView, exportView, siteAssets, studyVersion } from '@mlld/builder';
import type { AdvisoryEntry, IndexVersion, ModuleIndex, ModuleName } from '@mlld/format';
import type { SearchRecord } from '@mlld/search';
import {
  type AdvisoryView,
  emptyTagCatalog,
  type ModuleRow,
  type ModuleView,
  type SiteSource,
  slugOf,
} from '@mlld/site';
import type { CachedRegistry } from './cache.ts';

export function cachedSource(cached: CachedRegistry): SiteSource {
  const records = new Map(cached.records.map((record) => [record.name, record]));
  const names = new Set<ModuleName>([...records.keys(), ...cached.indexes.keys()]);
  const rows = new Map<ModuleName, ModuleRow>();
  for (const name of [...names].sort())
    rows.set(name, rowOf(name, records.get(name), cached.indexes.get(name)));
  const dependents = new Map<string, ModuleName[]>();
  for (const { name, imports } of rows.values())
    for (const imported of imports) dependents.set(imported, [...(dependents.get(imported) ?? []), name]);
  const known: Known = { cached, records, rows, dependents, advisories: cached.advisories.map(viewOfEntry) };
  return {
    registry: {
      name: cached.name,
      title: cached.name,
      blobs: true,
      logged: true,
      notice: noticeOf(cached),
    },
    assets: siteAssets(),
    catalog: emptyTagCatalog,
    rows,
    view: (name, version) => viewOf(name, version, known),
    sources: async (name, version) => {
      const line = cached.indexes.get(name)?.versions.find((one) => one.version === version);
      if (line === undefined) return [];
      const { texts } = await studyVersion(line, cached.blob);
      return line.files.flatMap(({ path, size, sha256 }) =>
        sha256 === undefined ? [] : [{ path, size: size ?? 0, sha256, text: texts.get(path) }],
      );
    },
    installsOf: () => undefined,
    author: () => ({ keys: [], reviews: [] }),
    authors: new Set(),
    advisories: known.advisories,
    collections: [],
    documents: [],
    newest: [...rows.values()].reduce((newest, { updated }) => (updated > newest ? updated : newest), ''),
    people: new Map(),
    trending: [],
    recounted: new Set(),
  };
}

interface Known {
  readonly cached: CachedRegistry;
  readonly records: ReadonlyMap<ModuleName, SearchRecord>;
  readonly rows: ReadonlyMap<ModuleName, ModuleRow>;
  readonly dependents: ReadonlyMap<string, readonly ModuleName[]>;
  readonly advisories: readonly AdvisoryView[];
}

function noticeOf({ records, indexes, askedAt }: CachedRegistry): string {
  const list =
    askedAt === undefined
      ? 'The list of all modules is not in the cache: mlld search fetches it.'
      : `The list of ${records.length} modules is from ${new Date(askedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
  return `Offline, from your cache. ${list} Versions and sources are here of the ${indexes.size} that were looked at or installed; reviews, authors' keys and governance are not here.`;
}

/** By what the list of all modules says; where its index is here, by that. */
function rowOf(
  name: ModuleName,
  record: SearchRecord | undefined,
  index: ModuleIndex | undefined,
): ModuleRow {
  const row = listedRow(name, record);
  const line = index && latestOf(index);
  if (index === undefined || line === undefined) return row;
  const { header, versions } = index;
  const times = versions.flatMap(({ publishedAt }) => publishedAt ?? []).sort();
  return {
    ...row,
    about: header.about,
    kind: line.kind,
    version: line.version,
    versions: versions.map(({ version }) => version),
    created: times[0] ?? '',
    updated: times.at(-1) ?? row.updated,
    license: line.license,
    needs: line.needs,
    evidence: line.evidence,
    checked: line.checked.state,
    exports: line.exports ?? row.exports,
    imports: [...line.imports.keys()],
    yanked: versions.every(({ version }) => header.yanked.has(version)),
    deprecated: header.deprecated !== undefined,
    advisories: header.advisories,
  };
}

function listedRow(name: ModuleName, record: SearchRecord | undefined): ModuleRow {
  const { about = '', kind = 'module', version = '', keywords = [], licence = '', needs = [] } = record ?? {};
  const {
    exports = [],
    depends = [],
    updated = '',
    signed = false,
    yanked = false,
    deprecated = false,
  } = record ?? {};
  return {
    name,
    about,
    kind,
    version,
    versions: [version],
    created: '',
    updated: updated === '' ? '' : `${updated}T00:00:00Z`,
    tags: [...new Set(keywords.map(slugOf))].filter((tag) => tag !== '').sort(),
    license: licence,
    needs,
    evidence: signed ? 2 : 0,
    checked: 'unchecked',
    exports,
    imports: depends,
    yanked,
    deprecated,
    advisories: [],
  };
}

function latestOf({ header, versions }: ModuleIndex): IndexVersion | undefined {
  return versions.find(({ version }) => version === header.tags.get('latest')) ?? versions[0];
}

async function viewOf(
  name: ModuleName,
  version: string | undefined,
  known: Known,
): Promise<ModuleView | undefined> {
  const row = known.rows.get(name);
  const index = known.cached.indexes.get(name);
  if (row === undefined) return undefined;
  const line =
    index === undefined
      ? undefined
      : version === undefined
        ? latestOf(index)
        : index.versions.find((one) => one.version === version);
  if (index === undefined || line === undefined)
    return version === undefined || version === row.version ? bareView(row, known) : undefined;
  return wholeView({ row, index, line }, known);
}

/** What the list of all modules says, and no more. */
function bareView(row: ModuleRow, known: Known): ModuleView {
  const record = known.records.get(row.name);
  return {
    ...commonOf(row, known),
    deprecated: row.deprecated ? { message: 'Its owners no longer look after it.' } : undefined,
    version: row.version,
    latest: row.version,
    versions: [
      {
        version: row.version,
        tags: ['latest'],
        evidence: row.evidence,
        state: 'unchecked',
        yanked: row.yanked ? 'yanked' : undefined,
      },
    ],
    owners: [row.name.slice(1, row.name.indexOf('/'))],
    entry: '',
    sources: [],
    files: [],
    imports: row.imports.map((name) => ({ name: name as ModuleName, selector: '*' })),
    closure: [],
    exports: row.exports.map((name) => ({ name, kind: 'exe', params: [], examples: [], line: 1 })),
    capabilities: [],
    readme: '',
    runnable: false,
    checked: { state: 'unchecked' },
    quality: record?.quality === undefined ? undefined : { value: record.quality, parts: [] },
    notice: `Its versions, documentation and sources are not in the cache: mlld info ${row.name}, or mlld add ${row.name}, fetches them.`,
  };
}

function commonOf(row: ModuleRow, { dependents, rows }: Known) {
  const names = dependents.get(row.name) ?? [];
  return {
    name: row.name,
    kind: row.kind,
    about: row.about,
    license: row.license,
    needs: row.needs,
    tags: row.tags,
    evidence: row.evidence,
    dependents: names.slice(0, 50).map((name) => ({ name, about: rows.get(name)?.about ?? '' })),
    dependentCount: names.length,
    reviews: [],
    stars: 0,
    advisories: [],
  };
}

interface Whole {
  readonly row: ModuleRow;
  readonly index: ModuleIndex;
  readonly line: IndexVersion;
}

async function wholeView(
  { row, index: { header, versions }, line }: Whole,
  known: Known,
): Promise<ModuleView> {
  const { cached } = known;
  const study = await studyVersion(line, cached.blob);
  const missing = line.files.filter(
    ({ sha256 }) => sha256 === undefined || cached.blob(sha256) === undefined,
  );
  const sizes = line.files.map(({ size }) => size ?? 0);
  return {
    ...commonOf(row, known),
    evidence: line.evidence,
    version: line.version,
    latest: row.version,
    versions: versions.map((one) => ({
      version: one.version,
      publishedAt: one.publishedAt,
      tags: [...header.tags].filter(([, tagged]) => tagged === one.version).map(([tag]) => tag),
      yanked: header.yanked.get(one.version),
      evidence: one.evidence,
      state: one.checked.state,
    })),
    publishedAt: line.publishedAt,
    mlldVersion: line.mlldVersion,
    owners: header.owners,
    deprecated: header.deprecated,
    entry: line.entry,
    digest: line.digest,
    contentHash: line.contentHash,
    statement: line.statement,
    sources: line.sources,
    files: line.files,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    checked: { state: line.checked.state, reason: line.checked.reason },
    imports: [...line.imports].map(([name, selector]) => ({ name, selector })),
    closure: line.closure.map(({ name, version }) => ({ name, version })),
    exports:
      study.analysis?.exports.map(exportView) ??
      row.exports.map((name) => ({ name, kind: 'exe', params: [], examples: [], line: 1 })),
    capabilities: study.capabilities.map(({ kind, name }) => ({ kind, name })),
    readme: study.readme,
    runnable: missing.length === 0 && line.closure.length === 0 && line.needs.every((need) => need === 'js'),
    advisories: advisoriesAbout(known.advisories, line),
    notice:
      missing.length === 0
        ? undefined
        : `${missing.length === line.files.length ? 'Its files are' : `${missing.length} of its ${line.files.length} files are`} not in the cache: mlld add ${row.name}@${line.version} fetches them.`,
  };
}

function viewOfEntry(entry: AdvisoryEntry): AdvisoryView {
  const modified = entry.withdrawnAt ?? entry.publishedAt ?? entry.reportedAt;
  return advisoryView(entry, { modified, responseMinutes: entry.responseMinutes });
}
