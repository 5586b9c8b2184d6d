import type { Expression, FileExpression, TemplateExpression, TemplateHole } from '../ast-expressions.ts';
import { readPath } from './access.ts';
import { Ch, code, fail, isWord, lineEnd, type Parser, take } from './state.ts';
import { readQuoted, readTemplateWithin } from './template.ts';

/** In templates `<…>` is a file only if it looks like a path; tags stay text. */
const fileInText = /<(?=[^<>\n"'=]*[./*])[\w.@~*-][\w./@~*{},!?+-]*(?:[ \t]+#[^<>\n]*)?(?<![/:])>/y;
const fileInTextLength = 512;

/** `<path>` or the placeholder `<>` within a template. */
export function readFileHole(p: Parser): TemplateHole | undefined {
  const start = p.pos;
  let value: Expression;
  if (code(p, 1) === Ch.greater) {
    p.pos += 2;
    value = { kind: 'name', name: '<>', bare: false, start, end: p.pos };
  } else {
    if (!startsPath(code(p, 1))) return undefined;
    const close = p.text.slice(start, start + fileInTextLength).indexOf('>');
    if (close < 0) return undefined;
    fileInText.lastIndex = 0;
    const match = fileInText.exec(p.text.slice(start, start + close + 1));
    if (match === null || start + close >= p.end) return undefined;
    value = readAngle(p, start + close);
  }
  value = readPath(p, value, 'template');
  const raw = p.text.slice(start, p.pos);
  return {
    kind: 'hole',
    value,
    optional: false,
    fallback: undefined,
    snippet: undefined,
    raw,
    start,
    end: p.pos,
  };
}

function startsPath(char: number): boolean {
  return isWord(char) || char === Ch.dot || char === Ch.at || char === Ch.tilde || char === Ch.star;
}

/** `<path # section>`, then optionally `?` and `as "template"`. */
export function readFile(p: Parser): Expression {
  const start = p.pos;
  const close = findClose(p);
  const file = readAngle(p, close);
  const optional = take(p, '?');
  const before = p.pos;
  const rest = /^[ \t]+as[ \t]+(?=["'`])/.exec(p.text.slice(before, before + 80));
  let as: TemplateExpression | undefined;
  if (rest !== null) {
    p.pos += rest[0].length;
    as = readQuoted(p);
  }
  return { ...file, optional, as, start, end: p.pos };
}

function findClose(p: Parser): number {
  const stop = lineEnd(p, p.pos);
  const close = p.text.indexOf('>', p.pos);
  if (close < 0 || close >= stop) {
    fail(p, "this '<' has no '>' on its line", {
      code: 'UNCLOSED',
      hint: 'Here `<` starts a file: <path/to/file.md>. As an operator it stands between two values.',
    });
  }
  return close;
}

/** Path and sections between the bracket at the cursor and the one at `close`. */
export function readAngle(p: Parser, close: number): FileExpression {
  const start = p.pos;
  const inner = p.text.slice(start + 1, close);
  const brace = inner.indexOf(' {');
  const hash = inner.search(/ #|^#/);
  const pathEnd = brace >= 0 ? brace : hash >= 0 ? hash : inner.length;
  const path = readTemplateWithin(p, start + 1, start + 1 + trimmedLength(inner.slice(0, pathEnd)));
  const sections: { title: TemplateExpression; optional: boolean }[] = [];
  const without: TemplateExpression[] = [];
  if (brace < 0 && hash >= 0)
    readSections(p, { from: start + 1 + inner.indexOf('#', hash) + 1, close, sections, without });
  const selector = brace >= 0 ? inner.slice(brace).replace(/[{}]/g, '').trim() : undefined;
  p.pos = close + 1;
  p.marks?.push({ kind: 'path', start, end: p.pos });
  return {
    kind: 'file',
    path,
    sections,
    without,
    selector,
    optional: false,
    as: undefined,
    start,
    end: p.pos,
  };
}

function trimmedLength(text: string): number {
  return text.trimEnd().length;
}

interface SectionList {
  readonly from: number;
  readonly close: number;
  readonly sections: { title: TemplateExpression; optional: boolean }[];
  readonly without: TemplateExpression[];
}

function readSections(p: Parser, { from, close, sections, without }: SectionList): void {
  const [wanted = '', ...unwanted] = p.text.slice(from, close).split(/;[ \t]*!?#/);
  let at = from;
  for (const item of wanted.split(',')) {
    const optional = item.trimEnd().endsWith('?');
    sections.push({ title: title(p, item, at), optional });
    at += item.length + 1;
  }
  at = from + wanted.length;
  for (const item of unwanted.flatMap((list) => list.split(','))) {
    without.push(title(p, item, p.text.indexOf(item, at)));
  }
}

function title(p: Parser, item: string, at: number): TemplateExpression {
  const text = item
    .trim()
    .replace(/\?$/, '')
    .replace(/^["']|["']$/g, '');
  const start = at + Math.max(0, item.indexOf(text));
  return readTemplateWithin(p, start, start + text.length);
}
