/**
 * Every path of a registry repository, of a distribution and of a cache (docs/spec/distribution.md §1). No other file
 * puts one together. A cache is laid out like a distribution: every cache is a mirror.
 *
 * ```
 * registry repository                          distribution, and a cache below <cache>/<registry name>/
 *   registry.json  tags.json                     registry.json
 *   authors/<author>/keyset/<n>.json[.sig]       authors/<author>/keyset/<n>.json[.sig]
 *   modules/<author>/<name>/                     index/<author>/<name>          NDJSON: what clients resolve from
 *     metadata.json  tags.json                   proof/<sha256 of statement>    all to verify one release offline
 *     <version>.json[.sig]                       blob/sha256/<hex>              contents of files
 *     changes/<n>.json[.sig]                     names/all, or names/<a-z0-9>   module names, for suggestions
 *                                                modules.json  modules/…        as today's mlld reads them
 *                                                m/<author>/<name>[@<v>].mld…   as today's HTTP prefix asks
 *                                                zone                           DNS zone file
 * ```
 */
import type { Author, ModuleName } from './name.ts';
import { authorOf, shortName } from './name.ts';

/** `alice/strings` of `@alice/strings`. */
function pair(name: ModuleName): string {
  return `${authorOf(name)}/${shortName(name)}`;
}

/** Paths that a repository and a distribution share. */
export const layout = {
  registry: 'registry.json',
  /** What keywords mean, categories and collections (site.md §4); of a repository alone. */
  tagCatalog: 'tags.json',
  keyset: (author: Author, n: number) => `authors/${author}/keyset/${n}.json`,
  keysetFolder: (author: Author) => `authors/${author}/keyset`,
  /** The folder of one module in a registry repository. */
  module: (name: ModuleName) => `modules/${pair(name)}`,
  release: (name: ModuleName, version: string) => `modules/${pair(name)}/${version}.json`,
  metadata: (name: ModuleName) => `modules/${pair(name)}/metadata.json`,
  tags: (name: ModuleName) => `modules/${pair(name)}/tags.json`,
  /** What changed after a release: tag, yank, deprecate (statements.md §9). */
  change: (name: ModuleName, n: number) => `modules/${pair(name)}/changes/${n}.json`,
  signature: (statementPath: string) => `${statementPath}.sig`,

  index: (name: ModuleName) => `index/${pair(name)}`,
  /** All module names, one a line, while they are at most `limits.namesBytes`; else a shard for each first character of an author. */
  names: 'names/all',
  namesShard: (author: Author) => `names/${author.slice(0, 1)}`,
  proof: (statementSha256: string) => `proof/${statementSha256}`,
  blob: (sha256: string) => `blob/sha256/${sha256}`,
  legacyModules: 'modules.json',
  /** Text of a module for today's HTTP prefix; `extension` is `.mld` or `.mld.md`. */
  text: (name: ModuleName, version: string | undefined, extension: string) =>
    `m/${pair(name)}${version === undefined ? '' : `@${version}`}${extension}`,
  zone: 'zone',

  policy: (n: number) => `policy/${n}.json`,
  /** Newest checkpoint, snapshot and its inclusion proof in one small file (docs/spec/log.md). */
  head: 'head',
  checkpoint: 'checkpoint',
  /** A tile of the log by its C2SP path, for instance `0/x001/234` or `entries/000.p/5`. */
  tile: (path: string) => `tile/${path}`,
  /** A node or bucket of the index tree: `prefix` is hex, empty for the root (docs/spec/snapshot.md). */
  snapshot: (depth: number, prefix: string) => `snapshot/${depth}/${prefix === '' ? 'root' : prefix}`,

  review: (name: ModuleName, version: string, { by, n }: { by: Author; n: number }) =>
    `reviews/${pair(name)}/${version}/${by}/${n}.json`,
  trust: (by: Author, about: Author, n: number) => `trust/${by}/${about}/${n}.json`,
  star: (by: Author, name: ModuleName, n: number) => `stars/${by}/${pair(name)}/${n}.json`,
  /** `about` is `@author/name` or `@author`. */
  report: (about: string, by: Author, n: number) =>
    `reports/${about.includes('/') ? 'modules' : 'authors'}/${about.slice(1)}/${by}/${n}.json`,
  transfer: (name: ModuleName, n: number) => `transfers/${pair(name)}/${n}.json`,
  collection: (by: Author, slug: string, n: number) => `collections/${by}/${slug}/${n}.json`,
  /** The newest word of each collection, all that a client verifies (docs/spec/statements.md §12). */
  collections: 'collections/all',
  /** What people say about one module, all that a client weighs (docs/spec/reputation.md §6). */
  community: (name: ModuleName) => `community/modules/${pair(name)}`,
  /** Whom one person trusts and distrusts (reputation.md §7). */
  trusts: (by: Author) => `community/people/${by}`,

  /** What one source of access logs shows of one day, and the counts beside it (docs/spec/statistics.md §3). */
  statistics: (source: string, day: string, n: number) => `statistics/${source}/${day}/${n}.json`,
  statisticsData: (source: string, day: string, n: number) => `statistics/${source}/${day}/${n}.tsv`,
  /** Installs of one module, and of all together, added up for pages and programs (statistics.md §5). */
  installs: (name: ModuleName) => `installs/modules/${pair(name)}`,
  installsOfAll: 'installs/all',

  /** Revision `n` of an advisory. */
  advisory: (id: string, n: number) => `advisories/${id.slice(5, 9)}/${id}/${n}.json`,
  advisoryVote: (id: string, by: Author, n: number) =>
    `advisories/${id.slice(5, 9)}/${id}/votes/${by}/${n}.json`,
  /** What clients audit against, all in one small file (docs/spec/advisories.md). */
  advisoryIndex: 'advisories/index.json',
  /** OSV with our ecosystem and id prefix (advisories.md §7): `id` is the advisory's own. */
  osv: (id: string) => `advisories/osv/${id}.json`,
  osvAll: 'advisories/osv/all.json',
  /** OSV by the letter of its schema: `id` begins with `x_`. */
  osvStrict: (id: string) => `advisories/osv-strict/${id}.json`,
  osvStrictAll: 'advisories/osv-strict/all.json',

  /** The search index (docs/spec/search.md §7): what leads to all else, then files named by the content of their base. */
  searchManifest: 'search/manifest',
  searchDelta: (hash: string) => `search/delta/${hash}`,
  /** All files of a base in one, for a copy on disk. */
  searchPack: (base: string) => `search/${base}/pack`,
  searchWords: (base: string, n: number) => `search/${base}/words/${n}`,
  searchNames: (base: string, n: number) => `search/${base}/names/${n}`,
  searchVocabulary: (base: string, part: string) => `search/${base}/vocabulary/${part}`,
  searchColumn: (base: string, column: string) => `search/${base}/column/${column}`,
  searchRecords: (base: string, n: number) => `search/${base}/records/${n}`,
  searchSimilar: (base: string, n: number) => `search/${base}/similar/${n}`,
  /** Vectors of texts (search.md §9): what leads to them, the vectors in cells, rows of terms in ranges, what changed since. */
  searchMeaning: (id: string) => `search/meaning/${id}/head`,
  searchMeaningCell: (id: string, n: number) => `search/meaning/${id}/cells/${n}`,
  searchMeaningTerms: (id: string, n: number) => `search/meaning/terms/${id}/${n}`,
  searchMeaningDelta: (hash: string) => `search/meaning/delta/${hash}`,
  /** The registry API of MCP (docs/spec/mcp-api.md §2): answers for hosts of files, and all servers in shards for programs. */
  mcpServers: 'v0.1/servers/index',
  mcpVersions: (server: string) => `v0.1/servers/${server}/versions/index`,
  mcpVersion: (server: string, version: string) => `v0.1/servers/${server}/versions/${version}`,
  mcpList: 'v0.1/x/ai.mlld.registry/list.json',
  mcpShard: (prefix: string) => `v0.1/x/ai.mlld.registry/shards/${prefix === '' ? 'all' : prefix}`,
  /** Marketplace of Claude Code, made of modules of the kinds that it knows. */
  marketplace: '.claude-plugin/marketplace.json',
  /** A server taken over from another registry, in a repository. `origin` is that registry's host. */
  mcpImported: (origin: string, server: string) => `mcp/${origin}/${server}.json`,
  /** Of a cache alone: is there while a module has versions that malware advisories may be about. */
  blocked: (name: ModuleName) => `advisories/blocked/${pair(name)}`,
  /** Of a cache alone: what an MCP server runs from, by the digest of the folder, and tarballs by their sha512. */
  mcpArtefact: (tree: string) => `mcp/artefact/${tree}`,
  mcpTarball: (sha512: string) => `mcp/tarball/${sha512}`,
  /** Of a cache alone: a listing that a user approved, by its surface. */
  mcpListing: (surface: string) => `mcp/listing/${surface}`,
  /** Of a cache alone: when the advisories were last asked for, and what stood for them. */
  advisoryState: 'advisories/state.json',
} as const;

/**
 * Pages of the site (docs/spec/site.md §1). A folder, with its final `/`, holds an `index.html`; links between pages are relative,
 * so that the site works below any path.
 */
export const pages = {
  home: '',
  search: 'search/',
  module: (name: ModuleName) => `@${pair(name)}/`,
  version: (name: ModuleName, version: string) => `@${pair(name)}/${version}/`,
  source: (name: ModuleName, version: string) => `@${pair(name)}/${version}/source/`,
  diff: (name: ModuleName) => `@${pair(name)}/diff/`,
  /** Facts of one version for the page that compares any two. */
  facts: (name: ModuleName, version: string) => `@${pair(name)}/${version}/facts.json`,
  /** The colours of a theme, for its own page alone. */
  themeCss: (name: ModuleName, version: string) => `@${pair(name)}/${version}/theme.css`,
  author: (author: string) => `@${author}/`,
  /** One page for all modules without a page of their own, and their data in blocks. */
  shell: 'module/',
  inShell: (name: ModuleName) => `module/?name=${name}`,
  block: (prefix: string) => `module/blocks/${prefix}.json`,
  browse: (prefix: string) => (prefix === '' ? 'browse/' : `browse/${prefix}/`),
  tags: 'tags/',
  tag: (tag: string) => `tags/${tag}/`,
  category: (slug: string) => `categories/${slug}/`,
  kind: (kind: string) => `kinds/${kind}/`,
  advisories: 'advisories/',
  advisory: (id: string) => `advisories/${id}/`,
  statistics: 'statistics/',
  collections: 'collection/',
  collection: (by: string, slug: string) => `collection/${by}/${slug}/`,
  governance: 'governance/',
  document: (slug: string) => `governance/${slug}/`,
  start: 'start/',
  api: 'api/',
  design: 'design/',
  notFound: '404.html',
  asset: (file: string) => `assets/${file}`,
  feed: (topic: string, format: 'xml' | 'json') => `feeds/${topic}.${format}`,
  sitemap: (shard: string) => (shard === '' ? 'sitemap.xml' : `sitemaps/${shard}.xml`),
  openSearch: 'opensearch.xml',
  llms: 'llms.txt',
} as const;

/** File names in a user's project and home. */
export const userLayout = {
  lock: 'mlld-lock.json',
  /** Older names of the lock file, newest first. */
  oldLocks: ['mlld.lock.json', '.mlld/mlld.lock.json'],
  config: 'mlld-config.json',
  /** Below the home folder: the user's own configuration, of which `policy` counts in every project. */
  userConfig: '.mlld/mlld-config.json',
  /** Below the home folder. */
  home: '.mlld',
  cache: '.mlld/registry',
  auth: '.mlld/github-token.json',
  /** What was typed at `mlld repl`, newest first. */
  replHistory: '.mlld/repl-history',
  /** V8's compiled code of the command itself. */
  compiled: '.mlld/compiled',
} as const;

/** The folder of a version's path that today's registry holds beside versions: no version has these names. */
export const moduleFiles = { metadata: 'metadata.json', tags: 'tags.json' } as const;

/** What a path of a distribution may be cached as: content-addressed paths never change. */
export function isImmutable(path: string): boolean {
  return /^(?:(?:blob\/sha256|proof)\/[0-9a-f]{64}$|search\/(?:delta\/|meaning\/(?:delta\/|terms\/)?)?[0-9a-f]{16}(?:\/|$))/.test(
    path,
  );
}

/** DNS names (docs/spec/dns.md §1): one label each, so that an author's zone can be delegated. */
export const dnsNames = {
  module: (name: ModuleName, zone: string) => `${shortName(name)}.${authorOf(name)}.${zone}`,
  registry: (zone: string) => `_registry.${zone}`,
  /** Where the holder of a DNS name says which author they are (dns.md §2.5). */
  author: (name: string) => `_mlld.${name}`,
  /** The form of 2025, `<author>-<name>`: maps two modules to one name. Read, never written. */
  old: (name: ModuleName, zone: string) => `${authorOf(name)}-${shortName(name)}.${zone}`,
} as const;
