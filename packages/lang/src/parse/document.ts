import type { Dialect, Fence, Program, Statement } from '../ast.ts';
import { type Diagnostic, diagnosticOf } from '../errors.ts';
import { limits } from '../limits.ts';
import { createSource, type Source } from '../source.ts';
import { isOf2025, starts2025 } from './dialect-2025.ts';
import {
  Ch,
  code,
  createParser,
  lineEnd,
  type Mark,
  ParseFailure,
  type Parser,
  skipBlank,
  take,
} from './state.ts';
import { directives, readEnd, readStatement, startsAtDirective } from './statement.ts';

export interface ParseOptions {
  /** The name of the source in places and messages; its ending tells the dialect. */
  readonly file?: string;
  readonly dialect?: Dialect;
  /** Filled with what the stretches of the source are, in no order. */
  readonly marks?: Mark[];
}

export interface Parsed {
  readonly source: Source;
  readonly program: Program;
  /** Empty if the source is well formed. The program holds all statements that could be read. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a source. Never throws: what is wrong with it is in `diagnostics`. */
export function parse(text: string, options: ParseOptions = {}): Parsed {
  const file = options.file ?? 'main.mld';
  const source = createSource(text, file);
  const p = createParser(source, options.marks);
  if (text.length > limits.sourceLength) {
    const message = `the source has ${text.length} characters; at most ${limits.sourceLength} are read`;
    p.diagnostics.push(diagnosticOf(source, { code: 'SOURCE_TOO_LONG', message, start: 0, end: 1 }));
    p.end = 0;
  }
  const frontmatter = readFrontmatter(p);
  p.is2025 = isOf2025(text, p.pos);
  const dialect = p.is2025 ? 'markdown' : (options.dialect ?? dialectOf(file, text, p.pos));
  const body: Statement[] = [];
  if (dialect === 'strict') readStatements(p, body, p.end);
  else readMarkdown(p, body);
  const program: Program = {
    kind: 'program',
    dialect,
    frontmatter,
    body,
    fences: p.fences,
    comments: p.comments,
    uses: p.uses,
    start: 0,
    end: text.length,
  };
  return { source, program, diagnostics: p.diagnostics };
}

function readFrontmatter(p: Parser): Program['frontmatter'] {
  if (p.text.charCodeAt(0) === 0xfeff) p.pos = 1;
  const open = /^---[ \t]*\r?\n/.exec(p.text.slice(p.pos, p.pos + 64));
  if (open === null) return undefined;
  const start = p.pos + open[0].length;
  const close = /^---[ \t]*\r?$/m;
  for (let at = start; at < p.end; at = lineEnd(p, at) + 1) {
    if (!p.text.startsWith('---', at) || !close.test(p.text.slice(at, lineEnd(p, at)))) continue;
    p.pos = Math.min(lineEnd(p, at) + 1, p.end);
    return { text: p.text.slice(start, at), start, end: at };
  }
  return undefined;
}

/** A bare word of prose may be a directive's too, so a bare directive counts only with what no prose has behind it. */
const directiveLine = /^(?:(\/)([a-z]+)(?=[ \t]+\S|[ \t]*[[{])|()([a-z]+)(?=[ \t]+[@{["'`<(\d]|[ \t]*\{))/;

/**
 * `.md` is Markdown, and `.mld` is strict. A `.mld` file all of whose directives are written with a slash is
 * Markdown too: so programs were written before the strict form existed.
 */
function dialectOf(file: string, text: string, from: number): Dialect {
  if (/\.(?:md|markdown)$/i.test(file)) return 'markdown';
  let slashed = false;
  for (let at = from; at < text.length; ) {
    const found = text.indexOf('\n', at);
    const stop = found < 0 ? text.length : found;
    const char = text.charCodeAt(at);
    if (char === Ch.slash || (char >= 97 && char <= 122)) {
      const match = directiveLine.exec(text.slice(at, Math.min(stop, at + 40)));
      if (match !== null && directives().has(match[2] ?? match[4]!)) {
        if (match[1] === undefined) return 'strict';
        slashed = true;
      }
    }
    at = stop + 1;
  }
  return slashed ? 'markdown' : 'strict';
}

// ---- strict

/** Reads statements up to `end`. After a mistake the reading goes on at the next line that begins a directive. */
function readStatements(p: Parser, body: Statement[], end: number): void {
  const outerEnd = p.end;
  p.end = end;
  for (;;) {
    do skipBlank(p);
    while (take(p, ';'));
    if (p.pos >= end || p.diagnostics.length >= limits.diagnostics) break;
    const start = p.pos;
    const statement = attempt(p, () => {
      if (code(p) === Ch.hash) return skipHeading(p);
      const read = readStatement(p);
      readEnd(p, false);
      return read;
    });
    if (statement !== undefined) body.push(statement);
    else recover(p, start);
  }
  p.pos = Math.max(p.pos, end);
  p.end = outerEnd;
  p.blankFrom = -1;
}

/** Runs `read`; a failure becomes a diagnostic. */
function attempt(p: Parser, read: () => Statement | undefined): Statement | undefined {
  const { end, depth } = p;
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    p.end = end;
    p.depth = depth;
    p.inAction = false;
    p.blankFrom = -1;
    report(p, error);
    return undefined;
  }
}

function report(p: Parser, failure: ParseFailure): void {
  const { code: failureCode, message, start, end, hint } = failure;
  p.diagnostics.push(diagnosticOf(p.source, { code: failureCode, message, start, end, hint }));
  if (p.diagnostics.length < limits.diagnostics) return;
  const last = {
    code: 'TOO_MANY_ERRORS',
    message: `more than ${limits.diagnostics} errors; the rest was not read`,
  } as const;
  p.diagnostics.push(diagnosticOf(p.source, { ...last, start, end }));
}

/** Goes to the next line after `start` that begins with a directive, not indented. */
function recover(p: Parser, start: number): void {
  for (let at = lineEnd(p, start) + 1; at < p.end; at = lineEnd(p, at) + 1) {
    const match = /^[/@]?([a-z]+)(?=[\s{])/.exec(p.text.slice(at, at + 24));
    if (match !== null && directives().has(match[1]!)) {
      p.pos = at;
      return;
    }
  }
  p.pos = p.end;
}

/** A heading in a strict source does no harm: it is passed over with a warning. */
function skipHeading(p: Parser): Statement {
  const start = p.pos;
  const end = lineEnd(p, start);
  const message = 'a Markdown heading stands in a strict source; it is passed over';
  const hint = "Write a comment with '>>', or name the file .mld.md.";
  p.diagnostics.push(
    diagnosticOf(p.source, { code: 'PROSE_IN_STRICT', severity: 'warning', message, start, end, hint }),
  );
  p.pos = end;
  return { kind: 'text', start, end: start };
}

// ---- Markdown

const fenceLine = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\r\n]*)/;

function readMarkdown(p: Parser, body: Statement[]): void {
  let textStart = p.pos;
  while (p.pos < p.end && p.diagnostics.length < limits.diagnostics) {
    const start = p.pos;
    if (!readMarkdownBlock(p, body, textStart)) {
      p.pos = Math.min(lineEnd(p, start) + 1, p.end);
      continue;
    }
    textStart = p.pos;
  }
  pushText(body, textStart, Math.min(p.pos, p.end));
}

/** Reads what the line at the cursor begins, if it is more than prose. */
function readMarkdownBlock(p: Parser, body: Statement[], textStart: number): boolean {
  const start = p.pos;
  const char = code(p);
  if (char === Ch.backtick || char === 126 || char === Ch.space) {
    const fence = readFence(p);
    if (fence === undefined) return false;
    if (!/^mlld-run\b/.test(fence.info)) {
      p.fences.push(fence);
      p.pos = fence.outerEnd;
      pushText(body, textStart, p.pos);
      return true;
    }
    pushText(body, textStart, start);
    p.marks?.push({ kind: 'fence', start, end: fence.start });
    p.marks?.push({ kind: 'fence', start: fence.end, end: fence.outerEnd });
    p.pos = fence.start;
    readStatements(p, body, fence.end);
    p.pos = fence.outerEnd;
    return true;
  }
  if ((char === Ch.greater || char === Ch.less) && code(p, 1) === char) {
    pushText(body, textStart, start);
    p.comments.push({ start, end: lineEnd(p, start) });
    p.pos = Math.min(lineEnd(p, start) + 1, p.end);
    return true;
  }
  if (!startsDirectiveLine(p)) return false;
  pushText(body, textStart, start);
  readDirective(p, body, start);
  return true;
}

function readDirective(p: Parser, body: Statement[], start: number): void {
  const statement = attempt(p, () => {
    const read = readStatement(p);
    readEnd(p, false);
    return read;
  });
  if (statement === undefined) p.pos = start;
  else body.push(statement);
  p.pos = Math.min(lineEnd(p, p.pos) + 1, p.end);
  p.blankFrom = -1;
}

function pushText(body: Statement[], start: number, end: number): void {
  if (end > start) body.push({ kind: 'text', start, end });
}

/** `/var …`, `/@task()`, `/=> value`, `@import …` at the start of a line of prose. */
function startsDirectiveLine(p: Parser): boolean {
  const char = code(p);
  if (char === Ch.at) return p.is2025 ? starts2025(p) : startsAtDirective(p.text, p.pos);
  if (char !== Ch.slash) return false;
  const next = code(p, 1);
  if (next === Ch.at) return true;
  if (next === Ch.equals) return code(p, 2) === Ch.greater;
  const match = /^\/([a-z]+)(?=[\s{[(]|$)/.exec(p.text.slice(p.pos, p.pos + 24));
  return match !== null && directives().has(match[1]!);
}

/** The fence that begins at the cursor's line, closed by as long a fence or by the end of the source. */
function readFence(p: Parser): Fence | undefined {
  const outerStart = p.pos;
  const stop = lineEnd(p, outerStart);
  const match = fenceLine.exec(p.text.slice(outerStart, stop));
  if (match === null) return undefined;
  const mark = match[1]!;
  const info = match[2]!.trim();
  if (mark[0] === '`' && info.includes('`')) return undefined;
  const start = Math.min(stop + 1, p.end);
  for (let at = start; at < p.end; at = lineEnd(p, at) + 1) {
    if (closesFence(p.text.slice(at, Math.min(lineEnd(p, at), at + 200)), mark)) {
      return { info, start, end: at, outerStart, outerEnd: Math.min(lineEnd(p, at) + 1, p.end) };
    }
  }
  return { info, start, end: p.end, outerStart, outerEnd: p.end };
}

function closesFence(line: string, mark: string): boolean {
  const text = line.trim();
  return text.length >= mark.length && text[0] === mark[0] && text === mark[0]!.repeat(text.length);
}
