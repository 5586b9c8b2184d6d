/** Words that a mistyped one may have meant (search.md §4.5). */
import { lettersOf, vocabularyPart, type Word } from '../segment/segment.ts';

export interface Near {
  readonly term: string;
  readonly distance: number;
}

/** Words that are tried for one mistyped. */
const tried = 4;

/**
 * The nearest words: one edit away, or, for longer words that nothing is one edit away from, two. Most of them begin with
 * the same character or with the second one, so that those are looked at first.
 */
export async function nearWords(term: string, vocabulary: Vocabulary): Promise<Near[]> {
  if (term.length < 3) return [];
  const starts = new Set([vocabularyPart(term), vocabularyPart(term.slice(1))]);
  const likely = wordsAt(term, await vocabulary([...starts]), 1);
  if (likely.length > 0) return likely;
  const all = await vocabulary();
  const once = wordsAt(term, all, 1);
  return once.length > 0 || term.length < 6 ? once : wordsAt(term, all, 2);
}

/** Two words that were run together, perhaps with a wrong character between them: `jsonparser`, `jsonxparser`. */
export async function splitWord(
  term: string,
  vocabulary: Vocabulary,
): Promise<readonly [string, string] | undefined> {
  if (term.length < 6) return undefined;
  const known = new Map((await vocabulary()).map(({ term: word, df }) => [word, df]));
  let best: { readonly parts: readonly [string, string]; readonly df: number } | undefined;
  for (let at = 3; at <= term.length - 3; at++) {
    for (const skipped of [0, 1]) {
      const parts = [term.slice(0, at), term.slice(at + skipped)] as const;
      const df = Math.min(known.get(parts[0]) ?? 0, known.get(parts[1]) ?? 0) / (1 + skipped);
      if (parts[1].length >= 3 && df > (best?.df ?? 0)) best = { parts, df };
    }
  }
  return best?.parts;
}

/** All words, or those that begin with one of some characters. */
export type Vocabulary = (starts?: readonly string[]) => Promise<readonly Word[]>;

function wordsAt(term: string, words: readonly Word[], most: number): Near[] {
  const found = new Map<string, number>();
  const own = lettersOf(term);
  for (const { term: word, df, letters } of words) {
    if (Math.abs(word.length - term.length) > most || word === term) continue;
    if (bitsIn(own & ~letters) > most || bitsIn(letters & ~own) > most) continue;
    if (within(term, word, most) <= most) found.set(word, (found.get(word) ?? 0) + df);
  }
  const sameStart = (word: string): number => Number(word[0] === term[0]);
  return [...found]
    .sort(([a, dfA], [b, dfB]) => sameStart(b) - sameStart(a) || dfB - dfA || (a < b ? -1 : 1))
    .slice(0, tried)
    .map(([word]) => ({ term: word, distance: most }));
}

function bitsIn(value: number): number {
  let rest = value;
  let count = 0;
  for (; rest !== 0; count++) rest &= rest - 1;
  return count;
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
