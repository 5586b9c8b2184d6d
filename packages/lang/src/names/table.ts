/**
 * The names of a source: what defines each, and where it is used (`docs/spec/language.md` §2). Pure, and made from the tree
 * alone: nothing is run. Editors find definitions and uses with it, and rename.
 */
import type { At, ExeStatement, ImportStatement, VarStatement } from '../ast.ts';

export type SymbolKind = 'function' | 'variable' | 'parameter' | 'loop' | 'import' | 'namespace';

/** One name of one scope; what is defined again in the same scope is the same symbol. */
export interface NameSymbol {
  readonly name: string;
  readonly kind: SymbolKind;
  /** Where the name itself stands in its definitions, without `@`. Empty where it is made without being written. */
  readonly declarations: At[];
  /** What defines it first. */
  readonly statement: ExeStatement | VarStatement | ImportStatement | undefined;
  readonly scope: NameScope;
  /** For `import` and `namespace`: what it is called in the module; `*` for the whole of it. */
  readonly imported: { readonly statement: ImportStatement; readonly name: string } | undefined;
}

export interface NameScope extends At {
  readonly parent: NameScope | undefined;
  readonly symbols: Map<string, NameSymbol>;
}

/**
 * `read` and `write`; `export`: in an export's braces; `code`: listed for code, as in `js (@a) { … }`; `shadow`: made visible
 * to code with `exe js = { f }`.
 */
export type UseRole = 'read' | 'write' | 'export' | 'code' | 'shadow';

/** A place where a name stands that was defined elsewhere. */
export interface NameUse extends At {
  readonly name: string;
  /** Undefined for what nothing of the source defines: built-ins, and mistakes. */
  readonly symbol: NameSymbol | undefined;
  readonly role: UseRole;
  /** Within a template an unknown name may be plain text. */
  readonly inTemplate: boolean;
  /** Written without `@`. */
  readonly bare: boolean;
  /** The fields behind it: `@a.b.c`. */
  readonly fields: readonly (At & { readonly name: string })[];
  /** The name alone stands for another under which others know it: `{ f }` of an export, import or shadow. */
  readonly shorthand: 'export' | 'shadow' | undefined;
}

/** Text that the table does not look into: code of another language, directives that are not run. */
export interface Opaque extends At {
  readonly what: 'code' | 'directive';
  readonly scope: NameScope;
}

export interface Names {
  readonly scope: NameScope;
  /** By the place of the first definition. */
  readonly symbols: readonly NameSymbol[];
  /** By place. */
  readonly uses: readonly NameUse[];
  readonly opaque: readonly Opaque[];
}

export function createScope(parent: NameScope | undefined, { start, end }: At): NameScope {
  return { parent, symbols: new Map(), start, end };
}

export function lookUp(scope: NameScope, name: string): NameSymbol | undefined {
  for (let at: NameScope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.symbols.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What stands at an offset: a name where it is defined or used. The end of a name counts as on it. */
export function nameAt(
  names: Names,
  offset: number,
):
  | { readonly symbol: NameSymbol | undefined; readonly span: At; readonly use: NameUse | undefined }
  | undefined {
  const on = ({ start, end }: At): boolean => start - 1 <= offset && offset <= end && end > start;
  const use = names.uses.find(on);
  if (use !== undefined) return { symbol: use.symbol, span: { start: use.start, end: use.end }, use };
  for (const symbol of names.symbols) {
    const span = symbol.declarations.find(on);
    if (span !== undefined) return { symbol, span, use: undefined };
  }
  return undefined;
}

/** The symbols that a name at an offset could mean, the nearest first; hidden ones are left out. */
export function visibleAt(names: Names, offset: number): NameSymbol[] {
  const found = new Map<string, NameSymbol>();
  const scopes = new Set(names.symbols.map(({ scope }) => scope));
  const around = [...scopes]
    .filter(({ start, end }) => start <= offset && offset <= end)
    .sort((a, b) => b.start - a.start || a.end - b.end);
  for (const scope of around) {
    for (const symbol of scope.symbols.values()) {
      const [first] = symbol.declarations;
      const isDefined = scope.parent === undefined || first === undefined || first.end <= offset;
      if (isDefined && !found.has(symbol.name)) found.set(symbol.name, symbol);
    }
  }
  return [...found.values()];
}

/** Every place of a symbol's name, definitions too, by place. */
export function occurrences(names: Names, symbol: NameSymbol): At[] {
  const uses = names.uses.filter((use) => use.symbol === symbol);
  return [...symbol.declarations, ...uses]
    .map(({ start, end }) => ({ start, end }))
    .sort((a, b) => a.start - b.start);
}
