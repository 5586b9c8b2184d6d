/** A base as a segment: files are read when something needs them, each once (search.md §7). */
import { decode as d, decodeUtf8, layout, parseJson, RegistryError } from '@mlld/format';
import { byteReader, type Inflate } from '../files/bytes.ts';
import { type Column, type ColumnName, decodeColumn } from '../files/column.ts';
import { type Dictionary, type Entry, lowerBound, openDictionary } from '../files/dictionary.ts';
import { decodeVocabulary } from '../files/vocabulary.ts';
import { prefixNames } from '../rank.ts';
import { decodeRecord, type SearchRecord } from '../record.ts';
import { nameEntries, nameMark, type Segment } from '../segment/segment.ts';
import { type BaseInfo, neighboursPerFile, recordsPerFile } from './manifest.ts';

export interface Reading {
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  readonly inflate: Inflate;
}

export interface BaseSegment extends Segment {
  /** Ordinals of the modules most like one. */
  similar(ordinal: number): Promise<readonly number[]>;
}

/** Files that are held in memory once decoded; the oldest go first. */
const heldFiles = 1000;

/** Reads deflated files, each once. A failure is not held: the next question asks again. */
export function fileReader(reading: Reading) {
  const held = new Map<string, Promise<unknown>>();
  return <T>(path: string, decode: (bytes: Uint8Array, where: string) => T): Promise<T> => {
    const known = held.get(path);
    if (known !== undefined) return known as Promise<T>;
    const result = readOne(reading, path, decode);
    held.set(path, result);
    result.catch(() => held.delete(path));
    if (held.size > heldFiles) for (const oldest of held.keys()) return held.delete(oldest) ? result : result;
    return result;
  };
}

async function readOne<T>(
  { read, inflate }: Reading,
  path: string,
  decode: (bytes: Uint8Array, where: string) => T,
): Promise<T> {
  const bytes = await read(path);
  if (bytes === undefined) {
    throw new RegistryError(
      'FILE_NOT_FOUND',
      `${path}: the search index names this file, and it is not there`,
      {
        hint: 'The index may have been made anew meanwhile: load the page again, or run the command again.',
      },
    );
  }
  return decode(await inflate(bytes, path), path);
}

export function baseSegment(info: BaseInfo, reading: Reading): BaseSegment {
  const file = fileReader(reading);
  const words = (n: number) => file(layout.searchWords(info.id, n), openDictionary);
  const names = (n: number) => file(layout.searchNames(info.id, n), openDictionary);
  const vocabulary = (part: string) => file(layout.searchVocabulary(info.id, part), decodeVocabulary);
  const block = (n: number) => file(layout.searchRecords(info.id, n), openBlock);
  let levels: Uint8Array | undefined;
  return {
    size: info.modules,
    exact: async (key) => {
      if (info.words.length === 0) return [];
      const part = await words(partOf(info.words, key));
      const at = lowerBound(part.keys, key);
      return part.keys[at] === key ? part.groups(at) : [];
    },
    startingWith: async (prefix) => {
      if (info.words.length === 0) return [];
      const at = partOf(info.words, prefix);
      const goesOn = info.words[at + 1]?.startsWith(prefix) === true;
      const parts = await Promise.all((goesOn ? [at, at + 1] : [at]).map(words));
      return parts.flatMap((part) => startingWith(part, prefix));
    },
    names: async (prefix) => {
      if (info.names.length === 0) return [];
      const found: Entry[] = [];
      const goesOn = (at: number) => info.names[at + 1]?.startsWith(prefix) === true;
      const from = partOf(info.names, prefix);
      // Most beginnings end in the second part at the latest: it comes in the same round.
      if (goesOn(from)) names(from + 1).catch(() => {});
      for (let at = from; at < info.names.length; at++) {
        found.push(...startingWith(await names(at), prefix));
        // Those called exactly so come first: with more than enough longer ones, none of them is missing.
        const longer =
          found.length -
          lowerBound(
            found.map(({ key }) => key),
            `${prefix}${nameMark}\uffff`,
          );
        if (longer > prefixNames || !goesOn(at)) break;
      }
      return nameEntries(found);
    },
    vocabulary: async (starts = ['all']) => {
      const there = starts.filter((start) => start === 'all' || info.vocabulary.includes(start));
      return Promise.all(there.map(vocabulary));
    },
    column: (name: ColumnName): Promise<Column> => file(layout.searchColumn(info.id, name), decodeColumn),
    records: async (ordinals) => {
      const blocks = await Promise.all(ordinals.map((one) => block(Math.floor(one / recordsPerFile))));
      return ordinals.map((one, i) => {
        const record = blocks[i]?.(one % recordsPerFile);
        if (record === undefined)
          throw new RegistryError('BAD_SHAPE', `search index ${info.id}: module ${one} has no record`);
        return record;
      });
    },
    levelOf: (ordinal) => {
      levels ??= levelTable(info);
      return levels[ordinal] ?? 0;
    },
    similar: async (ordinal) => {
      const lists = await file(
        layout.searchSimilar(info.id, Math.floor(ordinal / neighboursPerFile)),
        decodeSimilar,
      );
      return (lists[ordinal % neighboursPerFile] ?? []).filter((one) => one < info.modules);
    },
  };
}

/** The last part whose route is not after the key. */
export function partOf(routes: readonly string[], key: string): number {
  let low = 0;
  let high = routes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (routes[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function startingWith({ keys, groups }: Dictionary, prefix: string): Entry[] {
  const found: Entry[] = [];
  for (let at = lowerBound(keys, prefix); keys[at]?.startsWith(prefix) === true; at++)
    found.push({ key: keys[at]!, groups: groups(at) });
  return found;
}

/** The level of each module: a byte each costs less than to look for it among the levels. */
function levelTable({ modules, levels }: BaseInfo): Uint8Array {
  const table = new Uint8Array(modules);
  for (const [i, [level, from]] of levels.entries()) table.fill(level, from, levels[i + 1]?.[1]);
  return table;
}

/** Between two records as builders write them. No text in them holds this: a quote within a text has a backslash before it. */
const between = '},{"n":';

/** The records of a file, each parsed when it is asked for: of sixteen, a page of hits shows one or two. */
function openBlock(bytes: Uint8Array, where: string): (n: number) => SearchRecord | undefined {
  const text = decodeUtf8(bytes, where);
  const parse = (part: string) => parseJson(part, { where, maxBytes: bytes.length + between.length });
  const isSplit = text.startsWith('[{"n":') && text.endsWith('}]');
  const parts = isSplit
    ? text.slice(2, -2).split(between)
    : d.array(d.object, recordsPerFile)(parse(text), where);
  const known = new Map<number, SearchRecord>();
  const decode = (n: number): SearchRecord | undefined => {
    const part = parts[n];
    const value = typeof part === 'string' ? parse(`{${n === 0 ? '' : '"n":'}${part}}`) : part;
    const at = `${where}: $[${n}]`;
    return value === undefined ? undefined : decodeRecord(d.object(value, at), at);
  };
  return (n) => {
    const record = known.get(n) ?? decode(n);
    if (record !== undefined) known.set(n, record);
    return record;
  };
}

function decodeSimilar(bytes: Uint8Array, where: string): number[][] {
  const from = byteReader(bytes, where);
  return Array.from({ length: from.count() }, () => Array.from({ length: from.count() }, () => from.uint()));
}
