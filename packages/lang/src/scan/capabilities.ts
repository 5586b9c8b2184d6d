/** What a module can do, told from its syntax trees (docs/spec/scan.md §2). */
import type { ImportStatement, OutputStatement } from '../ast.ts';
import type { Expression, FileExpression } from '../ast-expressions.ts';
import { parse } from '../parse/document.ts';
import { createSource, type Place, placeAt, type Source } from '../source.ts';
import { codeArea, textOf, textOfTemplate, type Visit, walk } from './areas.ts';
import { type CapabilityKind, hostsIn, type Reach, reachOf } from './found.ts';
import { languageOf, wholeFile } from './language.ts';

export interface ScanSource {
  readonly file: string;
  readonly text: string;
}

/** `name` is a program, language, host, path, variable or server; `*` in it stands for what only running tells. */
export interface Capability {
  readonly kind: CapabilityKind;
  readonly name: string;
  /** Where, at most `placesOfOne`. */
  readonly places: readonly Place[];
}

export interface Capabilities {
  /** Each once, by kind and name. */
  readonly needs: readonly Capability[];
  /** Sources that could not be read whole: they may need more. */
  readonly unread: readonly string[];
}

/** Places that are kept of one capability. */
export const placesOfOne = 20;
const nameLength = 300;

/** Never runs anything, never throws. Documentation is no code: what its examples do counts nothing. */
export function capabilities(sources: readonly ScanSource[]): Capabilities {
  const byKey = new Map<string, { kind: CapabilityKind; name: string; places: Place[] }>();
  const unread: string[] = [];
  for (const scanned of sources) {
    const { source, reached, whole } = reachOfSource(scanned);
    if (!whole) unread.push(scanned.file);
    for (const { kind, name, at } of reached) {
      const cut = name.slice(0, nameLength);
      const key = `${kind} ${cut}`;
      const known = byKey.get(key) ?? { kind, name: cut, places: [] };
      if (known.places.length < placesOfOne) known.places.push(placeAt(source, at));
      byKey.set(key, known);
    }
  }
  const needs = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  return { needs, unread };
}

interface Reached {
  readonly source: Source;
  readonly reached: readonly Reach[];
  /** Whether all of the source could be read. */
  readonly whole: boolean;
}

/** mlld, or a file of a language that mlld runs; of any other file nothing is known to run. */
function reachOfSource({ file, text }: ScanSource): Reached {
  const language = languageOf(file);
  if (language !== undefined) {
    const reached: Reach[] = [{ kind: 'code', name: language, at: 0 }, ...reachOf(wholeFile(text, language))];
    return { source: createSource(text, file), reached, whole: true };
  }
  if (!/\.mld(?:\.md)?$/.test(file)) return { source: createSource(text, file), reached: [], whole: true };
  const { source, program, diagnostics } = parse(text, { file });
  const reached = walk(program).flatMap((visit) => reachOfNode(visit, source));
  return { source, reached, whole: diagnostics.length === 0 };
}

export interface CapabilityChange {
  /** New: each needs the consent of who granted the others. */
  readonly added: readonly Capability[];
  readonly removed: readonly Capability[];
}

export function diffCapabilities(before: Capabilities, after: Capabilities): CapabilityChange {
  const key = ({ kind, name }: Capability) => `${kind} ${name}`;
  const missingIn = (list: readonly Capability[]) => {
    const known = new Set(list.map(key));
    return (one: Capability) => !known.has(key(one));
  };
  return {
    added: after.needs.filter(missingIn(before.needs)),
    removed: before.needs.filter(missingIn(after.needs)),
  };
}

// ---- nodes

function reachOfNode(visit: Visit, source: Source): Reach[] {
  const { node } = visit;
  const area = codeArea(visit, source.text);
  if (area !== undefined) {
    const language: Reach[] =
      area.language === 'cmd' ? [] : [{ kind: 'code', name: area.language, at: node.start }];
    const inside = reachOf(area).map((one) => ({
      ...one,
      at: area.exact ? area.start + one.at : area.start,
    }));
    return [...language, ...inside];
  }
  switch (node.kind) {
    case 'import':
      return importReach(node as ImportStatement);
    case 'file':
      return pathReach('read', textOfTemplate((node as FileExpression).path, '*'), node.start);
    case 'templateFile':
      return pathReach('read', textOf((node as { path: Expression }).path) ?? '*', node.start);
    case 'wasm':
      return [{ kind: 'code', name: 'wasm', at: node.start }];
    case 'output':
      return outputReach(node as OutputStatement);
    case 'auth':
      return [
        { kind: 'environment', name: authVariable((node as { value: Expression }).value), at: node.start },
      ];
    case 'literal':
    case 'template':
      return hostsIn(textOf(node as Expression) ?? '').map((one) => ({ ...one, at: node.start }));
    case 'unsupportedExpression':
      return (node as { what: string }).what === 'mcp' ? [{ kind: 'mcp', name: '*', at: node.start }] : [];
    default:
      return [];
  }
}

function pathReach(kind: 'read' | 'write', path: string, at: number): Reach[] {
  const hosts = hostsIn(path);
  return hosts.length > 0 ? hosts.map((one) => ({ ...one, at })) : [{ kind, name: path, at }];
}

function importReach({ ref, importKind, names, type, refStart }: ImportStatement): Reach[] {
  const at = refStart;
  if (importKind === 'url') return hostsIn(ref).map((one) => ({ ...one, at }));
  if (importKind === 'node') return [{ kind: 'code', name: 'node', at }];
  if (importKind === 'mcp' || type === 'mcp') return [{ kind: 'mcp', name: ref, at }];
  if (importKind !== 'builtin' || !/^@?(?:input|env)$/.test(ref)) return [];
  // Other names of `@input` are what the user gives to the program.
  return names
    .filter(({ name }) => ref.endsWith('env') || /^(?:\*|[A-Z][A-Z0-9_]*)$/.test(name))
    .map(({ name }) => ({ kind: 'environment', name, at }));
}

function outputReach({ target, start }: OutputStatement): Reach[] {
  return target.kind === 'file' ? pathReach('write', textOf(target.path) ?? '*', start) : [];
}

/** `"VARIABLE"`, or `{ from: "env:VARIABLE" }`. */
function authVariable(value: Expression): string {
  const from = value.kind === 'object' ? value.entries.find(({ key }) => key === 'from')?.value : value;
  return textOf(from)?.replace(/^env:/, '') ?? '*';
}
