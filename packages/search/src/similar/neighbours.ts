/** Which modules are most like each: cosine of TF-IDF over the words of a module, weighed by their fields (search.md §8). */

import { similarModules } from '../base/manifest.ts';
import { rarity, weightOf } from '../rank.ts';
import { type Postings, postingsAt } from '../segment/invert.ts';
import { isWord } from '../segment/segment.ts';

/** Words that more modules have say little of any one, and cost the most. */
const mostModules = 1000;
/** Below this cosine, two modules have no more than a word in common. */
const least = 0.1;

/** What modules share: their words' weights, in arrays that a thread can be given. */
export interface Shared {
  readonly byWord: Rows;
  readonly byDoc: Rows;
}

/** @returns for each module the ordinals of its neighbours, nearest first */
export function* neighbours({ byWord, byDoc }: Shared): Generator<number[]> {
  const n = byDoc.start.length - 1;
  const sums = new Float64Array(n);
  const touched = new Uint32Array(n);
  const next = byWord.start.slice();
  const nearest: Nearest = {
    counts: new Uint8Array(n),
    ordinals: new Uint32Array(n * similarModules),
    cosines: new Float64Array(n * similarModules),
  };
  for (let doc = 0; doc < n; doc++) {
    const count = addUp({ byWord, byDoc, next }, doc, { sums, touched });
    for (let i = 0; i < count; i++) {
      const other = touched[i]!;
      const cosine = sums[other]!;
      sums[other] = 0;
      if (cosine < least) continue;
      keep(nearest, doc, { ordinal: other, cosine });
      keep(nearest, other, { ordinal: doc, cosine });
    }
    const start = doc * similarModules;
    yield [...nearest.ordinals.subarray(start, start + nearest.counts[doc]!)];
  }
}

interface Matrix extends Shared {
  /** Of each word, where the modules after the one that was looked at last begin. */
  readonly next: Uint32Array;
}

interface Reached {
  /** Zero where none of the words is. */
  readonly sums: Float64Array;
  readonly touched: Uint32Array;
}

/** For each module its nearest so far, nearest first: `similarModules` places, of which `counts` are taken. */
interface Nearest {
  readonly counts: Uint8Array;
  readonly ordinals: Uint32Array;
  readonly cosines: Float64Array;
}

/**
 * Adds up what each module after one shares with it: what those before it share was added up when they were looked at.
 * @returns how many it touched
 */
function addUp({ byWord, byDoc, next }: Matrix, doc: number, { sums, touched }: Reached): number {
  const { index, value } = byWord;
  let count = 0;
  for (let i = byDoc.start[doc]!; i < byDoc.start[doc + 1]!; i++) {
    const word = byDoc.index[i]!;
    const own = byDoc.value[i]!;
    const end = byWord.start[word + 1]!;
    // The module itself stands there.
    const from = ++next[word]!;
    for (let j = from; j < end; j++) {
      const other = index[j]!;
      const before = sums[other]!;
      if (before === 0) touched[count++] = other;
      sums[other] = before + own * value[j]!;
    }
  }
  return count;
}

/** Rows of a sparse matrix: row r has `index` and `value` from `start[r]` to before `start[r + 1]`. */
interface Rows {
  readonly start: Uint32Array;
  readonly index: Uint32Array;
  readonly value: Float32Array;
}

/** Of `n` modules, words that two or more have, but not too many; values scaled so that each module has length 1. */
export function sharedWords(words: Postings, n: number): Shared {
  const { keys, start } = words;
  const count = (at: number): number => start[at + 1]! - start[at]!;
  const useful = [...keys.keys()].filter(
    (at) => isWord(keys[at]!) && count(at) >= 2 && count(at) <= mostModules,
  );
  const size = useful.reduce((sum, at) => sum + count(at), 0);
  const byWord = rowsOf(useful.length, size);
  const squares = new Float64Array(n);
  const counts = new Uint32Array(n + 1);
  let at = 0;
  for (const [row, word] of useful.entries()) {
    const idf = rarity(n, count(word));
    for (const one of postingsAt(words, word)) {
      const doc = one >>> 6;
      const value = idf * weightOf(one & 63);
      byWord.index[at] = doc;
      byWord.value[at++] = value;
      squares[doc]! += value * value;
      counts[doc + 1]!++;
    }
    byWord.start[row + 1] = at;
  }
  for (let i = 0; i < size; i++) byWord.value[i]! /= Math.sqrt(squares[byWord.index[i]!]!);
  return { byWord, byDoc: transposed(byWord, counts) };
}

function rowsOf(rows: number, size: number): Rows {
  return { start: new Uint32Array(rows + 1), index: new Uint32Array(size), value: new Float32Array(size) };
}

/** @param counts of each column's values, one place later */
function transposed(rows: Rows, counts: Uint32Array): Rows {
  const columns: Rows = { ...rowsOf(counts.length - 1, rows.index.length), start: counts };
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
  const next = counts.slice();
  for (let row = 0; row + 1 < rows.start.length; row++) {
    for (let i = rows.start[row]!; i < rows.start[row + 1]!; i++) {
      const to = next[rows.index[i]!]!++;
      columns.index[to] = row;
      columns.value[to] = rows.value[i]!;
    }
  }
  return columns;
}

/** Puts a neighbour of a module where it belongs, if it is one of the nearest; of two that are as near, the lower ordinal is. */
function keep(
  { counts, ordinals, cosines }: Nearest,
  doc: number,
  { ordinal, cosine }: { readonly ordinal: number; readonly cosine: number },
): void {
  const start = doc * similarModules;
  const end = start + counts[doc]!;
  let at = end;
  while (
    at > start &&
    (cosines[at - 1]! < cosine || (cosines[at - 1] === cosine && ordinals[at - 1]! > ordinal))
  )
    at--;
  if (at === start + similarModules) return;
  const last = Math.min(end, start + similarModules - 1);
  for (let i = last; i > at; i--) {
    ordinals[i] = ordinals[i - 1]!;
    cosines[i] = cosines[i - 1]!;
  }
  ordinals[at] = ordinal;
  cosines[at] = cosine;
  if (end < start + similarModules) counts[doc]!++;
}
