/** From records to the files of a base (search.md §7). Pure: how bytes are deflated and hashed is passed in. */
import { layout } from '@mlld/format';
import { byteWriter } from '../files/bytes.ts';
import { columnNames, columnOf, encodeColumn } from '../files/column.ts';
import { encodeDictionary } from '../files/dictionary.ts';
import { type CountedWord, encodeVocabulary } from '../files/vocabulary.ts';
import { compareRecords, levelOf } from '../rank.ts';
import { encodeRecord, type SearchRecord } from '../record.ts';
import { invert, type Postings, postingsAt, unpack } from '../segment/invert.ts';
import { isWord, vocabularyPart } from '../segment/segment.ts';
import { neighbours, type Shared, sharedWords } from '../similar/neighbours.ts';
import { fieldBits } from '../text.ts';
import { type BaseInfo, hashDigits, neighboursPerFile, recordsPerFile } from './manifest.ts';

export interface Packing {
  /** Raw DEFLATE (RFC 1951). */
  readonly deflate: (bytes: Uint8Array) => Uint8Array;
  /** sha256 in hexadecimal digits. */
  readonly sha256: (bytes: Uint8Array | string) => string;
}

export type IndexFile = readonly [path: string, content: Uint8Array];

/** Bytes of a part of a dictionary before it is deflated: about 4 KB after. */
const partBytes = 5400;
/** Exports that a hit shows. */
const shownExports = 12;

export interface Base {
  readonly info: BaseInfo;
  /** In the order of their ordinals. */
  readonly records: readonly SearchRecord[];
  /** Made one after the other as they are asked for: all at once would not fit into little memory. */
  files(): Iterable<IndexFile>;
  /** The same in two parts, of which the second needs `neighbours` of `shared`: another thread may find them meanwhile. */
  wordFiles(): Iterable<IndexFile>;
  similarFiles(near: Iterable<readonly number[]>): Iterable<IndexFile>;
  shared(): Shared;
}

/** Records in the order of their ordinals, and the name of the base that is made of them. */
export interface OrderedRecords {
  readonly id: string;
  readonly records: readonly SearchRecord[];
}

export function orderRecords(unordered: Iterable<SearchRecord>, packing: Packing): OrderedRecords {
  const records = [...unordered].sort(compareRecords);
  return { id: idOf(records, packing), records };
}

export function buildBase({ id, records }: OrderedRecords, packing: Packing): Base {
  const inverted = invert(records);
  const words = partsOf(inverted.words);
  const names = partsOf(inverted.names);
  const vocabulary = vocabularyParts(inverted.words);
  const packed = (bytes: Uint8Array): Uint8Array => packing.deflate(bytes);
  const shared = () => sharedWords(inverted.words, records.length);
  return {
    info: {
      id,
      modules: records.length,
      words: routesOf(inverted.words, words),
      names: routesOf(inverted.names, names),
      vocabulary: [...vocabulary.keys()].filter((part) => part !== 'all'),
      levels: levelsOf(records),
    },
    records,
    shared,
    *files() {
      yield* this.wordFiles();
      yield* this.similarFiles(neighbours(shared()));
    },
    *wordFiles() {
      for (const [n, part] of words.entries())
        yield [layout.searchWords(id, n), packed(dictionaryOf(inverted.words, part))];
      for (const [n, part] of names.entries())
        yield [layout.searchNames(id, n), packed(dictionaryOf(inverted.names, part))];
      for (const [part, list] of vocabulary)
        yield [layout.searchVocabulary(id, part), packed(encodeVocabulary(list))];
      for (const name of columnNames)
        yield [layout.searchColumn(id, name), packed(encodeColumn(columnOf(name, records)))];
      for (const [n, block] of chunks(records, recordsPerFile).entries())
        yield [layout.searchRecords(id, n), packed(blockOf(block))];
    },
    *similarFiles(near) {
      const lists = near[Symbol.iterator]();
      for (let n = 0; n * neighboursPerFile < records.length; n++)
        yield [layout.searchSimilar(id, n), packed(similarBlock(take(lists, neighboursPerFile)))];
    },
  };
}

/** Records whose lines are hashed at once: all of them would be a text as large as the index. */
const hashedAtOnce = 1000;

/** §7.1: the first digits of the sha256 of the sha256 of each thousand records, whole, one a line. */
function idOf(records: readonly SearchRecord[], { sha256 }: Packing): string {
  const hashes = chunks(records, hashedAtOnce).map((chunk) =>
    sha256(chunk.map((record) => `${JSON.stringify(encodeRecord(record))}\n`).join('')),
  );
  return sha256(hashes.join('\n')).slice(0, hashDigits);
}

function blockOf(records: readonly SearchRecord[]): Uint8Array {
  const shown = records.map(({ exports, ...record }) =>
    encodeRecord({ ...record, exports: exports.slice(0, shownExports), headings: [] }),
  );
  return new TextEncoder().encode(JSON.stringify(shown));
}

/** Places of keys that stand in one file: from, and before which. */
type Part = readonly [from: number, to: number];

/** Cuts a dictionary where a file has become large enough; one large entry has a file of its own. */
function partsOf(postings: Postings): Part[] {
  const parts: Part[] = [];
  let from = 0;
  let size = 0;
  for (let at = 0; at < postings.keys.length; at++) {
    const more = sizeOf(postings, at);
    if (size > 0 && size + more > partBytes) {
      parts.push([from, at]);
      from = at;
      size = 0;
    }
    size += more;
  }
  if (from < postings.keys.length) parts.push([from, postings.keys.length]);
  return parts;
}

/** About the bytes that it takes: gaps of one or two bytes. */
function sizeOf({ keys, start }: Postings, at: number): number {
  const count = start[at + 1]! - start[at]!;
  return 7 + keys[at]!.length / 2 + count * (count > 500 ? 1.2 : 2);
}

function dictionaryOf(postings: Postings, [from, to]: Part): Uint8Array {
  return encodeDictionary(Array.from({ length: to - from }, (_, i) => unpack(postings, from + i)));
}

/** The shortest text that is after the last key of the part before. */
function routesOf({ keys }: Postings, parts: readonly Part[]): string[] {
  return parts.map(([from], i) => {
    const first = keys[from] ?? '';
    const before = i === 0 ? '' : (keys[from - 1] ?? '');
    let shared = 0;
    while (shared < before.length && before[shared] === first[shared]) shared++;
    return i === 0 ? '' : first.slice(0, shared + 1);
  });
}

function levelsOf(records: readonly SearchRecord[]): (readonly [number, number])[] {
  const starts: (readonly [number, number])[] = [];
  for (const [ordinal, record] of records.entries()) {
    const level = levelOf(record);
    if (starts.at(-1)?.[0] !== level) starts.push([level, ordinal]);
  }
  return starts;
}

/** Words that people mistype: those of names, keywords and descriptions. By first character, and all of them. */
function vocabularyParts(postings: Postings): Map<string, readonly CountedWord[]> {
  const shown = fieldBits.name | fieldBits.keywords | fieldBits.about;
  const words: CountedWord[] = [];
  const parts = new Map<string, CountedWord[]>([['all', words]]);
  for (const [at, term] of postings.keys.entries()) {
    const has = postingsAt(postings, at);
    if (!isWord(term) || !has.some((one) => (one & shown) !== 0)) continue;
    const word = { term, df: has.length };
    words.push(word);
    const part = vocabularyPart(term);
    const list = parts.get(part);
    if (list === undefined) parts.set(part, [word]);
    else list.push(word);
  }
  return parts;
}

function similarBlock(lists: readonly (readonly number[])[]): Uint8Array {
  const out = byteWriter(4096);
  out.uint(lists.length);
  for (const list of lists) {
    out.uint(list.length);
    for (const ordinal of list) out.uint(ordinal);
  }
  return out.done();
}

function take<T>(from: Iterator<T>, most: number): T[] {
  const taken: T[] = [];
  for (let next = from.next(); next.done !== true; next = from.next()) {
    taken.push(next.value);
    if (taken.length === most) break;
  }
  return taken;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
