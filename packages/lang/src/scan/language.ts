/** Files of a module that are not mlld. */
import type { Language } from '../ast.ts';
import type { CodeArea } from './areas.ts';

const languages: Readonly<Record<string, Language>> = {
  js: 'node',
  mjs: 'node',
  cjs: 'node',
  jsx: 'node',
  ts: 'node',
  mts: 'node',
  tsx: 'node',
  py: 'py',
  sh: 'sh',
  bash: 'sh',
};

/** The language of a file that is not mlld, by its ending. */
export function languageOf(file: string): Language | undefined {
  const ending = /\.([a-z]{1,5})$/i.exec(file)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(languages, ending) ? languages[ending] : undefined;
}

export function wholeFile(text: string, language: Language): CodeArea {
  return { language, text, start: 0, outer: { start: 0, end: text.length }, exact: true, given: new Set() };
}
