/**
 * A part of the dictionary as one file (search.md §7.3): keys in order of their code units, each with what has it. Keys come
 * first, written as what they share with the one before and the rest; then, for each key, groups of modules that have it in
 * the same fields, as gaps between ascending ordinals.
 */
import { type ByteReader, byteReader, byteWriter } from './bytes.ts';

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

/** @throws RegistryError BAD_SHAPE */
export function decodeDictionary(bytes: Uint8Array, where: string): Entry[] {
  const from = byteReader(bytes, where);
  const keys: string[] = [];
  let before = '';
  for (let n = from.count(); n > 0; n--) {
    const shared = from.uint();
    before = before.slice(0, shared) + from.text();
    keys.push(before);
  }
  const sizes = keys.map(() => from.count());
  const fields = sizes.map((size) => Array.from({ length: size }, () => from.byte()));
  const lengths = sizes.map((size) => Array.from({ length: size }, () => from.count()));
  return keys.map((key, i) => ({
    key,
    groups: (fields[i] ?? []).map((one, j) => ({ fields: one, docs: ascending(from, lengths[i]?.[j] ?? 0) })),
  }));
}

function ascending(from: ByteReader, length: number): Uint32Array {
  const docs = new Uint32Array(length);
  let last = 0;
  for (let i = 0; i < length; i++) {
    last += from.uint();
    docs[i] = last;
  }
  return docs;
}

/** Where the first key that is not before `key` stands. */
export function lowerBound(entries: readonly { readonly key: string }[], key: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
