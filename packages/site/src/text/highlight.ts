/** mlld and the code inside of it as coloured HTML: one pass, no parsing, nothing is left out whatever the text is. */
import { escapeText } from './format.ts';

type Kind = 'comment' | 'string' | 'keyword' | 'name' | 'number' | 'directive' | 'heading' | 'fence' | 'text';

export interface Token {
  readonly kind: Kind;
  readonly text: string;
}

const keywords = new Set(
  (
    'import export from as exe var let show if else when for parallel return run cmd sh js node py needs loop while until ' +
    'bail log output append stream guard before after with const function async await new throw try catch typeof true false null'
  ).split(' '),
);

const pattern = new RegExp(
  [
    String.raw`(?<comment>(?<=^|\s)(?:>>|<<)[^\n]*|(?<=^|\s)\/\/[^\n]*|\/\*[\s\S]*?\*\/)`,
    `${String.raw`(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`}\`(?:[^\`\\\\]|\\\\[^])*\`)`,
    String.raw`(?<name>@[A-Za-z_][\w-]*(?:\/[A-Za-z0-9_-]+)?)`,
    String.raw`(?<directive>(?<=^|\n)\/[a-z]+\b)`,
    String.raw`(?<number>\b\d[\d_]*(?:\.\d+)?(?:[smhdw]\b)?)`,
    String.raw`(?<word>[A-Za-z_$][\w$]*)`,
    String.raw`(?<other>[\s\S])`,
  ].join('|'),
  'gu',
);

/** Tokens of mlld code; together they are the text again. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const add = (kind: Kind, part: string) => {
    const last = tokens.at(-1);
    if (last !== undefined && last.kind === kind && kind === 'text')
      tokens[tokens.length - 1] = { kind, text: last.text + part };
    else tokens.push({ kind, text: part });
  };
  for (const { 0: part, groups = {} } of text.matchAll(pattern)) {
    if (groups.word !== undefined) add(keywords.has(part) ? 'keyword' : 'text', part);
    else {
      const kind = (['comment', 'string', 'name', 'directive', 'number'] as const).find(
        (one) => groups[one] !== undefined,
      );
      add(kind ?? 'text', part);
    }
  }
  return tokens;
}

/** Tokens of Markdown: headings, fences, and mlld inside of fences that say so. */
export function markdownTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let fence: { readonly mark: string; readonly code: boolean } | undefined;
  let code = '';
  const flush = () => {
    if (code !== '') tokens.push(...tokensOf(code));
    code = '';
  };
  for (const line of text.split(/(?<=\n)/)) {
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)/.exec(line);
    if (fence === undefined && mark !== null) {
      fence = { mark: mark[1] ?? '```', code: /^\s*(?:mlld|js|javascript|ts|sh|bash)/.test(mark[2] ?? '') };
      tokens.push({ kind: 'fence', text: line });
    } else if (fence !== undefined && line.trimEnd().startsWith(fence.mark)) {
      flush();
      fence = undefined;
      tokens.push({ kind: 'fence', text: line });
    } else if (fence?.code === true) code += line;
    else tokens.push({ kind: fence === undefined && /^#{1,6} /.test(line) ? 'heading' : 'text', text: line });
  }
  flush();
  return tokens;
}

function html({ kind, text }: Token): string {
  return kind === 'text' ? escapeText(text) : `<span class="t-${kind}">${escapeText(text)}</span>`;
}

/** Code as HTML, without a wrapper. */
export function highlight(code: string): string {
  return tokensOf(code).map(html).join('');
}

/** One piece of HTML for each line; no tag spans two. */
export function highlightLines(text: string, { markdown }: { readonly markdown: boolean }): string[] {
  const lines: string[] = [''];
  for (const { kind, text: part } of markdown ? markdownTokens(text) : tokensOf(text)) {
    for (const [i, piece] of part.split(/\r\n|\r|\n/).entries()) {
      if (i > 0) lines.push('');
      if (piece !== '') lines[lines.length - 1] += html({ kind, text: piece });
    }
  }
  if (lines.at(-1) === '' && lines.length > 1) lines.pop();
  return lines;
}
