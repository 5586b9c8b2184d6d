/**
 * The forms of 2025 (language.md §11): `@text`, `@data`, `@path`, `@exec`, `@add`, `@run [(…)]`, files and modules in
 * square brackets, `{{name}}` in `[[…]]`. They give the same tree as today's.
 */
import type { ExeStatement, Statement, VarStatement } from '../ast.ts';
import type { Expression, FileExpression, TemplateExpression } from '../ast-expressions.ts';
import { languageOf } from './embedded.ts';
import { readParameters } from './exe.ts';
import { readExpression } from './expression.ts';
import { readAngle } from './file.ts';
import { readPostfix } from './primary.ts';
import {
  Ch,
  code,
  expected,
  fail,
  lineEnd,
  type Parser,
  peekWord,
  readName,
  readWord,
  skipBlank,
  skipSpaces,
  take,
  takeWord,
} from './state.ts';
import { readSingle, readTemplateWithin } from './template.ts';

const shape2025 =
  /^@(?:(?:text|data|path|exec)[ \t]+[A-Za-z_]\w*[ \t]*[=(]|add[ \t]+["@[]|run[ \t]+(?:[a-z]+[ \t]+)?\[\(|import[ \t]+\{[^}]*\}[ \t]*from[ \t]+\[)/;
const shapeToday = /^[/@]?(?:var|exe|export|needs|show|let|when|auth|output|log)\b[ \t]*[@{("'`\w]/;

/** The first line that can only be of one era decides; fenced lines of documentation decide nothing. */
export function isOf2025(text: string, from: number): boolean {
  let fence = '';
  for (let at = from; at < text.length; ) {
    const found = text.indexOf('\n', at);
    const stop = found < 0 ? text.length : found;
    const line = text.slice(at, Math.min(stop, at + 400));
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === '' || mark.startsWith(fence))) fence = fence === '' ? mark : '';
    else if (fence === '' && shape2025.test(line)) return true;
    else if (fence === '' && shapeToday.test(line)) return false;
    at = stop + 1;
  }
  return false;
}

type Reader = (p: Parser, start: number) => Statement;

const readers = new Map<string, Reader>([
  ['text', readDefinition],
  ['data', readDefinition],
  ['path', readDefinition],
  ['exec', readDefinition],
  ['add', (p, start) => ({ kind: 'show', value: readAdded(p), start, end: p.pos })],
  ['run', (p, start) => ({ kind: 'run', value: readRun(p, start), start, end: p.pos })],
]);

/** A line of prose that begins so is a directive. */
export function starts2025(p: Parser): boolean {
  const match = /^@([a-z]+)[ \t]+\S/.exec(p.text.slice(p.pos, p.pos + 20));
  return match !== null && (readers.has(match[1]!) || match[1] === 'import');
}

/** A statement in a form of 2025; `import` has the same form in both eras. */
export function readStatement2025(p: Parser): Statement | undefined {
  if (code(p) !== Ch.at || !starts2025(p)) return undefined;
  const start = p.pos++;
  const reader = readers.get(peekWord(p));
  if (reader === undefined) {
    p.pos = start;
    return undefined;
  }
  const isPath = readWord(p) === 'path';
  skipSpaces(p);
  const statement = reader(p, start);
  return isPath && statement.kind === 'var' ? pathAsText(statement) : statement;
}

/** `@path p = [note.md]` names the file, and does not read it. */
function pathAsText(statement: VarStatement): VarStatement {
  return statement.value.kind === 'file' ? { ...statement, value: statement.value.path } : statement;
}

/** `@text x = …`, `@data x = …`, `@path x = …`, and with parameters a function. */
function readDefinition(p: Parser, start: number): VarStatement | ExeStatement {
  const isFunction = p.text.startsWith('exec', start + 1);
  const { name, start: nameStart } = readName(p, 'a name');
  skipSpaces(p);
  const hasParameters = code(p) === Ch.open;
  const parameters = hasParameters ? readParameters(p) : [];
  skipSpaces(p);
  if (!take(p, '=')) expected(p, "'=' and a value", 'Write: @text name = "value"');
  skipBlank(p);
  const value = readValue(p, p.text.startsWith('data', start + 1));
  const common = { name, nameStart, labels: [], start, end: p.pos };
  if (hasParameters || isFunction)
    return { kind: 'exe', ...common, parameters, returns: undefined, body: value };
  return { kind: 'var', form: 'var', ...common, optional: false, value };
}

/** A value as data: brackets are an array; elsewhere they name a file. */
function readValue(p: Parser, isData: boolean): Expression {
  return isData && code(p) === Ch.openBracket && code(p, 1) !== Ch.openBracket
    ? readExpression(p)
    : readAdded(p);
}

/** What `@add` shows: a template, a text, a file or a part of one, a value. */
function readAdded(p: Parser): Expression {
  if (code(p) === Ch.openBracket && code(p, 1) !== Ch.openBracket) return readFileIn(p, undefined);
  if (code(p) !== Ch.doubleQuote) return readExpression(p);
  const text = readText(p);
  const before = p.pos;
  skipSpaces(p);
  if (takeWord(p, 'from')) {
    skipSpaces(p);
    return readFileIn(p, text);
  }
  p.pos = before;
  return text;
}

/** `[note.md]`, `[note.md # Section]`, `[@path]`; with a title the section of it. */
function readFileIn(p: Parser, title: TemplateExpression | undefined): FileExpression {
  const open = p.pos;
  if (code(p) !== Ch.openBracket) expected(p, "'[' and the path of a file");
  const close = p.text.indexOf(']', open);
  if (close < 0 || close >= lineEnd(p, open))
    fail(p, "this '[' has no ']' on its line", { code: 'UNCLOSED', start: open });
  const file = readAngle(p, close);
  return title === undefined ? file : { ...file, sections: [{ title, optional: false }] };
}

/** Values that are written otherwise than today: `@run …`, `@add …`, and texts in which nothing is filled in. */
export function readPrimary2025(p: Parser): Expression | undefined {
  if (code(p) === Ch.doubleQuote) return readText(p);
  const word = /^@(run|add)[ \t]+/.exec(p.text.slice(p.pos, p.pos + 40));
  if (word === null) return undefined;
  const start = p.pos;
  p.pos += word[0].length;
  return word[1] === 'run' ? readRun(p, start) : readAdded(p);
}

function readText(p: Parser): TemplateExpression {
  return readSingle(p, '"');
}

/** `[(command)]`, `bash [(…)]`, `javascript [(…)]`, `@f("x")`. */
function readRun(p: Parser, start: number): Expression {
  const word = peekWord(p);
  const language = word === '' ? 'cmd' : languageOf(word);
  if (language === undefined)
    return expected(
      p,
      'a language',
      'Write @run [(…)], @run bash [(…)], @run javascript [(…)] or @run @f().',
    );
  readWord(p);
  skipSpaces(p);
  if (!take(p, '[(')) return word === '' ? readPostfix(p) : expected(p, "'[(' and the code");
  const from = p.pos;
  const close = closeOf(p, start);
  p.uses.add(language);
  if (language === 'cmd') {
    p.marks?.push({ kind: 'command', start: from, end: close });
    const line = readTemplateWithin(p, from, close);
    p.pos = close + 2;
    return { kind: 'command', line, cwd: undefined, start, end: p.pos };
  }
  p.pos = close + 2;
  p.marks?.push({ kind: 'code', language, start: from, end: close });
  return {
    kind: 'code',
    language,
    text: p.text.slice(from, close),
    args: [],
    cwd: undefined,
    start,
    end: p.pos,
  };
}

/**
 * Code on the line of its `[(` ends at the last `)]` of that line. Code of more lines ends at the first line that begins with `)]`,
 * or else at the first that ends so, before the next directive: `a[f(1)]` is code.
 */
function closeOf(p: Parser, open: number): number {
  const here = p.text.lastIndexOf(')]', lineEnd(p, p.pos) - 2);
  if (here >= p.pos) return here;
  let ending = -1;
  for (let at = lineEnd(p, p.pos) + 1; at < p.end; at = lineEnd(p, at) + 1) {
    const line = p.text.slice(at, lineEnd(p, at));
    if (ending >= 0 && line.startsWith('@')) break;
    if (line.trimStart().startsWith(')]')) return at + line.indexOf(')]');
    if (ending < 0 && line.trimEnd().endsWith(')]')) ending = at + line.lastIndexOf(')]');
  }
  if (ending < 0) fail(p, "this is never closed: expected ')]'", { code: 'UNCLOSED', start: open });
  return ending;
}
