/**
 * A base and what changed since, as one set of modules: what is found is what an index made anew would find, down to the
 * order (search.md §7.7). Modules of the base keep their ordinals; changed ones follow.
 */
import type { Column, ColumnName } from '../files/column.ts';
import type { Group } from '../files/dictionary.ts';
import type { WordList } from '../files/vocabulary.ts';
import type { SearchRecord } from '../record.ts';
import type { NameEntry, Segment } from './segment.ts';

export interface Merged {
  /** Ordinals that there can be. */
  readonly room: number;
  /** Modules that there are. */
  readonly modules: number;
  /** Where a module stands among those of one score. */
  place(doc: number): number;
  isThere(doc: number): boolean;
  levelOf(doc: number): number;
  exact(key: string): Promise<Found>;
  startingWith(prefix: string): Promise<readonly Found[]>;
  names(prefix: string): Promise<readonly NameEntry[]>;
  vocabulary(starts?: readonly string[]): Promise<readonly WordList[]>;
  /** The value of each module, by ordinal. */
  column(name: ColumnName): Promise<MergedColumn>;
  records(docs: readonly number[]): Promise<SearchRecord[]>;
}

export interface Found {
  readonly key: string;
  /** Modules that have it. */
  readonly df: number;
  readonly groups: readonly Group[];
}

export interface MergedColumn {
  numberOf(doc: number): number;
  textsOf(doc: number): readonly string[];
}

export interface Changes {
  readonly segment: Segment;
  /** Ordinals of the base that no longer count. */
  readonly gone: readonly number[];
  /** Of each changed module: how many of the base stand before it. */
  readonly places: readonly number[];
}

export function merge(base: Segment, changes: Changes | undefined): Merged {
  const gone = new Set(changes?.gone.filter((one) => one < base.size));
  const fresh = changes?.segment;
  const first = base.size;
  const isThere = (doc: number) => !gone.has(doc);
  const split = (docs: readonly number[]) =>
    docs.map((doc) => [doc < first, doc < first ? doc : doc - first] as const);
  const join = (key: string, old: readonly Group[], added: readonly Group[]): Found => {
    const groups = [...living(old, gone), ...shifted(added, first)];
    return { key, groups, df: groups.reduce((sum, { docs }) => sum + docs.length, 0) };
  };
  return {
    room: base.size + (fresh?.size ?? 0),
    modules: base.size - gone.size + (fresh?.size ?? 0),
    isThere,
    place: (doc) => {
      if (doc < first) return doc;
      const at = doc - first;
      return (changes?.places[at] ?? first) - 1 + (at + 1) / ((fresh?.size ?? 0) + 1);
    },
    levelOf: (doc) => (doc < first ? base.levelOf(doc) : (fresh?.levelOf(doc - first) ?? 0)),
    exact: async (key) => {
      const [old, added] = await Promise.all([base.exact(key), fresh?.exact(key)]);
      return join(key, old, added ?? []);
    },
    startingWith: async (prefix) => {
      const [old, added] = await Promise.all([base.startingWith(prefix), fresh?.startingWith(prefix)]);
      const keys = new Map<string, [readonly Group[], readonly Group[]]>();
      for (const { key, groups } of old) keys.set(key, [groups, []]);
      for (const { key, groups } of added ?? []) keys.set(key, [keys.get(key)?.[0] ?? [], groups]);
      return [...keys].map(([key, [one, other]]) => join(key, one, other)).filter(({ df }) => df > 0);
    },
    names: async (prefix) => {
      const [old, added] = await Promise.all([base.names(prefix), fresh?.names(prefix)]);
      return [
        ...old.filter(({ doc }) => isThere(doc)),
        ...(added ?? []).map((one) => ({ ...one, doc: one.doc + first })),
      ];
    },
    vocabulary: async (starts) => {
      const [old, added] = await Promise.all([base.vocabulary(starts), fresh?.vocabulary(starts)]);
      return added === undefined ? old : [...old, ...added];
    },
    column: async (name) => mergedColumn(first, await Promise.all([base.column(name), fresh?.column(name)])),
    records: async (docs) => {
      const parts = split(docs);
      const of = (inBase: boolean) => parts.filter(([isBase]) => isBase === inBase).map(([, at]) => at);
      const [old, added] = await Promise.all([base.records(of(true)), fresh?.records(of(false))]);
      const queues = { old: [...old], added: [...(added ?? [])] };
      return parts.flatMap(([isBase]) => (isBase ? queues.old.shift() : queues.added.shift()) ?? []);
    },
  };
}

function living(groups: readonly Group[], gone: ReadonlySet<number>): readonly Group[] {
  if (gone.size === 0) return groups;
  return groups
    .map(({ fields, docs }) => ({ fields, docs: docs.filter((doc) => !gone.has(doc)) }))
    .filter(({ docs }) => docs.length > 0);
}

function shifted(groups: readonly Group[], first: number): readonly Group[] {
  return groups.map(({ fields, docs }) => ({ fields, docs: docs.map((doc) => doc + first) }));
}

function mergedColumn(first: number, [base, fresh]: readonly [Column, Column | undefined]): MergedColumn {
  const at = (doc: number): readonly [Column | undefined, number] =>
    doc < first ? [base, doc] : [fresh, doc - first];
  return {
    numberOf: (doc) => {
      const [column, ordinal] = at(doc);
      return column?.of[ordinal] ?? 0;
    },
    textsOf: (doc) => {
      const [column, ordinal] = at(doc);
      return column?.values[column.of[ordinal] ?? -1] ?? [];
    },
  };
}
