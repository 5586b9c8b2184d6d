/**
 * From a text to the terms whose rows are summed up to its vector (search.md §9.3): the same for passages and for questions,
 * in the builder and in a browser.
 */
import { decode as d, type JsonObject } from '@mlld/format';
import { isStopWord, wordsOf } from '../text.ts';
import { stemOf } from './stem.ts';

/** How texts are cut. `wordpiece` is what tokenizer.json of the models of BERT's family says. */
export type Tokenizing =
  | { readonly kind: 'stems' }
  | {
      readonly kind: 'wordpiece';
      readonly lowercase: boolean;
      readonly stripAccents: boolean;
      /** Han characters are words of their own. */
      readonly han: boolean;
      /** What a piece begins with that goes on a word. */
      readonly goesOn: string;
      /** Longer words are unknown. */
      readonly mostChars: number;
    };

export interface Terms<T> {
  /** The longest term that the text begins with, and what is known of it. */
  longest(text: string): { readonly key: string; readonly value: T } | undefined;
  exact(text: string): T | undefined;
}

/** Characters of a text that are looked at, and terms of it that count. */
export const tokenLimits = { chars: 20_000, terms: 512 } as const;

/** What is known of each term of the text, in order; a term as often as it stands there. */
export function knownTerms<T>(text: string, tokenizing: Tokenizing, terms: Terms<T>): T[] {
  const found: T[] = [];
  const cut = text.slice(0, tokenLimits.chars);
  if (tokenizing.kind === 'stems') {
    for (const stem of stemsIn(cut)) {
      const value = terms.exact(stem);
      if (value !== undefined) found.push(value);
      if (found.length === tokenLimits.terms) break;
    }
    return found;
  }
  for (const word of wordsFor(cut, tokenizing)) {
    found.push(...piecesOf(word, tokenizing, terms));
    if (found.length >= tokenLimits.terms) break;
  }
  return found.slice(0, tokenLimits.terms);
}

/** Stems of the words, `padStart` being two; without words that say nothing, unless there are no others. */
export function stemsIn(text: string): string[] {
  const words = wordsOf(
    text.replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2').replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2'),
  );
  const saying = words.filter((word) => !isStopWord(word) && !isPlain(word));
  return (saying.length > 0 ? saying : words).map(stemOf);
}

/** Words of questions that say nothing of what is asked for. */
const plain = new Set(
  'about all also am any been but each get give had he her here if its just like let make may me more most much must my no not now one only out over same she should some such these those too under up use very want was were where who why will would'.split(
    ' ',
  ),
);

export function isPlain(word: string): boolean {
  return plain.has(word);
}

type WordPiece = Extract<Tokenizing, { kind: 'wordpiece' }>;

/** Runs of letters, digits and marks, and each sign of punctuation by itself (BERT's normaliser and pre-tokeniser). */
function wordsFor(text: string, { lowercase, stripAccents, han }: WordPiece): string[] {
  let shown = text.replace(/[\u0000\ufffd]|(?![\t\n\r])\p{C}/gu, '');
  if (stripAccents) shown = shown.normalize('NFD').replace(/\p{Mn}/gu, '');
  if (lowercase) shown = shown.toLowerCase();
  const alone = han
    ? /\p{sc=Han}|[\p{P}$+<=>^`|~]|(?:(?!\p{sc=Han})[^\s\p{P}$+<=>^`|~])+/gu
    : /[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu;
  return shown.match(alone) ?? [];
}

/** Greedy, longest first; a word that can't be cut into known pieces is unknown and has none. */
function piecesOf<T>(word: string, { goesOn, mostChars }: WordPiece, terms: Terms<T>): T[] {
  if ([...word].length > mostChars) return [];
  const pieces: T[] = [];
  for (let at = 0; at < word.length; ) {
    const before = at === 0 ? '' : goesOn;
    const piece = terms.longest(before + word.slice(at));
    if (piece === undefined || piece.key.length <= before.length) return [];
    pieces.push(piece.value);
    at += piece.key.length - before.length;
  }
  return pieces;
}

export function decodeTokenizing(value: JsonObject, $: string): Tokenizing {
  const kind = d.literal('stems', 'wordpiece')(value.kind, `${$}.kind`);
  if (kind === 'stems') return { kind };
  return {
    kind,
    lowercase: d.boolean(value.lowercase, `${$}.lowercase`),
    stripAccents: d.boolean(value.stripAccents, `${$}.stripAccents`),
    han: d.boolean(value.han, `${$}.han`),
    goesOn: d.text(10)(value.goesOn, `${$}.goesOn`),
    mostChars: d.integer(1, 1000)(value.mostChars, `${$}.mostChars`),
  };
}

/** Terms of a table in memory. */
export function termTable<T>(rows: ReadonlyMap<string, T>): Terms<T> {
  let most = 0;
  for (const key of rows.keys()) most = Math.max(most, key.length);
  return {
    exact: (text) => rows.get(text),
    longest: (text) => {
      for (let end = Math.min(text.length, most); end > 0; end--) {
        const key = text.slice(0, end);
        const value = rows.get(key);
        if (value !== undefined) return { key, value };
      }
      return undefined;
    },
  };
}
