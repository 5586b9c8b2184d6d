import type { Expression } from '../ast-expressions.ts';
import { readPath } from './access.ts';
import { readBracket, readObject } from './brackets.ts';
import { readControl } from './control.ts';
import { readPrimary2025 } from './dialect-2025.ts';
import { readEmbedded } from './embedded.ts';
import { readExpression } from './expression.ts';
import { readFile } from './file.ts';
import {
  Ch,
  code,
  expected,
  fail,
  isDigit,
  isNameStart,
  lineEnd,
  need,
  nested,
  type Parser,
  peekWord,
  readHyphenated,
  readWord,
  skipBlank,
  skipSpaces,
  take,
} from './state.ts';
import { readQuoted, readSingle, readTemplate } from './template.ts';

/** A value and the path that follows it. */
export function readPostfix(p: Parser): Expression {
  const value = readPrimary(p);
  return takesPath(value) ? readPath(p, value, 'code') : value;
}

function takesPath(value: Expression): boolean {
  switch (value.kind) {
    case 'name':
    case 'array':
    case 'object':
    case 'template':
    case 'file':
      return true;
    case 'literal':
      return typeof value.value === 'string';
    default:
      return (
        value.kind === 'access' ||
        value.kind === 'binary' ||
        value.kind === 'ternary' ||
        value.kind === 'pipeline'
      );
  }
}

function readPrimary(p: Parser): Expression {
  const start = p.pos;
  const old = p.is2025 ? readPrimary2025(p) : undefined;
  if (old !== undefined) return old.kind === 'template' ? plain(old) : old;
  const char = code(p);
  switch (char) {
    case Ch.at:
      return readReference(p);
    case Ch.doubleQuote:
    case Ch.backtick:
      return plain(readQuoted(p));
    case Ch.quote:
      return plain(readSingle(p));
    case Ch.open:
      return readParenthesised(p);
    case Ch.openBracket:
      return readBracket(p);
    case Ch.openBrace:
      return nested(p, () => readObject(p));
    case Ch.less:
      return readFile(p);
    case Ch.slash:
      return readRegex(p);
    case Ch.colon:
      if (take(p, ':::')) return plain(readTemplate(p, 'triple', start));
      if (take(p, '::')) return plain(readTemplate(p, 'colons', start));
      break;
    default:
      if (isDigit(char) || (char === Ch.dot && isDigit(code(p, 1)))) return readNumber(p);
      if (isNameStart(char)) return readWordValue(p);
  }
  return expected(p, 'a value', valueHint(p));
}

function valueHint(p: Parser): string | undefined {
  return code(p) === Ch.equals ? "Write '==' to compare." : undefined;
}

/** A template without holes is a text. */
export function plain(template: Expression): Expression {
  if (template.kind !== 'template') return template;
  const { parts, start, end } = template;
  if (parts.length === 0) return { kind: 'literal', value: '', start, end };
  if (parts.length === 1 && typeof parts[0] === 'string')
    return { kind: 'literal', value: parts[0], start, end };
  return template;
}

export function readReference(p: Parser): Expression {
  const start = p.pos++;
  const name = readHyphenated(p);
  if (name === undefined) return expected(p, "a name after '@'");
  const value: Expression = { kind: 'name', name, bare: false, start, end: p.pos };
  return snippetAfter(p, value);
}

/** ``@x?`…` `` as a value: the template if `@x` is truthy. A `:` after it makes it a ternary. */
function snippetAfter(p: Parser, value: Expression): Expression {
  if (code(p) !== Ch.question || code(p, 1) !== Ch.backtick) return value;
  const before = p.pos++;
  const snippet = readQuoted(p);
  const after = p.pos;
  skipBlank(p);
  if (code(p) === Ch.colon) {
    p.pos = before;
    return value;
  }
  p.pos = after;
  const raw = p.text.slice(value.start, p.pos);
  const hole = { kind: 'hole', value, optional: true, fallback: undefined, snippet, raw } as const;
  return {
    kind: 'template',
    parts: [{ ...hole, start: value.start, end: p.pos }],
    start: value.start,
    end: p.pos,
  };
}

function readParenthesised(p: Parser): Expression {
  const open = p.pos++;
  return nested(p, () => {
    skipBlank(p);
    const inner = readExpression(p);
    skipBlank(p);
    need(p, ')', `')' for the '(' before`, p.pos >= p.end ? 'It is never closed.' : undefined);
    return { ...inner, start: open, end: p.pos };
  });
}

const numberPattern = /(?:\d[\d_]*)?(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function readNumber(p: Parser): Expression {
  const start = p.pos;
  numberPattern.lastIndex = start;
  const text = numberPattern.exec(p.text)?.[0] ?? '';
  p.pos = Math.min(start + text.length, p.end);
  if (isNameStart(code(p)))
    return fail(p, `'${p.text.slice(start, p.pos + 1)}' is no number`, { start, end: p.pos + 1 });
  return { kind: 'literal', value: Number(text.replaceAll('_', '')), start, end: p.pos };
}

function readRegex(p: Parser): Expression {
  const start = p.pos;
  const stop = lineEnd(p, start);
  let inClass = false;
  for (let at = start + 1; at < stop; at++) {
    const char = p.text.charCodeAt(at);
    if (char === Ch.backslash) at++;
    else if (char === Ch.openBracket) inClass = true;
    else if (char === Ch.closeBracket) inClass = false;
    else if (char === Ch.slash && !inClass) {
      p.pos = at + 1;
      const flags = readWord(p) ?? '';
      p.marks?.push({ kind: 'regex', start, end: p.pos });
      return { kind: 'regex', pattern: p.text.slice(start + 1, at), flags, start, end: p.pos };
    }
  }
  return expected(p, 'a value');
}

const constants = new Map<string, boolean | null | undefined>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
]);

/** Words that begin a directive cannot be used as names without `@`. */
const reserved = new Set(['import', 'export', 'exe', 'needs', 'else', 'in', 'from', 'with', 'using', 'none']);

function readWordValue(p: Parser): Expression {
  const start = p.pos;
  const word = peekWord(p);
  if (constants.has(word)) {
    p.pos += word.length;
    return { kind: 'literal', value: constants.get(word), start, end: p.pos };
  }
  const value = readEmbedded(p, false) ?? readControl(p, word);
  if (value !== undefined) return value;
  if (word === 'new' && code(p, 3) === Ch.space) return readNew(p);
  if (reserved.has(word))
    return expected(p, 'a value', `'${word}' begins a directive; a name is written @${word}.`);
  p.pos += word.length;
  return { kind: 'name', name: word, bare: true, start, end: p.pos };
}

function readNew(p: Parser): Expression {
  const start = p.pos;
  p.pos += 3;
  skipSpaces(p);
  readPostfix(p);
  return { kind: 'unsupportedExpression', what: 'new', start, end: p.pos };
}
