import type {
  Expression,
  TemplateExpression,
  TemplateHole,
  TemplateLoop,
  TemplatePart,
} from '../ast-expressions.ts';
import { readPath } from './access.ts';
import { readFileHole } from './file.ts';
import { readPipes } from './stages.ts';
import {
  Ch,
  code,
  fail,
  isNameStart,
  isWord,
  lineEnd,
  nested,
  type Parser,
  readHyphenated,
  readWord,
  skipSpaces,
  take,
} from './state.ts';

/**
 * How a template is written: what ends it, what its holes look like, and what a backslash does.
 * `at`: holes are `@name` and `<file>`; `mustache`: holes are `{{name}}`.
 */
interface Style {
  readonly name: string;
  readonly close: string | undefined;
  readonly holes: 'at' | 'mustache';
  readonly escapes: boolean;
  readonly multiline: boolean;
  /** The quote that may follow `@name?` and start a conditional snippet. */
  readonly snippets: string;
}

const styles = {
  backtick: { name: 'template', close: '`', holes: 'at', escapes: true, multiline: true, snippets: '"' },
  double: { name: 'string', close: '"', holes: 'at', escapes: true, multiline: false, snippets: '`' },
  colons: { name: 'template', close: '::', holes: 'at', escapes: true, multiline: true, snippets: '`' },
  triple: {
    name: 'template',
    close: ':::',
    holes: 'mustache',
    escapes: false,
    multiline: true,
    snippets: '',
  },
  brackets: {
    name: 'template',
    close: ']]',
    holes: 'mustache',
    escapes: false,
    multiline: true,
    snippets: '',
  },
  command: { name: 'command', close: undefined, holes: 'at', escapes: false, multiline: true, snippets: '`' },
  file: {
    name: 'template file',
    close: undefined,
    holes: 'at',
    escapes: false,
    multiline: true,
    snippets: '',
  },
  mustacheFile: {
    name: 'template file',
    close: undefined,
    holes: 'mustache',
    escapes: false,
    multiline: true,
    snippets: '',
  },
} as const satisfies Record<string, Style>;

export type TemplateStyle = keyof typeof styles;

/** Reads a template whose opening quote is behind the cursor, and its closing quote. */
export function readTemplate(p: Parser, style: TemplateStyle, open: number): TemplateExpression {
  return nested(p, () => {
    const parts = readParts(p, styles[style], open);
    if (styles[style].close !== undefined) p.marks?.push({ kind: 'quoted', start: open, end: p.pos });
    return { kind: 'template', parts, start: open, end: p.pos };
  });
}

/** A command or path without quotes of its own: what stands between two offsets. The cursor ends at the second. */
export function readTemplateWithin(p: Parser, from: number, to: number): TemplateExpression {
  const { end } = p;
  p.pos = from;
  p.end = to;
  const template = readTemplate(p, 'command', from);
  p.end = end;
  return template;
}

interface Pending {
  readonly parts: TemplatePart[];
  text: string;
  from: number;
}

function readParts(p: Parser, style: Style, open: number): readonly TemplatePart[] {
  const pending: Pending = { parts: [], text: '', from: p.pos };
  const { text } = p;
  for (;;) {
    if (p.pos >= p.end) {
      if (style.close === undefined) break;
      unclosed(p, style, open);
    }
    const char = text.charCodeAt(p.pos);
    if (!isSpecial(char)) p.pos++;
    else if (style.close !== undefined && p.text.startsWith(style.close, p.pos)) break;
    else if (char === Ch.newline && !style.multiline) unclosed(p, style, open);
    else readSpecial(p, style, pending);
  }
  flush(p, pending);
  if (style.close !== undefined) p.pos += style.close.length;
  return pending.parts;
}

const specials = new Uint8Array(128);
for (const char of '\n\\@<{`":]/') specials[char.charCodeAt(0)] = 1;

function isSpecial(char: number): boolean {
  return char < 128 && specials[char] === 1;
}

function unclosed(p: Parser, style: Style, open: number): never {
  const shown = style.close === '"' ? "'\"'" : `'${style.close}'`;
  return fail(p, `this ${style.name} is never closed: expected ${shown}`, {
    code: 'UNCLOSED',
    start: open,
    hint: style.multiline
      ? undefined
      : 'A string ends on its line; for more lines write a template in backticks.',
  });
}

/** Adds the text up to `upTo` and goes on after `p.pos`. */
function flush(p: Parser, pending: Pending, upTo = p.pos): void {
  pending.text += p.text.slice(pending.from, Math.min(upTo, p.end));
  pending.from = upTo;
  if (pending.text !== '') pending.parts.push(pending.text);
  pending.text = '';
}

function readSpecial(p: Parser, style: Style, pending: Pending): void {
  const char = code(p);
  const start = p.pos;
  if (char === Ch.backslash) {
    readEscape(p, style, pending);
    return;
  }
  const part = style.holes === 'mustache' ? readMustache(p) : readHole(p, style, char);
  if (part === undefined) {
    if (p.pos === start) p.pos++;
    return;
  }
  if (typeof part === 'string') pending.text += p.text.slice(pending.from, start) + part;
  else {
    flush(p, pending, start);
    pending.parts.push(part);
    p.marks?.push({ kind: 'hole', start, end: p.pos });
  }
  pending.from = p.pos;
}

const escapes = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

/** In text, `\n` and its like, `\uXXXX`, and `\` before a sign; in commands and files only `\@`. */
function readEscape(p: Parser, style: Style, pending: Pending): void {
  const next = p.text[p.pos + 1] ?? '';
  const replaced = style.escapes
    ? unescaped(p, next)
    : next === '@' && style.holes === 'at'
      ? '@'
      : undefined;
  if (replaced === undefined) {
    p.pos += style.escapes || next === '\\' ? 2 : 1;
    return;
  }
  pending.text += p.text.slice(pending.from, p.pos) + replaced;
  p.pos += next === 'u' ? 6 : 2;
  pending.from = p.pos;
}

function unescaped(p: Parser, next: string): string | undefined {
  const named = escapes.get(next);
  if (named !== undefined) return named;
  if (next === 'u') {
    const hex = p.text.slice(p.pos + 2, p.pos + 6);
    return /^[0-9a-fA-F]{4}$/.test(hex) ? String.fromCharCode(Number.parseInt(hex, 16)) : undefined;
  }
  return next !== '' && !isWord(next.charCodeAt(0)) && next !== '\n' ? next : undefined;
}

function readHole(p: Parser, style: Style, char: number): TemplatePart | undefined {
  if (char === Ch.at) return readAt(p, style);
  if (char === Ch.less) return readFileHole(p);
  if (char === Ch.slash && style.multiline && isLineStart(p)) return readLoop(p, style);
  return undefined;
}

function isLineStart(p: Parser): boolean {
  return p.pos === 0 || p.text.charCodeAt(p.pos - 1) === Ch.newline;
}

function readAt(p: Parser, style: Style): TemplatePart | undefined {
  if (code(p, 1) === Ch.at) {
    p.pos += 2;
    return '@';
  }
  if (!isNameStart(code(p, 1))) return undefined;
  const start = p.pos++;
  const name = readHyphenated(p)!;
  let value: Expression = { kind: 'name', name, bare: false, start, end: p.pos };
  value = readPath(p, value, 'template');
  value = readPipes(p, value);
  return finishHole(p, style, { value, start });
}

function finishHole(
  p: Parser,
  style: Style,
  { value, start }: { value: Expression; start: number },
): TemplateHole {
  let optional = false;
  let fallback: Expression | undefined;
  let snippet: TemplateExpression | undefined;
  const raw = p.text.slice(start, p.pos);
  if (p.text.startsWith('??', p.pos) && isQuote(code(p, 2))) {
    p.pos += 2;
    fallback = readQuoted(p);
  } else if (code(p) === Ch.question) {
    p.pos++;
    optional = true;
    const quote = p.text[p.pos];
    if (quote !== undefined && p.pos < p.end && style.snippets.includes(quote)) snippet = readQuoted(p);
  }
  return { kind: 'hole', value, optional, fallback, snippet, raw, start, end: p.pos };
}

function isQuote(char: number): boolean {
  return char === Ch.doubleQuote || char === Ch.backtick || char === Ch.quote;
}

/** A string or template at the cursor, by its quote. */
export function readQuoted(p: Parser): TemplateExpression {
  const open = p.pos;
  if (take(p, '"')) return readTemplate(p, 'double', open);
  if (take(p, '`')) return readTemplate(p, 'backtick', open);
  return readSingle(p);
}

/** `'…'`: nothing is interpolated. So it is in texts of 2025, whose quote is `"`. */
export function readSingle(p: Parser, quote: "'" | '"' = "'"): TemplateExpression {
  const open = p.pos++;
  const end = quote.charCodeAt(0);
  let value = '';
  let from = p.pos;
  for (;;) {
    const char = p.pos < p.end ? p.text.charCodeAt(p.pos) : Ch.newline;
    if (char === end) break;
    if (char === Ch.newline) unclosed(p, { ...styles.double, close: quote }, open);
    if (char !== Ch.backslash) {
      p.pos++;
      continue;
    }
    const next = p.text[p.pos + 1] ?? '';
    const replaced = unescaped(p, next);
    const length = next === 'u' && replaced !== undefined ? 6 : 2;
    if (replaced !== undefined) {
      value += p.text.slice(from, p.pos) + replaced;
      from = p.pos + length;
    }
    p.pos += length;
  }
  value += p.text.slice(from, p.pos);
  p.pos++;
  p.marks?.push({ kind: 'quoted', start: open, end: p.pos });
  return { kind: 'template', parts: value === '' ? [] : [value], start: open, end: p.pos };
}

/** `{{ name.field }}` */
function readMustache(p: Parser): TemplatePart | undefined {
  const start = p.pos;
  if (!p.text.startsWith('{{', start)) return undefined;
  p.pos += 2;
  skipSpaces(p);
  take(p, '@');
  const nameStart = p.pos;
  const name = readWord(p);
  if (name === undefined) return giveUp(p, start);
  // The frontmatter had a second name in 2025.
  const known = p.is2025 && name === 'frontmatter' ? 'fm' : name;
  let value: Expression = { kind: 'name', name: known, bare: true, start: nameStart, end: p.pos };
  value = readPath(p, value, 'template');
  skipSpaces(p);
  if (!take(p, '}}')) return giveUp(p, start);
  return {
    kind: 'hole',
    value,
    optional: false,
    fallback: undefined,
    snippet: undefined,
    raw: p.text.slice(start, p.pos),
    start,
    end: p.pos,
  };
}

function giveUp(p: Parser, start: number): undefined {
  p.pos = start + 2;
  return undefined;
}

/** `/for @x in @xs` or `/for @k, @v in @o`, the lines of its body, and `/end`. */
function readLoop(p: Parser, style: Style): TemplateLoop | undefined {
  const start = p.pos;
  if (!/^\/for[ \t]+@/.test(p.text.slice(start, start + 12))) return undefined;
  return nested(p, () => {
    p.pos += 4;
    skipSpaces(p);
    const first = readLoopName(p);
    const second = take(p, ',') ? readLoopName(p) : undefined;
    skipSpaces(p);
    if (!take(p, 'in')) fail(p, "expected 'in' after the name of a /for");
    skipSpaces(p);
    const source = readAtValue(p);
    p.pos = Math.min(lineEnd(p, p.pos) + 1, p.end);
    const body = readLoopBody(p, style, start);
    return {
      kind: 'loop',
      keyName: second === undefined ? undefined : first,
      valueName: second ?? first,
      source,
      body,
      start,
      end: p.pos,
    };
  });
}

function readLoopName(p: Parser): string {
  skipSpaces(p);
  take(p, '@');
  const name = readWord(p);
  return name ?? fail(p, 'expected a name after /for');
}

function readAtValue(p: Parser): Expression {
  const start = p.pos;
  if (!take(p, '@')) fail(p, "expected '@' and the name of what /for goes over");
  const name = readWord(p) ?? fail(p, 'expected a name');
  return readPath(p, { kind: 'name', name, bare: false, start, end: p.pos }, 'template');
}

function readLoopBody(p: Parser, style: Style, open: number): TemplateExpression {
  const start = p.pos;
  const pending: Pending = { parts: [], text: '', from: p.pos };
  while (!(isLineStart(p) && p.text.startsWith('/end', p.pos) && !isWord(code(p, 4)))) {
    if (p.pos >= p.end || (style.close !== undefined && p.text.startsWith(style.close, p.pos))) {
      fail(p, 'this /for has no /end', {
        code: 'UNCLOSED',
        start: open,
        hint: 'Write /end on a line of its own.',
      });
    }
    if (isSpecial(code(p))) readSpecial(p, style, pending);
    else p.pos++;
  }
  flush(p, pending);
  const end = p.pos;
  p.marks?.push({ kind: 'quoted', start, end });
  p.pos = Math.min(lineEnd(p, p.pos + 4) + (style.close === undefined ? 1 : 0), p.end);
  if (style.close !== undefined) p.pos = end + 4;
  if (code(p) === Ch.newline) p.pos++;
  return { kind: 'template', parts: pending.parts, start, end };
}
