/** What an editor shows about a place: hover, definition, references, signature, symbols, rename. */
import { type At, type NameSymbol, type NameUse, nameAt, occurrences, rename, visibleAt } from '@mlld/lang';
import {
  type DocumentSymbol,
  type Hover,
  type Location,
  LSPErrorCodes,
  MarkupKind,
  type Range,
  ResponseError,
  type SignatureHelp,
  SymbolKind,
  type TextEdit,
} from 'vscode-languageserver/node';
import { type Described, describeExport, describeSymbol, fromLine, labelOf } from './describe.ts';
import { type Read, rangeIn, rangeOf } from './document.ts';
import { type Found, findExport, type Imported, type Modules, originOf } from './modules.ts';
import { callAt } from './place.ts';

// ---- what is at a place

/** The import whose module's name an offset is on. */
function importAt({ parsed }: Read, offset: number) {
  return parsed.program.body.find(
    (one) => one.kind === 'import' && one.refStart <= offset && offset <= one.refEnd,
  );
}

/** A field of a namespace: `@strings.slug`. */
async function fieldOf(
  read: Read,
  modules: Modules,
  use: NameUse,
  field: string,
): Promise<Found | undefined> {
  if (use.symbol?.imported?.name !== '*') return undefined;
  const namespace = await originOf(modules, read, use.symbol);
  return namespace === undefined ? undefined : findExport(modules, namespace.module, field);
}

interface Target {
  readonly span: At;
  readonly found: Found | undefined;
  readonly symbol: NameSymbol | undefined;
}

async function targetAt(read: Read, offset: number, modules: Modules): Promise<Target | undefined> {
  for (const use of read.names.uses) {
    const field = use.fields[0];
    if (field === undefined || offset < field.start || offset > field.end) continue;
    const found = await fieldOf(read, modules, use, field.name);
    return found === undefined ? undefined : { span: field, found, symbol: undefined };
  }
  const at = nameAt(read.names, offset);
  if (at?.symbol === undefined) return undefined;
  return { span: at.span, symbol: at.symbol, found: await originOf(modules, read, at.symbol) };
}

// ---- hover

export async function hover(read: Read, offset: number, modules: Modules): Promise<Hover | null> {
  const statement = importAt(read, offset);
  if (statement?.kind === 'import') {
    const module = await modules.of(read.file, statement);
    if (module === undefined) return null;
    const range = rangeOf(read, { start: statement.refStart, end: statement.refEnd });
    return { range, contents: { kind: MarkupKind.Markdown, value: moduleText(module) } };
  }
  const target = await targetAt(read, offset, modules);
  if (target === undefined) return null;
  const value = await textOf(read, target);
  return { range: rangeOf(read, target.span), contents: { kind: MarkupKind.Markdown, value } };
}

async function textOf(read: Read, { found, symbol }: Target): Promise<string> {
  if (found?.info !== undefined) return described(describeExport(found.info, symbol?.name), fromLine(found));
  if (found !== undefined) return moduleText(found.module);
  return described(await describeSymbol(read, symbol!), undefined);
}

function described({ signature, doc }: Described, from: string | undefined): string {
  const parts = [`\`\`\`mlld\n${signature}\n\`\`\``, doc, from === undefined ? undefined : `*${from}*`];
  return parts.filter((part) => part !== undefined && part !== '').join('\n\n');
}

function moduleText(module: Imported): string {
  const { frontmatter, docs, exports } = module.analysis;
  const names = exports.map(({ name }) => `\`@${name}\``).join(', ');
  const about = frontmatter?.about ?? docs.tldr;
  return [`*${fromLine({ module })}*`, about, names === '' ? 'It exports nothing.' : `Exports: ${names}`]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n');
}

// ---- definition and references

export async function definition(read: Read, offset: number, modules: Modules): Promise<Location | null> {
  const statement = importAt(read, offset);
  const start = { line: 0, character: 0 };
  if (statement?.kind === 'import') {
    const module = await modules.of(read.file, statement);
    return module === undefined ? null : { uri: module.uri, range: { start, end: start } };
  }
  const target = await targetAt(read, offset, modules);
  if (target === undefined) return null;
  const { found, symbol } = target;
  if (found !== undefined) {
    const at = found.symbol?.declarations[0];
    const range: Range = at === undefined ? { start, end: start } : rangeIn(found.module.text, at);
    return { uri: found.module.uri, range };
  }
  const own = symbol?.declarations[0];
  return own === undefined ? null : { uri: read.document.uri, range: rangeOf(read, own) };
}

/** In the document, and in the other open ones that import what it defines. */
export async function references(
  read: Read,
  offset: number,
  {
    modules,
    others,
    withDeclaration,
  }: { modules: Modules; others: readonly Read[]; withDeclaration: boolean },
): Promise<Location[]> {
  const at = nameAt(read.names, offset);
  if (at?.symbol === undefined) return [];
  const { symbol } = at;
  const declared = new Set(withDeclaration ? [] : symbol.declarations.map(({ start }) => start));
  const own = occurrences(read.names, symbol)
    .filter(({ start }) => !declared.has(start))
    .map((span) => ({ uri: read.document.uri, range: rangeOf(read, span) }));
  if (symbol.scope.parent !== undefined || symbol.imported !== undefined) return own;
  const elsewhere = await Promise.all(others.map((other) => importedIn(other, { read, symbol, modules })));
  return [...own, ...elsewhere.flat()];
}

async function importedIn(
  other: Read,
  { read, symbol, modules }: { read: Read; symbol: NameSymbol; modules: Modules },
): Promise<Location[]> {
  const locations: Location[] = [];
  const add = (span: At) => locations.push({ uri: other.document.uri, range: rangeOf(other, span) });
  const isIt = ({ module, symbol: found }: Found) =>
    module.uri === read.document.uri && found?.declarations[0]?.start === symbol.declarations[0]?.start;
  for (const candidate of other.names.scope.symbols.values()) {
    if (candidate.imported?.statement.importKind !== 'local') continue;
    const found = await originOf(modules, other, candidate);
    if (found === undefined) continue;
    if (candidate.imported.name !== '*') {
      if (isIt(found)) occurrences(other.names, candidate).forEach(add);
      continue;
    }
    for (const use of other.names.uses) {
      const field = use.symbol === candidate ? use.fields[0] : undefined;
      const target = field && (await findExport(modules, found.module, field.name));
      if (field !== undefined && target !== undefined && isIt(target)) add(field);
    }
  }
  return locations;
}

// ---- rename

export function prepareRename(
  { names, ...read }: Read,
  offset: number,
): { range: Range; placeholder: string } | null {
  const at = nameAt(names, offset);
  if (at?.symbol === undefined || at.symbol.declarations.length === 0) return null;
  return { range: rangeOf(read, at.span), placeholder: at.symbol.name };
}

/** @throws ResponseError where a change would not be safe: it says why. */
export function renameAt(read: Read, offset: number, to: string): TextEdit[] {
  const { parsed, names } = read;
  const broken = parsed.diagnostics.find(({ severity }) => severity === 'error');
  if (broken !== undefined)
    throw refused(`line ${broken.place.line} can't be read, so a use could be missed: mend it first`);
  const symbol = nameAt(names, offset)?.symbol;
  if (symbol === undefined) throw refused('nothing here has a name that could change');
  const { source, program } = parsed;
  const result = rename({ source, dialect: program.dialect, names, symbol, to: to.replace(/^@/, '') });
  if (result.refusal !== undefined) throw refused(result.refusal);
  return result.edits.map(({ start, end, text }) => ({
    range: rangeOf(read, { start, end }),
    newText: text,
  }));
}

function refused(message: string): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.RequestFailed, message);
}

// ---- signature

/** `whole` is the document with what is missing at the cursor. */
export async function signatureHelp(
  whole: Read,
  offset: number,
  modules: Modules,
): Promise<SignatureHelp | null> {
  const call = callAt(whole.text, offset);
  if (call === undefined) return null;
  const symbol = visibleAt(whole.names, offset).find(({ name }) => name === call.root);
  if (symbol === undefined) return null;
  const found = await originOf(modules, whole, symbol);
  const target =
    call.field === undefined || found === undefined
      ? found
      : await findExport(modules, found.module, call.field);
  if (call.field !== undefined && target?.info === undefined) return null;
  const info = target?.info;
  const { signature, parameters, isFunction, doc } =
    info === undefined ? await describeSymbol(whole, symbol) : describeExport(info);
  if (!isFunction) return null;
  const documentation = doc === undefined ? {} : { documentation: { kind: MarkupKind.Markdown, value: doc } };
  return {
    signatures: [
      { label: signature, parameters: parameters.map((one) => ({ label: labelOf(one) })), ...documentation },
    ],
    activeSignature: 0,
    activeParameter: Math.min(call.argument, Math.max(0, parameters.length - 1)),
  };
}

// ---- symbols

export function documentSymbols(read: Read): DocumentSymbol[] {
  return read.parsed.program.body.flatMap((statement): DocumentSymbol[] => {
    const range = rangeOf(read, statement);
    if (statement.kind === 'exe' || statement.kind === 'var') {
      const { name, nameStart } = statement;
      const start = read.text[nameStart] === '@' ? nameStart + 1 : nameStart;
      const kind = statement.kind === 'exe' ? SymbolKind.Function : SymbolKind.Variable;
      const detail = statement.kind === 'exe' ? `(${statement.parameters.map(labelOf).join(', ')})` : '';
      return [
        {
          name: `@${name}`,
          detail,
          kind,
          range,
          selectionRange: rangeOf(read, { start, end: start + name.length }),
        },
      ];
    }
    if (statement.kind === 'import') {
      const selectionRange = rangeOf(read, { start: statement.refStart, end: statement.refEnd });
      return [{ name: statement.ref, kind: SymbolKind.Module, range, selectionRange }];
    }
    return statement.kind === 'auth'
      ? [{ name: `auth ${statement.name}`, kind: SymbolKind.Key, range, selectionRange: range }]
      : [];
  });
}
