import type { Dialect } from '../ast.ts';
import { parse } from '../parse/document.ts';
import type { Mark } from '../parse/state.ts';
import { lexEmbedded } from './embedded.ts';
import { type Emit, lexCode, type TokenKind } from './lex.ts';

/** A stretch of a source, by offsets. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

export interface TokenOptions {
  /** The name of the source; its ending tells the dialect. Default: `main.mld`. */
  readonly file?: string;
  readonly dialect?: Dialect;
  /** As the info string of a fence says it. Default: mlld. Of languages that are not known all is text. */
  readonly language?: string;
}

/**
 * What each part of a source is, in order and without gaps: together the tokens are the text. Comes from the parser, so that what
 * is coloured as a text is one. Never throws, whatever the text is.
 */
export function tokens(text: string, options: TokenOptions = {}): Token[] {
  const result: Token[] = [];
  const emit: Emit = (kind, start, end) => {
    const last = result.at(-1);
    if (end <= start) return;
    if (last !== undefined && last.kind === kind && kind === 'text' && last.end === start)
      result[result.length - 1] = { kind, start: last.start, end };
    else result.push({ kind, start, end });
  };
  const language = options.language === undefined ? 'mlld' : languageOfFence(options.language);
  if (language !== 'mlld') {
    if (language === undefined) emit('text', 0, text.length);
    else lexEmbedded(text, { start: 0, end: text.length, language }, emit);
    return result;
  }
  const spans = spansOf(text, options);
  emitSpan(text, { spans, next: 0 }, { kind: 'root', start: 0, end: text.length }, emit);
  return result;
}

interface Span {
  readonly kind: Mark['kind'] | 'root' | 'comment' | 'prose' | 'docs' | 'front';
  readonly start: number;
  readonly end: number;
  readonly language?: string;
}

/** All stretches that the parser knows, outer before inner. */
function spansOf(text: string, options: TokenOptions): Span[] {
  const marks: Mark[] = [];
  const { file, dialect } = options;
  const { program } = parse(text, {
    marks,
    ...(file === undefined ? {} : { file }),
    ...(dialect === undefined ? {} : { dialect }),
  });
  const spans: Span[] = marks.filter(({ kind }) => kind !== 'block');
  for (const { start, end } of program.comments) spans.push({ kind: 'comment', start, end });
  for (const { kind, start, end } of program.body)
    if (kind === 'text') spans.push({ kind: 'prose', start, end });
  for (const { info, start, end } of program.fences) {
    const language = languageOfFence(info);
    if (language !== undefined) spans.push({ kind: 'docs', start, end, language });
  }
  const front = program.frontmatter;
  if (front !== undefined) {
    spans.push({ kind: 'fence', start: 0, end: front.start });
    spans.push({ kind: 'front', start: front.start, end: front.end });
    spans.push({ kind: 'fence', start: front.end, end: lineAfter(text, front.end) });
  }
  return spans.sort(
    (a, b) => a.start - b.start || b.end - a.end || Number(b.kind === 'hole') - Number(a.kind === 'hole'),
  );
}

function lineAfter(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : found + 1;
}

const fenceLanguages: Readonly<Record<string, string>> = {
  mlld: 'mlld',
  mld: 'mlld',
  js: 'js',
  javascript: 'js',
  ts: 'js',
  json: 'js',
  sh: 'sh',
  bash: 'sh',
  shell: 'sh',
  py: 'py',
  python: 'py',
};

function languageOfFence(info: string): string | undefined {
  return fenceLanguages[/^[\w-]*/.exec(info)?.[0] ?? ''];
}

interface Reading {
  readonly spans: readonly Span[];
  next: number;
}

function emitSpan(text: string, reading: Reading, span: Span, emit: Emit): void {
  let at = span.start;
  const { spans } = reading;
  for (
    let inner = spans[reading.next];
    inner !== undefined && inner.start < span.end;
    inner = spans[reading.next]
  ) {
    reading.next++;
    if (inner.start < at) continue;
    emitGap(text, { ...span, start: at, end: inner.start }, emit);
    const end = Math.min(inner.end, span.end);
    emitSpan(text, reading, { ...inner, end }, emit);
    at = end;
  }
  emitGap(text, { ...span, start: at }, emit);
}

const plainKinds: Readonly<Partial<Record<Span['kind'], TokenKind>>> = {
  comment: 'comment',
  quoted: 'string',
  path: 'string',
  regex: 'string',
  ref: 'module',
  type: 'type',
  label: 'type',
  fence: 'fence',
};

function emitGap(text: string, span: Span, emit: Emit): void {
  const { kind, start, end } = span;
  if (end <= start) return;
  const plain = plainKinds[kind];
  if (plain !== undefined) emit(plain, start, end);
  else if (kind === 'code')
    lexEmbedded(
      text,
      { start, end, language: span.language === 'node' ? 'js' : (span.language ?? '') },
      emit,
    );
  else if (kind === 'command') lexEmbedded(text, { start, end, language: 'sh' }, emit);
  else if (kind === 'docs') emitDocs(text, span, emit);
  else if (kind === 'prose') emitProse(text, span, emit);
  else if (kind === 'front') emitFrontmatter(text, span, emit);
  else lexCode(text, span, emit);
}

/** A fence of documentation: mlld is read as such, other languages by their words. */
function emitDocs(text: string, { start, end, language }: Span, emit: Emit): void {
  if (language !== 'mlld') {
    lexEmbedded(text, { start, end, language: language ?? 'js' }, emit);
    return;
  }
  for (const token of tokens(text.slice(start, end), { dialect: 'strict' }))
    emit(token.kind, start + token.start, start + token.end);
}

function emitProse(text: string, { start, end }: Span, emit: Emit): void {
  for (const { from, to } of lines(text, start, end)) {
    const line = text.slice(from, to);
    emit(
      /^ {0,3}(?:`{3,}|~{3,})/.test(line) ? 'fence' : /^#{1,6} /.test(line) ? 'heading' : 'text',
      from,
      to,
    );
  }
}

function emitFrontmatter(text: string, { start, end }: Span, emit: Emit): void {
  for (const { from, to } of lines(text, start, end)) {
    const key = /^[ \t-]*[\w-]+(?=:)/.exec(text.slice(from, to))?.[0].length ?? 0;
    emit('property', from, from + key);
    emit('text', from + key, to);
  }
}

function* lines(text: string, start: number, end: number): Generator<{ from: number; to: number }> {
  for (let from = start; from < end; ) {
    const found = text.indexOf('\n', from);
    const to = found < 0 || found >= end ? end : found + 1;
    yield { from, to };
    from = to;
  }
}
