import type { Item } from './items.ts';

/** Levels of indentation are two spaces; lines stay where the author broke them. */
const indentation = '  ';

interface Bracket {
  readonly open: string;
  readonly isBlock: boolean;
  /** The indentation of the line on which it stands. */
  readonly indent: number;
}

interface Layout {
  text: string;
  /** Of the line that is being written. */
  indent: number;
  readonly brackets: Bracket[];
  /** The word before the last one: `using auth:x`. */
  before: Item | undefined;
  previous: Item | undefined;
  readonly newline: string;
}

/** Prints the pieces of a region, with the white space between them made even. */
export function layOut(items: readonly Item[], options: { newline: string; leadingBlank: boolean }): string {
  const layout: Layout = {
    text: '',
    indent: 0,
    brackets: [],
    before: undefined,
    previous: undefined,
    newline: options.newline,
  };
  for (const item of items) {
    const { previous } = layout;
    if (previous === undefined) {
      if (options.leadingBlank && item.newlines > 0) layout.text += options.newline;
    } else if (item.newlines > 0) breakLine(layout, previous, item);
    else layout.text += isSpaced(layout, previous, item) ? ' ' : '';
    layout.text += item.text;
    count(layout, item);
    layout.before = previous;
    layout.previous = item;
  }
  return layout.text === '' ? '' : layout.text + options.newline;
}

function isOpener({ kind, text }: Item): boolean {
  return kind === 'sign' && (text === '[' || text === '{' || text === '(');
}

function isCloser({ kind, text }: Item): boolean {
  return kind === 'sign' && (text === ']' || text === '}' || text === ')');
}

function count(layout: Layout, item: Item): void {
  if (isOpener(item)) layout.brackets.push({ open: item.text, isBlock: item.isBlock, indent: layout.indent });
  else if (isCloser(item)) layout.brackets.pop();
}

// ---- lines

/** At most one empty line, none at the edges of brackets. */
function breakLine(layout: Layout, previous: Item, item: Item): void {
  const atEdge = isOpener(previous) || isCloser(item);
  layout.text += layout.newline.repeat(Math.min(item.newlines, atEdge ? 1 : 2));
  const top = layout.brackets.at(-1);
  if (isCloser(item)) layout.indent = top?.indent ?? 0;
  else layout.indent = (top === undefined ? 0 : top.indent + 1) + (goesOn(previous, item) ? 1 : 0);
  layout.text += indentation.repeat(layout.indent);
}

const beginsContinuation = new Set([
  '|',
  '?',
  ':',
  '??',
  '&&',
  '||',
  '==',
  '!=',
  '~=',
  '!~=',
  '<=',
  '===',
  '!==',
]);
const endsOpen = new Set(['=', '=>', '|', '?', ':', '??', '&&', '||', '==', '!=', '+', '-', '*', '/', '+=']);

/** The line goes on with the statement of the line before. */
function goesOn(previous: Item, item: Item): boolean {
  if (item.kind === 'comment') return false;
  if (item.kind === 'field') return true;
  if (item.kind === 'sign' && beginsContinuation.has(item.text)) return true;
  return previous.kind === 'sign' && endsOpen.has(previous.text);
}

// ---- spaces

const spacedSigns = new Set([
  '=',
  '=>',
  '==',
  '===',
  '!=',
  '!==',
  '~=',
  '!~=',
  '<=',
  '>=',
  '??',
  '&&',
  '||',
  '+=',
  '-=',
  '*=',
  '/=',
  '|',
]);

/** Whether a space stands between two pieces of one line; where nothing is said, as the author had it. */
function isSpaced(layout: Layout, previous: Item, item: Item): boolean {
  const had = item.spaced;
  if (item.kind === 'comment') return true;
  if (previous.kind === 'code' || item.kind === 'code') return had;
  if (previous.kind === 'sign') {
    const after = afterSign(layout, previous, item);
    if (after !== undefined) return after;
  }
  if (item.kind === 'sign') {
    const before = beforeSign(previous, item);
    if (before !== undefined) return before;
  }
  return had || item.text === 'else';
}

function afterSign(layout: Layout, previous: Item, item: Item): boolean | undefined {
  switch (previous.text) {
    case ',':
    case ';':
      return true;
    case '(':
      return false;
    case '[':
      // `[[` before a word would be a template of 2025.
      if (item.text === '[') return item.spaced;
      return previous.isBlock && item.text !== ']';
    case '{':
      return item.text !== '}';
    case ':':
      return afterColon(layout, item);
    default:
      if (isOperator(previous) && layout.before !== undefined && isValue(layout.before)) return true;
      return spacedSigns.has(previous.text) ? true : undefined;
  }
}

/** Operators that are signs of something else where no value stands before them. */
const arithmetic = new Set(['+', '*', '/', '%', '<', '>']);

/** At the start of a line it belongs to a directive, such as `/show`. */
function isOperator({ text, newlines }: Item): boolean {
  return arithmetic.has(text) && newlines === 0;
}

function isValue({ kind, text }: Item): boolean {
  return (
    kind === 'name' ||
    kind === 'number' ||
    kind === 'field' ||
    kind === 'verbatim' ||
    text === ')' ||
    text === ']'
  );
}

/** `key: value` and `name: type`; not `cmd:dir`, `auth:name`, `[1:3]`. */
function afterColon(layout: Layout, item: Item): boolean | undefined {
  if (item.kind === 'type') return true;
  const { before } = layout;
  if (item.kind === 'path' || before === undefined || before.text === 'auth') return undefined;
  const isKey = before.kind === 'word' || before.kind === 'verbatim' || before.text === '?';
  return isKey && layout.brackets.at(-1)?.open === '{' && !layout.previous!.spaced ? true : undefined;
}

function beforeSign(previous: Item, item: Item): boolean | undefined {
  switch (item.text) {
    case ',':
    case ';':
    case ')':
      return false;
    case ']':
      if (previous.text === ']') return item.spaced;
      return item.isBlock && previous.text !== '[';
    case '}':
      return previous.text !== '{';
    case '{':
      return previous.kind !== 'sign' || previous.text === ')' ? true : undefined;
    case '[':
      return item.isBlock && !isOpener(previous) ? true : undefined;
    default:
      if (isOperator(item) && isValue(previous)) return true;
      return spacedSigns.has(item.text) ? true : undefined;
  }
}
