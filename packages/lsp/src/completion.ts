/** What can stand at the cursor. Everything comes from the document, the files beside it and the cache. */
import path from 'node:path';
import {
  builtinNames,
  directives,
  type Expression,
  methodNames,
  type NameSymbol,
  visibleAt,
} from '@mlld/lang';
import {
  type CompletionItem,
  CompletionItemKind,
  type CompletionList,
  MarkupKind,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { bounds } from './bounds.ts';
import { describeExport, describeSymbol, fromLine } from './describe.ts';
import { type Read, readText } from './document.ts';
import { type Imported, type Modules, originOf } from './modules.ts';
import { type CursorPlace, isCode, placeOf } from './place.ts';

/** A name where one is being written makes the line whole, so that it is read. */
const placeholder = 'x';

export async function complete(
  document: TextDocument,
  offset: number,
  modules: Modules,
): Promise<CompletionList> {
  const text = document.getText();
  const none = { isIncomplete: false, items: [] };
  if (text.length > bounds.documentLength) return none;
  const place = placeOf(text, offset);
  if (place.kind === 'none') return none;
  const read = readText(document, text.slice(0, offset) + placeholder + text.slice(offset));
  if (read.parsed.program.dialect === 'markdown' && !isCode(text, offset)) return none;
  const start = offset - place.typed.length;
  const items = await itemsOf(place, { read, offset, modules });
  const range = { start: document.positionAt(start), end: document.positionAt(offset) };
  const placed = items.map((item) => ({
    ...item,
    textEdit: { range, newText: item.insertText ?? item.label },
  }));
  for (const item of placed) delete item.insertText;
  return { isIncomplete: placed.length > bounds.completions, items: placed.slice(0, bounds.completions) };
}

interface Here {
  readonly read: Read;
  readonly offset: number;
  readonly modules: Modules;
}

async function itemsOf(place: Exclude<CursorPlace, { kind: 'none' }>, here: Here): Promise<CompletionItem[]> {
  switch (place.kind) {
    case 'module':
      return moduleItems(here, place.typed);
    case 'import': {
      const importKind = place.ref.startsWith('@') && place.ref.includes('/') ? 'registry' : 'local';
      const module = await here.modules.of(here.read.file, { ref: place.ref, importKind });
      return module === undefined ? [] : exportItems(module);
    }
    case 'export':
      return Promise.all(
        [...here.read.names.scope.symbols.values()].map((symbol) => symbolItem(here, symbol)),
      );
    case 'field':
      return fieldItems(here, place);
    case 'name':
      return nameItems(here);
    case 'directive':
      return [...directives()].map((label) => ({ label, kind: CompletionItemKind.Keyword }));
  }
}

async function moduleItems({ modules, read }: Here, typed: string): Promise<CompletionItem[]> {
  const folder = path.isAbsolute(read.file) ? path.dirname(read.file) : process.cwd();
  const wanted = typed.toLowerCase();
  const known = await modules.host.modules(wanted, folder);
  return known.slice(0, bounds.completions + 1).map(({ name, version, about, cached }) => ({
    label: name,
    kind: CompletionItemKind.Module,
    detail: cached ? `${version} · in the cache` : version,
    documentation: about,
    sortText: `${cached ? 0 : 1}${name}`,
  }));
}

function exportItems(module: Imported): CompletionItem[] {
  return module.analysis.exports.map((info) => {
    const { signature, isFunction, doc } = describeExport(info);
    return {
      label: info.name,
      kind: isFunction ? CompletionItemKind.Function : CompletionItemKind.Variable,
      detail: signature,
      documentation: {
        kind: MarkupKind.Markdown,
        value: [doc, fromLine({ module })].filter(Boolean).join('\n\n'),
      },
    };
  });
}

// ---- names

async function nameItems(here: Here): Promise<CompletionItem[]> {
  const visible = visibleAt(here.read.names, here.offset);
  const own = await Promise.all(
    visible.filter(({ name }) => name !== placeholder).map((symbol) => symbolItem(here, symbol)),
  );
  const known = new Set(visible.map(({ name }) => name));
  const near = namesAbove(here).filter((name) => !known.has(name));
  return [
    ...own,
    ...near.map((label) => ({ label, kind: CompletionItemKind.Variable, sortText: `1${label}` })),
    ...[...builtinNames].map((label) => ({
      label,
      kind: CompletionItemKind.Constant,
      detail: 'built in',
      sortText: `2${label}`,
    })),
  ];
}

/** Names of the function that the cursor is in, where it has a mistake and is not in the tree. */
function namesAbove({ read: { text, parsed }, offset }: Here): string[] {
  const isRead = parsed.program.body.some(
    ({ kind, start, end }) => kind !== 'text' && start < offset && offset <= end,
  );
  if (isRead) return [];
  const before = text.slice(Math.max(0, offset - bounds.callLength), offset);
  const start = before.search(
    /(?:^|\n)[/@]?exe\b(?![\s\S]*\n[/@]?exe\b)[^\n]*$|(?:^|\n)[/@]?exe\b(?![\s\S]*\n[/@]?exe\b)/,
  );
  if (start < 0) return [];
  const inside = before.slice(start);
  const parameters = /\(([^)\n]*)\)/.exec(inside)?.[1] ?? '';
  const names = [...parameters.matchAll(/@?([A-Za-z_]\w*)\??(?:\s*[:=][^,]*)?(?:,|$)/g)].map(
    ([, name]) => name!,
  );
  for (const [, name] of inside.matchAll(/\b(?:let|var|for)[ \t]+@?([A-Za-z_]\w*)/g)) names.push(name!);
  return [...new Set(names)];
}

async function symbolItem({ read, modules }: Here, symbol: NameSymbol): Promise<CompletionItem> {
  const { name } = symbol;
  const found = await originOf(modules, read, symbol).catch(() => undefined);
  if (found?.info !== undefined) {
    const { signature, isFunction, doc } = describeExport(found.info, name);
    const kind = isFunction ? CompletionItemKind.Function : CompletionItemKind.Variable;
    const value = [doc, fromLine(found)].filter(Boolean).join('\n\n');
    return {
      label: name,
      kind,
      detail: signature,
      documentation: { kind: MarkupKind.Markdown, value },
      sortText: `0${name}`,
    };
  }
  if (symbol.kind === 'namespace')
    return { label: name, kind: CompletionItemKind.Module, sortText: `0${name}` };
  const { signature, isFunction, doc } = await describeSymbol(read, symbol);
  const kind = isFunction ? CompletionItemKind.Function : CompletionItemKind.Variable;
  const documentation = doc === undefined ? {} : { documentation: { kind: MarkupKind.Markdown, value: doc } };
  return { label: name, kind, detail: signature, ...documentation, sortText: `0${name}` };
}

// ---- fields

async function fieldItems(
  here: Here,
  { root, fields }: Extract<CursorPlace, { kind: 'field' }>,
): Promise<CompletionItem[]> {
  const symbol = visibleAt(here.read.names, here.offset).find(({ name }) => name === root);
  if (symbol?.imported?.name === '*' && fields.length === 0) {
    const found = await originOf(here.modules, here.read, symbol);
    return found === undefined ? [] : exportItems(found.module);
  }
  const statement = symbol?.statement;
  const value = statement?.kind === 'var' ? valueAt(statement.value, fields) : undefined;
  const keys =
    value?.kind === 'object'
      ? value.entries.flatMap(({ key }) => (typeof key === 'string' ? [key] : []))
      : [];
  return [
    ...keys
      .filter((key) => key !== placeholder)
      .map((label) => ({ label, kind: CompletionItemKind.Field, sortText: `0${label}` })),
    ...methodNames.map((label) => ({ label, kind: CompletionItemKind.Method, sortText: `1${label}` })),
  ];
}

function valueAt(value: Expression, fields: readonly string[]): Expression | undefined {
  let at: Expression | undefined = value;
  for (const field of fields) {
    if (at?.kind !== 'object') return undefined;
    at = at.entries.find(({ key }) => key === field)?.value;
  }
  return at;
}
