/** Statements that act: run, output, append, log. */
import type { Statement } from '../ast.ts';
import type { Expression } from '../ast-expressions.ts';
import { readExpression } from './expression.ts';
import { readTarget } from './output.ts';
import { Ch, code, expected, type Parser, peekWord, skipBlank, skipSpaces, takeWord } from './state.ts';

export function readRunStatement(p: Parser, start: number): Statement {
  p.pos = p.text.charCodeAt(start) === Ch.slash || p.text.charCodeAt(start) === Ch.at ? start + 1 : start;
  const word = peekWord(p);
  const parallel = /^\w+[ \t]+\|\|/.exec(p.text.slice(p.pos, p.pos + 40));
  if (parallel !== null) p.pos += parallel[0].length - 2;
  const value = readExpression(p);
  if (value.kind === 'name' && value.bare && value.name === word) {
    return expected(p, `what to ${word}`, 'Write run cmd { … }, run sh { … }, run js { … } or run @name().');
  }
  return { kind: 'run', value, start, end: p.pos };
}

export function readOutput(p: Parser, start: number, append: boolean): Statement {
  const value: Expression | undefined = peekWord(p) === 'to' ? undefined : readExpression(p);
  skipSpaces(p);
  const quoted = code(p) === Ch.doubleQuote || code(p) === Ch.quote;
  if (!takeWord(p, 'to') && (!quoted || value === undefined))
    expected(p, "'to' and where the output goes", 'Write: output @value to "path"');
  skipSpaces(p);
  const { target, format } = readTarget(p);
  return { kind: 'output', append, value, target, format, start, end: p.pos };
}

export function readLog(p: Parser, start: number): Statement {
  const values = [readExpression(p)];
  for (;;) {
    const before = p.pos;
    skipSpaces(p);
    if (code(p) !== Ch.comma) {
      p.pos = before;
      break;
    }
    p.pos++;
    skipBlank(p);
    values.push(readExpression(p));
  }
  return { kind: 'log', values, start, end: p.pos };
}
