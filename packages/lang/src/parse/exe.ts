import type { Language, Parameter, ShadowStatement, Statement } from '../ast.ts';
import type { Expression } from '../ast-expressions.ts';
import { languageOf } from './embedded.ts';
import { readExpression } from './expression.ts';
import {
  Ch,
  code,
  expected,
  fail,
  isWord,
  type Parser,
  peekWord,
  readName,
  readWord,
  skipBlank,
  skipSpaces,
  take,
} from './state.ts';
import { readLabels } from './statement.ts';

/** `exe [labels] @name(parameters) = body`, or `exe js = { f, g }`, also written `exe @js = …`. */
export function readExe(p: Parser, start: number): Statement {
  const shadow = readShadow(p, start);
  if (shadow !== undefined) return shadow;
  const labels = readLabels(p);
  const name = readName(p, 'a name after exe');
  skipSpaces(p);
  const parameters = code(p) === Ch.open ? readParameters(p) : [];
  skipSpaces(p);
  const returns = take(p, ':') || take(p, '->') ? readType(p) : undefined;
  skipSpaces(p);
  if (code(p) !== Ch.equals || code(p, 1) === Ch.equals || code(p, 1) === Ch.greater) {
    expected(p, "'=' and the body of the function", 'Write: exe @name(a, b) = body');
  }
  p.pos++;
  skipBlank(p);
  const body = readExpression(p);
  return {
    kind: 'exe',
    name: name.name,
    nameStart: name.start,
    labels,
    parameters,
    returns,
    body,
    start,
    end: p.pos,
  };
}

function readShadow(p: Parser, start: number): ShadowStatement | undefined {
  const before = p.pos;
  take(p, '@');
  const language = languageOf(peekWord(p));
  if (language === undefined) {
    p.pos = before;
    return undefined;
  }
  readWord(p);
  skipSpaces(p);
  const isShadow = code(p) === Ch.equals && /^=\s*\{/.test(p.text.slice(p.pos, p.pos + 200));
  if (!isShadow) {
    p.pos = before;
    return undefined;
  }
  p.pos++;
  skipBlank(p);
  p.pos++;
  const names = readShadowNames(p);
  return { kind: 'shadow', language: language as Language, names, start, end: p.pos };
}

function readShadowNames(p: Parser): { name: string; local: string }[] {
  const names: { name: string; local: string }[] = [];
  for (;;) {
    skipBlank(p);
    if (take(p, '}')) return names;
    const { name } = readName(p, "a function's name or '}'");
    skipBlank(p);
    if (take(p, ':')) {
      skipBlank(p);
      names.push({ name: readName(p, "a function's name").name, local: name });
      skipBlank(p);
    } else names.push({ name, local: name });
    if (!take(p, ',') && code(p) !== Ch.closeBrace) expected(p, "',' or '}'");
  }
}

/** `(a, @b: type, c = 1)` with the cursor at `(`. */
export function readParameters(p: Parser): Parameter[] {
  const open = p.pos++;
  const parameters: Parameter[] = [];
  const seen = new Set<string>();
  for (;;) {
    skipBlank(p);
    if (take(p, ')')) return parameters;
    if (p.pos >= p.end)
      fail(p, "the parameters are never closed: expected ')'", { code: 'UNCLOSED', start: open });
    const parameter = readParameter(p);
    if (seen.has(parameter.name)) {
      fail(p, `the parameter '${parameter.name}' is there twice`, { code: 'DUPLICATE_NAME', ...parameter });
    }
    seen.add(parameter.name);
    parameters.push(parameter);
    skipBlank(p);
    if (!take(p, ',') && code(p) !== Ch.close) expected(p, "',' or ')' after the parameter");
  }
}

function readParameter(p: Parser): Parameter {
  const { name, start } = readName(p, "a parameter's name");
  let optional = take(p, '?');
  skipSpaces(p);
  let type: string | undefined;
  if (take(p, ':')) {
    skipSpaces(p);
    type = readType(p);
    if (take(p, '?')) optional = true;
  }
  skipSpaces(p);
  let defaultValue: Expression | undefined;
  if (code(p) === Ch.equals) {
    p.pos++;
    skipBlank(p);
    defaultValue = readExpression(p);
  }
  return { name, type, optional: optional || defaultValue !== undefined, defaultValue, start, end: p.pos };
}

/** `string`, `array[]`, `"a" | "b"`, `map<string>`: kept as text. */
function readType(p: Parser): string {
  skipSpaces(p);
  const start = p.pos;
  for (;;) {
    const char = code(p);
    const within =
      isWord(char) ||
      char === Ch.openBracket ||
      char === Ch.closeBracket ||
      char === Ch.less ||
      char === Ch.greater;
    if (!within && char !== Ch.pipe && char !== Ch.doubleQuote && !(char === Ch.space && beforePipe(p)))
      break;
    p.pos++;
  }
  if (p.pos === start) expected(p, 'a type', 'Types are string, number, boolean, object, array.');
  p.marks?.push({ kind: 'type', start, end: p.pos });
  return p.text.slice(start, p.pos).trim();
}

function beforePipe(p: Parser): boolean {
  return code(p, 1) === Ch.pipe || code(p, -1) === Ch.pipe;
}
