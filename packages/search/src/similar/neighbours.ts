/** Which modules are most like each: cosine of TF-IDF over the words of a module, weighed by their fields (search.md §8). */

import { similarModules } from '../base/manifest.ts';
import { rarity, weightOf } from '../rank.ts';
import { type Postings, postingsAt } from '../segment/invert.ts';
import { isWord } from '../segment/segment.ts';

/** Words that more modules have say little of any one, and cost the most. */
const mostModules = 1000;
/** Below this cosine, two modules have no more than a word in common. */
const least = 0.1;

/** @returns for each of `n` modules the ordinals of its neighbours, nearest first */
export function* neighbours(words: Postings, n: number): Generator<number[]> {
  const { byWord, byDoc } = sparse(words, n);
  const sums = new Float64Array(n);
  const touched = new Uint32Array(n);
  for (let doc = 0; doc < n; doc++) {
    const count = addUp({ byWord, byDoc }, doc, { sums, touched });
    const near = touched.subarray(0, count);
    yield top(near, sums);
    for (const other of near) sums[other] = 0;
  }
}

interface Reached {
  /** Zero where none of the words is. */
  readonly sums: Float64Array;
  readonly touched: Uint32Array;
}

/** Adds up what each module shares with one. @returns how many it touched */
function addUp(
  { byWord, byDoc }: { byWord: Rows; byDoc: Rows },
  doc: number,
  { sums, touched }: Reached,
): number {
  const { index, value } = byWord;
  let count = 0;
  for (let i = byDoc.start[doc]!; i < byDoc.start[doc + 1]!; i++) {
    const word = byDoc.index[i]!;
    const own = byDoc.value[i]!;
    const end = byWord.start[word + 1]!;
    for (let j = byWord.start[word]!; j < end; j++) {
      const other = index[j]!;
      const before = sums[other]!;
      if (before === 0) touched[count++] = other;
      sums[other] = before + own * value[j]!;
    }
  }
  // It is not its own neighbour: below every other.
  sums[doc] = 0;
  return count;
}

/** Rows of a sparse matrix: row r has `index` and `value` from `start[r]` to before `start[r + 1]`. */
interface Rows {
  readonly start: Uint32Array;
  readonly index: Uint32Array;
  readonly value: Float32Array;
}

/** Words that two modules or more have, but not too many; values scaled so that each module has length 1. */
function sparse(words: Postings, n: number): { byWord: Rows; byDoc: Rows } {
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

function top(candidates: Uint32Array, sums: Float64Array): number[] {
  const best: number[] = [];
  const before = (a: number, b: number): boolean => sums[a]! > sums[b]! || (sums[a] === sums[b] && a < b);
  for (const one of candidates) {
    if (sums[one]! < least) continue;
    const last = best.at(-1);
    if (best.length === similarModules && last !== undefined && !before(one, last)) continue;
    let at = best.length;
    while (at > 0 && before(one, best[at - 1]!)) at--;
    best.splice(at, 0, one);
    if (best.length > similarModules) best.pop();
  }
  return best;
}
