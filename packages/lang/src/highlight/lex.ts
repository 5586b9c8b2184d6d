import { startsAtDirective } from '../parse/statement.ts';
import { constantWords, directiveWords, innerWords, languageWords, operators, wordsAfter } from './words.ts';

/** What a stretch of a source is to a reader. `module`: a reference to one; `name`: a variable; `property`: a field or key. */
export type TokenKind =
  | 'comment'
  | 'string'
  | 'keyword'
  | 'constant'
  | 'number'
  | 'name'
  | 'function'
  | 'property'
  | 'type'
  | 'module'
  | 'operator'
  | 'heading'
  | 'fence'
  | 'text';

export type Emit = (kind: TokenKind, start: number, end: number) => void;

const directives = new Set(directiveWords());
const inner = new Set(innerWords);
const languages = new Set(languageWords);
const constants = new Set(constantWords);

const escaped = operators.map((operator) => operator.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|');

const pattern = new RegExp(
  [
    String.raw`(?<space>[ \t\r\n]+)`,
    String.raw`(?<name>@(?:[A-Za-z_]\w*)(?:-[A-Za-z_]\w*)*)`,
    String.raw`(?<slash>(?<=(?:^|\n)[ \t]*)\/[a-z]+(?![\w/.]))`,
    String.raw`(?<number>(?:\d[\d_]*(?:\.\d+)?|(?<![\w.\])])\.\d+)(?:[eE][+-]?\d+)?(?:ms|[smhdw])?(?![\w]))`,
    String.raw`(?<field>\.(?:[A-Za-z_]\w*)(?:-[A-Za-z_]\w*)*)`,
    String.raw`(?<word>[A-Za-z_]\w*(?:-[A-Za-z_]\w*)*)`,
    // Only where the parser did not read the text: in what is not run, and behind a mistake.
    String.raw`(?<string>"(?:[^"\\\n]|\\.)*(?:"|\\?(?=\n|$))|'(?:[^'\\\n]|\\.)*(?:'|\\?(?=\n|$))|\x60[^\x60]*(?:\x60|$))`,
    `(?<operator>${escaped})`,
    '(?<other>[^])',
  ].join('|'),
  'gu',
);

/** Tokens of mlld between two offsets, where neither texts nor comments stand unless they were not read. */
export function lexCode(text: string, { start, end }: { start: number; end: number }, emit: Emit): void {
  let before = '';
  // What stands at a line's start, and what follows a word, is seen from the whole text.
  pattern.lastIndex = start;
  for (let match = pattern.exec(text); match !== null && match.index < end; match = pattern.exec(text)) {
    const from = match.index;
    const to = Math.min(from + match[0].length, end);
    const part = text.slice(from, to);
    const { groups = {} } = match;
    if (groups.space === undefined) {
      emitOne(text, { part, from, to, groups, before }, emit);
      before = groups.word ?? part;
    } else emit('text', from, to);
    if (to === end) break;
    pattern.lastIndex = to;
  }
}

interface Match {
  readonly part: string;
  readonly from: number;
  readonly to: number;
  readonly groups: Readonly<Record<string, string | undefined>>;
  readonly before: string;
}

function emitOne(text: string, { part, from, to, groups, before }: Match, emit: Emit): void {
  if (groups.name !== undefined) {
    const isDirective = startsLine(text, from) && startsAtDirective(text, from);
    emit(isDirective ? 'keyword' : calls(text, to) ? 'function' : 'name', from, to);
  } else if (groups.slash !== undefined) emit(directives.has(part.slice(1)) ? 'keyword' : 'text', from, to);
  else if (groups.field !== undefined) {
    emit('text', from, from + 1);
    emit(calls(text, to) ? 'function' : 'property', from + 1, to);
  } else if (groups.word !== undefined) emit(wordKind(text, { part, from, to, before }), from, to);
  else if (groups.number !== undefined) emit('number', from, to);
  else if (groups.string !== undefined) emit('string', from, to);
  else emit(groups.operator === undefined ? 'text' : 'operator', from, to);
}

function startsLine(text: string, at: number): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, at - 200), at));
}

function calls(text: string, at: number): boolean {
  return text[at] === '(';
}

interface Word {
  readonly part: string;
  readonly from: number;
  readonly to: number;
  readonly before: string;
}

/** Forms that may stand wherever a value may. */
const valueForms = new Set(['when', 'for', 'foreach', 'loop', 'run', 'stream']);

/** A key of an object, a name that a word of the language could also be, or that word. */
function wordKind(text: string, { part, from, to, before }: Word): TokenKind {
  const ahead = text.slice(to, to + 20);
  const isKey = languages.has(part) ? /^[ \t]*:[ \t]/ : /^[ \t]*(?:\?[ \t]*)?:(?!:)/;
  if (isKey.test(ahead)) return 'property';
  const isListed = /^[ \t]*(?:[,)]|=(?![=>]))/.test(ahead);
  if (constants.has(part)) return 'constant';
  if (languages.has(part) && (before === 'exe' || (!isListed && opens(text, to)))) return 'keyword';
  if (!isListed && isKeyword(text, { part, from, to, before })) return 'keyword';
  return calls(text, to) ? 'function' : 'name';
}

function isKeyword(text: string, { part, from, before }: Word): boolean {
  if (wordsAfter.get(before)?.includes(part) === true || inner.has(part)) return true;
  return directives.has(part) && (valueForms.has(part) || begins(text, from, before));
}

/** What a word such as `js`, `wasm` or `mcp` stands before. */
function opens(text: string, at: number): boolean {
  return /^(?::\S+)?[ \t]*[({"'@\w]/.test(text.slice(at, at + 120));
}

/** At the start of a line, of a block or branch, or behind `|`. */
function begins(text: string, at: number, before: string): boolean {
  return ['=>', '[', ';', '|', ','].includes(before) || startsLine(text, at);
}
