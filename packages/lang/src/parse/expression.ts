import type {
  ArrayItem,
  BinaryOperator,
  Expression,
  ObjectEntry,
  ObjectExpression,
  WithExpression,
} from '../ast.ts';
import { limits } from '../limits.ts';
import { readItem, readItems, readPath, takeOptional } from './access.ts';
import { readControl } from './control.ts';
import { readEmbedded } from './embedded.ts';
import { readFile } from './file.ts';
import { atPipe, readCap, readStages } from './stages.ts';
import {
  Ch,
  code,
  expected,
  fail,
  isDigit,
  isNameStart,
  isWord,
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
  takeWord,
} from './state.ts';
import { readBlockAfter, startsStatement } from './statement.ts';
import { readQuoted, readSingle, readTemplate } from './template.ts';

/** Reads a whole expression: ternary, pipeline and `with { … }` included. */
export function readExpression(p: Parser): Expression {
  return nested(p, () => {
    const start = p.pos;
    let value: Expression;
    if (code(p) === Ch.pipe && code(p, 1) === Ch.pipe) value = readParallel(p);
    else value = readTernary(p);
    if (atPipe(p)) value = { kind: 'pipeline', input: value, stages: readStages(p), start, end: p.pos };
    return readWith(p, value);
  });
}

/** `with { … }` and `using auth:name` after a value. */
function readWith(p: Parser, value: Expression): Expression {
  let result = value;
  for (;;) {
    const before = p.pos;
    skipSpaces(p);
    const next = readOption(p, result);
    if (next === undefined) {
      p.pos = before;
      return result;
    }
    result = next;
  }
}

function readOption(p: Parser, value: Expression): WithExpression | undefined {
  if (takeWord(p, 'with')) {
    skipBlank(p);
    if (code(p) !== Ch.openBrace) expected(p, "'{' after with");
    const options = readObject(p);
    return { kind: 'with', value, options, auth: undefined, start: value.start, end: p.pos };
  }
  if (takeWord(p, 'using')) {
    skipSpaces(p);
    takeWord(p, 'auth');
    take(p, ':');
    take(p, '@');
    const auth = readWord(p) ?? expected(p, 'the name of an auth');
    return { kind: 'with', value, options: undefined, auth, start: value.start, end: p.pos };
  }
  return undefined;
}

function readParallel(p: Parser): Expression {
  const start = p.pos;
  const items: Expression[] = [];
  while (take(p, '||')) {
    skipBlank(p);
    items.push(readPostfix(p));
    const before = p.pos;
    skipBlank(p);
    if (code(p) !== Ch.pipe || code(p, 1) !== Ch.pipe) {
      p.pos = before;
      break;
    }
  }
  skipSpaces(p);
  const { limit } = readCap(p);
  return { kind: 'parallel', items, limit, start, end: p.pos };
}

function readTernary(p: Parser): Expression {
  const condition = readBinary(p, 0);
  const before = p.pos;
  skipBlank(p);
  if (!startsTernary(p)) {
    p.pos = before;
    return condition;
  }
  p.pos++;
  skipBlank(p);
  const then = nested(p, () => readTernary(p));
  skipBlank(p);
  need(p, ':', "':' of the ternary", 'A ternary is: condition ? value : other');
  skipBlank(p);
  const otherwise = nested(p, () => readTernary(p));
  return { kind: 'ternary', condition, then, otherwise, start: condition.start, end: p.pos };
}

/** A `?` that no `,`, `]`, `}` or line's end follows: those would make it `@x?`, a value that may be left out. */
function startsTernary(p: Parser): boolean {
  if (code(p) !== Ch.question || code(p, 1) === Ch.question) return false;
  let at = p.pos + 1;
  while (at < p.end && isWhite(p.text.charCodeAt(at))) at++;
  const next = at < p.end ? p.text.charCodeAt(at) : -1;
  return (
    next !== Ch.comma &&
    next !== Ch.closeBracket &&
    next !== Ch.closeBrace &&
    next !== Ch.close &&
    next !== -1
  );
}

function isWhite(char: number): boolean {
  return char === Ch.space || char === Ch.tab || char === Ch.newline || char === Ch.return;
}

const levels: readonly (readonly BinaryOperator[])[] = [
  ['??'],
  ['||'],
  ['&&'],
  ['==', '!=', '!~=', '~='],
  ['<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/', '%'],
];

function readBinary(p: Parser, lowest: number): Expression {
  let left = readUnary(p);
  for (let count = 0; ; count++) {
    const before = p.pos;
    const found = peekOperator(p);
    if (found === undefined || found.level < lowest) {
      p.pos = before;
      return left;
    }
    if (count >= limits.operators) fail(p, `more than ${limits.operators} operators in one expression`);
    p.pos += found.operator.length;
    if (isEquality(found.operator)) take(p, '=');
    skipBlank(p);
    const right = nested(p, () => readBinary(p, found.level + 1));
    left = { kind: 'binary', operator: found.operator, left, right, start: left.start, end: p.pos };
  }
}

/** `===` and `!==` are read as `==` and `!=`. */
function isEquality(operator: BinaryOperator): boolean {
  return operator === '==' || operator === '!=';
}

const operatorStarts = new Set([...'?|&=!~<>+-*/%'].map((char) => char.charCodeAt(0)));
/** Operators that may begin a line: nothing else begins with them. */
const continues = new Set<BinaryOperator>(['??', '||', '&&', '==', '!=', '~=', '!~=', '<=', '>=']);

function peekOperator(p: Parser): { operator: BinaryOperator; level: number } | undefined {
  const before = p.pos;
  skipBlank(p);
  const char = code(p);
  if (!operatorStarts.has(char)) return undefined;
  const onNextLine = hasNewline(p.text, before, p.pos);
  for (let level = 0; level < levels.length; level++) {
    for (const operator of levels[level]!) {
      if (!p.text.startsWith(operator, p.pos)) continue;
      if (onNextLine && !continues.has(operator)) return undefined;
      return isOperator(p, operator) ? { operator, level } : undefined;
    }
  }
  return undefined;
}

function hasNewline(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === Ch.newline) return true;
  return false;
}

/** Not the start of `=>`, `+=` or of a file `<name>` in the next argument. */
function isOperator(p: Parser, operator: BinaryOperator): boolean {
  const next = code(p, operator.length);
  if (operator.length === 1 && next === Ch.equals) return operator === '<' || operator === '>';
  if (operator === '==' || operator === '>' || operator === '<=') return next !== Ch.greater;
  return true;
}

function readUnary(p: Parser): Expression {
  const char = code(p);
  if ((char === Ch.bang && code(p, 1) !== Ch.equals) || char === Ch.minus) {
    const start = p.pos++;
    skipBlank(p);
    const operand = nested(p, () => readUnary(p));
    if (char === Ch.minus && operand.kind === 'literal' && typeof operand.value === 'number') {
      return { kind: 'literal', value: -operand.value, start, end: p.pos };
    }
    return { kind: 'unary', operator: char === Ch.bang ? '!' : '-', operand, start, end: p.pos };
  }
  return readPostfix(p);
}

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
function plain(template: Expression): Expression {
  if (template.kind !== 'template') return template;
  const { parts, start, end } = template;
  if (parts.length === 0) return { kind: 'literal', value: '', start, end };
  if (parts.length === 1 && typeof parts[0] === 'string')
    return { kind: 'literal', value: parts[0], start, end };
  return template;
}

function readReference(p: Parser): Expression {
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

/**
 * `[…]` is an array, or a block of statements: what follows the bracket decides, and where that is a value, what
 * follows the value. `[[` before plain text is a template of the 2025 dialect.
 */
function readBracket(p: Parser): Expression {
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
  if (take(p, '...')) return { key: undefined, value: readUnary(p), optional: false };
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
