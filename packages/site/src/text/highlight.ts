/** mlld and the code inside of it as coloured HTML. What is a text or a keyword, the parser says (`@mlld/lang`). */
import { highlightHtml, highlightHtmlLines } from '@mlld/lang';
import { cleanText } from './format.ts';

/** Code as HTML, without a wrapper; of mlld, if no other language is named. */
export function highlight(code: string, language = 'mlld'): string {
  return highlightHtml(cleanText(code), { dialect: 'strict', language });
}

/** One piece of HTML for each line; no tag spans two. */
export function highlightLines(text: string, { markdown }: { readonly markdown: boolean }): string[] {
  return highlightHtmlLines(cleanText(text), { dialect: markdown ? 'markdown' : 'strict' });
}
