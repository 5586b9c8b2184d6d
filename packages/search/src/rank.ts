/**
 * The ranking function (search.md §5): `score = rank(match) + text × factor`. No clock, no downloads, nothing that can be
 * bought; every part of it is shown by `--explain`.
 */
import type { Field, MatchClass } from './api.ts';
import type { SearchRecord } from './record.ts';
import { fieldBits } from './text.ts';

/** §5.1: what decides first. `text × factor` is at most 1, so that no class reaches the next one. */
export const rankOf: Readonly<Record<MatchClass, number>> = { exact: 4, prefix: 3, all: 2, some: 1, any: 0 };

/** §5.2: how much a word in a field says, 0 to 1. */
export const fieldWeights: Readonly<Record<Field, number>> = {
  keywords: 0.85,
  name: 0.5,
  exports: 0.25,
  author: 0.3,
  about: 0.35,
  headings: 0.05,
};

/** A name that begins like the query is what is being typed only if few names do; else the query is a word. */
export const prefixNames = 16;

/** What a name that begins with the query's only word, which others have too, gains in `text`. */
export const beginning = 0.1;

/** §5.3: how much a word counts that was found otherwise than as it was typed. */
export const foundBy = {
  typed: 1,
  /** `files` for `file`. */
  number: 0.2,
  /** By its beginning, where no module has just that. */
  end: 0.85,
  /** By its beginning, where it is a word itself. */
  longer: 0.15,
  corrected: 0.8,
  correctedTwice: 0.6,
} as const;

/**
 * What is left of `text` where a word is there only in another number, as the beginning of a longer one, or, of several
 * words, where a hit does not show it.
 */
export const foundOtherwise = 0.5;

const weights = Array.from({ length: 64 }, (_, bits) => {
  let missing = 1;
  for (const [field, bit] of Object.entries(fieldBits))
    if ((bits & bit) !== 0) missing *= 1 - fieldWeights[field as Field];
  return 1 - missing;
});

/** A word in several fields says more than in any one of them: `1 − Π(1 − weight)`. */
export function weightOf(fields: number): number {
  return weights[fields & 63] ?? 0;
}

export function fieldsIn(bits: number): Field[] {
  return (Object.keys(fieldBits) as Field[]).filter((field) => (bits & fieldBits[field]) !== 0);
}

/** How rare a word is: `df` of `n` modules have it (BM25's idf, never negative). */
export function rarity(n: number, df: number): number {
  return Math.log(1 + (Math.max(n, df) - df + 0.5) / (df + 0.5));
}

/**
 * Steps of the factor: modules are ordered by it in the index. Few, so that modules about the same thing stand beside each
 * other there and are read with one file.
 */
export const levels = 16;

/** The lowest level of a module that is neither deprecated nor yanked. */
const lowestFree = Math.round(levels / 2);

/** What a module is deprecated or yanked for costs: it stays findable, below the others. */
const deprecated = 0.5;
const yanked = 0.25;

/**
 * §5.4: 0 to 16. Half of it is quality, half is trust; where nothing is known of either, it is taken for one half, so that a
 * new module is neither hidden nor pushed.
 */
export function levelOf(record: Pick<SearchRecord, 'score' | 'quality' | 'deprecated' | 'yanked'>): number {
  const known = worthOf(record) / 200;
  const lowered = record.yanked ? yanked : record.deprecated ? deprecated : 1;
  const level = Math.round(levels * (0.5 + 0.5 * known) * lowered);
  return lowered < 1 ? Math.min(level, lowestFree - 1) : level;
}

function worthOf({ quality = 50, score = 50 }: Pick<SearchRecord, 'score' | 'quality'>): number {
  return quality + score;
}

export function factorOf(level: number): number {
  return level / levels;
}

/** Whether the level is one that only a deprecated or yanked module has: its name alone does not put it first. */
export function isLowered(level: number): boolean {
  return level < lowestFree;
}

/** The order of modules of one score, and of their ordinals: better ones first, alike ones beside each other. */
export function compareRecords(a: SearchRecord, b: SearchRecord): number {
  return (
    levelOf(b) - levelOf(a) ||
    compareText(topicOf(a), topicOf(b)) ||
    worthOf(b) - worthOf(a) ||
    compareText(a.name, b.name)
  );
}

function topicOf({ categories, keywords }: SearchRecord): string {
  return categories[0] ?? keywords[0] ?? '';
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
