/** A set of modules that can be searched: the sharded files of the base, or records in memory. */
import type { Column, ColumnName } from '../files/column.ts';
import type { Entry, Group } from '../files/dictionary.ts';
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
  /** All words, for corrections. */
  vocabulary(): Promise<readonly Word[]>;
  column(name: ColumnName): Promise<Column>;
  records(ordinals: readonly number[]): Promise<readonly SearchRecord[]>;
  levelOf(ordinal: number): number;
}

export interface NameEntry {
  /** The name without its author, run together. */
  readonly slug: string;
  readonly author: string;
  readonly doc: number;
}

export interface Word {
  readonly term: string;
  /** Modules that have it. */
  readonly df: number;
}

/** The key of a name in the dictionary of names: `!` stands before every letter and digit. */
export const nameMark = '!';

export function nameEntries(entries: readonly Entry[]): NameEntry[] {
  return entries.flatMap(({ key, groups }) => {
    const [slug = '', author = ''] = key.split(nameMark);
    return groups.flatMap(({ docs }) => [...docs].map((doc) => ({ slug, author, doc })));
  });
}

/** Whether the key is a word, and no author or dependency. */
export function isWord(key: string): boolean {
  return !/^[@>]/.test(key);
}
