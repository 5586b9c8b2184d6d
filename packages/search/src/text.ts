/**
 * From text to the words that are searched (search.md §3). One function for modules and for queries: what it does to one it
 * does to the other, so that it need not be right about a language, only the same.
 */
import type { Field } from './api.ts';
import type { SearchRecord } from './record.ts';

/** Words that say nothing about a module. */
const stop = new Set(
  'a an and are as at be by can do for from has have how i in into is it its of on or our so than that the their them then they this to us was we what when which with you your'.split(
    ' ',
  ),
);

/** Longest word that is kept, and most words of one module: a module can't fill the index. */
export const textLimits = { wordChars: 40, words: 400 } as const;

/** Bits of the fields in a posting. */
export const fieldBits: Readonly<Record<Field, number>> = {
  name: 1,
  keywords: 2,
  exports: 4,
  about: 8,
  headings: 16,
  author: 32,
};

/** Of a word that no property restricts. */
export const allFields = Object.values(fieldBits).reduce((sum, bit) => sum | bit, 0);

const word = /[\p{L}\p{N}]+/gu;
/** Scripts that are written without spaces. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/u;

/** Lower case, without accents and compatibility forms. ASCII text, by far the most, takes the short way. */
export function fold(text: string): string {
  if (/^[\u0000-\u007f]*$/.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/\u00df/g, 'ss')
    .replace(/\u00f8/g, 'o')
    .replace(/\u0142/g, 'l');
}

/** The singular of what looks like an English plural; else the word itself. */
function stem(term: string): string {
  if (term.length < 4 || !term.endsWith('s')) return term;
  if (/(?:ss|us|is)$/.test(term)) return term;
  if (term.length > 4 && term.endsWith('ies')) return `${term.slice(0, -3)}y`;
  if (/(?:ches|shes|xes|sses|zes)$/.test(term)) return term.slice(0, -2);
  return term.slice(0, -1);
}

/** Words of a text in order, folded and not stemmed; runs of unspaced scripts become pairs of characters. */
export function wordsOf(text: string): string[] {
  const found: string[] = [];
  for (const [run] of fold(text).matchAll(word)) {
    if (unspaced.test(run)) found.push(...pairs(run));
    else found.push(run.slice(0, textLimits.wordChars));
  }
  return found;
}

function pairs(run: string): string[] {
  const chars = [...run];
  if (chars.length === 1) return chars;
  return chars.slice(1).map((char, i) => `${chars[i]}${char}`);
}

/** The same word in the other number, as English mostly makes it: `file` and `files`, `query` and `queries`. */
export function otherNumber(term: string): string {
  const singular = stem(term);
  if (singular !== term) return singular;
  if (/[^aeiou]y$/.test(term)) return `${term.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(term) ? `${term}es` : `${term}s`;
}

/** Words that are searched: without those that say nothing. */
export function termsIn(text: string): string[] {
  return wordsOf(text).filter((one) => !stop.has(one));
}

/** Words of a text for comparing phrases: numbers don't matter. */
export function phraseOf(text: string): string {
  return ` ${wordsOf(text).map(stem).join(' ')} `;
}

export function isStopWord(term: string): boolean {
  return stop.has(term);
}

/** `padStart` as it is, and its parts. */
export function symbolTerms(name: string): string[] {
  const whole = fold(name)
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .slice(0, textLimits.wordChars);
  if (whole === '') return [];
  const parts = name
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  return [whole, ...termsIn(parts)];
}

/** The name as it is looked for: `fast-json`, `fast json` and `fastjson` are one. */
export function squash(text: string): string {
  return fold(text).replace(/[^\p{L}\p{N}]+/gu, '');
}

/** The words of a module with the fields that they stand in, as bits. */
export function termsOf(record: SearchRecord): Map<string, number> {
  const found = new Map<string, number>();
  const add = (terms: Iterable<string>, bit: number): void => {
    for (const term of terms) {
      const bits = found.get(term);
      if (bits !== undefined) found.set(term, bits | bit);
      else if (found.size < textLimits.words) found.set(term, bit);
    }
  };
  const slug = record.name.slice(record.author.length + 2);
  add(termsIn(slug), fieldBits.name);
  for (const keyword of [...record.keywords, ...record.categories]) {
    const terms = termsIn(keyword);
    add([squash(keyword).slice(0, textLimits.wordChars)], fieldBits.keywords);
    // A part of a keyword is not the keyword.
    if (terms.length > 1) add(terms, fieldBits.about);
  }
  add(termsIn(record.author), fieldBits.author);
  for (const name of record.exports) {
    const [whole, ...parts] = symbolTerms(name);
    if (whole !== undefined) add([whole], fieldBits.exports);
    // Parts of a symbol say what it is about, as a heading does.
    add(
      parts.filter((part) => part !== whole),
      fieldBits.headings,
    );
  }
  add(termsIn(record.about), fieldBits.about);
  for (const heading of record.headings) add(termsIn(heading), fieldBits.headings);
  return found;
}
