/** mlld code for previews: what the language's own reader says each part is, as scopes of a theme. Nothing is left out. */
import { type TokenKind, tokens } from '@mlld/lang';
import type { Scope } from '../source/scopes.ts';

export interface PreviewToken {
  readonly text: string;
  /** Absent: plain text. */
  readonly scope?: Scope | undefined;
}

const scopeOf: Readonly<Record<TokenKind, Scope | undefined>> = {
  comment: 'comment',
  string: 'string',
  keyword: 'keyword',
  constant: 'constant',
  number: 'number',
  name: 'variable',
  function: 'function',
  property: 'property',
  type: 'type',
  module: 'module',
  operator: 'operator',
  heading: 'heading',
  fence: 'code',
  text: undefined,
};

/** Tokens of mlld code; together they are the text again. */
export function tokensOf(code: string): PreviewToken[] {
  return tokens(code, { dialect: 'strict' }).map(({ kind, start, end }) => ({
    text: code.slice(start, end),
    scope: scopeOf[kind],
  }));
}

/** A list of tokens for each line. */
export function linesOf(all: readonly PreviewToken[]): PreviewToken[][] {
  const lines: PreviewToken[][] = [[]];
  for (const { text, scope } of all) {
    for (const [i, piece] of text.split(/\r\n|\r|\n/).entries()) {
      if (i > 0) lines.push([]);
      if (piece !== '') lines.at(-1)?.push({ text: piece, scope });
    }
  }
  if (lines.at(-1)?.length === 0 && lines.length > 1) lines.pop();
  return lines;
}
