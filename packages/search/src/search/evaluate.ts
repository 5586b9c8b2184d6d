/** From what was looked up to the modules that fit, each with its score (search.md §5). */
import type { MatchClass } from '../api.ts';
import type { Query } from '../query/query.ts';
import { beginning, factorOf, fieldWeights, foundBy, foundOtherwise, isLowered, rankOf } from '../rank.ts';
import type { Merged } from '../segment/merged.ts';
import { allFields, fieldBits } from '../text.ts';
import type { Lookups, WordLookup } from './lookup.ts';
import { type Sums, sumUp } from './sums.ts';

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
  /** Undefined: all are accepted. */
  readonly accept: Accept | undefined;
  /** Modules that have some of the words, also where others have all. */
  readonly some?: boolean;
}

export function evaluate(merged: Merged, query: Query, options: EvaluateOptions): Evaluated {
  const { lookups, accept, some = false } = options;
  const asked = lookups.words.filter(({ clause }) => !clause.not);
  const named = namedDocs(merged, query, lookups);
  const sums = sumUp(merged, asked);
  const fits = both(allowedBy(merged, query, lookups), accept);
  const complete: Candidate[] = [];
  for (const [doc, matched] of named.docs)
    if (fits?.(doc) !== false) complete.push(candidate(merged, doc, matched(sums.text[doc]!)));
  const all = (1 << asked.length) - 1;
  const found: FoundDocs = { merged, named, sums, fits };
  if (asked.length > 0) collect(complete, found, { match: 'all', least: all, unless: 0 });
  // A name says what is wanted; filters alone say that anything is.
  else if (named.docs.size === 0) {
    for (let doc = 0; doc < merged.room; doc++)
      if (merged.isThere(doc) && fits?.(doc) !== false)
        complete.push(candidate(merged, doc, { match: 'any', text: 1 }));
  }
  const partial: Candidate[] = [];
  const required = bitsOf(asked, ({ clause }) => clause.fields !== allFields);
  if (asked.length > 0 && (some || complete.length === 0))
    collect(partial, found, { match: 'some', least: required, unless: all });
  return { candidates: [...complete, ...partial], complete: complete.length > 0 };
}

interface FoundDocs {
  readonly merged: Merged;
  readonly named: Named;
  readonly sums: Sums;
  readonly fits: Accept | undefined;
}

interface Wanted {
  readonly match: MatchClass;
  /** Words that a module has at least, as bits. */
  readonly least: number;
  /** Those that it does not have all of; 0 for any. */
  readonly unless: number;
}

/** Modules that are not found by their names. This runs over all that have a word: so it makes nothing that is not kept. */
function collect(into: Candidate[], found: FoundDocs, { match, least, unless }: Wanted): void {
  const { merged, named, sums, fits } = found;
  for (let i = 0; i < sums.found.length; i++) {
    const doc = sums.found[i]!;
    const bits = sums.bits[doc]!;
    if ((bits & least) !== least || bits === unless || named.docs.has(doc)) continue;
    if (fits?.(doc) === false) continue;
    const asTyped = sums.typed[doc] === bits ? 1 : foundOtherwise;
    const text = Math.min(1, asTyped * sums.text[doc]! + (named.begin.has(doc) ? beginning : 0));
    into.push(candidate(merged, doc, { match, text }));
  }
}

function both(one: Accept | undefined, other: Accept | undefined): Accept | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return (doc) => one(doc) && other(doc);
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

/** What words with a minus and filters by author and dependency leave; undefined where all are left. */
export function allowedBy(merged: Merged, query: Query, lookups: Lookups): Accept | undefined {
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
  return everyOf(checks);
}

/** Undefined for no checks: most queries have none, and are asked about thousands of modules. */
export function everyOf(checks: readonly Accept[]): Accept | undefined {
  return checks.length === 0 ? undefined : (doc) => checks.every((check) => check(doc));
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
    const last = kept[count - 1];
    if (last !== undefined && order(one, last) >= 0) continue;
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
