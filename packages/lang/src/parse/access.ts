import type { Accessor, ArrayItem, Expression } from '../ast-expressions.ts';
import { readExpression } from './expression.ts';
import {
  Ch,
  code,
  expected,
  fail,
  isDigit,
  isNameStart,
  isWord,
  need,
  nested,
  type Parser,
  skipBlank,
  take,
} from './state.ts';

/** In code a path may go on in the next line with `.name`; in a template it ends where text could begin. */
type PathPlace = 'code' | 'template';

/** Reads what follows a value without a space: `.field`, `.0`, `[index]`, `[from:to]`, `[*]`, `(args)`. */
export function readPath(p: Parser, object: Expression, place: PathPlace): Expression {
  const path: Accessor[] = [];
  for (;;) {
    const accessor = readAccessor(p, place);
    if (accessor === undefined) break;
    path.push(accessor);
  }
  if (path.length === 0) return object;
  return { kind: 'access', object, path, start: object.start, end: p.pos };
}

function readAccessor(p: Parser, place: PathPlace): Accessor | undefined {
  const char = code(p);
  if (char === Ch.dot) return readField(p);
  if (char === Ch.openBracket) return startsIndex(p, place) ? readIndex(p) : undefined;
  if (char === Ch.open) return readCall(p);
  if (
    place === 'code' &&
    (char === Ch.newline || char === Ch.space || char === Ch.return || char === Ch.greater)
  ) {
    return readFieldOnNextLine(p);
  }
  return undefined;
}

function readField(p: Parser): Accessor | undefined {
  const start = p.pos;
  const next = code(p, 1);
  if (!isNameStart(next) && !isDigit(next)) return undefined;
  let at = start + 1;
  while (at < p.end && isFieldChar(p, at)) at++;
  p.pos = at;
  return { kind: 'field', name: p.text.slice(start + 1, at), start, end: at };
}

function isFieldChar(p: Parser, at: number): boolean {
  const char = p.text.charCodeAt(at);
  return isWord(char) || (char === Ch.minus && at + 1 < p.end && isNameStart(p.text.charCodeAt(at + 1)));
}

function readFieldOnNextLine(p: Parser): Accessor | undefined {
  const start = p.pos;
  skipBlank(p);
  if (code(p) === Ch.dot && isNameStart(code(p, 1)) && p.text.slice(start, p.pos).includes('\n'))
    return readField(p);
  p.pos = start;
  return undefined;
}

/** In a template `[` starts an index only where an index can follow: `[0]`, `["a"]`, `[@i]`, `[-1]`, `[*]`. */
function startsIndex(p: Parser, place: PathPlace): boolean {
  if (place === 'code') return true;
  const next = code(p, 1);
  return (
    isDigit(next) ||
    next === Ch.at ||
    next === Ch.doubleQuote ||
    next === Ch.quote ||
    next === Ch.star ||
    (next === Ch.minus && isDigit(code(p, 2)))
  );
}

function readIndex(p: Parser): Accessor {
  return nested(p, () => {
    const start = p.pos++;
    skipBlank(p);
    if (code(p) === Ch.star && code(p, 1) === Ch.closeBracket) {
      p.pos += 2;
      return { kind: 'each', start, end: p.pos };
    }
    const from = code(p) === Ch.colon ? undefined : readExpression(p);
    skipBlank(p);
    if (!take(p, ':')) {
      need(p, ']', "']' after the index");
      if (from === undefined) return fail(p, 'expected an index', { start });
      return { kind: 'index', index: from, start, end: p.pos };
    }
    skipBlank(p);
    const to = code(p) === Ch.closeBracket ? undefined : readExpression(p);
    skipBlank(p);
    need(p, ']', "']' after the slice");
    return { kind: 'slice', from, to, start, end: p.pos };
  });
}

function readCall(p: Parser): Accessor {
  const start = p.pos;
  const args = readArguments(p);
  return { kind: 'call', args, start, end: p.pos };
}

/** Reads `(a, b, ...c)` with the cursor at `(`. */
export function readArguments(p: Parser): readonly ArrayItem[] {
  const open = p.pos++;
  return nested(p, () => readItems(p, { close: ')', what: 'the arguments', open }));
}

interface ItemList {
  readonly close: ')' | ']';
  readonly what: string;
  readonly open: number;
}

/** Reads comma-separated values up to the closing bracket, which it takes too. */
export function readItems(p: Parser, list: ItemList, items: ArrayItem[] = []): readonly ArrayItem[] {
  for (;;) {
    skipBlank(p);
    if (take(p, list.close)) return items;
    if (p.pos >= p.end) {
      fail(p, `${list.what} are never closed: expected '${list.close}'`, {
        code: 'UNCLOSED',
        start: list.open,
      });
    }
    items.push(readItem(p));
    skipBlank(p);
    if (take(p, ',')) continue;
    if (code(p) !== list.close.charCodeAt(0)) expected(p, `',' or '${list.close}'`);
  }
}

export function readItem(p: Parser): ArrayItem {
  const spread = take(p, '...');
  const value = readExpression(p);
  const optional = !spread && takeOptional(p);
  return { value, spread, optional };
}

/** `@x?` directly before a comma or a closing bracket: left out when it is falsy. */
export function takeOptional(p: Parser): boolean {
  if (code(p) !== Ch.question) return false;
  const start = p.pos++;
  skipBlank(p);
  const next = code(p);
  const ends = next === Ch.comma || next === Ch.closeBracket || next === Ch.close || next === Ch.closeBrace;
  if (!ends) p.pos = start;
  else p.pos = start + 1;
  return ends;
}
