/** What a change makes another file of. */
import { type ModuleName, pages } from '@mlld/format';
import type { ModuleRow } from '../model/view.ts';
import {
  authorIn,
  blockNumber,
  blockOf,
  browseOf,
  hasPage,
  type Plan,
  type Rows,
  type Shards,
  shardsOfKey,
  sitemapBits,
  sitemapFile,
} from './plan.ts';
import type { Job } from './site.ts';
import type { SiteSource } from './source.ts';

/** What is to be written. */
export interface Reach {
  readonly all: boolean;
  /** Modules whose pages or whose block change. */
  readonly modules: ReadonlySet<ModuleName>;
  /** Others, of whose pages only the one changes that shows installs. */
  readonly recounted: readonly ModuleName[];
  readonly authors: ReadonlySet<string>;
  readonly tags: ReadonlySet<string>;
  readonly browse: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** With its row as it was. */
type Changed = readonly [name: ModuleName, before: ModuleRow | undefined];

export function reachOf({ source, plan }: Job, key: string): Reach {
  const { rows, before, planBefore } = source;
  const all = before === undefined || planBefore !== key;
  const changed: Changed[] = [
    ...(all ? new Set([...rows.keys(), ...(before?.keys() ?? [])]) : before.keys()),
  ].map((name) => [name, before?.get(name)]);
  const reach = {
    modules: new Set<ModuleName>(),
    authors: new Set([...source.authors, ...(all ? source.people.keys() : [])]),
    tags: new Set<string>(),
    browse: new Set<string>(),
    kinds: new Set<string>(),
  };
  for (const [name, old] of changed) {
    reach.modules.add(name);
    reach.authors.add(authorIn(name));
    reach.browse.add(browseOf(name, plan.browseChars));
    const both = [old, rows.get(name)].filter((row) => row !== undefined);
    for (const { kind } of both) reach.kinds.add(kind);
    for (const tag of both.flatMap(({ tags }) => tags)) reach.tags.add(tag);
    for (const imported of importsOf(both)) if (rows.has(imported)) reach.modules.add(imported);
  }
  for (const name of all ? [] : movedModules(changed, { rows, plan })) {
    reach.authors.add(authorIn(name));
    for (const tag of rows.get(name)?.tags ?? []) reach.tags.add(tag);
  }
  const recounted = [...source.recounted].filter(
    (name) => rows.has(name) && hasPage(plan, name) && !reach.modules.has(name),
  );
  return { all, ...reach, recounted };
}

function importsOf(rows: readonly ModuleRow[]): Set<ModuleName> {
  return new Set(rows.flatMap(({ imports }) => imports as ModuleName[]));
}

/** Modules that have pages of their own by who imports them now, and had none, or the other way: feeds name another address. */
function movedModules(
  changed: readonly Changed[],
  { rows, plan }: { readonly rows: Rows; readonly plan: Plan },
): ModuleName[] {
  if (plan.leastDependents === 0) return [];
  const lost = new Map<ModuleName, number>();
  const count = (row: ModuleRow | undefined, by: number) => {
    for (const name of importsOf(row === undefined ? [] : [row])) lost.set(name, (lost.get(name) ?? 0) + by);
  };
  for (const [name, old] of changed) {
    count(old, 1);
    count(rows.get(name), -1);
  }
  return [...lost].flatMap(([name, more]) => {
    const now = plan.dependents.get(name)?.length ?? 0;
    const isMoved = now >= plan.leastDependents !== now + more >= plan.leastDependents;
    return isMoved && rows.has(name) ? [name] : [];
  });
}

/** Files that were named by the size that the registry had, and are named otherwise now. */
export function oldShards({ rows, before, planBefore = '' }: SiteSource, plan: Shards): ReadonlySet<string> {
  const now = new Set([...rows.keys()].flatMap((name) => shardFiles(name, plan)));
  const old = shardsOfKey(planBefore);
  const names = new Set([...rows.keys(), ...(before?.keys() ?? [])]);
  return new Set([...names].flatMap((name) => shardFiles(name, old)).filter((file) => !now.has(file)));
}

function shardFiles(name: ModuleName, { blockBits, browseChars }: Shards): string[] {
  const bits = sitemapBits({ blockBits });
  return [
    sitemapFile(blockNumber(name, bits), bits),
    ...(blockBits < 0 ? [] : [pages.block(blockOf(name, blockBits))]),
    ...(browseChars === 0 ? [] : [`${pages.browse(browseOf(name, browseChars))}index.html`]),
  ];
}
