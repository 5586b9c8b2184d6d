/** Cuts a source into the areas that the scanner reads: code by language, commands, strings, comments, documentation. */
import type { Language, Program, Statement } from '../ast.ts';
import type { Expression, TemplateExpression } from '../ast-expressions.ts';
import { hole } from './shell.ts';

export type AreaKind = 'code' | 'string' | 'comment' | 'docs' | 'frontmatter';

/** Embedded code. */
export interface CodeArea {
  readonly language: Language | 'cmd';
  readonly text: string;
  /** Where `text` begins in the source. */
  readonly start: number;
  /** Offsets of it with its `sh { … }`. */
  readonly outer: { readonly start: number; readonly end: number };
  /** Offsets in `text` count from `start`; false for commands, whose values were cut out. */
  readonly exact: boolean;
  /** Names that the code gets from mlld, and not from outside. */
  readonly given: ReadonlySet<string>;
}

type Node = Statement | Expression | { readonly kind: string; readonly start: number; readonly end: number };

export interface Visit {
  readonly node: Node;
  /** Parameters of the functions around it. */
  readonly given: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/** Every node of a program that has a kind, parents first, without recursion. */
export function walk(program: Program): Visit[] {
  const visits: Visit[] = [];
  const stack: { readonly value: object; readonly given: ReadonlySet<string> }[] = [
    { value: program.body, given: none },
  ];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { value } = top;
    let { given } = top;
    if (isNode(value)) {
      visits.push({ node: value, given });
      given = givenWithin(value, given);
    }
    const children = Object.values(value);
    for (let i = children.length - 1; i >= 0; i--) {
      const child: unknown = children[i];
      if (typeof child === 'object' && child !== null) stack.push({ value: child, given });
    }
  }
  return visits;
}

function givenWithin(node: Node, given: ReadonlySet<string>): ReadonlySet<string> {
  if (node.kind !== 'exe' || !('parameters' in node)) return given;
  return new Set([...given, ...node.parameters.map(({ name }) => name)]);
}

function isNode(value: object): value is Node {
  return 'kind' in value && typeof value.kind === 'string' && 'start' in value;
}

/** What a template says for certain; `filler` stands for each value. */
export function textOfTemplate({ parts }: TemplateExpression, filler: string): string {
  return parts.map((part) => (typeof part === 'string' ? part : filler)).join('');
}

/** The text of an expression that is one: `*` for what only running tells; undefined if nothing is known. */
export function textOf(value: Expression | undefined): string | undefined {
  if (value?.kind === 'literal') return typeof value.value === 'string' ? value.value : undefined;
  if (value?.kind === 'template') return textOfTemplate(value, '*');
  return undefined;
}

export function codeArea({ node, given }: Visit, source: string): CodeArea | undefined {
  if (node.kind === 'command' && 'line' in node)
    return {
      language: 'cmd',
      text: textOfTemplate(node.line, hole),
      start: node.start,
      outer: node,
      exact: false,
      given,
    };
  if (node.kind !== 'code' || !('language' in node) || !('args' in node)) return undefined;
  const at = source.slice(node.start, node.end).indexOf(node.text);
  return {
    language: node.language,
    text: node.text,
    start: node.start + Math.max(at, 0),
    outer: node,
    exact: at >= 0,
    given: new Set([...given, ...node.args]),
  };
}

/** Says in which kind of area an offset stands. */
export type AreaAt = (offset: number) => AreaKind;

export function areasOf(program: Program, visits: readonly Visit[]): AreaAt {
  const markdown = program.dialect === 'markdown';
  const areas: { start: number; end: number; kind: AreaKind }[] = [];
  const add = (kind: AreaKind, { start, end }: { start: number; end: number }) =>
    areas.push({ start, end, kind });
  if (program.frontmatter !== undefined) add('frontmatter', program.frontmatter);
  for (const fence of program.fences) add('docs', fence);
  for (const { node } of visits) {
    if (node.kind === 'text') add('docs', node);
    else if (node.kind === 'code' || node.kind === 'command') add('code', node);
    else if (node.kind === 'template' || node.kind === 'literal') add('string', node);
    else if (markdown && node.kind in statementKinds) add('code', node);
  }
  for (const comment of program.comments) add('comment', comment);
  // Where areas lie within each other, the innermost begins last.
  areas.sort((a, b) => a.start - b.start || b.end - a.end);
  return (offset) => innermost(areas, offset) ?? (markdown ? 'docs' : 'code');
}

const statementKinds: Readonly<Record<string, true>> = {
  import: true,
  export: true,
  var: true,
  assign: true,
  exe: true,
  show: true,
  run: true,
  output: true,
  log: true,
  if: true,
  expression: true,
};

/** Looks back over at most this many areas for one that is still open. */
const backward = 64;

function innermost(
  areas: readonly { readonly start: number; readonly end: number; readonly kind: AreaKind }[],
  offset: number,
): AreaKind | undefined {
  let low = 0;
  let high = areas.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (areas[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= Math.max(0, low - backward); i--)
    if (areas[i]!.end > offset) return areas[i]!.kind;
  return undefined;
}
