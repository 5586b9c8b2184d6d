/**
 * Which modules have pages of their own. Hosts limit the number of files, so above a size only modules that others import do,
 * and the long tail is one page that reads blocks of data. It follows from what all modules say at the moment, not from how
 * they came: built at once or step by step, the files are the same.
 */
import { type ModuleName, pages } from '@mlld/format';
import type { ModuleRow } from '../model/view.ts';

/** How many there may be. */
export const pageLimits = {
  /** Modules up to which each has pages of its own, about nine files. */
  all: 1500,
  /** Above that, how many have; authors and tags likewise. Together with blocks and lists less than 20,000 files. */
  modules: 600,
  authors: 400,
  tags: 300,
  /** Of one module: older ones are in its list. */
  versions: 30,
  /** Modules that one page lists. */
  listed: 200,
  /** Modules of one block, on average. */
  block: 16,
} as const;

export type Rows = ReadonlyMap<ModuleName, ModuleRow>;

export interface Plan {
  /** Modules that import a module; these lists are in no order. */
  readonly dependents: ReadonlyMap<ModuleName, readonly ModuleName[]>;
  readonly authors: ReadonlyMap<string, readonly ModuleName[]>;
  readonly tags: ReadonlyMap<string, readonly ModuleName[]>;
  /** Least number of dependents that gives a module pages; 0 where all have some. */
  readonly leastDependents: number;
  readonly leastOfAuthor: number;
  readonly leastOfTag: number;
  /** People who said something, and how often one must have to have a page. */
  readonly people: ReadonlyMap<string, number>;
  readonly leastSaid: number;
  /** Bits of a name's hash that choose its block; -1 where there are none. */
  readonly blockBits: number;
  /** Characters of a name that the lists of all modules are split by. */
  readonly browseChars: number;
}

export function planSite(rows: Rows, people: Plan['people'] = new Map()): Plan {
  const dependents = new Map<ModuleName, ModuleName[]>();
  const authors = new Map<string, ModuleName[]>();
  const tags = new Map<string, ModuleName[]>();
  const isHere = (name: string): name is ModuleName => rows.has(name as ModuleName);
  for (const [name, row] of rows) {
    push(authors, authorIn(name), name);
    for (const tag of row.tags) push(tags, tag, name);
    if (row.imports.length === 0) continue;
    for (const imported of new Set(row.imports)) if (isHere(imported)) push(dependents, imported, name);
  }
  const count = rows.size;
  const few = count <= pageLimits.all;
  return {
    dependents,
    authors,
    tags,
    leastDependents: few
      ? 0
      : leastFor(
          [...dependents.values()].map((list) => list.length),
          pageLimits.modules,
        ),
    leastOfAuthor: leastFor(
      [...authors.values()].map((list) => list.length),
      pageLimits.authors,
    ),
    leastOfTag: leastFor(
      [...tags.values()].map((list) => list.length),
      pageLimits.tags,
    ),
    people,
    leastSaid: leastFor([...people.values()], pageLimits.authors),
    blockBits: few ? -1 : Math.max(1, Math.round(Math.log2(count / pageLimits.block))),
    browseChars: count <= 300 ? 0 : count <= 5000 ? 1 : 2,
  };
}

/** What of a plan decides which files there are: where it differs from the last build's, all are written. */
export function planKey(plan: Plan): string {
  const { leastDependents, leastOfAuthor, leastOfTag, leastSaid, blockBits, browseChars } = plan;
  return [blockBits, browseChars, leastDependents, leastOfAuthor, leastOfTag, leastSaid].join(' ');
}

/** Files whose names follow from the size of a registry: blocks, sitemaps, lists by the first letters. */
export type Shards = Pick<Plan, 'blockBits' | 'browseChars'>;

/** Those of a build that kept `planKey`. */
export function shardsOfKey(key: string): Shards {
  const [blockBits = -1, browseChars = 0] = key.split(' ').map(Number);
  return { blockBits, browseChars };
}

/** The least value, at least 1, that no more than `most` of the counts reach. */
function leastFor(counts: readonly number[], most: number): number {
  if (counts.length <= most) return 1;
  const sorted = Uint32Array.from(counts).sort();
  return (sorted.at(-1 - most) ?? 0) + 1;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

export function authorIn(name: ModuleName): string {
  return name.slice(1, name.indexOf('/'));
}

export function hasPage(plan: Plan, name: ModuleName): boolean {
  return plan.leastDependents === 0 || (plan.dependents.get(name)?.length ?? 0) >= plan.leastDependents;
}

/**
 * Where a module's page answers on a host of files, for who runs no scripts of a page that is not there: sitemaps, feeds, programs.
 * People's links lead to `pages.module`, which stays the same whatever the registry grows to.
 */
export function addressOf(plan: Plan, name: ModuleName): string {
  return hasPage(plan, name) ? pages.module(name) : pages.inShell(name);
}

export function hasAuthorPage(plan: Plan, author: string): boolean {
  return (
    (plan.authors.get(author)?.length ?? 0) >= plan.leastOfAuthor ||
    (plan.people.get(author) ?? 0) >= plan.leastSaid
  );
}

export function hasTagPage(plan: Plan, tag: string): boolean {
  return (plan.tags.get(tag)?.length ?? 0) >= plan.leastOfTag;
}

/** The block that holds a module: by its name alone. */
export function blockOf(name: string, bits: number): string {
  return blockNumber(name, bits).toString(16);
}

/** As a number: every build asks it of every module. */
export function blockNumber(name: string, bits: number): number {
  if (bits === 0) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  // FNV-1a mixes its high bits badly.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash >>> (32 - bits);
}

/** Bits that choose the sitemap that names a module: about 500 of them to one, so that one more rewrites a small file. */
export function sitemapBits({ blockBits }: Pick<Shards, 'blockBits'>): number {
  return Math.max(0, blockBits - 5);
}

export function sitemapFile(shard: number, bits: number): string {
  return pages.sitemap(bits === 0 ? 'modules' : shard.toString(16));
}

/** The list of all modules that names one: by the first characters of its short name. */
export function browseOf(name: ModuleName, chars: number): string {
  return name.slice(name.indexOf('/') + 1, name.indexOf('/') + 1 + chars);
}
