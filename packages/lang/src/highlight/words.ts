import { importTypes } from '../import-types.ts';
import { directives } from '../parse/statement.ts';

/** The words of the language, from which highlighting, the grammar for editors and completion are made. */

/** Words that begin a statement: the parser's own list. */
export function directiveWords(): readonly string[] {
  return [...directives()].sort();
}

/** Words within statements that are never names, wherever a name could not be called so. */
export const innerWords: readonly string[] = [
  'as',
  'else',
  'from',
  'in',
  'none',
  'to',
  'until',
  'using',
  'with',
];

/** Words that are such only behind another one. */
export const wordsAfter: ReadonlyMap<string, readonly string[]> = new Map([
  ['for', ['parallel']],
  ['when', ['first', 'any', 'all']],
  ['import', [...importTypes, 'node']],
  ['from', ['mcp', 'node']],
  ['using', ['auth']],
  ['to', ['stdout', 'stderr']],
]);

/** Words before what they run or read. */
export const languageWords: readonly string[] = [
  'bash',
  'cmd',
  'javascript',
  'js',
  'mcp',
  'new',
  'node',
  'nodejs',
  'prose',
  'py',
  'python',
  'sh',
  'shell',
  'template',
  'wasm',
];

export const constantWords: readonly string[] = ['false', 'null', 'true', 'undefined'];

/** Longest first. */
export const operators: readonly string[] = [
  '!~=',
  '===',
  '!==',
  '...',
  '=>',
  '->',
  '==',
  '!=',
  '~=',
  '<=',
  '>=',
  '??',
  '&&',
  '||',
  '+=',
  '-=',
  '*=',
  '/=',
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '!',
  '|',
  '?',
];
