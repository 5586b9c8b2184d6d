import { escapeHtml } from './escape.ts';
import type { TokenKind } from './lex.ts';
import { type TokenOptions, tokens } from './tokens.ts';

/** A source as HTML: `<span class="t-keyword">…`; text that is nothing special stands bare. */
export function highlightHtml(text: string, options: TokenOptions = {}): string {
  return tokens(text, options)
    .map(({ kind, start, end }) => span(kind, text.slice(start, end)))
    .join('');
}

function span(kind: TokenKind, part: string): string {
  return kind === 'text' ? escapeHtml(part) : `<span class="t-${kind}">${escapeHtml(part)}</span>`;
}

/** One piece of HTML for each line; no tag spans two. */
export function highlightHtmlLines(text: string, options: TokenOptions = {}): string[] {
  const lines: string[] = [''];
  for (const { kind, start, end } of tokens(text, options)) {
    for (const [index, piece] of text
      .slice(start, end)
      .split(/\r\n|\r|\n/)
      .entries()) {
      if (index > 0) lines.push('');
      if (piece !== '') lines[lines.length - 1] += span(kind, piece);
    }
  }
  if (lines.at(-1) === '' && lines.length > 1) lines.pop();
  return lines;
}

/** What a terminal writes each kind of token with: parameters of SGR (ECMA-48 §8.3.117). */
export type AnsiTheme = Readonly<Partial<Record<TokenKind, string>>>;

export const ansiThemes: Readonly<Record<'dark' | 'light' | 'mono', AnsiTheme>> = {
  dark: {
    comment: '3;90',
    string: '33',
    keyword: '35',
    constant: '36',
    number: '36',
    name: '32',
    function: '34',
    property: '39',
    type: '36',
    module: '4;32',
    heading: '1;35',
    fence: '90',
  },
  light: {
    comment: '3;37',
    string: '31',
    keyword: '35',
    constant: '34',
    number: '34',
    name: '32',
    function: '34',
    type: '36',
    module: '4;32',
    heading: '1;35',
    fence: '37',
  },
  mono: { comment: '2', string: '3', keyword: '1', module: '4', heading: '1', fence: '2' },
};

/** A source with colours for a terminal. What would steer the terminal is shown as a sign. */
export function highlightAnsi(
  text: string,
  options: TokenOptions & { readonly theme?: AnsiTheme } = {},
): string {
  const theme = options.theme ?? ansiThemes.dark;
  return tokens(text, options)
    .map(({ kind, start, end }) => {
      const part = harmless(text.slice(start, end));
      const code = theme[kind];
      if (code === undefined) return part;
      // Colours end with their line, so that a pager can show any of them alone.
      return part.replace(/[^\n]+/g, (line) => `\u001b[${code}m${line}\u001b[0m`);
    })
    .join('');
}

/** Control characters as their pictures (U+2400), so that no source can write to the terminal. */
function harmless(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
  });
}
