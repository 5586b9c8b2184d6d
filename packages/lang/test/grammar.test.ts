import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import onigurumaModule from 'vscode-oniguruma';
import textmateModule, { type IGrammar, type IRawGrammar } from 'vscode-textmate';
import { type Grammar, markdownGrammar, mlldGrammar } from '../src/highlight/grammar.ts';
import { type Token, tokens } from '../src/index.ts';
import { parse } from '../src/parse/document.ts';
import type { Mark } from '../src/parse/state.ts';

const { createOnigScanner, createOnigString, loadWASM } = onigurumaModule;
const { INITIAL, Registry } = textmateModule;
const root = path.join(import.meta.dirname, '../../..');
const folder = path.join(import.meta.dirname, '../grammars');
const shipped: Readonly<Record<string, { readonly file: string; readonly grammar: Grammar }>> = {
  'source.mlld': { file: 'mlld.tmLanguage.json', grammar: mlldGrammar() },
  'markdown.mlld.codeblock': { file: 'mlld-markdown.tmLanguage.json', grammar: markdownGrammar() },
};

let grammars: { readonly mlld: IGrammar; readonly markdown: IGrammar };

beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
  await loadWASM(readFileSync(wasm));
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    // An editor brings its own grammar of Markdown; here it is one that knows nothing.
    loadGrammar: async (scope) => {
      if (scope === 'text.html.markdown')
        return { scopeName: scope, patterns: [], repository: {} } as unknown as IRawGrammar;
      const found = shipped[scope]?.grammar;
      return found === undefined ? null : (found as unknown as IRawGrammar);
    },
    getInjections: (scope) => (scope === 'text.html.markdown' ? ['markdown.mlld.codeblock'] : undefined),
  });
  const [mlld, markdown] = await Promise.all([
    registry.loadGrammar('source.mlld'),
    registry.loadGrammar('text.html.markdown'),
  ]);
  grammars = { mlld: mlld!, markdown: markdown! };
});

it.each(Object.values(shipped))(
  'ships $file as it is made from the words of the language',
  ({ file, grammar }) => {
    const text = `${JSON.stringify(grammar, null, 2)}\n`;
    if (process.env.MLLD_UPDATE !== undefined) writeFileSync(path.join(folder, file), text);
    expect(readFileSync(path.join(folder, file), 'utf8')).toBe(text);
  },
);

/** The scopes at each offset of a text. */
function scopesOf(text: string, grammar: IGrammar): (at: number) => readonly string[] {
  const starts: number[] = [];
  const scopes: (readonly string[])[] = [];
  let state = INITIAL;
  let at = 0;
  for (const line of text.split('\n')) {
    const read = grammar.tokenizeLine(line, state);
    for (const { startIndex, scopes: found } of read.tokens) {
      starts.push(at + startIndex);
      scopes.push(found);
    }
    state = read.ruleStack;
    at += line.length + 1;
  }
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return scopes[low] ?? [];
  };
}

/** What the scope of each kind of token must be. */
const wanted: Readonly<Partial<Record<Token['kind'], RegExp>>> = {
  comment: /\bcomment\./,
  string: /\bstring\./,
  keyword: /\bkeyword\.(?!operator)/,
  constant: /\bconstant\.language/,
  name: /\bvariable\.|\bentity\.name\.function/,
  function: /\bvariable\.|\bentity\.name\.function/,
};

interface Wrong {
  readonly place: string;
  readonly scopes: string;
}

function wrongTokens(text: string, file: string): { checked: number; wrong: Wrong[] } {
  const marks: Mark[] = [];
  const { program } = parse(text, { file, marks });
  const isMarkdown = program.dialect === 'markdown';
  const scopes = scopesOf(text, isMarkdown ? grammars.markdown : grammars.mlld);
  const foreign = marks.filter(({ kind }) => kind === 'code' || kind === 'command' || kind === 'opaque');
  const holes = marks.filter(({ kind }) => kind === 'hole');
  const within = (list: readonly Mark[], { start, end }: Token): boolean =>
    list.some((one) => one.start <= start && one.end >= end);
  const wrong: Wrong[] = [];
  let checked = 0;
  for (const token of tokens(text, { file })) {
    const pattern = wanted[token.kind];
    if (pattern === undefined || (within(foreign, token) && !within(holes, token))) continue;
    const part = text.slice(token.start, token.end);
    const at = token.start + (part.length - part.trimStart().length);
    checked++;
    const found = scopes(at).slice(1).join(' ');
    if (pattern.test(` ${found}`)) continue;
    const line = text.slice(0, token.start).split('\n').length;
    wrong.push({ place: `${path.basename(file)}:${line} ${token.kind} ${part.slice(0, 40)}`, scopes: found });
  }
  return { checked, wrong };
}

/** Files of templates are filled in first: they are no sources yet. */
function sourcesIn(place: string): string[] {
  if (!existsSync(place)) return [];
  return readdirSync(place, { recursive: true })
    .map((file) => path.join(place, String(file)))
    .filter((file) => /\.mld(?:\.md)?$/.test(file) && !/[\\/]templates[\\/]/.test(file));
}

it.each([
  ['the showcase', path.join(root, 'showcase')],
  ['the examples', path.join(root, 'examples')],
  ['the programs of tests', path.join(root, 'packages/lang/testdata/run')],
])('gives each token of %s the scope that the parser says', (_, place) => {
  const files = sourcesIn(place).filter((file) => !/2025|slash/.test(file));
  let checked = 0;
  const wrong: Wrong[] = [];
  for (const file of files) {
    const result = wrongTokens(readFileSync(file, 'utf8'), file);
    checked += result.checked;
    wrong.push(...result.wrong);
  }
  expect(wrong).toEqual([]);
  expect(checked).toBeGreaterThan(files.length * 5);
});
