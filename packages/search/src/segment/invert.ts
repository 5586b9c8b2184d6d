/**
 * From records to what has each word: the two dictionaries of a segment, sorted. What a registry of 100,000 modules has of words are some
 * five million numbers: they stand in a few arrays of numbers, and are no objects.
 */
import type { Entry, Group } from '../files/dictionary.ts';
import type { SearchRecord } from '../record.ts';
import { termsOf } from '../text.ts';
import { nameKey } from './segment.ts';

export interface Postings {
  /** In order. */
  readonly keys: readonly string[];
  /** What has key i stands in `packed` from `start[i]` to before `start[i + 1]`. */
  readonly start: Uint32Array;
  /** `ordinal × 64 + fields`, in order. */
  readonly packed: Uint32Array;
}

export interface Inverted {
  /** Words, `@author` and `>dependency`. */
  readonly words: Postings;
  /** See `nameKey`. */
  readonly names: Postings;
}

/** @param records in the order of their ordinals */
export function invert(records: readonly SearchRecord[]): Inverted {
  const words = collector();
  const names = collector();
  for (const [doc, record] of records.entries()) {
    for (const [term, fields] of termsOf(record)) words.add(term, doc, fields);
    words.add(`@${record.author}`, doc, 0);
    for (const name of new Set(record.depends)) words.add(`>${name.slice(1)}`, doc, 0);
    names.add(nameKey(record.name.slice(record.author.length + 2), record.author), doc, 0);
  }
  return { words: words.done(), names: names.done() };
}

/** What has a key. */
export function postingsAt({ start, packed }: Postings, at: number): Uint32Array {
  return packed.subarray(start[at], start[at + 1]);
}

export function unpack(postings: Postings, at: number): Entry {
  const byFields = new Map<number, number[]>();
  for (const one of postingsAt(postings, at)) {
    const docs = byFields.get(one & 63);
    if (docs === undefined) byFields.set(one & 63, [one >>> 6]);
    else docs.push(one >>> 6);
  }
  const groups: Group[] = [...byFields]
    .sort(([a], [b]) => a - b)
    .map(([fields, docs]) => ({ fields, docs: Uint32Array.from(docs) }));
  return { key: postings.keys[at]!, groups };
}

/** Numbers that are held in one piece: none is ever copied to make room for more. */
const pieceSize = 1 << 18;

function collector() {
  const known = new Map<string, number>();
  const counts: number[] = [];
  const pieces: { readonly keys: Uint32Array; readonly packed: Uint32Array }[] = [];
  let size = 0;
  const add = (key: string, doc: number, fields: number): void => {
    let id = known.get(key);
    if (id === undefined) {
      id = known.size;
      known.set(key, id);
      counts.push(0);
    }
    counts[id]!++;
    const at = size++ % pieceSize;
    if (at === 0) pieces.push({ keys: new Uint32Array(pieceSize), packed: new Uint32Array(pieceSize) });
    const piece = pieces.at(-1)!;
    piece.keys[at] = id;
    piece.packed[at] = doc * 64 + fields;
  };
  /** Sorted by counting: within a key they stay in order. */
  const done = (): Postings => {
    const keys = [...known.keys()].sort();
    const start = new Uint32Array(keys.length + 1);
    const next = new Uint32Array(keys.length);
    for (const [i, key] of keys.entries()) {
      const id = known.get(key)!;
      next[id] = start[i]!;
      start[i + 1] = start[i]! + counts[id]!;
    }
    known.clear();
    const packed = new Uint32Array(size);
    for (const [n, piece] of pieces.entries()) {
      const end = Math.min(pieceSize, size - n * pieceSize);
      for (let i = 0; i < end; i++) packed[next[piece.keys[i]!]!++] = piece.packed[i]!;
    }
    pieces.length = 0;
    return { keys, start, packed };
  };
  return { add, done };
}
