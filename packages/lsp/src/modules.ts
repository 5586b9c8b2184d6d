/** What a document imports: files of the project, and modules that are in the cache. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type Analysis,
  analyse,
  type ExportInfo,
  findLocalModule,
  findRoot,
  type ImportStatement,
  type NameSymbol,
  type Names,
  parse,
  readNames,
} from '@mlld/lang';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { bounds } from './bounds.ts';
import type { Read } from './document.ts';
import type { CachedModule, LanguageHost } from './host.ts';
import { uriOf } from './uri.ts';

/** A module that was found and read. */
export interface Imported {
  /** `file:///…` of the project's own; of a cached one its place in the editor. */
  readonly uri: string;
  readonly file: string;
  readonly text: string;
  readonly analysis: Analysis;
  readonly names: Names;
  readonly cached: CachedModule | undefined;
}

export interface Modules {
  readonly host: LanguageHost;
  /** The module of an import; undefined for one that is not at hand, or of another kind. */
  readonly of: (
    file: string,
    statement: Pick<ImportStatement, 'ref' | 'importKind'>,
  ) => Promise<Imported | undefined>;
  /** Text of a cached module by the URI that it was given. */
  readonly cachedText: (uri: string) => string | undefined;
}

export interface ModulesOptions {
  readonly host: LanguageHost;
  /** A document that is open in the editor. */
  readonly open: (uri: string) => TextDocument | undefined;
  /** Where a cached source can be looked at; it may not be changed there. */
  readonly place: (module: CachedModule) => Promise<string>;
}

export function openModules({ host, open, place }: ModulesOptions): Modules {
  const read = new Map<string, Imported>();
  const keep = async (uri: string, parts: Pick<Imported, 'file' | 'text' | 'cached'>): Promise<Imported> => {
    const known = read.get(uri);
    if (known !== undefined && known.text === parts.text) return known;
    const { text, file, cached } = parts;
    const readme = cached?.readme;
    const analysis = await analyse(text, { file, ...(readme === undefined ? {} : { readme }) });
    const imported = { uri, file, text, cached, analysis, names: readNames(parse(text, { file })) };
    read.delete(uri);
    read.set(uri, imported);
    const [oldest] = read.keys();
    if (read.size > bounds.modules && oldest !== undefined) read.delete(oldest);
    return imported;
  };
  const local = async (ref: string, from: string): Promise<Imported | undefined> => {
    const file = await findLocalModule(ref, from, findRoot(path.dirname(from)));
    if (file === undefined) return undefined;
    const uri = uriOf(file);
    const text = open(uri)?.getText() ?? (await textOf(file));
    return text === undefined ? undefined : keep(uri, { file, text, cached: undefined });
  };
  const registry = async (ref: string, from: string): Promise<Imported | undefined> => {
    const cached = await host.module(ref, path.dirname(from));
    if (cached === undefined || cached.text.length > bounds.documentLength) return undefined;
    return keep(await place(cached), { file: cached.entry, text: cached.text, cached });
  };
  return {
    host,
    cachedText: (uri) => {
      const known = read.get(uri);
      return known?.cached === undefined ? undefined : known.text;
    },
    of: async (file, { ref, importKind }) => {
      if (!path.isAbsolute(file)) return undefined;
      if (importKind === 'local') return local(ref, file);
      return importKind === 'registry' ? registry(ref, file) : undefined;
    },
  };
}

async function textOf(file: string): Promise<string | undefined> {
  const { size } = await stat(file);
  return size > bounds.documentLength ? undefined : readFile(file, 'utf8');
}

/** An export with the module that it is from, and where it is defined. */
export interface Found {
  readonly module: Imported;
  readonly info: ExportInfo | undefined;
  readonly symbol: NameSymbol | undefined;
}

/** Follows an imported name to where it is defined, through modules that export it again. */
export async function findExport(
  modules: Modules,
  module: Imported,
  name: string,
): Promise<Found | undefined> {
  let at = module;
  let wanted = name;
  for (let hop = 0; hop < bounds.hops; hop++) {
    const info = at.analysis.exports.find((one) => one.name === wanted);
    if (info === undefined) return undefined;
    const symbol = symbolOf(at, wanted);
    const from = symbol?.imported;
    // Files inside of a published module are not looked at one by one.
    if (from === undefined || from.name === '*' || at.cached !== undefined)
      return { module: at, info, symbol };
    const next = await modules.of(at.file, from.statement);
    if (next === undefined) return { module: at, info, symbol };
    at = next;
    wanted = from.name;
  }
  return undefined;
}

/** The symbol behind an exported name, which may be called otherwise inside. */
function symbolOf({ names, analysis, text }: Imported, exported: string): NameSymbol | undefined {
  const info = analysis.exports.find((one) => one.name === exported);
  if (info === undefined) return undefined;
  const start = text[info.place.offset] === '@' ? info.place.offset + 1 : info.place.offset;
  return (
    names.symbols.find(({ declarations }) => declarations.some((one) => one.start === start)) ??
    names.scope.symbols.get(exported)
  );
}

/** What a symbol of a document comes from: the export that it was imported as. */
export async function originOf(modules: Modules, read: Read, symbol: NameSymbol): Promise<Found | undefined> {
  const { imported } = symbol;
  if (imported === undefined) return undefined;
  const module = await modules.of(read.file, imported.statement);
  if (module === undefined) return undefined;
  if (imported.name === '*') return { module, info: undefined, symbol: undefined };
  return findExport(modules, module, imported.name);
}
