/** What a query asks for (search.md §4). */
import type { Sort } from '../api.ts';

/** Words that must all be there, or, with `not`, must not all be there. */
export interface Clause {
  /** As typed, for people. */
  readonly shown: string;
  readonly terms: readonly string[];
  /** Of words that were typed as one, `json-schema`, how a keyword of them is looked up. */
  readonly whole?: string;
  /** Bits of the fields that count; all of them without a restriction. */
  readonly fields: number;
  readonly not: boolean;
  /** The words stand side by side. */
  readonly phrase: boolean;
  /** The last word may be the beginning of a longer one. */
  readonly prefix: boolean;
}

/** A property that is looked up in the dictionary, like a word that nobody types. */
export interface KeyFilter {
  readonly shown: string;
  /** `@alice` for an author, `>alice/strings` for a dependency. Any of them. */
  readonly keys: readonly string[];
  readonly not: boolean;
}

export type FlagName = 'signed' | 'reviewed' | 'safe' | 'deprecated' | 'yanked';
export const flagNames: readonly FlagName[] = ['signed', 'reviewed', 'safe', 'deprecated', 'yanked'];

/** A property that is looked up in the columns. */
export type ColumnFilter = { readonly shown: string; readonly not: boolean } & (
  | { readonly column: 'kind' | 'needs' | 'licence' | 'category'; readonly values: readonly string[] }
  | { readonly column: 'is'; readonly values: readonly FlagName[] }
  | {
      readonly column: 'score' | 'quality' | 'updated';
      /** Least and most; of `updated` in days since 1970. */
      readonly least: number;
      readonly most: number;
    }
);

export interface Query {
  readonly clauses: readonly Clause[];
  readonly keys: readonly KeyFilter[];
  readonly columns: readonly ColumnFilter[];
  /** The free words, those that say nothing among them. */
  readonly free: readonly string[];
  /** They run together: what a name is compared with. Empty where there are none. */
  readonly squashed: string;
  /** The same with its hyphens, if there are any: then a longer name has them in the same places. */
  readonly hyphenated: string | undefined;
  /** Of a query that is `@author/name` or begins so. */
  readonly author: string | undefined;
  /** The order that it asks for. */
  readonly sort: Sort | undefined;
  /** What was not understood. */
  readonly notes: readonly string[];
}
