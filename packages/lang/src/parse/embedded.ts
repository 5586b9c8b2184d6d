import type { Language } from '../ast.ts';
import type { CommandExpression, Expression } from '../ast-expressions.ts';
import { readPath } from './access.ts';
import { readCodeBlock } from './code.ts';
import { readPostfix } from './primary.ts';
import { Ch, code, expected, type Parser, peekWord, readWord, skipBlank, skipSpaces, take } from './state.ts';
import { readQuoted, readTemplateWithin } from './template.ts';

const languages = new Map<string, Language | 'cmd'>([
  ['js', 'js'],
  ['javascript', 'js'],
  ['node', 'node'],
  ['nodejs', 'node'],
  ['sh', 'sh'],
  ['bash', 'sh'],
  ['shell', 'sh'],
  ['py', 'py'],
  ['python', 'py'],
  ['cmd', 'cmd'],
]);

export function languageOf(word: string): Language | 'cmd' | undefined {
  return languages.get(word);
}

/**
 * Reads `js { … }`, `cmd:dir { … }`, `run …`, `stream …`, `template "…"`, `prose:@c { … }`, `mcp @spec`, or
 * nothing. As a stage of a pipeline a bare `{ … }` is a command.
 */
export function readEmbedded(p: Parser, asStage: boolean): Expression | undefined {
  const start = p.pos;
  if (asStage && code(p) === Ch.openBrace) return readCommand(p, { start, cwd: undefined });
  const word = peekWord(p);
  const language = languages.get(word);
  if (language !== undefined) return readLanguage(p, word, language);
  switch (word) {
    case 'run':
      return readRun(p);
    case 'stream':
      return readPrefixed(p, 'stream');
    case 'template':
      return readTemplateFile(p);
    case 'wasm':
      return readWasm(p);
    case 'mcp':
      return readMcp(p);
    case 'prose':
      return readProse(p);
    default:
      return undefined;
  }
}

function readLanguage(p: Parser, word: string, language: Language | 'cmd'): Expression | undefined {
  const start = p.pos;
  p.pos += word.length;
  const cwd = readCwd(p);
  skipSpaces(p);
  const args = code(p) === Ch.open ? readNames(p) : [];
  skipSpaces(p);
  if (code(p) !== Ch.openBrace || args === undefined) {
    p.pos = start;
    return undefined;
  }
  if (language === 'cmd') return readCommand(p, { start, cwd });
  const block = readCodeBlock(p, language);
  p.uses.add(language);
  const text = p.text.slice(block.start, block.end);
  p.marks?.push({ kind: 'code', language, ...block });
  return { kind: 'code', language, text, args, cwd, start, end: p.pos };
}

function readCommand(
  p: Parser,
  { start, cwd }: { start: number; cwd: Expression | undefined },
): CommandExpression {
  const block = readCodeBlock(p, 'cmd');
  p.uses.add('cmd');
  p.marks?.push({ kind: 'command', ...block });
  const after = p.pos;
  const line = readTemplateWithin(p, block.start, block.end);
  p.pos = after;
  return { kind: 'command', line, cwd, start, end: after };
}

/** `:/tmp`, `:~`, `:@dir`, `:"a b"` */
function readCwd(p: Parser): Expression | undefined {
  if (code(p) !== Ch.colon) return undefined;
  const start = ++p.pos;
  if (code(p) === Ch.at) {
    p.pos++;
    const name = readWord(p) ?? expected(p, 'the name of a directory');
    return readPath(p, { kind: 'name', name, bare: false, start, end: p.pos }, 'template');
  }
  if (code(p) === Ch.doubleQuote) return readQuoted(p);
  while (p.pos < p.end && !/[\s{(]/.test(p.text[p.pos]!)) p.pos++;
  p.marks?.push({ kind: 'path', start, end: p.pos });
  return { kind: 'literal', value: p.text.slice(start, p.pos), start, end: p.pos };
}

/** `(@a, @b)`, or undefined where something else stands in the brackets. */
function readNames(p: Parser): string[] | undefined {
  const names: string[] = [];
  p.pos++;
  for (;;) {
    skipBlank(p);
    if (take(p, ')')) return names;
    take(p, '@');
    const name = readWord(p);
    if (name === undefined) return undefined;
    names.push(name);
    skipBlank(p);
    take(p, ',');
  }
}

function readRun(p: Parser): Expression | undefined {
  const start = p.pos;
  p.pos += 3;
  const spaced = code(p) === Ch.space || code(p) === Ch.tab;
  skipSpaces(p);
  if (code(p) === Ch.openBrace) return readCommand(p, { start, cwd: undefined });
  if (!spaced || !startsRunnable(p)) {
    p.pos = start;
    return undefined;
  }
  return readRunnable(p, start);
}

/** What `run` and `stream` take: code, a command in quotes, a call. */
export function readRunnable(p: Parser, start: number): Expression {
  if (code(p) === Ch.openBrace) return readCommand(p, { start, cwd: undefined });
  const char = code(p);
  if (char === Ch.doubleQuote || char === Ch.backtick || char === Ch.quote) {
    const line = readQuoted(p);
    p.uses.add('cmd');
    return { kind: 'command', line, cwd: undefined, start, end: p.pos };
  }
  return readPostfix(p);
}

function startsRunnable(p: Parser): boolean {
  const char = code(p);
  if (char === Ch.at || char === Ch.doubleQuote || char === Ch.backtick || char === Ch.quote) return true;
  const word = peekWord(p);
  return languages.has(word) || word === 'stream' || word === 'run';
}

function readPrefixed(p: Parser, word: string): Expression | undefined {
  const start = p.pos;
  p.pos += word.length;
  skipSpaces(p);
  if (startsRunnable(p)) return readRunnable(p, start);
  p.pos = start;
  return undefined;
}

function readTemplateFile(p: Parser): Expression | undefined {
  const start = p.pos;
  p.pos += 'template'.length;
  skipSpaces(p);
  const char = code(p);
  if (char !== Ch.doubleQuote && char !== Ch.quote) {
    p.pos = start;
    return undefined;
  }
  const path = readQuoted(p);
  return { kind: 'templateFile', path, start, end: p.pos };
}

function readWasm(p: Parser): Expression | undefined {
  const start = p.pos;
  p.pos += 'wasm'.length;
  skipSpaces(p);
  const file = readPlainText(p);
  skipSpaces(p);
  const name = file === undefined ? undefined : readPlainText(p);
  if (file === undefined || name === undefined) {
    p.pos = start;
    return undefined;
  }
  const end = p.pos;
  skipSpaces(p);
  const args = code(p) === Ch.open ? readNames(p) : [];
  if (args === undefined || args.length === 0) p.pos = end;
  return { kind: 'wasm', file, name, args: args ?? [], start, end: p.pos };
}

/** A text in quotes without anything to be filled in. */
function readPlainText(p: Parser): string | undefined {
  const text = /^(?:"[^"\\\n@]{0,200}"|'[^'\\\n]{0,200}')/.exec(p.text.slice(p.pos, p.pos + 202))?.[0];
  if (text === undefined) return undefined;
  p.marks?.push({ kind: 'quoted', start: p.pos, end: p.pos + text.length });
  p.pos += text.length;
  return text.slice(1, -1);
}

/** `mcp "words"`, `mcp @author/server@1`, `mcp @name`. */
function readMcp(p: Parser): Expression | undefined {
  const start = p.pos;
  p.pos += 'mcp'.length;
  skipSpaces(p);
  const from = p.pos;
  const char = code(p);
  const isRef =
    char === Ch.at ? /^@[\w-]+\/[\w-]+(?:@[\w.^~*<>=-]+)?/.exec(p.text.slice(from, from + 200)) : null;
  let ref: Expression;
  if (isRef !== null) {
    p.pos += isRef[0].length;
    p.marks?.push({ kind: 'ref', start: from, end: p.pos });
    ref = { kind: 'literal', value: isRef[0], start: from, end: p.pos };
  } else if (char === Ch.at || char === Ch.doubleQuote || char === Ch.quote) ref = readPostfix(p);
  else {
    p.pos = start;
    return undefined;
  }
  return { kind: 'mcp', ref, start, end: p.pos };
}

function readProse(p: Parser): Expression | undefined {
  const start = p.pos;
  p.pos += 'prose'.length;
  const config = readCwd(p);
  skipSpaces(p);
  const char = code(p);
  if (config !== undefined && char === Ch.openBrace) {
    const block = readCodeBlock(p, 'cmd');
    p.marks?.push({ kind: 'quoted', ...block });
  } else if (char === Ch.doubleQuote || char === Ch.quote) readPostfix(p);
  else {
    p.pos = start;
    return undefined;
  }
  return { kind: 'unsupportedExpression', what: 'prose', start, end: p.pos };
}
