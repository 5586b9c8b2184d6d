import type { At, ExeStatement, ImportStatement, Program, VarStatement } from '../ast.ts';
import { wordIn } from './place.ts';
import type { NameScope, NameSymbol, NameUse, Opaque } from './table.ts';

/** What is being read, and where in it the walk is. */
export interface Walk {
  readonly text: string;
  readonly symbols: NameSymbol[];
  readonly uses: NameUse[];
  readonly opaque: Opaque[];
}

export interface Here {
  readonly scope: NameScope;
  readonly inTemplate: boolean;
}

interface Declared {
  readonly name: string;
  readonly kind: NameSymbol['kind'];
  readonly at: At | undefined;
  readonly statement?: NameSymbol['statement'];
  readonly imported?: NameSymbol['imported'];
}

export function declare(
  walk: Walk,
  scope: NameScope,
  { name, kind, at, statement, imported }: Declared,
): void {
  const known = scope.symbols.get(name);
  if (known !== undefined) {
    if (at !== undefined && !known.declarations.some(({ start }) => start === at.start))
      known.declarations.push(at);
    return;
  }
  const symbol = { name, kind, declarations: at === undefined ? [] : [at], statement, scope, imported };
  scope.symbols.set(name, symbol);
  walk.symbols.push(symbol);
}

/** Names of the top level are known in the whole module, also before the line that defines them. */
export function declareTopLevel(walk: Walk, { body }: Program, scope: NameScope): void {
  for (const statement of body) {
    if (statement.kind === 'import') declareImport(walk, statement, scope);
    else if (statement.kind === 'exe') declareNamed(walk, statement, scope);
    else if (statement.kind === 'var') declareNamed(walk, statement, scope);
  }
}

export function declareNamed(walk: Walk, statement: ExeStatement | VarStatement, scope: NameScope): void {
  const { name, nameStart } = statement;
  const start = walk.text[nameStart] === '@' ? nameStart + 1 : nameStart;
  const kind = statement.kind === 'exe' ? 'function' : 'variable';
  declare(walk, scope, { name, kind, at: { start, end: start + name.length }, statement });
}

function declareImport(walk: Walk, statement: ImportStatement, scope: NameScope): void {
  const { text } = walk;
  for (const item of statement.names) {
    if (item.name === '*') continue;
    const name = item.alias ?? item.name;
    const at =
      item.alias === undefined
        ? wordIn(text, name, item)
        : wordIn(text, name, { start: aliasFrom(text, item.end), end: statement.end });
    declare(walk, scope, { name, kind: 'import', at, statement, imported: { statement, name: item.name } });
  }
  const { namespace } = statement;
  if (namespace === undefined) return;
  const imported = { statement, name: '*' };
  declare(walk, scope, {
    name: namespace,
    kind: 'namespace',
    at: namespaceAt(text, statement),
    statement,
    imported,
  });
}

function aliasFrom(text: string, from: number): number {
  const word = wordIn(text, 'as', { start: from, end: text.length });
  return word?.end ?? from;
}

/** `* as @ns from …`, `… as @ns`, `mcp ns from …`; undefined where the name follows from the module's. */
function namespaceAt(
  text: string,
  { namespace = '', start, end, refStart, refEnd }: ImportStatement,
): At | undefined {
  return (
    wordIn(text, namespace, { start: refEnd, end }) ??
    wordIn(text, namespace, { start: start + 'import'.length, end: refStart })
  );
}
