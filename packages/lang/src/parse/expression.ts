import type { Expression, WithExpression } from '../ast-expressions.ts';
import { readObject } from './brackets.ts';
import { isWhite, readBinary } from './operators.ts';
import { readPostfix } from './primary.ts';
import { atPipe, readCap, readStages } from './stages.ts';
import {
  Ch,
  code,
  expected,
  need,
  nested,
  type Parser,
  readWord,
  skipBlank,
  skipSpaces,
  take,
  takeWord,
} from './state.ts';

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
