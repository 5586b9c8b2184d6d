/** mlld code for previews, token by token with the scope that a grammar would give it. Nothing is left out, whatever the text is. */
import type { Scope } from '../source/scopes.ts';

export interface PreviewToken {
  readonly text: string;
  /** Absent: plain text. */
  readonly scope?: Scope | undefined;
}

const keywords = new Set(
  'exe var let show if else when for parallel return run loop while until log output append stream guard with needs in'.split(
    ' ',
  ),
);
const directives = new Set('import export from as'.split(' '));
const types = new Set('string number boolean object array js cmd sh node py'.split(' '));
const constants = new Set('true false null'.split(' '));

const pattern = new RegExp(
  [
    String.raw`(?<comment>(?:>>|<<)[^\n]*)`,
    String.raw`(?<module>@[a-z0-9-]+\/[a-z0-9-]+(?:@[\w.^~*-]+)?)`,
    String.raw`(?<call>@[A-Za-z_]\w*(?=\())`,
    String.raw`(?<variable>@[A-Za-z_]\w*)`,
    String.raw`(?<property>\.[A-Za-z_]\w*|[A-Za-z_]\w*(?=\s*:(?!:)))`,
    String.raw`(?<string>"(?:[^"\\\n@]|\\.)*"|'(?:[^'\\\n]|\\.)*')`,
    String.raw`(?<open>["\x60])`,
    String.raw`(?<number>\b\d[\d_]*(?:\.\d+)?(?:[smhdw]\b)?)`,
    String.raw`(?<word>[A-Za-z_]\w*)`,
    String.raw`(?<operator>=>|[=!<>]=|&&|\|\||[=+*/%<>!?|-])`,
    String.raw`(?<punctuation>[{}()[\],;:.])`,
    String.raw`(?<other>[\s\S])`,
  ].join('|'),
  'gu',
);
const quoted =
  /(?<end>["\x60])|(?<interpolation>@[A-Za-z_]\w*(?:\.\w+)*)|(?<escaped>\\.)|(?<text>[^"\x60@\\]+|[\s\S])/gu;

/** Tokens of mlld code; together they are the text again. */
export function tokensOf(code: string): PreviewToken[] {
  const tokens: PreviewToken[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(code); match !== null; match = pattern.exec(code)) {
    const [text] = match;
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0];
    if (kind === 'open') {
      tokens.push({ text, scope: 'string' });
      pattern.lastIndex = template(code, { from: pattern.lastIndex, quote: text, tokens });
    } else push(tokens, { text, scope: scopeOf(kind ?? 'other', text) });
  }
  return tokens;
}

interface Inside {
  readonly from: number;
  readonly quote: string;
  readonly tokens: PreviewToken[];
}

/** The inside of a text with variables in it, and its end. Returns where that is. */
function template(code: string, { from, quote, tokens }: Inside): number {
  quoted.lastIndex = from;
  for (let match = quoted.exec(code); match !== null; match = quoted.exec(code)) {
    const { interpolation, escaped, end } = match.groups ?? {};
    if (end === quote) {
      tokens.push({ text: end, scope: 'string' });
      return quoted.lastIndex;
    }
    const scope = interpolation !== undefined ? 'interpolation' : escaped !== undefined ? 'escape' : 'string';
    push(tokens, { text: match[0], scope });
  }
  return code.length;
}

function scopeOf(kind: string, text: string): Scope | undefined {
  if (kind === 'call') return 'function';
  if (kind === 'other') return undefined;
  if (kind !== 'word') return kind as Scope;
  if (directives.has(text)) return 'directive';
  if (keywords.has(text)) return 'keyword';
  if (types.has(text)) return 'type';
  return constants.has(text) ? 'constant' : undefined;
}

function push(tokens: PreviewToken[], token: PreviewToken): void {
  const last = tokens.at(-1);
  if (last !== undefined && last.scope === token.scope)
    tokens[tokens.length - 1] = { ...last, text: last.text + token.text };
  else tokens.push(token);
}

/** A list of tokens for each line. */
export function linesOf(tokens: readonly PreviewToken[]): PreviewToken[][] {
  const lines: PreviewToken[][] = [[]];
  for (const { text, scope } of tokens) {
    for (const [i, piece] of text.split(/\r\n|\r|\n/).entries()) {
      if (i > 0) lines.push([]);
      if (piece !== '') lines.at(-1)?.push({ text: piece, scope });
    }
  }
  if (lines.at(-1)?.length === 0 && lines.length > 1) lines.pop();
  return lines;
}
