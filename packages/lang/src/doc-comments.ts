import type { ExeStatement, Program, Statement, VarStatement } from './ast.ts';
import { type Docs, readDocs } from './docs.ts';
import { parse } from './parse/document.ts';
import { createSource, placeAt, type Source } from './source.ts';

const commentLine = /^[ \t]*>>[ \t]?(.*?)\r?$/;

/**
 * The documentation within a strict source (`docs/spec/language.md` §8): the comment at its top, and the comment directly
 * above each exported name, all of them Markdown. Lines keep their numbers, so places are those of the source.
 */
export function readDocComments(source: Source, program: Program): Docs {
  const lines = source.text.split('\n');
  const prose: string[] = lines.map(() => '');
  copyComment(lines, prose, firstComment(source, program));
  for (const statement of documented(program)) {
    const below = lineOf(source, statement.start);
    const start = commentStart(lines, below);
    if (start === below) continue;
    copyComment(lines, prose, start);
    if (start > 0) prose[start - 1] = `#### \`${titleOf(statement)}\``;
  }
  const text = prose.join('\n');
  const { program: markdown } = parse(text, { file: source.file, dialect: 'markdown' });
  return readDocs(createSource(text, source.file), markdown);
}

function documented({ body }: Program): (ExeStatement | VarStatement)[] {
  const exported = body.flatMap((statement) => (statement.kind === 'export' ? statement.names : []));
  const names = new Set(exported.map(({ name }) => name));
  const all = exported.length === 0 || names.has('*');
  return body.filter(isDeclaration).filter(({ name }) => all || names.has(name));
}

function isDeclaration(statement: Statement): statement is ExeStatement | VarStatement {
  return statement.kind === 'exe' || (statement.kind === 'var' && statement.form === 'var');
}

function titleOf(statement: ExeStatement | VarStatement): string {
  if (statement.kind === 'var') return statement.name;
  const parameters = statement.parameters.map(({ name, optional }) => name + (optional ? '?' : ''));
  return `${statement.name}(${parameters.join(', ')})`;
}

/** The first line of the comment that stands above all statements; the number of lines if there is none. */
function firstComment(source: Source, program: Program): number {
  const lines = source.text.split('\n');
  const from = program.frontmatter === undefined ? 0 : lineOf(source, program.frontmatter.end) + 1;
  const start = lines.findIndex((line, index) => index >= from && line.trim() !== '');
  const end = lines.findIndex((line, index) => index >= start && !commentLine.test(line));
  // Directly above a declaration it is about that.
  const isAbout = program.body.some(
    (statement) => isDeclaration(statement) && lineOf(source, statement.start) === end,
  );
  return start < 0 || isAbout || !commentLine.test(lines[start]!) ? lines.length : start;
}

function commentStart(lines: readonly string[], below: number): number {
  let start = below;
  while (start > 0 && commentLine.test(lines[start - 1]!)) start--;
  return start;
}

function copyComment(lines: readonly string[], prose: string[], start: number): void {
  for (let index = start; index < lines.length && commentLine.test(lines[index]!); index++) {
    prose[index] = uncommented(lines[index]!);
  }
}

function uncommented(line: string): string {
  return commentLine.exec(line)?.[1] ?? '';
}

/** From 0. */
function lineOf(source: Source, offset: number): number {
  return placeAt(source, offset).line - 1;
}
