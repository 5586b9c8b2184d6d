import type { At, Dialect } from '../ast.ts';
import { parse } from '../parse/document.ts';
import { directives } from '../parse/statement.ts';
import { builtinNames } from '../run/builtins.ts';
import { placeAt, type Source } from '../source.ts';
import { wordIn } from './place.ts';
import { readNames } from './read.ts';
import type { NameSymbol, Names, NameUse } from './table.ts';

/** A part of the source, and what to write in its place. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export type Renaming =
  | { readonly edits: readonly TextEdit[]; readonly refusal?: undefined }
  /** Why the name can't be changed safely. */
  | { readonly refusal: string };

export interface RenameOptions {
  readonly source: Source;
  readonly dialect: Dialect;
  readonly names: Names;
  readonly symbol: NameSymbol;
  readonly to: string;
}

const constants: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'undefined',
  'none',
  'in',
  'from',
  'with',
  'using',
  'else',
  'as',
]);

/**
 * The edits that give a symbol another name everywhere in its source, and change nothing else: others go on to know what is
 * exported and imported under the old name. The result is read again, and must bind every name as before.
 */
export function rename(options: RenameOptions): Renaming {
  const refusal = refusalOf(options);
  if (refusal !== undefined) return { refusal };
  const { source, dialect, names, symbol, to } = options;
  const edits = editsOf(options);
  const changed = applied(source.text, edits);
  const after = parse(changed, { file: source.file, dialect });
  const broken = after.diagnostics.find(({ severity }) => severity === 'error');
  if (broken !== undefined) return { refusal: `'@${to}' can't stand everywhere: ${broken.message}` };
  if (shapeOf(names) !== shapeOf(readNames(after)))
    return { refusal: `'@${to}' already means something else where '@${symbol.name}' is used` };
  return { edits };
}

function refusalOf({ source, names, symbol, to }: RenameOptions): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(to))
    return `'${to}' is no name: names are letters, digits and _, and start with a letter`;
  if (constants.has(to) || directives().has(to)) return `'${to}' is a word of the language`;
  if (builtinNames.has(to)) return `'@${to}' is built in`;
  if (symbol.declarations.length === 0)
    return `'@${symbol.name}' follows from another name; write it with 'as' to choose it`;
  const hidden = names.opaque.find((region) => {
    if (region.what === 'code' && symbol.scope.parent === undefined && !isListed(names, symbol, region))
      return false;
    if (region.start < symbol.scope.start || region.end > symbol.scope.end) return false;
    const from =
      region.what === 'code' ? Math.max(region.start, source.text.indexOf('{', region.start)) : region.start;
    return [symbol.name, to].some(
      (word) => wordIn(source.text, word, { start: from, end: region.end }) !== undefined,
    );
  });
  if (hidden === undefined) return undefined;
  const { line } = placeAt(source, hidden.start);
  const what = hidden.what === 'code' ? 'code of another language' : 'a directive that is not read in full';
  return `${what} in line ${line} uses '${symbol.name}' or '${to}' by name; change it there by hand`;
}

/** Code sees names of the module only if it lists them. */
function isListed({ uses }: Names, symbol: NameSymbol, { start, end }: At): boolean {
  return uses.some(
    (use) => use.symbol === symbol && use.role === 'code' && use.start >= start && use.end <= end,
  );
}

function editsOf({ source, names, symbol, to }: RenameOptions): TextEdit[] {
  const edits: TextEdit[] = symbol.declarations.map(({ start, end }) => ({
    start,
    end,
    text: declared(symbol, start, to),
  }));
  for (const use of names.uses) {
    if (use.symbol !== symbol) continue;
    edits.push({ start: use.start, end: use.end, text: used(use, source.text[use.start - 1] === '@', to) });
  }
  return edits.sort((a, b) => a.start - b.start);
}

/** `import { @a }` becomes `import { @a as @b }`: the module goes on to call it `a`. */
function declared({ imported, kind, name }: NameSymbol, start: number, to: string): string {
  const item =
    kind === 'import'
      ? imported?.statement.names.find((one) => one.start <= start && start < one.end)
      : undefined;
  return item !== undefined && item.alias === undefined ? `${name} as @${to}` : to;
}

function used({ shorthand, name }: NameUse, hasAt: boolean, to: string): string {
  if (shorthand === 'export') return `${to} as ${hasAt ? '@' : ''}${name}`;
  return shorthand === 'shadow' ? `${name}: ${to}` : to;
}

/** A text with the edits in it, which must not overlap. */
export function applied(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** Which symbol each use means, by number: what a change of one name must leave as it is. */
function shapeOf({ symbols, uses }: Names): string {
  const numbers = new Map(symbols.map((symbol, index) => [symbol, index]));
  const bound = uses.map(({ symbol, name, role }) =>
    symbol === undefined ? `${name}${role}` : `${numbers.get(symbol)}${role}`,
  );
  return `${symbols.map(({ kind, declarations }) => `${kind}${declarations.length}`).join()};${bound.join()}`;
}
