/**
 * Words that mistyped ones are looked for in, as one file (search.md §7.4): in order of their code units, each as what it shares with the
 * one before, how many modules have it as a logarithm, and the rest. In memory they are a few arrays of numbers: most of them are
 * passed over by their length and letters, and never become texts.
 */
import { RegistryError } from '@mlld/format';
import { textLimits } from '../text.ts';
import { byteReader, byteWriter } from './bytes.ts';

export interface WordList {
  readonly size: number;
  /** The code units of all words, one after the other: word i stands from `start[i]` to before `start[i + 1]`. */
  readonly units: Uint16Array;
  readonly start: Uint32Array;
  /** Its characters as bits: two words that differ by many of them are not near each other. */
  readonly letters: Int32Array;
  /** Modules that have it. */
  readonly df: Float64Array;
}

export function lettersOf(term: string): number {
  let letters = 0;
  for (let i = 0; i < term.length; i++) letters |= 1 << (term.charCodeAt(i) & 31);
  return letters;
}

export function wordAt({ units, start }: WordList, i: number): string {
  return String.fromCharCode(...units.subarray(start[i], start[i + 1]));
}

/** How many modules have a word; 0 where the list does not hold it. */
export function dfIn(list: WordList, term: string): number {
  let low = 0;
  let high = list.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (wordAt(list, middle) < term) low = middle + 1;
    else high = middle;
  }
  return low < list.size && wordAt(list, low) === term ? list.df[low]! : 0;
}

export interface CountedWord {
  readonly term: string;
  readonly df: number;
}

/** @param words in order */
export function wordList(words: readonly CountedWord[]): WordList {
  const list = roomFor(words.length, words.length * 8);
  for (const [i, { term, df }] of words.entries()) {
    const from = list.start[i]!;
    list.reserve(from + term.length);
    for (let at = 0; at < term.length; at++) list.units[from + at] = term.charCodeAt(at);
    list.start[i + 1] = from + term.length;
    list.letters[i] = lettersOf(term);
    list.df[i] = df;
  }
  return list;
}

/** @param words in order */
export function encodeVocabulary(words: readonly CountedWord[]): Uint8Array {
  const out = byteWriter(words.length * 8);
  out.uint(words.length);
  let before = '';
  for (const { term, df } of words) {
    let shared = 0;
    while (shared < before.length && before[shared] === term[shared]) shared++;
    out.byte(shared);
    out.byte(Math.floor(Math.log2(df)));
    out.text(term.slice(shared));
    before = term;
  }
  return out.done();
}

/** @throws RegistryError BAD_SHAPE */
export function decodeVocabulary(bytes: Uint8Array, where: string): WordList {
  const from = byteReader(bytes, where);
  const list = roomFor(from.count(), 2 * bytes.length);
  /** Letters of the current word before each of its characters. */
  const letters = new Int32Array(textLimits.wordChars + 1);
  let at = bytes.length - from.rest;
  let before = 0;
  for (let i = 0; i < list.size; i++) {
    const start = list.start[i]!;
    const shared = Math.min(bytes[at] ?? 0, start - before);
    list.df[i] = 2 ** (bytes[at + 1] ?? 0);
    const rest = restAt(bytes, at + 2, where);
    const length = shared + rest.length;
    if (length > textLimits.wordChars)
      throw new RegistryError(
        'BAD_SHAPE',
        `${where}: wanted words of at most ${textLimits.wordChars} characters`,
      );
    list.reserve(start + length);
    const { units } = list;
    for (let n = 0; n < shared; n++) units[start + n] = units[before + n]!;
    for (let n = shared; n < length; n++) {
      const unit = rest.units[rest.from + n - shared]!;
      units[start + n] = unit;
      letters[n + 1] = letters[n]! | (1 << (unit & 31));
    }
    list.start[i + 1] = start + length;
    list.letters[i] = letters[length]!;
    before = start;
    at = rest.end;
  }
  return list;
}

interface Rest {
  readonly units: Uint8Array | Uint16Array;
  readonly from: number;
  readonly length: number;
  /** In the file. */
  readonly end: number;
}

/** A text in the file: its bytes themselves where they are characters, as of nearly all words. */
function restAt(bytes: Uint8Array, at: number, where: string): Rest {
  const length = bytes[at] ?? 128;
  const from = at + 1;
  const end = from + length;
  // A length of more than one byte is that of no word.
  if (length > 127 || end > bytes.length)
    throw new RegistryError('BAD_SHAPE', `${where}: the file is cut short or damaged`);
  let all = 0;
  for (let i = from; i < end; i++) all |= bytes[i]!;
  if (all < 128) return { units: bytes, from, length, end };
  const text = byteReader(bytes.subarray(at, end), where).text();
  const units = Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return { units, from: 0, length: units.length, end };
}

/** An empty list of so many words. */
function roomFor(size: number, room: number) {
  const list = {
    size,
    units: new Uint16Array(room),
    start: new Uint32Array(size + 1),
    letters: new Int32Array(size),
    df: new Float64Array(size),
    /** Makes room for so many code units. */
    reserve: (length: number): void => {
      if (length <= list.units.length) return;
      const larger = new Uint16Array(2 * length);
      larger.set(list.units);
      list.units = larger;
    },
  };
  return list;
}
