/**
 * Two processes changed one lock file (docs/spec/resolve.md §8.3). A three-way merge by entry: what I changed is mine, what I
 * left is theirs; then every import pin is made to have its entry again, and what nothing imports any more is dropped. Pure.
 */
import { besideKey, type Lock, type LockedModule } from '@mlld/format';
import { lockedVersion } from '../resolve/plan.ts';

export interface LockMerge {
  /** What I read. */
  readonly base: Lock;
  /** What I want it to be. */
  readonly mine: Lock;
  /** What is there now. */
  readonly theirs: Lock;
}

export function mergeLocks({ base, mine, theirs }: LockMerge): Lock {
  const entries = mergeMaps({ base: base.modules, mine: mine.modules, theirs: theirs.modules });
  const modules = closed(entries, [mine, theirs, base]);
  const authors = new Map(theirs.authors);
  for (const [author, pin] of mine.authors) {
    const other = authors.get(author);
    // A pin only ever grows (statements.md §6).
    if (other === undefined || other.keyset <= pin.keyset) authors.set(author, pin);
  }
  const legacy = mergeMaps({ base: base.legacy, mine: mine.legacy, theirs: theirs.legacy });
  for (const key of modules.keys()) legacy.delete(key);
  const createdAt = theirs.createdAt ?? mine.createdAt;
  const updatedAt = latest(mine.updatedAt, theirs.updatedAt);
  return {
    modules,
    authors,
    legacy,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
  };
}

/** Whether two lock files say the same of modules and authors: then there is nothing to write. */
export function sameLock(a: Lock, b: Lock): boolean {
  return sameMap(a.modules, b.modules) && sameMap(a.authors, b.authors) && sameMap(a.legacy, b.legacy);
}

function sameMap<T extends object>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean {
  return a === b || (a.size === b.size && [...a].every(([key, one]) => same(one, b.get(key))));
}

/** Entries that nothing changed are mostly one object: nothing to compare. */
function same<T extends object>(a: T | undefined, b: T | undefined): boolean {
  return a === b || describe(a) === describe(b);
}

/** Whether an entry is there because another one imports it, and not because the program asks for it itself (§8.2). */
export function isDependencyOnly(key: string, { name, version, wanted }: LockedModule): boolean {
  return key === besideKey(name, version) && wanted === version;
}

/** The entries that the program needs: all that it asks for itself, and what those import, to the end. */
export function reachable(modules: ReadonlyMap<string, LockedModule>): Map<string, LockedModule> {
  return closed(new Map(modules), []);
}

function mergeMaps<T extends object>(maps: {
  readonly base: ReadonlyMap<string, T>;
  readonly mine: ReadonlyMap<string, T>;
  readonly theirs: ReadonlyMap<string, T>;
}): Map<string, T> {
  const { base, mine, theirs } = maps;
  const merged = new Map(theirs);
  for (const key of new Set([...base.keys(), ...mine.keys()])) {
    const own = mine.get(key);
    if (same(own, base.get(key))) continue;
    if (own === undefined) merged.delete(key);
    else merged.set(key, own);
  }
  return merged;
}

/** Keeps what is reachable, and takes what is pinned but missing from where it still stands. */
function closed(
  entries: ReadonlyMap<string, LockedModule>,
  donors: readonly Lock[],
): Map<string, LockedModule> {
  const kept = new Map([...entries].filter(([key, entry]) => !isDependencyOnly(key, entry)));
  const all: Lock = { modules: entries, authors: new Map(), legacy: new Map() };
  const queue = [...kept.values()];
  for (const { imports } of queue) {
    for (const [name, version] of imports) {
      if (kept.get(name)?.version === version || kept.has(besideKey(name, version))) continue;
      const found = [all, ...donors]
        .map((lock) => lockedVersion(lock, name, version))
        .find((one) => one !== undefined);
      if (found === undefined) continue;
      const entry = found.wanted === version ? found : { ...found, wanted: version };
      kept.set(besideKey(name, version), entry);
      queue.push(entry);
    }
  }
  return kept;
}

function describe(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    one instanceof Map ? [...one].sort(([a], [b]) => (a < b ? -1 : 1)) : one,
  );
}

function latest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
