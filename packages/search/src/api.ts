/** What a search is asked and answers: the same in the browser, in the command and on a server (docs/spec/search.md §6). */
import type { Inflate } from './files/bytes.ts';
import type { MeaningProvider } from './meaning/format.ts';
import type { EmbedQuery } from './meaning/read.ts';
import type { SearchRecord } from './record.ts';

export interface SearchSource {
  /** The bytes of a file of the distribution, by its path; undefined when there is none. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** How files are inflated; without it by what browsers and Node have. */
  readonly inflate?: Inflate;
  /** Milliseconds since 1970: what `updated:<6m` counts from. */
  readonly now: () => number;
  /** Makes vectors of questions with the model itself, for an index whose terms don't say enough. Never in a browser. */
  readonly embed?: EmbedQuery;
}

/** `trending`: what the registry's statistics say first (statistics.md §6), all else by relevance. */
export const sorts = ['relevance', 'updated', 'score', 'quality', 'trending'] as const;
export type Sort = (typeof sorts)[number];

export interface SearchOptions {
  /** Hits wanted; 10 without it. */
  readonly limit?: number;
  /** Hits to leave out from the start. */
  readonly offset?: number;
  /** What the query itself says, `sort:updated`, goes before. */
  readonly sort?: Sort;
  /** Count what was found by kind, need, licence and more: reads further files, so that a page asks for it second. */
  readonly facets?: boolean;
}

/** Where a word of the query was found. */
export type Field = 'name' | 'keywords' | 'exports' | 'about' | 'headings' | 'author';

export type MatchClass = 'exact' | 'prefix' | 'all' | 'some' | 'any';

/** Why a hit stands where it does: `score` is `rank + text × factor` (search.md §5). */
export interface Why {
  readonly match: MatchClass;
  readonly score: number;
  /** The class's base. */
  readonly rank: number;
  /** 0 to 1: fields and rarity of the words. */
  readonly text: number;
  /** 0.5 to 1 by quality and trust; less for deprecated and yanked ones. */
  readonly factor: number;
  readonly words: readonly WordMatch[];
}

export interface WordMatch {
  /** As in the query. */
  readonly word: string;
  /** As found, where it differs: the rest of a prefix, or a corrected one. */
  readonly found?: string;
  readonly fields: readonly Field[];
  /** The share of `text` that it gave. */
  readonly points: number;
}

export interface Hit {
  readonly record: SearchRecord;
  readonly why: Why;
}

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

/** Most frequent first. */
export interface Facets {
  readonly kind: readonly FacetValue[];
  readonly category: readonly FacetValue[];
  readonly needs: readonly FacetValue[];
  readonly licence: readonly FacetValue[];
  readonly is: readonly FacetValue[];
}

export interface Correction {
  readonly from: string;
  readonly to: string;
}

export interface SearchAnswer {
  readonly hits: readonly Hit[];
  /** Modules found, shown or not. */
  readonly total: number;
  /** Present if they were asked for. */
  readonly facets?: Facets;
  /** Words that nothing has, and what was looked for instead. */
  readonly corrections: readonly Correction[];
  /** What in the query was not understood, for people. Never an error. */
  readonly notes: readonly string[];
}

/** Why a hit of a question stands where it does: `score` is the sum of `1 / (60 + place)` over both lists (search.md §9.6). */
export interface LikeWhy {
  readonly score: number;
  /** Place among the hits of the words, from 1. */
  readonly text?: number;
  /** Place among the nearest texts, from 1; the cosine; the export that the nearest text documents, empty for the whole module. */
  readonly meaning?: { readonly place: number; readonly similarity: number; readonly label: string };
}

/** `why` is about the words alone; `any` without words where none was found. */
export interface LikeHit extends Hit {
  readonly like: LikeWhy;
}

export interface LikeOptions {
  readonly limit?: number;
  readonly offset?: number;
  readonly facets?: boolean;
  /** The lists that are fused; `both` without it. */
  readonly by?: 'text' | 'meaning' | 'both';
}

export interface LikeAnswer extends SearchAnswer {
  readonly hits: readonly LikeHit[];
  /** What the vectors are; absent where only words were compared, and a note says why. */
  readonly meaning?: { readonly provider: MeaningProvider; readonly model: string };
}

export interface Search {
  search(query: string, options?: SearchOptions): Promise<SearchAnswer>;
  /** Modules whose texts are like a question in one's own words; properties narrow as in `search`. */
  like(question: string, options?: LikeOptions): Promise<LikeAnswer>;
  /** Modules that are most like this one, nearest first; empty for a name that is not there. */
  similar(name: string): Promise<readonly SearchRecord[]>;
}
