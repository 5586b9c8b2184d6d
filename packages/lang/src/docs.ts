import type { Fence, Program } from './ast.ts';
import { type Place, placeAt, type Source } from './source.ts';

/** An example of the documentation (`docs/spec/language.md` §8). */
export interface Example {
  readonly code: string;
  /** What it prints, where the documentation says so; without the last line feed. */
  readonly expected: string | undefined;
  readonly place: Place;
}

/** A heading, what stands below it up to the next heading, and the examples among that. */
export interface Section {
  readonly title: string;
  /** 1 to 6. */
  readonly level: number;
  /** Markdown, without its examples and the outputs that follow them. */
  readonly text: string;
  readonly examples: readonly Example[];
  readonly place: Place;
}

export interface Docs {
  /** What stands below the heading `tldr`, examples included. */
  readonly tldr: string | undefined;
  readonly sections: readonly Section[];
}

interface Heading {
  readonly title: string;
  readonly level: number;
  readonly start: number;
  readonly end: number;
}

/** Splits Markdown into its sections. `program` tells where its fences and its code are. */
export function readDocs(source: Source, program: Program): Docs {
  const headings = findHeadings(source, program);
  const sections: Section[] = [];
  let tldr: string | undefined;
  for (const [index, heading] of headings.entries()) {
    const end = headings[index + 1]?.start ?? source.text.length;
    sections.push(readSection(source, program, { heading, end }));
    if (tldr === undefined && /^tl;?dr$/i.test(heading.title)) {
      tldr = source.text.slice(heading.end, sectionEnd(headings, index, source)).trim();
    }
  }
  return { tldr, sections };
}

/** Up to the next heading that is not below this one. */
function sectionEnd(headings: readonly Heading[], index: number, source: Source): number {
  const { level } = headings[index]!;
  return headings.slice(index + 1).find((other) => other.level <= level)?.start ?? source.text.length;
}

function findHeadings(source: Source, program: Program): Heading[] {
  const headings: Heading[] = [];
  for (const statement of program.body) {
    if (statement.kind !== 'text') continue;
    const pattern = /^(#{1,6})[ \t]+(.*)$/gm;
    const text = source.text.slice(statement.start, statement.end);
    for (const match of text.matchAll(pattern)) {
      const start = statement.start + match.index;
      if (isWithin(program.fences, start)) continue;
      const title = match[2]!.replace(/[ \t]+#*[ \t]*\r?$/, '').trim();
      headings.push({ title, level: match[1]!.length, start, end: start + match[0].length });
    }
  }
  return headings;
}

/** Fences are in the order of the source. */
function isWithin(fences: readonly Fence[], offset: number): boolean {
  const fence = fences[firstFence(fences, offset)];
  return fence !== undefined && fence.outerStart <= offset && offset < fence.outerEnd;
}

/** The index of the first fence that ends behind `offset`. */
function firstFence(fences: readonly Fence[], offset: number): number {
  let low = 0;
  let high = fences.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fences[middle]!.outerEnd <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readSection(
  source: Source,
  program: Program,
  { heading, end }: { heading: Heading; end: number },
): Section {
  const examples: Example[] = [];
  const removed: Range[] = [];
  for (let index = firstFence(program.fences, heading.end); index < program.fences.length; index++) {
    const fence = program.fences[index]!;
    if (fence.outerStart >= end) break;
    if (!isExample(fence)) continue;
    const output = outputAfter(source, program.fences, index);
    examples.push(readExample(source, fence, output));
    removed.push({ start: fence.outerStart, end: output?.outerEnd ?? fence.outerEnd });
  }
  const text = proseOf(source, program, { start: heading.end, end }, removed);
  return {
    title: heading.title,
    level: heading.level,
    text,
    examples,
    place: placeAt(source, heading.start),
  };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The prose of a section: neither the module's code nor its examples. Blank lines stand for what was left out. */
function proseOf(source: Source, program: Program, { start, end }: Range, removed: readonly Range[]): string {
  let text = '';
  let next = 0;
  for (let index = firstEndingAfter(program.body, start); index < program.body.length; index++) {
    const statement = program.body[index]!;
    if (statement.start >= end) break;
    if (statement.kind !== 'text') continue;
    let from = Math.max(statement.start, start, removed[next - 1]?.end ?? 0);
    const stop = Math.min(statement.end, end);
    for (; next < removed.length && removed[next]!.start < stop; next++) {
      text += source.text.slice(from, Math.max(from, removed[next]!.start));
      from = Math.max(from, removed[next]!.end);
    }
    if (from < stop) text += source.text.slice(from, stop);
  }
  return text.replace(/\n{3,}/g, '\n\n').trim();
}

function firstEndingAfter(nodes: readonly Range[], offset: number): number {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nodes[middle]!.end <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isExample(fence: Fence): boolean {
  return /^mlld(?:\s|$)/.test(fence.info);
}

/** A fence of `output` or `text` with nothing but white space between it and the example. */
function outputAfter(source: Source, fences: readonly Fence[], index: number): Fence | undefined {
  const fence = fences[index]!;
  const next = fences[index + 1];
  if (next === undefined || !/^(?:output|text)(?:\s|$)/.test(next.info)) return undefined;
  return source.text.slice(fence.outerEnd, next.outerStart).trim() === '' ? next : undefined;
}

function readExample(source: Source, fence: Fence, output: Fence | undefined): Example {
  const code = source.text.slice(fence.start, fence.end);
  const expected =
    output === undefined ? expectedInComments(code) : source.text.slice(output.start, output.end);
  return { code, expected: expected?.replace(/\r?\n$/, ''), place: placeAt(source, fence.start) };
}

/** `show @f(1)  >> => 2`: the texts behind `>> =>`, one a line. */
function expectedInComments(code: string): string | undefined {
  const lines: string[] = [];
  for (const line of code.split('\n')) {
    const at = line.lastIndexOf('>> =>');
    if (at >= 0) lines.push(line.slice(at + '>> =>'.length).trim());
  }
  return lines.length === 0 ? undefined : lines.join('\n');
}

/** The names that a heading such as `` #### `split(str, sep)`, `@join` `` documents. */
export function documentedNames(title: string): string[] {
  const names: string[] = [];
  for (const match of title.matchAll(/`@?([A-Za-z_]\w*)[^`]*`|(?:^|[\s,/])@([A-Za-z_]\w*)(?![\w/-])/g)) {
    const name = match[1] ?? match[2]!;
    const rest = match[0].replace(/^`@?\w+/, '');
    if (match[1] === undefined || /^(?:\(|`|\s|:)/.test(rest)) names.push(name);
  }
  if (names.length === 0) {
    const call = /^@?([A-Za-z_]\w*)\s*\(/.exec(title);
    if (call !== null) names.push(call[1]!);
  }
  return names;
}
