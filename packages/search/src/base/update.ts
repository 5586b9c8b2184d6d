/** What changed since a base was made, and which files a base has: for the builder of an index (search.md §7.7, §7.8). */
import { layout } from '@mlld/format';
import { columnNames } from '../files/column.ts';
import { compareRecords } from '../rank.ts';
import type { SearchRecord } from '../record.ts';
import { neighboursPerFile, recordsPerFile } from './build.ts';
import type { Delta } from './delta.ts';
import type { BaseInfo } from './manifest.ts';

/** The records of a base: as a builder kept them. */
export interface BaseRecords {
  readonly size: number;
  /** Undefined where the base has no such ordinal. */
  at(ordinal: number): SearchRecord | undefined;
}

/**
 * @param gone ordinals of the base whose modules are gone or changed
 * @param changed modules as they are now, changed and new ones
 */
export function makeDelta(
  base: string,
  {
    records,
    gone,
    changed,
  }: { records: BaseRecords; gone: Iterable<number>; changed: Iterable<SearchRecord> },
): Delta {
  const sorted = [...changed].sort(compareRecords);
  return {
    base,
    gone: [...gone].sort((a, b) => a - b),
    records: sorted,
    places: sorted.map((record) => placeIn(records, record)),
  };
}

/** How many of the base stand before a record. */
function placeIn(records: BaseRecords, record: SearchRecord): number {
  let low = 0;
  let high = records.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = records.at(middle);
    if (there !== undefined && compareRecords(there, record) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Changed modules from which on a new base is made: few enough that what changed is one small file. */
export function mostChanges(modules: number): number {
  return Math.min(256, Math.max(16, Math.floor(modules / 8)));
}

/** Up to this many modules the base is always made anew: it has fewer files than a delta would save. */
export const smallIndex = 256;

/** Every path of a base but that of its pack, in order: of files in the pack, and to take away an old base. */
export function* basePaths({ id, modules, words, names, vocabulary }: BaseInfo): Generator<string> {
  for (const n of words.keys()) yield layout.searchWords(id, n);
  for (const n of names.keys()) yield layout.searchNames(id, n);
  for (const part of ['all', ...vocabulary]) yield layout.searchVocabulary(id, part);
  for (const name of columnNames) yield layout.searchColumn(id, name);
  for (let n = 0; n * recordsPerFile < modules; n++) yield layout.searchRecords(id, n);
  for (let n = 0; n * neighboursPerFile < modules; n++) yield layout.searchSimilar(id, n);
}

/** How many paths a base has. */
export function countPaths({ modules, words, names, vocabulary }: BaseInfo): number {
  const blocks = Math.ceil(modules / recordsPerFile) + Math.ceil(modules / neighboursPerFile);
  return words.length + names.length + 1 + vocabulary.length + columnNames.length + blocks;
}
