/** From records to what has each word: the two dictionaries of a segment, sorted. */
import type { Entry, Group } from '../files/dictionary.ts';
import type { SearchRecord } from '../record.ts';
import { termsOf } from '../text.ts';
import { nameKey } from './segment.ts';

/** A key with what has it as `ordinal × 64 + fields`, in order: a tenth of the memory of groups. */
export interface PackedEntry {
  readonly key: string;
  readonly packed: readonly number[];
}

export interface Inverted {
  /** Words, `@author` and `>dependency`. */
  readonly words: readonly PackedEntry[];
  /** See `nameKey`. */
  readonly names: readonly PackedEntry[];
}

/** @param records in the order of their ordinals */
export function invert(records: readonly SearchRecord[]): Inverted {
  const postings = new Map<string, number[]>();
  const add = (key: string, doc: number, fields: number): void => {
    const list = postings.get(key);
    if (list === undefined) postings.set(key, [doc * 64 + fields]);
    else list.push(doc * 64 + fields);
  };
  const names: PackedEntry[] = [];
  for (const [doc, record] of records.entries()) {
    for (const [term, fields] of termsOf(record)) add(term, doc, fields);
    add(`@${record.author}`, doc, 0);
    for (const name of new Set(record.depends)) add(`>${name.slice(1)}`, doc, 0);
    const key = nameKey(record.name.slice(record.author.length + 2), record.author);
    names.push({ key, packed: [doc * 64] });
  }
  const words = [...postings.keys()].sort().map((key) => ({ key, packed: postings.get(key) ?? [] }));
  return { words, names: names.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) };
}

export function unpack({ key, packed }: PackedEntry): Entry {
  const byFields = new Map<number, number[]>();
  for (const one of packed) {
    const fields = one & 63;
    const docs = byFields.get(fields);
    if (docs === undefined) byFields.set(fields, [Math.floor(one / 64)]);
    else docs.push(Math.floor(one / 64));
  }
  const groups: Group[] = [...byFields]
    .sort(([a], [b]) => a - b)
    .map(([fields, docs]) => ({ fields, docs: Uint32Array.from(docs) }));
  return { key, groups };
}
