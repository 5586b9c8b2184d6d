import type { Language } from '../ast.ts';
import { Ch, fail, type Parser } from './state.ts';

/**
 * Reads `{ … }` of embedded code and gives the offsets of what stands between the braces. Braces within the
 * language's own strings, comments and regular expressions do not count; where that reading finds no end
 * (a lone quote in a shell text), plain counting decides.
 */
export function readCodeBlock(p: Parser, language: Language | 'cmd'): { start: number; end: number } {
  const open = p.pos;
  const start = open + 1;
  const area: Area = { text: p.text, end: p.end, found: p.found };
  let close = scan(area, start, scanners[language]);
  if (close < 0) close = scan(area, start, bracesAlone);
  if (close < 0) {
    fail(p, `the '{' of this ${language} code is never closed`, {
      code: 'UNCLOSED',
      start: open,
      hint: "Close it with '}'. Braces in strings and comments of the code do not count.",
    });
  }
  p.pos = close + 1;
  return { start, end: close };
}

interface Area {
  readonly text: string;
  readonly end: number;
  readonly found: Map<string, { from: number; at: number }>;
}

interface Scanner {
  /** Finds the next character that a piece may start with, braces among them. */
  readonly starts: RegExp;
  /** Given the offset of such a character that is no brace: the offset after the piece that starts there, -1 if none ends. */
  readonly skip: (area: Area, at: number) => number;
}

const jsScanner: Scanner = { starts: /[{}'"`/]/g, skip: skipJs };

const scanners: Record<Language | 'cmd', Scanner> = {
  js: jsScanner,
  node: jsScanner,
  sh: { starts: /[{}\\'"#<]/g, skip: skipShell },
  cmd: { starts: /[{}\\'"]/g, skip: skipCommand },
  py: { starts: /[{}'"#]/g, skip: skipPython },
};

const bracesAlone: Scanner = { starts: /[{}]/g, skip: (_area, at) => at + 1 };

function scan(area: Area, start: number, { starts, skip }: Scanner): number {
  const { text, end } = area;
  let depth = 1;
  for (let at = nextOf(starts, text, start); at < end; at = nextOf(starts, text, at)) {
    const char = text.charCodeAt(at);
    if (char === Ch.openBrace) depth++;
    else if (char === Ch.closeBrace && --depth === 0) return at;
    at = char === Ch.openBrace || char === Ch.closeBrace ? at + 1 : skip(area, at);
    if (at < 0) return -1;
  }
  return -1;
}

function nextOf(starts: RegExp, text: string, from: number): number {
  starts.lastIndex = from;
  return starts.test(text) ? starts.lastIndex - 1 : text.length;
}

function skipJs(area: Area, at: number): number {
  const { text, end } = area;
  const char = text.charCodeAt(at);
  if (char === Ch.quote || char === Ch.doubleQuote) return skipString(text, at, end, false);
  if (char === Ch.backtick) return skipJsTemplate(area, at);
  if (char !== Ch.slash) return at + 1;
  const next = text.charCodeAt(at + 1);
  if (next === Ch.slash) return toLineEnd(text, at, end);
  if (next === Ch.star) return after(area, '*/', at + 2);
  return startsRegex(text, at) ? skipRegex(text, at, end) : at + 1;
}

/** A quoted string; in languages whose strings end with the line, the line's end ends it. */
function skipString(text: string, at: number, end: number, multiline: boolean): number {
  const quote = text.charCodeAt(at);
  for (let index = at + 1; index < end; index++) {
    const char = text.charCodeAt(index);
    if (char === Ch.backslash) index++;
    else if (char === quote) return index + 1;
    else if (char === Ch.newline && !multiline) return index;
  }
  return -1;
}

/** In the stack of `skipJsTemplate`: the text of a template. Any other number is an open `${` with so many braces. */
const templateText = -1;

/** A template literal with its `${ … }`, which may hold strings, braces and templates again. */
function skipJsTemplate(area: Area, at: number): number {
  const { text, end } = area;
  const stack = [templateText];
  let index = at + 1;
  while (index < end) {
    index = stack.at(-1) === templateText ? stepInText(text, index, stack) : stepInHole(area, index, stack);
    if (index < 0 || stack.length === 0) return index;
  }
  return -1;
}

function stepInText(text: string, at: number, stack: number[]): number {
  const char = text.charCodeAt(at);
  if (char === Ch.backslash) return at + 2;
  if (char === Ch.backtick) stack.pop();
  if (char !== Ch.dollar || text.charCodeAt(at + 1) !== Ch.openBrace) return at + 1;
  stack.push(0);
  return at + 2;
}

function stepInHole(area: Area, at: number, stack: number[]): number {
  const { text } = area;
  const char = text.charCodeAt(at);
  const top = stack.length - 1;
  if (char === Ch.backtick) stack.push(templateText);
  else if (char === Ch.openBrace) stack[top]!++;
  else if (char === Ch.closeBrace) {
    if (stack[top] === 0) stack.pop();
    else stack[top]!--;
  } else return skipJs(area, at);
  return at + 1;
}

const beforeRegex = new Set([...'(,=:[!&|?{};+-*%~^<>\n'].map((char) => char.charCodeAt(0)));
const wordsBeforeRegex =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|delete|new|throw|yield|await)$/;

function startsRegex(text: string, at: number): boolean {
  let index = at - 1;
  while (index >= 0 && (text.charCodeAt(index) === Ch.space || text.charCodeAt(index) === Ch.tab)) index--;
  if (index < 0 || beforeRegex.has(text.charCodeAt(index))) return true;
  return wordsBeforeRegex.test(text.slice(Math.max(0, index - 10), index + 1));
}

function skipRegex(text: string, at: number, end: number): number {
  let inClass = false;
  for (let index = at + 1; index < end; index++) {
    const char = text.charCodeAt(index);
    if (char === Ch.backslash) index++;
    else if (char === Ch.newline) return index;
    else if (char === Ch.openBracket) inClass = true;
    else if (char === Ch.closeBracket) inClass = false;
    else if (char === Ch.slash && !inClass) return index + 1;
  }
  return end;
}

function skipShell(area: Area, at: number): number {
  const { text, end } = area;
  const char = text.charCodeAt(at);
  if (char === Ch.backslash) return at + 2;
  if (char === Ch.quote) return after(area, "'", at + 1);
  if (char === Ch.doubleQuote) return skipString(text, at, end, true);
  if (char === Ch.hash && isShellSpace(text.charCodeAt(at - 1))) return toLineEnd(text, at, end);
  if (char === Ch.less && text.charCodeAt(at + 1) === Ch.less) return skipHeredoc(area, at);
  return at + 1;
}

function skipCommand(area: Area, at: number): number {
  const { text, end } = area;
  const char = text.charCodeAt(at);
  if (char === Ch.backslash) return at + 2;
  if (char === Ch.quote) return after(area, "'", at + 1);
  if (char === Ch.doubleQuote) return skipString(text, at, end, true);
  return at + 1;
}

function isShellSpace(char: number): boolean {
  return (
    char === Ch.space ||
    char === Ch.newline ||
    char === Ch.tab ||
    char === Ch.semicolon ||
    char === Ch.openBrace
  );
}

const heredocStart = /<<-?[ \t]*(['"]?)([A-Za-z_]\w*)\1/y;

function skipHeredoc(area: Area, at: number): number {
  const { text, end } = area;
  heredocStart.lastIndex = at;
  const match = heredocStart.exec(text);
  if (match === null) return at + 2;
  const word = match[2]!;
  if ((area.found.get(`<<${word}`)?.from ?? Number.POSITIVE_INFINITY) <= at) return -1;
  let line = text.indexOf('\n', at);
  while (line >= 0 && line < end) {
    const next = text.indexOf('\n', line + 1);
    const stop = next < 0 ? end : next;
    if (text.slice(line + 1, stop).trim() === word) return stop;
    line = next;
  }
  area.found.set(`<<${word}`, { from: at, at: Number.POSITIVE_INFINITY });
  return -1;
}

function skipPython(area: Area, at: number): number {
  const { text, end } = area;
  const char = text.charCodeAt(at);
  if (char === Ch.hash) return toLineEnd(text, at, end);
  if (char !== Ch.quote && char !== Ch.doubleQuote) return at + 1;
  const triple = text.slice(at, at + 1).repeat(3);
  if (text.startsWith(triple, at)) return after(area, triple, at + 3);
  return skipString(text, at, end, false);
}

function toLineEnd(text: string, at: number, end: number): number {
  const found = text.indexOf('\n', at);
  return found < 0 || found > end ? end : found;
}

/** After the next `chars`. Each answer is kept, so that a search that runs far is not made twice. */
function after(area: Area, chars: string, from: number): number {
  const known = area.found.get(chars);
  let at: number;
  if (known !== undefined && from >= known.from && from <= known.at) at = known.at;
  else {
    const found = area.text.indexOf(chars, from);
    at = found < 0 ? Number.POSITIVE_INFINITY : found;
    area.found.set(chars, { from, at });
  }
  return at >= area.end ? -1 : at + chars.length;
}
