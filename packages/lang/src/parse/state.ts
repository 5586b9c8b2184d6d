import type { Fence } from '../ast.ts';
import type { Diagnostic, MlldErrorCode } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Source } from '../source.ts';

/**
 * What a stretch of the source is, for those who show or lay out code. `quoted`: a text, template, command or path, as a whole;
 * `hole`: code within it. `code`: a program in another language; `opaque`: a directive that is read but not run. `block`: the bracket of
 * a block. `fence`: a line around code in Markdown.
 */
export interface Mark {
  readonly kind:
    | 'quoted'
    | 'command'
    | 'path'
    | 'hole'
    | 'code'
    | 'regex'
    | 'ref'
    | 'type'
    | 'label'
    | 'opaque'
    | 'block'
    | 'fence';
  readonly start: number;
  readonly end: number;
  /** Of `code`: its language. */
  readonly language?: string;
}

/** A cursor over a source. `end` is where the region being read ends: the text's end, or that of a fence. */
export interface Parser {
  readonly source: Source;
  readonly text: string;
  pos: number;
  end: number;
  /** The source is written in the forms of 2025. */
  is2025: boolean;
  /** The action of a branch of a `when` is being read: a comparison on a line of its own is the next branch. */
  inAction: boolean;
  /** Levels of nesting at the cursor. */
  depth: number;
  readonly diagnostics: Diagnostic[];
  readonly fences: Fence[];
  /** Languages of the code that was read, `cmd` among them. */
  readonly uses: Set<string>;
  readonly comments: { start: number; end: number }[];
  /** Kept only where it was asked for. */
  readonly marks: Mark[] | undefined;
  /** The last answer of `skipBlank`, so that a peek costs nothing when it is repeated. */
  blankFrom: number;
  blankTo: number;
  /** The last line of which the end was asked for. */
  lineFrom: number;
  lineTo: number;
  /** Where the last searches of `readCodeBlock` ended, by what was searched. */
  readonly found: Map<string, { from: number; at: number }>;
}

export function createParser(source: Source, marks?: Mark[]): Parser {
  return {
    source,
    text: source.text,
    pos: 0,
    end: source.text.length,
    is2025: false,
    inAction: false,
    depth: 0,
    diagnostics: [],
    fences: [],
    uses: new Set(),
    comments: [],
    marks,
    blankFrom: -1,
    blankTo: -1,
    lineFrom: 0,
    lineTo: -1,
    found: new Map(),
  };
}

/** What stops the reading of one statement; the statement loop makes a diagnostic of it and goes on. */
export class ParseFailure extends Error {
  readonly code: MlldErrorCode;
  readonly start: number;
  readonly end: number;
  readonly hint: string | undefined;

  constructor(
    code: MlldErrorCode,
    message: string,
    at: { start: number; end: number; hint?: string | undefined },
  ) {
    super(message);
    this.code = code;
    this.start = at.start;
    this.end = at.end;
    this.hint = at.hint;
  }
}

export function fail(p: Parser, message: string, options: FailOptions = {}): never {
  const start = options.start ?? p.pos;
  const end = options.end ?? start + 1;
  throw new ParseFailure(options.code ?? 'SYNTAX', message, { start, end, hint: options.hint });
}

export interface FailOptions {
  readonly code?: MlldErrorCode;
  readonly start?: number;
  readonly end?: number;
  readonly hint?: string | undefined;
}

/** Fails with «expected X, found Y». */
export function expected(p: Parser, what: string, hint?: string): never {
  return fail(p, `expected ${what}, found ${describe(p)}`, { hint, end: tokenEnd(p) });
}

export function describe(p: Parser): string {
  if (p.pos >= p.end) return 'the end of the source';
  const char = p.text[p.pos]!;
  if (char === '\n' || char === '\r') return 'the end of the line';
  const end = tokenEnd(p);
  return `'${p.text.slice(p.pos, Math.min(end, p.pos + 40))}'`;
}

function tokenEnd(p: Parser): number {
  let at = p.pos;
  if (code(p) === Ch.at) at++;
  while (at < p.end && isWord(p.text.charCodeAt(at))) at++;
  return Math.max(at, p.pos + 1);
}

/** Goes one level deeper for the time of `read`; too deep a source is an error, not a stack overflow. */
export function nested<T>(p: Parser, read: () => T): T {
  if (++p.depth > limits.nesting) {
    fail(p, `more than ${limits.nesting} levels of nesting`, {
      code: 'NESTING_TOO_DEEP',
      hint: 'Give the inner parts names with let or var.',
    });
  }
  const result = read();
  p.depth--;
  return result;
}

/** Character codes, by name. */
export const Ch = {
  tab: 9,
  newline: 10,
  return: 13,
  space: 32,
  bang: 33,
  doubleQuote: 34,
  hash: 35,
  dollar: 36,
  percent: 37,
  ampersand: 38,
  quote: 39,
  open: 40,
  close: 41,
  star: 42,
  plus: 43,
  comma: 44,
  minus: 45,
  dot: 46,
  slash: 47,
  zero: 48,
  nine: 57,
  colon: 58,
  semicolon: 59,
  less: 60,
  equals: 61,
  greater: 62,
  question: 63,
  at: 64,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  backtick: 96,
  openBrace: 123,
  pipe: 124,
  closeBrace: 125,
  tilde: 126,
} as const;

/** The code of the character at the cursor, or one further on; -1 beyond the region. */
export function code(p: Parser, ahead = 0): number {
  const at = p.pos + ahead;
  return at < p.end ? p.text.charCodeAt(at) : -1;
}

export function isDigit(char: number): boolean {
  return char >= 48 && char <= 57;
}

export function isNameStart(char: number): boolean {
  return (char >= 97 && char <= 122) || (char >= 65 && char <= 90) || char === 95;
}

export function isWord(char: number): boolean {
  return isNameStart(char) || isDigit(char);
}

/** Past spaces, tabs and a `\`-free line's comment; stays on the line. */
export function skipSpaces(p: Parser): void {
  const { text, end } = p;
  let at = p.pos;
  while (at < end) {
    const char = text.charCodeAt(at);
    if (char === Ch.space || char === Ch.tab || char === Ch.return) at++;
    else if (isComment(text, at, end)) at = skipComment(p, at);
    else break;
  }
  p.pos = at;
}

/** Past white space, line ends and comments. */
export function skipBlank(p: Parser): void {
  if (p.blankFrom === p.pos) {
    p.pos = p.blankTo;
    return;
  }
  const { text, end } = p;
  let at = p.pos;
  while (at < end) {
    const char = text.charCodeAt(at);
    if (char === Ch.space || char === Ch.newline || char === Ch.tab || char === Ch.return) at++;
    else if (isComment(text, at, end)) at = skipComment(p, at);
    else break;
  }
  p.blankFrom = p.pos;
  p.blankTo = at;
  p.pos = at;
}

function isComment(text: string, at: number, end: number): boolean {
  const char = text.charCodeAt(at);
  if (char !== Ch.greater && char !== Ch.less) return false;
  return at + 1 < end && text.charCodeAt(at + 1) === char;
}

function skipComment(p: Parser, start: number): number {
  const stop = lineEnd(p, start);
  const last = p.comments.at(-1);
  if (last === undefined || last.start < start) p.comments.push({ start, end: stop });
  return stop;
}

/** Where the line that holds `at` ends: at its line feed, or at the end of the region. */
export function lineEnd(p: Parser, at: number): number {
  if (at < p.lineFrom || at > p.lineTo) {
    const found = p.text.indexOf('\n', at);
    p.lineFrom = at;
    p.lineTo = found < 0 ? p.text.length : found;
  }
  return Math.min(p.lineTo, p.end);
}

/** Reads `[A-Za-z_][A-Za-z0-9_]*` at the cursor, or nothing. */
export function readWord(p: Parser): string | undefined {
  const stop = wordEnd(p, p.pos);
  if (stop === p.pos) return undefined;
  const word = p.text.slice(p.pos, stop);
  p.pos = stop;
  return word;
}

/** Reads a name after `@`: like a word, with single hyphens before letters in it. `@a - @b` subtracts. */
export function readHyphenated(p: Parser): string | undefined {
  const start = p.pos;
  let stop = wordEnd(p, start);
  if (stop === start) return undefined;
  while (
    stop + 1 < p.end &&
    p.text.charCodeAt(stop) === Ch.minus &&
    isNameStart(p.text.charCodeAt(stop + 1))
  ) {
    stop = wordEnd(p, stop + 1);
  }
  p.pos = stop;
  return p.text.slice(start, stop);
}

export function peekWord(p: Parser): string {
  return p.text.slice(p.pos, wordEnd(p, p.pos));
}

function wordEnd(p: Parser, from: number): number {
  const { text, end } = p;
  if (from >= end || !isNameStart(text.charCodeAt(from))) return from;
  let at = from + 1;
  while (at < end && isWord(text.charCodeAt(at))) at++;
  return at;
}

/** Reads exactly this word, if it stands at the cursor as a whole. */
export function takeWord(p: Parser, word: string): boolean {
  if (!p.text.startsWith(word, p.pos)) return false;
  const stop = p.pos + word.length;
  if (stop > p.end || (stop < p.end && isWord(p.text.charCodeAt(stop)))) return false;
  p.pos = stop;
  return true;
}

/** Reads these characters, if they stand at the cursor. */
export function take(p: Parser, chars: string): boolean {
  if (!p.text.startsWith(chars, p.pos) || p.pos + chars.length > p.end) return false;
  p.pos += chars.length;
  return true;
}

export function need(p: Parser, chars: string, what: string, hint?: string): void {
  if (!take(p, chars)) expected(p, what, hint);
}

/** Reads `@name` or `name`; `@` may be left out wherever a name must stand. */
export function readName(p: Parser, what: string): { name: string; start: number; end: number } {
  const start = p.pos;
  take(p, '@');
  const name = readHyphenated(p);
  if (name === undefined)
    return expected(p, what, 'Names are letters, digits and _, and start with a letter.');
  return { name, start, end: p.pos };
}
