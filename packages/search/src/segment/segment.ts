/** A set of modules that can be searched: the sharded files of the base, or records in memory. */
import type { Column, ColumnName } from '../files/column.ts';
import type { Entry, Group } from '../files/dictionary.ts';
import type { WordList } from '../files/vocabulary.ts';
import type { SearchRecord } from '../record.ts';

export interface Segment {
  /** Modules, numbered from 0 in the order of `compareRecords`. */
  readonly size: number;
  /** What has this word or key. */
  exact(key: string): Promise<readonly Group[]>;
  /** Words that begin so, the word itself among them: those that one reading finds, in order. */
  startingWith(prefix: string): Promise<readonly Entry[]>;
  /** Names, run together, that begin so: at most one reading of them. */
  names(prefix: string): Promise<readonly NameEntry[]>;
  /** All words, for corrections; or those that begin with one of some characters. */
  vocabulary(starts?: readonly string[]): Promise<readonly WordList[]>;
  column(name: ColumnName): Promise<Column>;
  records(ordinals: readonly number[]): Promise<readonly SearchRecord[]>;
  levelOf(ordinal: number): number;
}

export interface NameEntry {
  /** The name without its author, run together. */
  readonly squashed: string;
  /** As it is written. */
  readonly slug: string;
  readonly author: string;
  readonly doc: number;
}

/** Parts of the key of a name in the dictionary of names; it stands before every letter and digit. */
export const nameMark = '!';

/** `fastjson!alice!4`: run together, the author, and how many characters stand between hyphens. */
export function nameKey(slug: string, author: string): string {
  const parts = slug.split('-').map((part) => part.length);
  return [slug.replaceAll('-', ''), author, parts.slice(0, -1).join('.')].join(nameMark);
}

export function nameEntries(entries: readonly Entry[]): NameEntry[] {
  return entries.flatMap(({ key, groups }) => {
    const [squashed = '', author = '', lengths = ''] = key.split(nameMark);
    const slug = hyphenated(squashed, lengths);
    return groups.flatMap(({ docs }) => [...docs].map((doc) => ({ squashed, slug, author, doc })));
  });
}

/** The part of the vocabulary that a word stands in: its first letter or digit, or `_`. */
export function vocabularyPart(term: string): string {
  return /^[a-z0-9]/.test(term) ? term.slice(0, 1) : '_';
}

/** Whether the key is a word, and no author or dependency. */
export function isWord(key: string): boolean {
  return !/^[@>]/.test(key);
}

function hyphenated(squashed: string, lengths: string): string {
  const parts: string[] = [];
  let at = 0;
  for (const length of lengths === '' ? [] : lengths.split('.').map(Number)) {
    parts.push(squashed.slice(at, at + length));
    at += length;
  }
  return [...parts, squashed.slice(at)].join('-');
}
