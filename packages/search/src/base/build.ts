/** From records to the files of a base (search.md §7). Pure: how bytes are deflated and hashed is passed in. */
import { layout } from '@mlld/format';
import { byteWriter } from '../files/bytes.ts';
import { columnNames, columnOf, encodeColumn } from '../files/column.ts';
import { encodeDictionary } from '../files/dictionary.ts';
import { encodeVocabulary } from '../files/vocabulary.ts';
import { compareRecords, levelOf } from '../rank.ts';
import { encodeRecord, type SearchRecord } from '../record.ts';
import { invert, type PackedEntry, unpack } from '../segment/invert.ts';
import { isWord, vocabularyPart } from '../segment/segment.ts';
import { neighbours } from '../similar/neighbours.ts';
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
  return {
    info: {
      id,
      modules: records.length,
      words: routesOf(words),
      names: routesOf(names),
      vocabulary: [...vocabulary.keys()].filter((part) => part !== 'all'),
      levels: levelsOf(records),
    },
    records,
    *files() {
      const packed = (bytes: Uint8Array): Uint8Array => packing.deflate(bytes);
      for (const [n, part] of words.entries())
        yield [layout.searchWords(id, n), packed(encodeDictionary(part.map(unpack)))];
      for (const [n, part] of names.entries())
        yield [layout.searchNames(id, n), packed(encodeDictionary(part.map(unpack)))];
      for (const [part, list] of vocabulary)
        yield [
          layout.searchVocabulary(id, part),
          packed(encodeVocabulary(list.map(({ key, packed: has }) => ({ term: key, df: has.length })))),
        ];
      for (const name of columnNames)
        yield [layout.searchColumn(id, name), packed(encodeColumn(columnOf(name, records)))];
      for (const [n, block] of chunks(records, recordsPerFile).entries())
        yield [layout.searchRecords(id, n), packed(blockOf(block))];
      for (const [n, block] of chunks(
        neighbours(inverted.words, records.length),
        neighboursPerFile,
      ).entries())
        yield [layout.searchSimilar(id, n), packed(similarBlock(block))];
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

/** Cuts a dictionary where a file has become large enough; one large entry has a file of its own. */
function partsOf(entries: readonly PackedEntry[]): (readonly PackedEntry[])[] {
  const parts: (readonly PackedEntry[])[] = [];
  let from = 0;
  let size = 0;
  for (const [i, entry] of entries.entries()) {
    const more = sizeOf(entry);
    if (size > 0 && size + more > partBytes) {
      parts.push(entries.slice(from, i));
      from = i;
      size = 0;
    }
    size += more;
  }
  if (from < entries.length) parts.push(entries.slice(from));
  return parts;
}

/** About the bytes that it takes: gaps of one or two bytes. */
function sizeOf({ key, packed }: PackedEntry): number {
  return 7 + key.length / 2 + packed.length * (packed.length > 500 ? 1.2 : 2);
}

/** The shortest text that is after the last key of the part before. */
function routesOf(parts: readonly (readonly PackedEntry[])[]): string[] {
  return parts.map((part, i) => {
    const first = part[0]?.key ?? '';
    const before = parts[i - 1]?.at(-1)?.key ?? '';
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
function vocabularyParts(entries: readonly PackedEntry[]): Map<string, readonly PackedEntry[]> {
  const shown = fieldBits.name | fieldBits.keywords | fieldBits.about;
  const words = entries.filter(({ key, packed }) => isWord(key) && packed.some((one) => (one & shown) !== 0));
  const parts = new Map<string, PackedEntry[]>([['all', words]]);
  for (const word of words) {
    const part = vocabularyPart(word.key);
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

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
