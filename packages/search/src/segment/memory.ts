/** A few records as a segment: what changed since the base was made. */
import { type ColumnName, columnOf } from '../files/column.ts';
import { type Group, lowerBound } from '../files/dictionary.ts';
import { wordList } from '../files/vocabulary.ts';
import { compareRecords, levelOf } from '../rank.ts';
import type { SearchRecord } from '../record.ts';
import { invert, type Postings, unpack } from './invert.ts';
import { isWord, nameEntries, type Segment, vocabularyPart } from './segment.ts';

export interface MemorySegment extends Segment {
  /** In the order of their ordinals. */
  readonly all: readonly SearchRecord[];
}

export function memorySegment(records: Iterable<SearchRecord>): MemorySegment {
  const all = [...records].sort(compareRecords);
  const inverted = invert(all);
  const entries = (postings: Postings) => postings.keys.map((_, at) => unpack(postings, at));
  const words = entries(inverted.words);
  const names = entries(inverted.names);
  const keys = words.map(({ key }) => key);
  const range = (entries: typeof words, prefix: string) =>
    entries.filter(({ key }) => key.startsWith(prefix));
  return {
    all,
    size: all.length,
    exact: async (key) => {
      const entry = words[lowerBound(keys, key)];
      return entry?.key === key ? entry.groups : [];
    },
    startingWith: async (prefix) => range(words, prefix),
    names: async (prefix) => nameEntries(range(names, prefix)),
    vocabulary: async (starts) => {
      const wanted = words.filter(
        ({ key }) => isWord(key) && (starts === undefined || starts.includes(vocabularyPart(key))),
      );
      const count = (groups: readonly Group[]) => groups.reduce((sum, { docs }) => sum + docs.length, 0);
      return [wordList(wanted.map(({ key, groups }) => ({ term: key, df: count(groups) })))];
    },
    column: async (name: ColumnName) => columnOf(name, all),
    records: async (ordinals) => ordinals.flatMap((ordinal) => all[ordinal] ?? []),
    levelOf: (ordinal) => {
      const record = all[ordinal];
      return record === undefined ? 0 : levelOf(record);
    },
  };
}
