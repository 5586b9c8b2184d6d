/** What changed since a base was made: for the builder of an index (search.md §7.7, §7.8). */
import { compareRecords } from '../rank.ts';
import type { SearchRecord } from '../record.ts';
import type { Delta } from './delta.ts';

/** The records of a base: as a builder kept them. */
export interface BaseRecords {
  readonly size: number;
  /** Undefined where the base has no such ordinal. */
  at(ordinal: number): SearchRecord | undefined;
  /** How many of the base stand before a record, if that is known. */
  place?(record: SearchRecord): number | undefined;
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
    places: sorted.map((record) => records.place?.(record) ?? placeIn(records, record)),
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
