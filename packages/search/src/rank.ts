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
  keywords: 0.75,
  name: 0.7,
  exports: 0.55,
  author: 0.4,
  about: 0.35,
  headings: 0.2,
};

/** A name that begins like the query is what is being typed only if few names do; else the query is a word. */
export const prefixNames = 16;

/** §5.3: how much less a word counts that was found by its beginning, or by correcting it. */
export const foundBy = { typed: 1, prefix: 0.85, corrected: 0.8, correctedTwice: 0.6 } as const;

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

/** Levels of the factor: what the order of modules in the index is made by. */
export const levels = 63;

/** The lowest level of a module that is neither deprecated nor yanked. */
const lowestFree = Math.round(levels / 2);

/** What a module is deprecated or yanked for costs: it stays findable, below the others. */
const deprecated = 0.5;
const yanked = 0.25;

/**
 * §5.4: 0 to 63. Half of it is quality, half is trust; where nothing is known of either, it is taken for one half, so that a
 * new module is neither hidden nor pushed.
 */
export function levelOf(record: Pick<SearchRecord, 'score' | 'quality' | 'deprecated' | 'yanked'>): number {
  const known = ((record.quality ?? 50) + (record.score ?? 50)) / 200;
  const lowered = record.yanked ? yanked : record.deprecated ? deprecated : 1;
  const level = Math.round(levels * (0.5 + 0.5 * known) * lowered);
  return lowered < 1 ? Math.min(level, lowestFree - 1) : level;
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
  const topic = ({ keywords }: SearchRecord): string => keywords[0] ?? '';
  return levelOf(b) - levelOf(a) || compareText(topic(a), topic(b)) || compareText(a.name, b.name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
