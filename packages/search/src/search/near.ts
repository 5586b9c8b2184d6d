/** Words that a mistyped one may have meant (search.md §4.5). */
import type { Word } from '../segment/segment.ts';

export interface Near {
  readonly term: string;
  readonly distance: number;
}

/** Words that are tried for one mistyped. */
const tried = 4;

/** The nearest words: one edit away, or, for longer words that nothing is one edit away from, two. */
export function nearWords(term: string, words: readonly Word[]): Near[] {
  if (term.length < 3) return [];
  const once = wordsAt(term, words, 1);
  return once.length > 0 || term.length < 6 ? once : wordsAt(term, words, 2);
}

function wordsAt(term: string, words: readonly Word[], most: number): Near[] {
  const found = new Map<string, number>();
  for (const { term: word, df } of words) {
    if (Math.abs(word.length - term.length) > most || word === term) continue;
    if (within(term, word, most) <= most) found.set(word, (found.get(word) ?? 0) + df);
  }
  const sameStart = (word: string): number => Number(word[0] === term[0]);
  return [...found]
    .sort(([a, dfA], [b, dfB]) => sameStart(b) - sameStart(a) || dfB - dfA || (a < b ? -1 : 1))
    .slice(0, tried)
    .map(([word]) => ({ term: word, distance: most }));
}

/** Edits between two texts (insert, remove, replace, swap of neighbours), or more than `most` where they are more. */
export function within(a: string, b: string, most: number): number {
  let start = 0;
  let endA = a.length;
  let endB = b.length;
  while (start < endA && start < endB && a.charCodeAt(start) === b.charCodeAt(start)) start++;
  while (endA > start && endB > start && a.charCodeAt(endA - 1) === b.charCodeAt(endB - 1)) {
    endA--;
    endB--;
  }
  const [n, m] = [endA - start, endB - start];
  if (n === 0 || m === 0) return n + m;
  // What one edit leaves between the common ends is one character, or two that were swapped.
  if (Math.abs(n - m) > most || (most === 1 && Math.max(n, m) > 2)) return most + 1;
  return table(a.slice(start, endA), b.slice(start, endB), most);
}

/** Optimal string alignment, row by row, until no way through is short enough. */
function table(a: string, b: string, most: number): number {
  const width = b.length + 1;
  let [older, before, row] = [
    new Uint8Array(width),
    Uint8Array.from({ length: width }, (_, j) => j),
    new Uint8Array(width),
  ];
  for (let i = 1; i <= a.length; i++) {
    row[0] = i;
    let least = i;
    for (let j = 1; j < width; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1);
      let best = Math.min(before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + (same ? 0 : 1));
      if (
        i > 1 &&
        j > 1 &&
        a.charCodeAt(i - 1) === b.charCodeAt(j - 2) &&
        a.charCodeAt(i - 2) === b.charCodeAt(j - 1)
      )
        best = Math.min(best, older[j - 2]! + 1);
      row[j] = best;
      if (best < least) least = best;
    }
    if (least > most) return most + 1;
    [older, before, row] = [before, row, older];
  }
  return before[b.length]!;
}
