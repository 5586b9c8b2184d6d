/** Looks up everything that a query names, at once: one round of reading, and two more only if a word is not there. */
import type { Correction } from '../api.ts';
import type { Clause, Query } from '../query/query.ts';
import { foundBy, prefixNames } from '../rank.ts';
import type { Found, Merged } from '../segment/merged.ts';
import { isWord, type NameEntry } from '../segment/segment.ts';
import { squash } from '../text.ts';
import { nearWords } from './near.ts';

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
  const [words, names, keys] = await Promise.all([
    Promise.all(query.clauses.flatMap((clause) => clause.terms.map((_, i) => lookUpWord(merged, clause, i)))),
    lookUpName(merged, query, query.squashed),
    Promise.all(query.keys.map((filter) => Promise.all(filter.keys.map((key) => merged.exact(key))))),
  ]);
  return { words, names, keys, corrections: [] };
}

async function lookUpWord(merged: Merged, clause: Clause, i: number): Promise<WordLookup> {
  const term = clause.terms[i] ?? '';
  const begins = clause.prefix && i === clause.terms.length - 1;
  const typed = clause.typed[i] ?? term;
  const [exact, longer] = await Promise.all([merged.exact(term), begins ? endsOf(merged, typed, term) : []]);
  const alternatives: Alternative[] = exact.df > 0 ? [{ term, share: foundBy.typed, found: exact }] : [];
  for (const found of longer) alternatives.push({ term: found.key, share: foundBy.prefix, found });
  const df = exact.df > 0 ? exact.df : longer.reduce((sum, found) => sum + found.df, 0);
  return { clause, term, alternatives, df };
}

/** A beginning of one character says nothing, and neither does one of two that is a word. */
async function endsOf(merged: Merged, typed: string, term: string): Promise<readonly Found[]> {
  if (typed.length < 2) return [];
  const found = (await merged.startingWith(typed)).filter(({ key }) => isWord(key) && key !== term);
  const known = typed.length === 2 && (await merged.exact(term)).df > 0;
  return known ? [] : found.sort((a, b) => b.df - a.df || (a.key < b.key ? -1 : 1)).slice(0, ends);
}

async function lookUpName(merged: Merged, query: Query, typed: string): Promise<NameLookup> {
  if (typed.length < 1 && query.author === undefined) return { exact: [], longer: [], typed };
  const found = typed === '' ? [] : await merged.names(typed);
  const ofAuthor = query.author === undefined ? found : found.filter(({ author }) => author === query.author);
  const exact = ofAuthor.filter(({ slug }) => slug === typed);
  const longer = ofAuthor.filter(({ slug }) => slug !== typed);
  const isName = query.author !== undefined || longer.length <= prefixNames;
  return { exact, longer: isName ? longer : [], typed };
}

/** Looks again with the words that nothing has put right; undefined where there is nothing to put right. */
export async function correct(merged: Merged, query: Query, lookups: Lookups): Promise<Lookups | undefined> {
  const missing = missingWords(lookups.words);
  if (missing.length === 0) return undefined;
  const vocabulary = await merged.vocabulary();
  const corrections: Correction[] = [];
  const words = await Promise.all(
    lookups.words.map(async (word) => {
      if (!missing.includes(word)) return word;
      const near = nearWords(word.term, vocabulary);
      const [first] = near;
      if (first === undefined) return word;
      corrections.push({
        from: word.clause.typed[word.clause.terms.indexOf(word.term)] ?? word.term,
        to: first.term,
      });
      const alternatives = await Promise.all(
        near.map(async ({ term, distance }) => ({
          term,
          share: distance === 1 ? foundBy.corrected : foundBy.correctedTwice,
          found: await merged.exact(term),
        })),
      );
      const df = Math.max(...alternatives.map(({ found }) => found.df));
      return { ...word, alternatives: [...word.alternatives, ...alternatives], df: Math.max(word.df, df) };
    }),
  );
  if (corrections.length === 0) return undefined;
  const names = await lookUpName(merged, query, correctedName(words));
  return { ...lookups, words, corrections, names: lookups.names.exact.length > 0 ? lookups.names : names };
}

/** Words that nothing has; if all of them are somewhere, but never together, the rarest one. */
function missingWords(words: readonly WordLookup[]): WordLookup[] {
  const asked = words.filter(({ clause }) => !clause.not);
  const missing = asked.filter(({ alternatives }) => alternatives.length === 0);
  if (missing.length > 0) return missing;
  return [...asked].sort((a, b) => a.df - b.df).slice(0, 1);
}

function correctedName(words: readonly WordLookup[]): string {
  const terms = words
    .filter(({ clause }) => !clause.not && !clause.phrase)
    .map(({ clause, term, alternatives }) => {
      const corrected = alternatives.find(
        ({ share }) => share === foundBy.corrected || share === foundBy.correctedTwice,
      );
      return corrected?.term ?? clause.typed[clause.terms.indexOf(term)] ?? term;
    });
  return squash(terms.join(''));
}
