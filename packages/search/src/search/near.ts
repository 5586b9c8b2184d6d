/** Words that a mistyped one may have meant (search.md §4.5). */
import { dfIn, lettersOf, type WordList, wordAt } from '../files/vocabulary.ts';
import { vocabularyPart } from '../segment/segment.ts';

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
  const lists = await vocabulary();
  // The last list is of what changed since: what it says of a word is newer.
  const known = (word: string): number =>
    lists.reduceRight((df, list) => (df === 0 ? dfIn(list, word) : df), 0);
  let best: { readonly parts: readonly [string, string]; readonly df: number } | undefined;
  for (let at = 3; at <= term.length - 3; at++) {
    for (const skipped of [0, 1]) {
      const parts = [term.slice(0, at), term.slice(at + skipped)] as const;
      const df = Math.min(known(parts[0]), known(parts[1])) / (1 + skipped);
      if (parts[1].length >= 3 && df > (best?.df ?? 0)) best = { parts, df };
    }
  }
  return best?.parts;
}

/** All words, or those that begin with one of some characters. */
export type Vocabulary = (starts?: readonly string[]) => Promise<readonly WordList[]>;

function wordsAt(term: string, lists: readonly WordList[], most: number): Near[] {
  const found = new Map<string, number>();
  for (const list of lists) {
    for (const i of possible(term, list, most)) {
      const word = wordAt(list, i);
      if (word !== term && within(term, word, most) <= most)
        found.set(word, (found.get(word) ?? 0) + list.df[i]!);
    }
  }
  const sameStart = (word: string): number => Number(word[0] === term[0]);
  return [...found]
    .sort(([a, dfA], [b, dfB]) => sameStart(b) - sameStart(a) || dfB - dfA || (a < b ? -1 : 1))
    .slice(0, tried)
    .map(([word]) => ({ term: word, distance: most }));
}

/** Words whose length and letters do not rule them out. */
function possible(term: string, { size, start, letters }: WordList, most: number): number[] {
  const own = lettersOf(term);
  const [shortest, longest] = [term.length - most, term.length + most];
  const found: number[] = [];
  for (let i = 0; i < size; i++) {
    const length = start[i + 1]! - start[i]!;
    if (length < shortest || length > longest) continue;
    const their = letters[i]!;
    if (bitsIn(own & ~their) <= most && bitsIn(their & ~own) <= most) found.push(i);
  }
  return found;
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
