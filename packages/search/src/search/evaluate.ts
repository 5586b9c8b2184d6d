/** From what was looked up to the modules that fit, each with its score (search.md §5). */
import type { MatchClass, WordMatch } from '../api.ts';
import type { Query } from '../query/query.ts';
import {
  beginning,
  factorOf,
  fieldsIn,
  fieldWeights,
  foundBy,
  foundOtherwise,
  isLowered,
  rankOf,
  rarity,
  weightOf,
} from '../rank.ts';
import type { Merged } from '../segment/merged.ts';
import { allFields, fieldBits } from '../text.ts';
import type { Lookups, WordLookup } from './lookup.ts';

export interface Candidate {
  readonly doc: number;
  readonly match: MatchClass;
  readonly text: number;
  readonly factor: number;
  readonly score: number;
}

export interface Evaluated {
  /** In no order. */
  readonly candidates: readonly Candidate[];
  /** Whether some module has all of the words. */
  readonly complete: boolean;
}

/** Decides by columns: what `columns.ts` makes of the filters that need them. */
export type Accept = (doc: number) => boolean;

export interface EvaluateOptions {
  readonly lookups: Lookups;
  readonly accept: Accept;
  /** Modules that have some of the words, also where others have all. */
  readonly some?: boolean;
}

export function evaluate(merged: Merged, query: Query, options: EvaluateOptions): Evaluated {
  const { lookups, accept, some = false } = options;
  const asked = lookups.words.filter(({ clause }) => !clause.not);
  const named = namedDocs(merged, query, lookups);
  const sums = sumUp(merged, asked);
  const allowed = allowedBy(merged, query, lookups);
  const fits = (doc: number): boolean => merged.isThere(doc) && allowed(doc) && accept(doc);
  const complete: Candidate[] = [];
  for (const [doc, matched] of named.docs)
    if (fits(doc)) complete.push(candidate(merged, doc, matched(sums.text[doc]!)));
  const textOf = (doc: number): number => {
    const asTyped = sums.typed[doc] === sums.bits[doc] ? 1 : foundOtherwise;
    return Math.min(1, asTyped * sums.text[doc]! + (named.begin.has(doc) ? beginning : 0));
  };
  const collect = (into: Candidate[], match: MatchClass, wanted: (bits: number) => boolean): void => {
    for (const doc of sums.found) {
      if (!wanted(sums.bits[doc]!) || named.docs.has(doc) || !fits(doc)) continue;
      into.push(candidate(merged, doc, { match, text: textOf(doc) }));
    }
  };
  const all = (1 << asked.length) - 1;
  if (asked.length > 0) collect(complete, 'all', (bits) => bits === all);
  // A name says what is wanted; filters alone say that anything is.
  else if (named.docs.size === 0) {
    for (let doc = 0; doc < merged.room; doc++)
      if (fits(doc)) complete.push(candidate(merged, doc, { match: 'any', text: 1 }));
  }
  const partial: Candidate[] = [];
  const required = bitsOf(asked, ({ clause }) => clause.fields !== allFields);
  if (asked.length > 0 && (some || complete.length === 0))
    collect(partial, 'some', (bits) => bits !== 0 && bits !== all && (bits & required) === required);
  return { candidates: [...complete, ...partial], complete: complete.length > 0 };
}

function bitsOf(words: readonly WordLookup[], isMeant: (word: WordLookup) => boolean): number {
  return words.reduce((bits, word, i) => (isMeant(word) ? bits | (1 << i) : bits), 0);
}

interface Matched {
  readonly match: MatchClass;
  readonly text: number;
}

function candidate(merged: Merged, doc: number, { match, text }: Matched): Candidate {
  const factor = factorOf(merged.levelOf(doc));
  return { doc, match, text, factor, score: rankOf[match] + text * factor };
}

/** §5.1: modules that are called what was typed, or begin so. */
function namedDocs(merged: Merged, query: Query, { names, words }: Lookups): Named {
  const docs = new Map<number, (text: number) => Matched>();
  const begin = new Set<number>();
  // Phrases and restricted words say that something else than a name is wanted.
  if (query.clauses.some(({ phrase, not }) => phrase && !not)) return { docs, begin };
  const asked = words.filter(({ clause }) => !clause.not);
  const isWord = query.author === undefined && asked.length === 1 && isKnown(asked[0]);
  for (const { doc, squashed, slug } of names.longer) {
    if (isWord && names.hyphenated === undefined) begin.add(doc);
    else {
      // `createde` begins `createdevice` more than it begins `created-empty`.
      const asTyped = names.hyphenated !== undefined || slug.startsWith(names.typed) ? 1 : 0.5;
      const text = (asTyped * names.typed.length) / squashed.length;
      docs.set(doc, () => ({ match: 'prefix', text }));
    }
  }
  for (const { doc, slug } of names.exact) {
    const asTyped = slug === query.free.join('-') || names.typed !== query.squashed;
    // `fall-back` is not what somebody means who types a word that others have, `fallback`, or another hyphen.
    if (!asTyped && (isWord || names.hyphenated !== undefined))
      docs.set(doc, (text) => ({ match: 'all', text: Math.max(text, beginning) }));
    else docs.set(doc, (text) => called(merged, query, { doc, text }));
  }
  return { docs, begin };
}

/** Whether a word stands in more than names of authors. */
function isKnown(word: WordLookup | undefined): boolean {
  const first = word?.alternatives[0];
  return (
    first?.share === foundBy.typed &&
    first.found.groups.some(({ fields }) => (fields & ~fieldBits.author) !== 0)
  );
}

/** A module that is called what was typed. */
function called(merged: Merged, { author }: Query, { doc, text }: { doc: number; text: number }): Matched {
  if (author !== undefined) return { match: 'exact', text: 1 };
  // Its name alone does not put a deprecated module first. Of several, those whose keywords say so too come first.
  return isLowered(merged.levelOf(doc))
    ? { match: 'all', text }
    : { match: 'exact', text: text >= fieldWeights.keywords ? 1 : 0.4 };
}

interface Named {
  /** By module, what it is from the `text` of its words. */
  readonly docs: ReadonlyMap<number, (text: number) => Matched>;
  /** Modules whose names begin with the query where it is a word: only a little is gained by that. */
  readonly begin: ReadonlySet<number>;
}

/** What a hit shows: one of several words that stands in its headings or symbols only is easily missed. */
const shownFields = fieldBits.name | fieldBits.keywords | fieldBits.about;

/** §5.2: of each module the words that it has, as bits, and `text`. */
function sumUp(merged: Merged, words: readonly WordLookup[]): Sums {
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

interface Sums {
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
  for (const doc of docs) {
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

/** What words with a minus and filters by author and dependency leave. */
export function allowedBy(merged: Merged, query: Query, lookups: Lookups): Accept {
  const checks: Accept[] = [];
  for (const [i, { not }] of query.keys.entries()) {
    const docs = new Set(
      (lookups.keys[i] ?? []).flatMap(({ groups }) => groups.flatMap((group) => [...group.docs])),
    );
    checks.push((doc) => docs.has(doc) !== not);
  }
  for (const clause of query.clauses.filter(({ not }) => not)) {
    const words = lookups.words.filter((word) => word.clause === clause);
    const { bits } = sumUp(merged, words);
    const all = (1 << words.length) - 1;
    checks.push((doc) => bits[doc] !== all);
  }
  return (doc) => checks.every((check) => check(doc));
}

/** The best `count` of the candidates in order: by `compare`, then by where they stand in the index. */
export function best(
  merged: Merged,
  candidates: readonly Candidate[],
  { count, compare }: { count: number; compare: (a: Candidate, b: Candidate) => number },
): Candidate[] {
  const kept: Candidate[] = [];
  const order = (a: Candidate, b: Candidate): number =>
    compare(a, b) || merged.place(a.doc) - merged.place(b.doc);
  for (const one of candidates) {
    const last = kept.at(-1);
    if (kept.length === count && last !== undefined && order(one, last) >= 0) continue;
    let low = 0;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order(kept[middle]!, one) <= 0) low = middle + 1;
      else high = middle;
    }
    kept.splice(low, 0, one);
    if (kept.length > count) kept.pop();
  }
  return kept;
}

export function byScore(a: Candidate, b: Candidate): number {
  return b.score - a.score;
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
