import type { Program } from '../ast.ts';
import type { Mark } from '../parse/state.ts';

/** One piece of code that is printed as it is. Only the white space between pieces is the formatter's. */
export interface Item {
  /** `verbatim`: a text, template, path, type, …; `code`: what stands between the braces of embedded code. */
  readonly kind:
    | 'verbatim'
    | 'code'
    | 'path'
    | 'type'
    | 'comment'
    | 'name'
    | 'word'
    | 'number'
    | 'field'
    | 'sign';
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Line ends in front of it, within the region. */
  readonly newlines: number;
  /** Spaces in front of it, on its line. */
  readonly spaced: boolean;
  /** Of a bracket: it encloses statements, not values. */
  readonly isBlock: boolean;
}

const signs = ['===', '!==', '!~=', '...', '=>', '->', '==', '!=', '~=', '<=', '>=', '??', '&&', '||'];
const escapedSigns = signs.map((sign) => sign.replace(/[.*+?|]/g, '\\$&')).join('|');

const pattern = new RegExp(
  [
    String.raw`(?<space>[ \t\r\n\ufeff]+)`,
    String.raw`(?<name>@(?:[A-Za-z_]\w*)(?:-[A-Za-z_]\w*)*)`,
    String.raw`(?<number>\d[\w]*(?:\.\d\w*)?)`,
    String.raw`(?<field>\.(?:\w+)(?:-[A-Za-z_]\w*)*)`,
    String.raw`(?<word>[A-Za-z_]\w*(?:-[A-Za-z_]\w*)*)`,
    // `*=>` is the last branch of a when.
    `(?<long>${escapedSigns}|[-+*/]=(?!>))`,
    '(?<sign>[^])',
  ].join('|'),
  'gu',
);

export interface Region {
  readonly start: number;
  readonly end: number;
}

/** The pieces of a region of code, in order. */
export function itemsOf(text: string, program: Program, marks: readonly Mark[], region: Region): Item[] {
  const items: Item[] = [];
  const blocks = new Set<number>();
  for (const { kind, start, end } of marks) if (kind === 'block') blocks.add(start).add(end - 1);
  const pending = { newlines: 0, spaced: false };
  const push = (kind: Item['kind'], start: number, end: number): void => {
    const isBlock = end === start + 1 && blocks.has(start);
    items.push({ kind, text: text.slice(start, end), start, end, ...pending, isBlock });
    pending.newlines = 0;
    pending.spaced = false;
  };
  let at = region.start;
  for (const span of opaqueSpans(text, program, marks, region)) {
    if (span.start < at) continue;
    lex(text, { start: at, end: span.start }, push, pending);
    push(span.kind, span.start, span.end);
    at = span.end;
  }
  lex(text, { start: at, end: region.end }, push, pending);
  return items;
}

interface Span extends Region {
  readonly kind: Item['kind'];
}

const kinds: Readonly<Partial<Record<Mark['kind'], Item['kind']>>> = {
  quoted: 'verbatim',
  command: 'code',
  code: 'code',
  path: 'path',
  regex: 'verbatim',
  ref: 'verbatim',
  type: 'type',
  label: 'verbatim',
  opaque: 'verbatim',
};

/** What is never looked into: outer before inner, in the order of the source. */
function opaqueSpans(text: string, program: Program, marks: readonly Mark[], region: Region): Span[] {
  const spans: Span[] = [];
  for (const { kind, start, end } of marks) {
    const as = kinds[kind];
    if (as !== undefined && end > start) spans.push({ kind: as, start, end });
  }
  for (const { start, end } of program.comments) {
    spans.push({ kind: 'comment', start, end: text[end - 1] === '\r' ? end - 1 : end });
  }
  return spans
    .filter(({ start, end }) => start >= region.start && end <= region.end)
    .concat(headings(text, region))
    .sort((a, b) => a.start - b.start || b.end - a.end);
}

/** A line that begins with `#` is passed over by the parser (`docs/spec/language.md` §1.2). */
function headings(text: string, { start, end }: Region): Span[] {
  return [...text.slice(start, end).matchAll(/^#[^\r\n]*/gm)].map((match) => ({
    kind: 'comment',
    start: start + match.index,
    end: start + match.index + match[0].length,
  }));
}

function lex(
  text: string,
  { start, end }: Region,
  push: (kind: Item['kind'], start: number, end: number) => void,
  pending: { newlines: number; spaced: boolean },
): void {
  for (const match of text.slice(start, end).matchAll(pattern)) {
    const { groups = {} } = match;
    const from = start + match.index;
    if (groups.space !== undefined) {
      pending.newlines += match[0].split('\n').length - 1;
      pending.spaced = true;
      continue;
    }
    const kind = (['name', 'number', 'field', 'word'] as const).find((name) => groups[name] !== undefined);
    push(kind ?? 'sign', from, from + match[0].length);
  }
}
