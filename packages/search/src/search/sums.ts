/** Adds up what the words of a query say of each module that has any of them (search.md §5.2, §5.3). */
import type { WordMatch } from '../api.ts';
import { fieldsIn, foundBy, rarity, weightOf } from '../rank.ts';
import type { Merged } from '../segment/merged.ts';
import { fieldBits } from '../text.ts';
import type { WordLookup } from './lookup.ts';

/** What a hit shows: one of several words that stands in its headings or symbols only is easily missed. */
const shownFields = fieldBits.name | fieldBits.keywords | fieldBits.about;

/** §5.2: of each module the words that it has, as bits, and `text`. */
export function sumUp(merged: Merged, words: readonly WordLookup[]): Sums {
  const sums: Sums = {
    found: [],
    text: new Float64Array(merged.room),
    bits: new Uint16Array(merged.room),
    typed: new Uint16Array(merged.room),
    own: new Float64Array(merged.room),
  };
  const { rarities, whole } = raritiesOf(merged, words);
  for (const [i, { alternatives, clause }] of words.entries()) {
    for (const { share, found } of alternatives) {
      for (const { fields, docs } of found.groups) {
        const counted = fields & clause.fields;
        const value = (rarities[i]! * share * weightOf(counted)) / whole;
        if (counted === 0) continue;
        const isShown = words.length === 1 || (counted & shownFields) !== 0;
        addUp(sums, { docs, bit: 1 << i, value, isTyped: isShown && share > foundBy.number });
      }
    }
  }
  return sums;
}

interface Addend {
  readonly docs: Uint32Array;
  readonly bit: number;
  readonly value: number;
  readonly isTyped: boolean;
}

export interface Sums {
  /** Modules that have any of the words. */
  readonly found: number[];
  readonly text: Float64Array;
  readonly bits: Uint16Array;
  /** Words that it has as they were typed, and not only in another number, as a beginning, or where a hit does not show them. */
  readonly typed: Uint16Array;
  /** What the current word gave. */
  readonly own: Float64Array;
}

/** A word that a module has in several ways counts as the best of them. */
function addUp({ found, text, bits, own, typed }: Sums, { docs, bit, value, isTyped }: Addend): void {
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i]!;
    if (bits[doc] === 0) found.push(doc);
    if (isTyped) typed[doc]! |= bit;
    if ((bits[doc]! & bit) === 0) {
      bits[doc]! |= bit;
      own[doc] = value;
      text[doc]! += value;
    } else if (value > own[doc]!) {
      text[doc]! += value - own[doc]!;
      own[doc] = value;
    }
  }
}

function raritiesOf(merged: Merged, words: readonly WordLookup[]) {
  const rarities = words.map(({ df }) => rarity(merged.modules, df));
  return { rarities, whole: rarities.reduce((sum, one) => sum + one, 0) };
}

/** Where the words of the query were found in one module. */
export function wordsFoundIn(merged: Merged, words: readonly WordLookup[], doc: number): WordMatch[] {
  const asked = words.filter(({ clause }) => !clause.not);
  const { rarities, whole } = raritiesOf(merged, asked);
  return asked.flatMap(({ clause, term, alternatives }, i) => {
    let found: { term: string; points: number; fields: number } | undefined;
    for (const alternative of alternatives) {
      for (const { fields, docs } of alternative.found.groups) {
        const counted = fields & clause.fields;
        const points = (rarities[i]! * alternative.share * weightOf(counted)) / whole;
        if (counted === 0 || points <= (found?.points ?? 0) || !includes(docs, doc)) continue;
        found = { term: alternative.term, points, fields: counted };
      }
    }
    if (found === undefined) return [];
    const as = found.term === term ? {} : { found: found.term };
    return [{ word: term, ...as, fields: fieldsIn(found.fields), points: found.points }];
  });
}

function includes(sorted: Uint32Array, doc: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < doc) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === doc;
}
