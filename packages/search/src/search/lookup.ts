/** Looks up everything that a query names, at once: one round of reading, and two more only if a word is not there. */
import type { Correction } from '../api.ts';
import type { Clause, Query } from '../query/query.ts';
import { foundBy, prefixNames } from '../rank.ts';
import type { Found, Merged } from '../segment/merged.ts';
import { isWord, type NameEntry } from '../segment/segment.ts';
import { otherNumber } from '../text.ts';
import { type Near, nearWords, splitWord } from './near.ts';

/** What a word of the query was found as. */
export interface Alternative {
  readonly term: string;
  /** How much less it counts (rank.ts: `foundBy`). */
  readonly share: number;
  readonly found: Found;
}

export interface WordLookup {
  readonly clause: Clause;
  readonly term: string;
  readonly alternatives: readonly Alternative[];
  /** Modules that have the word, or, of a word that is only a beginning, one of its ends. */
  readonly df: number;
}

export interface NameLookup {
  readonly exact: readonly NameEntry[];
  /** Names that go on after what was typed; none where so many do that it is a word and no name. */
  readonly longer: readonly NameEntry[];
  readonly typed: string;
  /** As typed, with hyphens, if there were any and nothing was corrected. */
  readonly hyphenated: string | undefined;
}

export interface Lookups {
  readonly words: readonly WordLookup[];
  readonly names: NameLookup;
  /** Modules of each filter by key, in the order of the query's. */
  readonly keys: readonly (readonly Found[])[];
  readonly corrections: readonly Correction[];
}

/** Words that one beginning is looked for as. */
const ends = 40;

export async function lookUp(merged: Merged, query: Query): Promise<Lookups> {
  const keys = Promise.all(
    query.keys.map((filter) => Promise.all(filter.keys.map((key) => merged.exact(key)))),
  );
  const naming = lookUpName(merged, query, query.squashed);
  // A whole name, or the beginning of one, is found without its words.
  if (query.author !== undefined) {
    const names = await naming;
    if (names.exact.length + names.longer.length > 0)
      return { words: [], names, keys: await keys, corrections: [] };
  }
  const looking = query.clauses.flatMap((clause) =>
    clause.terms.map((_, i) => lookUpWord(merged, clause, i)),
  );
  const [words, names] = await Promise.all([Promise.all(looking), naming]);
  return { words, names, keys: await keys, corrections: [] };
}

async function lookUpWord(merged: Merged, clause: Clause, i: number): Promise<WordLookup> {
  const term = clause.terms[i] ?? '';
  const begins = clause.prefix && i === clause.terms.length - 1;
  const other = otherNumber(term);
  const [exact, number, whole, longer] = await Promise.all([
    merged.exact(term),
    merged.exact(other),
    clause.whole === undefined ? undefined : merged.exact(clause.whole),
    // One character says nothing.
    begins && term.length > 1 ? merged.startingWith(term) : [],
  ]);
  const alternatives: Alternative[] = [];
  if (exact.df > 0) alternatives.push({ term, share: foundBy.typed, found: exact });
  if (number.df > 0) alternatives.push({ term: other, share: foundBy.number, found: number });
  if (clause.whole !== undefined && whole !== undefined && whole.df > 0)
    alternatives.push({ term: clause.whole, share: foundBy.typed, found: whole });
  const isKnown = alternatives.length > 0;
  if (!isKnown || term.length > 2) {
    const share = isKnown ? foundBy.longer : foundBy.end;
    for (const found of endsOf(longer, [term, other])) alternatives.push({ term: found.key, share, found });
  }
  const df = exact.df || number.df || alternatives.reduce((sum, { found }) => sum + found.df, 0);
  return { clause, term, alternatives, df };
}

function endsOf(longer: readonly Found[], known: readonly string[]): Found[] {
  return longer
    .filter(({ key }) => isWord(key) && !known.includes(key))
    .sort((a, b) => b.df - a.df || (a.key < b.key ? -1 : 1))
    .slice(0, ends);
}

async function lookUpName(merged: Merged, query: Query, typed: string): Promise<NameLookup> {
  const found = typed === '' ? [] : await merged.names(typed);
  const ofAuthor = query.author === undefined ? found : found.filter(({ author }) => author === query.author);
  // `added-title-` is the beginning of a name and not the name.
  const isOpen = query.hyphenated?.endsWith('-') === true;
  const exact = isOpen ? [] : ofAuthor.filter(({ squashed }) => squashed === typed);
  const longer = ofAuthor.filter(
    ({ squashed, slug }) => squashed !== typed && slug.startsWith(query.hyphenated ?? ''),
  );
  const isName = query.author !== undefined || longer.length <= prefixNames;
  return { exact, longer: isName ? longer : [], typed, hyphenated: query.hyphenated };
}

/**
 * Looks again with the words that nothing has put right: one round for the words that there are, and one for what has them, and
 * for names. Undefined where there is nothing to put right.
 */
export async function correct(merged: Merged, query: Query, lookups: Lookups): Promise<Lookups | undefined> {
  const missing = missingWords(lookups.words);
  const meant = new Map<WordLookup, Meant>();
  await Promise.all(
    missing.map(async (word) => {
      const found = await meantBy(merged, word);
      if (found !== undefined) meant.set(word, found);
    }),
  );
  if (meant.size === 0) return undefined;
  const corrections = missing.flatMap((word): Correction[] => {
    const to = meant.get(word)?.to;
    return to === undefined ? [] : [{ from: word.term, to }];
  });
  const typed = correctedName(query, corrections);
  const [words, names] = await Promise.all([
    Promise.all(lookups.words.map((word) => corrected(merged, word, meant.get(word)))),
    lookups.names.exact.length > 0
      ? lookups.names
      : lookUpName(merged, { ...query, hyphenated: undefined }, typed),
  ]);
  return { ...lookups, words: words.flat(), corrections, names };
}

/** What a mistyped word may have meant: the nearest words, or two that were run together. */
interface Meant {
  readonly to: string;
  readonly near: readonly Near[];
  readonly parts: readonly string[];
}

async function meantBy(merged: Merged, { term, alternatives }: WordLookup): Promise<Meant | undefined> {
  const near = await nearWords(term, merged.vocabulary);
  const [first] = near;
  if (first !== undefined) return { to: first.term, near, parts: [] };
  const parts = alternatives.length > 0 ? undefined : await splitWord(term, merged.vocabulary);
  return parts && { to: parts.join(' '), near, parts };
}

async function corrected(
  merged: Merged,
  word: WordLookup,
  meant: Meant | undefined,
): Promise<readonly WordLookup[]> {
  if (meant === undefined) return [word];
  if (meant.parts.length > 0)
    return Promise.all(
      meant.parts.map(async (term) => {
        const found = await alternative(merged, term, foundBy.corrected);
        return { ...word, term, alternatives: [found], df: found.found.df };
      }),
    );
  const added = await Promise.all(
    meant.near.map(({ term, distance }) =>
      alternative(merged, term, distance === 1 ? foundBy.corrected : foundBy.correctedTwice),
    ),
  );
  const df = Math.max(word.df, ...added.map(({ found }) => found.df));
  return [{ ...word, alternatives: [...word.alternatives, ...added], df }];
}

async function alternative(merged: Merged, term: string, share: number): Promise<Alternative> {
  return { term, share, found: await merged.exact(term) };
}

/** Words that nothing has; if all of them are somewhere, but never together, the rarest one. */
function missingWords(words: readonly WordLookup[]): WordLookup[] {
  const asked = words.filter(({ clause }) => !clause.not);
  const missing = asked.filter(({ alternatives }) => alternatives.length === 0);
  if (missing.length > 0) return missing;
  return [...asked].sort((a, b) => a.df - b.df).slice(0, 1);
}

function correctedName({ free }: Query, corrections: readonly Correction[]): string {
  const to = new Map(corrections.map((one) => [one.from, one.to]));
  return free.map((word) => (to.get(word) ?? word).replace(' ', '')).join('');
}
