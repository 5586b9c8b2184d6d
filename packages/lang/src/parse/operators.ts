import type { BinaryOperator, Expression } from '../ast-expressions.ts';
import { limits } from '../limits.ts';
import { readPostfix } from './primary.ts';
import { Ch, code, fail, lineEnd, nested, type Parser, skipBlank, take } from './state.ts';

export function isWhite(char: number): boolean {
  return char === Ch.space || char === Ch.tab || char === Ch.newline || char === Ch.return;
}

/** How tightly each operator binds. */
const levels: Readonly<Record<BinaryOperator, number>> = {
  '??': 0,
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '~=': 3,
  '!~=': 3,
  '<': 4,
  '>': 4,
  '<=': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

export function readBinary(p: Parser, lowest: number): Expression {
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

/** Operators that may begin a line: nothing else begins with them. */
const continues = new Set<BinaryOperator>(['??', '||', '&&', '==', '!=', '~=', '!~=', '<=', '>=']);

const comparisons = new Set<BinaryOperator>(['==', '!=', '~=', '!~=', '<=', '>=']);

/** `!= 5 => …` on a line of its own. */
function beginsBranch(p: Parser): boolean {
  return p.text.slice(p.pos, lineEnd(p, p.pos)).slice(0, 500).includes('=>');
}

function peekOperator(p: Parser): { operator: BinaryOperator; level: number } | undefined {
  const before = p.pos;
  skipBlank(p);
  const operator = operatorAt(p);
  if (operator === undefined || !isOperator(p, operator)) return undefined;
  if (hasNewline(p.text, before, p.pos)) {
    if (!continues.has(operator)) return undefined;
    if (p.inAction && comparisons.has(operator) && beginsBranch(p)) return undefined;
  }
  return { operator, level: levels[operator] };
}

function operatorAt(p: Parser): BinaryOperator | undefined {
  const next = code(p, 1);
  switch (code(p)) {
    case Ch.question:
      return next === Ch.question ? '??' : undefined;
    case Ch.pipe:
      return next === Ch.pipe ? '||' : undefined;
    case Ch.ampersand:
      return next === Ch.ampersand ? '&&' : undefined;
    case Ch.equals:
      return next === Ch.equals ? '==' : undefined;
    case Ch.tilde:
      return next === Ch.equals ? '~=' : undefined;
    case Ch.bang:
      if (next === Ch.equals) return '!=';
      return next === Ch.tilde && code(p, 2) === Ch.equals ? '!~=' : undefined;
    case Ch.less:
      return next === Ch.equals ? '<=' : '<';
    case Ch.greater:
      return next === Ch.equals ? '>=' : '>';
    default:
      return arithmeticAt(p);
  }
}

function arithmeticAt(p: Parser): BinaryOperator | undefined {
  switch (code(p)) {
    case Ch.plus:
      return '+';
    case Ch.minus:
      return '-';
    case Ch.star:
      return '*';
    case Ch.slash:
      return '/';
    case Ch.percent:
      return '%';
    default:
      return undefined;
  }
}

export function hasNewline(text: string, from: number, to: number): boolean {
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
