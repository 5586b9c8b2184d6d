/**
 * A part of the dictionary as one file (search.md §7.3): keys in order of their code units, each with what has it. Keys come
 * first, written as what they share with the one before and the rest; then, for each key, groups of modules that have it in
 * the same fields, as gaps between ascending ordinals.
 */
import { RegistryError } from '@mlld/format';
import { byteReader, byteWriter } from './bytes.ts';

/** Modules that have a key in the same fields: bits of fields, and ordinals in ascending order. */
export interface Group {
  readonly fields: number;
  readonly docs: Uint32Array;
}

export interface Entry {
  readonly key: string;
  readonly groups: readonly Group[];
}

export function encodeDictionary(entries: readonly Entry[]): Uint8Array {
  const out = byteWriter(8192);
  out.uint(entries.length);
  let before = '';
  for (const { key } of entries) {
    let shared = 0;
    while (shared < before.length && before[shared] === key[shared]) shared++;
    out.uint(shared);
    out.text(key.slice(shared));
    before = key;
  }
  // What is alike stands together: it is deflated better so.
  for (const { groups } of entries) out.uint(groups.length);
  for (const { groups } of entries) for (const { fields } of groups) out.byte(fields);
  for (const { groups } of entries) for (const { docs } of groups) out.uint(docs.length);
  for (const { groups } of entries) {
    for (const { docs } of groups) {
      let last = 0;
      for (const doc of docs) {
        out.uint(doc - last);
        last = doc;
      }
    }
  }
  return out.done();
}

/** A dictionary of which only what is asked for is decoded. */
export interface Dictionary {
  /** In order. */
  readonly keys: readonly string[];
  /** What has the key at a place among `keys`. @throws RegistryError BAD_SHAPE */
  groups(at: number): readonly Group[];
}

/** @throws RegistryError BAD_SHAPE */
export function openDictionary(bytes: Uint8Array, where: string): Dictionary {
  const from = byteReader(bytes, where);
  const keys: string[] = [];
  let before = '';
  for (let n = from.count(); n > 0; n--) {
    const shared = from.uint();
    before = before.slice(0, shared) + from.text();
    keys.push(before);
  }
  /** The first group of each key. */
  const first = new Float64Array(keys.length + 1);
  for (let i = 0; i < keys.length; i++) first[i + 1] = first[i]! + from.count();
  const fields = from.bytes(first[keys.length]!);
  const lengths = new Uint32Array(fields.length);
  for (let i = 0; i < lengths.length; i++) lengths[i] = from.count();
  const gaps = from.bytes(from.rest);
  let starts: Uint32Array | undefined;
  return {
    keys,
    groups: (at) => {
      starts ??= startsOf(gaps, { first, lengths, where });
      const reader = byteReader(gaps.subarray(starts[at]), where);
      return Array.from(fields.subarray(first[at], first[at + 1]), (one, i) => ({
        fields: one,
        docs: reader.ascending(lengths[first[at]! + i]!),
      }));
    },
  };
}

/** Where the gaps of each key start. @throws RegistryError BAD_SHAPE */
function startsOf(
  gaps: Uint8Array,
  {
    first,
    lengths,
    where,
  }: { readonly first: Float64Array; readonly lengths: Uint32Array; readonly where: string },
): Uint32Array {
  const starts = new Uint32Array(first.length);
  let at = 0;
  for (let key = 0; key + 1 < first.length; key++) {
    starts[key] = at;
    let left = 0;
    for (let group = first[key]!; group < first[key + 1]!; group++) left += lengths[group]!;
    if (left > gaps.length - at)
      throw new RegistryError('BAD_SHAPE', `${where}: the file is cut short or damaged`);
    // The last byte of a number is below 128.
    for (; left > 0 && at < gaps.length; at++) if (gaps[at]! < 128) left--;
  }
  return starts;
}

/** Where the first key that is not before `key` stands. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
