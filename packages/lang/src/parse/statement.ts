import type { AssignStatement, Statement } from '../ast.ts';
import type { BlockExpression, Expression, NameExpression } from '../ast-expressions.ts';
import { nearest } from '../errors.ts';
import { readAuth, readExport, readNeeds, readUnsupported, unsupportedDirectives } from './declaration.ts';
import { readStatement2025 } from './dialect-2025.ts';
import { readLog, readOutput, readRunStatement } from './effects.ts';
import { readExe } from './exe.ts';
import { readExpression } from './expression.ts';
import { readImport } from './import.ts';
import {
  Ch,
  code,
  expected,
  fail,
  nested,
  type Parser,
  peekWord,
  readName,
  readWord,
  skipBlank,
  skipSpaces,
  take,
  takeWord,
} from './state.ts';

type Reader = (p: Parser, start: number) => Statement;

/** Directives that may stand anywhere. */
const inner = new Map<string, Reader>([
  ['var', (p, start) => readVar(p, start, 'var')],
  ['let', (p, start) => readVar(p, start, 'let')],
  ['show', (p, start) => ({ kind: 'show', value: readExpression(p), start, end: p.pos })],
  ['run', readRunStatement],
  ['stream', readRunStatement],
  ['output', (p, start) => readOutput(p, start, false)],
  ['append', (p, start) => readOutput(p, start, true)],
  ['log', readLog],
  ['if', readIf],
  ['done', (p, start) => ({ kind: 'flow', flow: 'done', value: readOptional(p), start, end: p.pos })],
  ['continue', (p, start) => ({ kind: 'flow', flow: 'continue', value: readOptional(p), start, end: p.pos })],
  ['retry', (p, start) => ({ kind: 'flow', flow: 'retry', value: readOptional(p), start, end: p.pos })],
  ['skip', (p, start) => ({ kind: 'flow', flow: 'skip', value: undefined, start, end: p.pos })],
  ['break', (p, start) => ({ kind: 'flow', flow: 'break', value: undefined, start, end: p.pos })],
  ['mcp', readMcpStatement],
  ['bail', (p, start) => ({ kind: 'bail', value: readOptional(p), start, end: p.pos })],
]);

/** Directives of the top level only. */
const outer = new Map<string, Reader>([
  ['import', readImport],
  ['export', readExport],
  ['needs', readNeeds],
  ['auth', readAuth],
  ['exe', readExe],
]);

/** Forms that are expressions, but read as directives at the start of a line. */
const expressionWords = ['when', 'for', 'foreach', 'loop'];

const directiveWords: ReadonlySet<string> = new Set([
  ...inner.keys(),
  ...outer.keys(),
  ...expressionWords,
  ...unsupportedDirectives,
]);

/** The words that can begin a line of code; a message names the nearest of them. */
export function directives(): ReadonlySet<string> {
  return directiveWords;
}

/** Reads one statement of the top level. */
export function readStatement(p: Parser): Statement {
  const old = p.is2025 ? readStatement2025(p) : undefined;
  if (old !== undefined) return old;
  const start = p.pos;
  takePrefix(p);
  const word = peekWord(p);
  const reader = outer.get(word);
  if (reader !== undefined && endsWord(p, word)) {
    p.pos += word.length;
    skipSpaces(p);
    return reader(p, start);
  }
  if (unsupportedDirectives.has(word) && endsWord(p, word)) {
    p.pos += word.length;
    skipSpaces(p);
    return readUnsupported(p, { word, start });
  }
  if (word !== '' && p.pos === start) refuseText(p, word);
  return readInner(p, start);
}

/** A line that begins with two words is prose, or has a mistake in its first word. */
function refuseText(p: Parser, word: string): void {
  const isText = /^[ \t]+[A-Za-z@"'`]/.test(p.text.slice(p.pos + word.length, p.pos + word.length + 40));
  if (!isText || inner.has(word) || expressionWords.includes(word)) return;
  const near = nearest(word, directiveWords);
  const hint =
    near === undefined
      ? "Comments begin with '>>'; prose stands in .mld.md files."
      : `Did you mean '${near}'?`;
  fail(p, `'${word}' begins no directive`, { end: p.pos + word.length, hint });
}

/** Reads one statement of a block, or what stands after `=>`. */
export function readInnerStatement(p: Parser): Statement {
  const start = p.pos;
  takePrefix(p);
  const word = peekWord(p);
  if (outer.has(word) && word !== 'auth' && endsWord(p, word) && code(p, word.length) !== Ch.open) {
    fail(p, `'${word}' stands only at the top level of a module`, { end: p.pos + word.length });
  }
  if (unsupportedDirectives.has(word) && endsWord(p, word) && startsDirective(p, word)) {
    p.pos += word.length;
    skipSpaces(p);
    return readUnsupported(p, { word, start });
  }
  return readInner(p, start);
}

function startsDirective(p: Parser, word: string): boolean {
  const next = p.text.slice(p.pos + word.length, p.pos + word.length + 80).trimStart()[0];
  return next === '@' || next === '[' || next === '"' || next === '{' || next === '<';
}

function readInner(p: Parser, start: number): Statement {
  if (take(p, '=>')) return { kind: 'return', value: readOptional(p), start, end: p.pos };
  const word = peekWord(p);
  const reader = inner.get(word);
  if (reader !== undefined && endsWord(p, word)) {
    p.pos += word.length;
    skipSpaces(p);
    return reader(p, start);
  }
  const value = readExpression(p);
  const assign = value.kind === 'name' ? takeAssign(p, value) : undefined;
  return assign ?? { kind: 'expression', value, start, end: p.pos };
}

/** Takes the `/` or `@` that may stand before a directive. `@name` of a value stays. */
function takePrefix(p: Parser): void {
  const char = code(p);
  if (char === Ch.slash) {
    p.pos++;
    return;
  }
  if (char !== Ch.at || !startsAtDirective(p.text, p.pos)) return;
  p.pos++;
}

const atDirective = /@([a-z]+)(?:[ \t]+(?![=+|?.*/<>!&-])|[ \t]*\[\()/y;

/** `@show x` is a directive; `@show`, `@show = 1`, `@show | @f` and `@show(x)` are values. */
export function startsAtDirective(text: string, at: number): boolean {
  atDirective.lastIndex = at;
  const match = atDirective.exec(text);
  return match !== null && directiveWords.has(match[1]!);
}

/** The word is a directive, and not a name that is called, piped or assigned. */
function endsWord(p: Parser, word: string): boolean {
  const next = code(p, word.length);
  if (next === Ch.open) return word === 'if';
  return next !== Ch.dot && next !== Ch.colon;
}

/** What follows a `[` is a statement, so that the bracket is a block and not an array. */
export function startsStatement(p: Parser): boolean {
  const char = code(p);
  if (char === Ch.equals) return p.text.startsWith('=>', p.pos);
  if (char === Ch.at)
    return startsAssign.test(p.text.slice(p.pos, p.pos + 120)) || startsAtDirective(p.text, p.pos);
  const word = peekWord(p);
  if (word === '') return false;
  if (!inner.has(word) && !outer.has(word) && !expressionWords.includes(word)) return false;
  const next = code(p, word.length);
  if (next === Ch.closeBracket || next === Ch.semicolon) return flowWords.has(word);
  return (
    next === Ch.space ||
    next === Ch.newline ||
    next === Ch.openBracket ||
    next === Ch.open ||
    next === Ch.openBrace
  );
}

/** Statements that need no value: `[done]` is a block. */
const flowWords: ReadonlySet<string> = new Set(['done', 'continue', 'skip', 'retry', 'bail', 'break']);

const startsAssign = /^@\w+[ \t]*(?:[+\-*/]=|=(?![=>]))/;

// ---- blocks

/** Reads `[ statements ]` with the cursor at `[`. */
export function readBlock(p: Parser): readonly Statement[] {
  const open = p.pos++;
  return nested(p, () => readBlockAfter(p, open, []).body);
}

/** Reads statements up to the `]` of the block that `open` began. */
export function readBlockAfter(p: Parser, open: number, body: Statement[]): BlockExpression {
  for (;;) {
    do skipBlank(p);
    while (take(p, ';') || take(p, ','));
    if (take(p, ']')) {
      p.marks?.push({ kind: 'block', start: open, end: p.pos });
      return { kind: 'block', body, start: open, end: p.pos };
    }
    if (p.pos >= p.end) {
      fail(p, "this block is never closed: expected ']'", { code: 'UNCLOSED', start: open });
    }
    body.push(readInnerStatement(p));
    readEnd(p, true);
  }
}

/** After a statement comes the end of the line, `;`, or the end of what holds it. */
export function readEnd(p: Parser, inBlock: boolean): void {
  skipSpaces(p);
  const char = code(p);
  if (char === -1 || char === Ch.newline || char === Ch.semicolon) return;
  if (inBlock && (char === Ch.closeBracket || char === Ch.comma)) return;
  expected(p, 'the end of the line', endHint(p));
}

function endHint(p: Parser): string | undefined {
  if (code(p) === Ch.equals) return "'==' compares; '=' stands only after var, let and exe.";
  if (code(p) === Ch.closeBrace || code(p) === Ch.close) return 'There is no bracket that this one closes.';
  return 'Texts stand in quotes: "like this" or `like this @name`.';
}

// ---- directives

function readVar(p: Parser, start: number, form: 'var' | 'let'): Statement {
  const labels = readLabels(p);
  const name = readName(p, `a name after ${form}`);
  const optional = take(p, '?');
  const assign = optional ? undefined : takeAugmented(p);
  skipSpaces(p);
  if (assign !== undefined) {
    skipBlank(p);
    return { kind: 'assign', name: name.name, operator: assign, value: readExpression(p), start, end: p.pos };
  }
  if (take(p, ':')) {
    skipSpaces(p);
    const typeStart = p.pos;
    readWord(p);
    p.marks?.push({ kind: 'type', start: typeStart, end: p.pos });
    skipSpaces(p);
  }
  if (code(p) !== Ch.equals || code(p, 1) === Ch.equals)
    expected(p, "'=' and a value", 'Write: var @name = value');
  p.pos++;
  skipBlank(p);
  const value = readExpression(p);
  return {
    kind: 'var',
    form,
    labels,
    name: name.name,
    nameStart: name.start,
    optional,
    value,
    start,
    end: p.pos,
  };
}

/** `@mcp issue = github.create_issue({…})` names a result, as `var` does; without a name it is a call. */
function readMcpStatement(p: Parser, start: number): Statement {
  const before = p.pos;
  if (/^@?[A-Za-z_][\w-]*[ \t]*=(?![=>])/.test(p.text.slice(p.pos, p.pos + 120))) {
    const statement = readVar(p, start, 'var');
    return statement.kind === 'var' ? { ...statement, labels: ['mcp'] } : statement;
  }
  p.pos = before;
  return { kind: 'expression', value: readExpression(p), start, end: p.pos };
}

/** Words before the `@` of a name: `net:r`, `llm`, `recursive`, `secret,pii`. */
export function readLabels(p: Parser): string[] {
  const labels: string[] = [];
  for (;;) {
    const match = /^[A-Za-z][\w:-]*(?:,[\w:-]+)*(?=[ \t]+[@A-Za-z])/.exec(p.text.slice(p.pos, p.pos + 200));
    if (match === null) return labels;
    labels.push(...match[0].split(','));
    p.marks?.push({ kind: 'label', start: p.pos, end: p.pos + match[0].length });
    p.pos += match[0].length;
    skipSpaces(p);
  }
}

type Augmented = '+=' | '-=' | '*=' | '/=';

function takeAugmented(p: Parser): Augmented | undefined {
  const before = p.pos;
  skipSpaces(p);
  for (const operator of ['+=', '-=', '*=', '/='] as const) {
    if (take(p, operator)) return operator;
  }
  p.pos = before;
  return undefined;
}

/** `@x = v` or `@x += v` after the name was read. */
export function takeAssign(p: Parser, name: NameExpression): AssignStatement | undefined {
  let operator: AssignStatement['operator'] | undefined = takeAugmented(p);
  if (operator === undefined) {
    const before = p.pos;
    skipSpaces(p);
    const next = code(p, 1);
    if (code(p) === Ch.equals && next !== Ch.equals && next !== Ch.greater) {
      p.pos++;
      operator = '=';
    } else p.pos = before;
  }
  if (operator === undefined) return undefined;
  skipBlank(p);
  return {
    kind: 'assign',
    name: name.name,
    operator,
    value: readExpression(p),
    start: name.start,
    end: p.pos,
  };
}

function readIf(p: Parser, start: number): Statement {
  return nested(p, () => {
    skipBlank(p);
    const condition = readExpression(p);
    skipBlank(p);
    if (code(p) !== Ch.openBracket)
      expected(p, "'[' and the statements of if", 'One-line conditions are written: when @x => …');
    const then = readBlock(p);
    const before = p.pos;
    skipBlank(p);
    if (!takeWord(p, 'else')) {
      p.pos = before;
      return { kind: 'if', condition, then, otherwise: undefined, start, end: p.pos };
    }
    skipBlank(p);
    const otherwise = readElse(p);
    return { kind: 'if', condition, then, otherwise, start, end: p.pos };
  });
}

function readElse(p: Parser): readonly Statement[] {
  const start = p.pos;
  if (takeWord(p, 'if')) return [readIf(p, start)];
  if (code(p) !== Ch.openBracket) expected(p, "'[' or if after else");
  return readBlock(p);
}

/** A value, unless the statement ends here. */
function readOptional(p: Parser): Expression | undefined {
  const before = p.pos;
  skipSpaces(p);
  const char = code(p);
  if (
    char === -1 ||
    char === Ch.newline ||
    char === Ch.semicolon ||
    char === Ch.closeBracket ||
    char === Ch.comma
  ) {
    p.pos = before;
    return undefined;
  }
  return readExpression(p);
}
