import type { ArrayItem, Expression, ObjectEntry, ObjectExpression } from '../ast-expressions.ts';
import { readItem, readItems, takeOptional } from './access.ts';
import { readExpression } from './expression.ts';
import { hasNewline } from './operators.ts';
import { plain, readPostfix, readReference } from './primary.ts';
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
import { readBlockAfter, startsStatement } from './statement.ts';
import { readQuoted, readTemplate } from './template.ts';

/**
 * `[…]` is an array, or a block of statements: what follows the bracket decides, and where that is a value, what
 * follows the value. `[[` before plain text is a template of the 2025 dialect.
 */
export function readBracket(p: Parser): Expression {
  const open = p.pos;
  if (code(p, 1) === Ch.openBracket && startsText(p)) {
    p.pos += 2;
    return plain(readTemplate(p, 'brackets', open));
  }
  return nested(p, () => {
    p.pos++;
    skipBlank(p);
    if (startsStatement(p)) return readBlockAfter(p, open, []);
    if (take(p, ']')) return { kind: 'array', items: [], start: open, end: p.pos };
    if (p.pos >= p.end)
      fail(p, "this bracket is never closed: expected ']'", { code: 'UNCLOSED', start: open });
    const first = readItem(p);
    return readBracketRest(p, open, first);
  });
}

function readBracketRest(p: Parser, open: number, first: ArrayItem): Expression {
  const before = p.pos;
  skipBlank(p);
  const next = code(p);
  if (
    next !== Ch.comma &&
    next !== Ch.closeBracket &&
    (hasNewline(p.text, before, p.pos) || next === Ch.semicolon)
  ) {
    const { start, end } = first.value;
    return readBlockAfter(p, open, [{ kind: 'expression', value: first.value, start, end }]);
  }
  if (take(p, ']')) return { kind: 'array', items: [first], start: open, end: p.pos };
  if (!take(p, ',')) expected(p, "',' or ']'");
  const items = readItems(p, { close: ']', what: 'the items of this array', open }, [first]);
  return { kind: 'array', items, start: open, end: p.pos };
}

/** What follows `[[` is a letter or a mark that starts no value. */
function startsText(p: Parser): boolean {
  const rest = p.text.slice(p.pos + 2, p.pos + 12).trimStart();
  if (rest === '') return false;
  const char = rest.charCodeAt(0);
  if (isNameStart(char))
    return !/^(?:true|false|null|undefined|for|foreach|when|run|cmd|js|sh|node|py|let|show)\b/.test(rest);
  if (rest.startsWith('{{')) return true;
  return !isDigit(char) && !'"\'`@[]{(<-:!/.'.includes(rest[0]!) && rest[0] !== '>';
}

/** Reads `{ key: value, "key"?: value, ...@rest, @name }` with the cursor at `{`. */
export function readObject(p: Parser): ObjectExpression {
  const open = p.pos++;
  const entries: ObjectEntry[] = [];
  for (;;) {
    skipBlank(p);
    if (take(p, '}')) return { kind: 'object', entries, start: open, end: p.pos };
    if (p.pos >= p.end) {
      fail(p, "this object is never closed: expected '}'", { code: 'UNCLOSED', start: open });
    }
    entries.push(readEntry(p));
    skipBlank(p);
    if (take(p, ',') || code(p) === Ch.closeBrace) continue;
    expected(p, "',' or '}' after the value");
  }
}

function readEntry(p: Parser): ObjectEntry {
  if (take(p, '...')) return { key: undefined, value: readPostfix(p), optional: false };
  if (code(p) === Ch.at) return readShorthand(p);
  const key = readKey(p);
  skipBlank(p);
  const optional = take(p, '?');
  if (optional) skipBlank(p);
  need(p, ':', "':' after the key");
  skipBlank(p);
  const value = readExpression(p);
  return { key, value, optional: optional || takeOptional(p) };
}

function readShorthand(p: Parser): ObjectEntry {
  const value = readReference(p);
  if (value.kind !== 'name') return fail(p, 'expected a key');
  const optional = takeOptional(p);
  return { key: value.name, value, optional };
}

function readKey(p: Parser): ObjectEntry['key'] & {} {
  const char = code(p);
  if (char === Ch.doubleQuote || char === Ch.backtick || char === Ch.quote) {
    const text = plain(readQuoted(p));
    return text.kind === 'literal' ? String(text.value) : text.kind === 'template' ? text : '';
  }
  const start = p.pos;
  while (isWord(code(p)) || (code(p) === Ch.minus && p.pos > start)) p.pos++;
  if (p.pos === start) return expected(p, 'a key', "Objects are written { key: value, 'other key': value }.");
  return p.text.slice(start, p.pos);
}
