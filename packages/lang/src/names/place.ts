import type { At } from '../ast.ts';

/** The name within `from` and `to` as a whole word, the first or the last time. Names hold no signs of patterns. */
export function wordIn(
  text: string,
  word: string,
  { start, end, last = false }: At & { readonly last?: boolean },
): At | undefined {
  let found: At | undefined;
  for (
    let at = text.indexOf(word, start);
    at >= 0 && at + word.length <= end;
    at = text.indexOf(word, at + 1)
  ) {
    if (isWordAt(text, at - 1) || isWordAt(text, at + word.length)) continue;
    found = { start: at, end: at + word.length };
    if (!last) break;
  }
  return found;
}

function isWordAt(text: string, at: number): boolean {
  return /\w/.test(text[at] ?? '');
}
