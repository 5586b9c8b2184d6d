import type {
  AuthStatement,
  DeclaredNeed,
  ExportStatement,
  NeedsStatement,
  UnsupportedStatement,
} from '../ast.ts';
import { readExpression } from './expression.ts';
import { readImported } from './import.ts';
import {
  Ch,
  code,
  expected,
  fail,
  lineEnd,
  type Parser,
  readName,
  readWord,
  skipBlank,
  skipSpaces,
  take,
} from './state.ts';

/** Directives of today's language that are read but not run (`docs/spec/language.md` §7). */
export const unsupportedDirectives: ReadonlySet<string> = new Set([
  'guard',
  'policy',
  'hook',
  'box',
  'env',
  'profiles',
  'checkpoint',
  'sign',
  'verify',
  'record',
  'file',
  'files',
  'agent',
  'shelf',
  'wants',
  'privileged',
  'while',
]);

export function readExport(p: Parser, start: number): ExportStatement {
  if (code(p) !== Ch.openBrace) {
    const name = readName(p, "'{' after export");
    return { kind: 'export', names: [{ ...name, alias: undefined }], start, end: p.pos };
  }
  return { kind: 'export', names: readImported(p), start, end: p.pos };
}

export function readAuth(p: Parser, start: number): AuthStatement {
  const { name } = readName(p, 'a name after auth');
  skipSpaces(p);
  if (!take(p, '=')) expected(p, "'=' and the name of an environment variable");
  skipBlank(p);
  return { kind: 'auth', name, value: readExpression(p), start, end: p.pos };
}

/** `needs { sh, node: [pg, 'x@^1'], network: { hosts: […] } }`; commas may be left out between lines. */
export function readNeeds(p: Parser, start: number): NeedsStatement {
  if (code(p) === Ch.equals) {
    p.pos++;
    skipBlank(p);
  }
  if (code(p) !== Ch.openBrace) expected(p, "'{' after needs", 'Write: needs { sh, node: [package] }');
  const open = p.pos++;
  const needs: DeclaredNeed[] = [];
  for (;;) {
    do skipBlank(p);
    while (take(p, ','));
    if (take(p, '}')) return { kind: 'needs', needs, start, end: p.pos };
    if (p.pos >= p.end)
      fail(p, "these needs are never closed: expected '}'", { code: 'UNCLOSED', start: open });
    needs.push(readNeed(p));
  }
}

function readNeed(p: Parser): DeclaredNeed {
  const quote = code(p) === Ch.doubleQuote || code(p) === Ch.quote ? p.text[p.pos]! : '';
  take(p, quote);
  const name =
    readWord(p) ?? expected(p, "a need or '}'", 'Needs are js, node, sh, cmd, py, network, filesystem.');
  take(p, quote);
  skipSpaces(p);
  if (!take(p, ':')) return { name, list: [] };
  skipBlank(p);
  const char = code(p);
  if (char === Ch.openBracket || char === Ch.openBrace) return { name, list: readNeedList(p, char) };
  return { name, list: [readNeedItem(p)].filter((item) => item !== 'true') };
}

function readNeedList(p: Parser, open: number): string[] {
  const close = open === Ch.openBracket ? ']' : '}';
  const from = p.pos++;
  const list: string[] = [];
  for (;;) {
    do skipBlank(p);
    while (take(p, ','));
    if (take(p, close)) return list;
    if (p.pos >= p.end)
      fail(p, `this list is never closed: expected '${close}'`, { code: 'UNCLOSED', start: from });
    list.push(readNeedItem(p));
  }
}

function readNeedItem(p: Parser): string {
  const quote = p.text[p.pos]!;
  if (quote === '"' || quote === "'") {
    const close = p.text.indexOf(quote, p.pos + 1);
    if (close < 0 || close >= lineEnd(p, p.pos))
      fail(p, `this text is never closed: expected ${quote}`, { code: 'UNCLOSED' });
    const text = p.text.slice(p.pos + 1, close);
    p.marks?.push({ kind: 'quoted', start: p.pos, end: close + 1 });
    p.pos = close + 1;
    return text;
  }
  const start = p.pos;
  while (p.pos < p.end && !/[\s,\]}]/.test(p.text[p.pos]!)) p.pos++;
  if (p.pos === start) return expected(p, 'the name of a package or command');
  p.marks?.push({ kind: 'ref', start, end: p.pos });
  return p.text.slice(start, p.pos);
}

/** Passes over the directive: to the end of its line, and past the brackets that it opens. */
export function readUnsupported(
  p: Parser,
  { word, start }: { word: string; start: number },
): UnsupportedStatement {
  const from = p.pos;
  const name = /^(?:[\w:,-]+[ \t]+)*@(\w+)/.exec(
    p.text.slice(p.pos, Math.min(p.pos + 200, lineEnd(p, p.pos))),
  )?.[1];
  let depth = 0;
  while (p.pos < p.end) {
    const char = code(p);
    if (char === Ch.newline && depth === 0) break;
    if (char === Ch.openBrace || char === Ch.openBracket || char === Ch.open) depth++;
    else if (char === Ch.closeBrace || char === Ch.closeBracket || char === Ch.close) {
      if (--depth < 0) break;
    } else if (char === Ch.doubleQuote || char === Ch.backtick || char === Ch.quote) skipQuoted(p, char);
    else if (char === Ch.greater && code(p, 1) === Ch.greater) p.pos = lineEnd(p, p.pos) - 1;
    p.pos++;
  }
  p.marks?.push({ kind: 'opaque', start: from, end: p.pos });
  return { kind: 'unsupported', directive: word, name, start, end: p.pos };
}

/** To the closing quote; a quote that its line does not close is an apostrophe. */
function skipQuoted(p: Parser, quote: number): void {
  const stop = quote === Ch.backtick ? p.end : lineEnd(p, p.pos);
  for (let at = p.pos + 1; at < stop; at++) {
    const char = p.text.charCodeAt(at);
    if (char === Ch.backslash) at++;
    else if (char === quote) {
      p.pos = at;
      return;
    }
  }
}
