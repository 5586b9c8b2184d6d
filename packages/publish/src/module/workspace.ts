/** Several modules in one folder, that import each other before any of them is published. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  compareVersions,
  type ModuleName,
  parseRef,
  RegistryError,
  type Selector,
  selectorAllows,
} from '@mlld/format';
import type { ImportRequest, ResolvedImport } from '@mlld/lang';
import type { Lookup, LookupModule } from '../check/imports.ts';
import { exportsOf, nameOf, writtenImports } from '../release.ts';
import { isSource, isTest, type Module, readModule, textOf } from './read.ts';

/** Folders below a workspace that are searched, and how many modules are taken. */
const DEPTH = 3;
const MODULES = 1000;

/** The module at a path, or all modules in the folders below it. @throws RegistryError FILE_NOT_FOUND, BAD_SHAPE, TOO_LARGE */
export async function readModules(location: string): Promise<Module[]> {
  try {
    return [await readModule(location)];
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause.code !== 'FILE_NOT_FOUND') throw cause;
    const found = existsSync(location) ? await search(path.resolve(location), DEPTH) : [];
    if (found.length === 0) throw cause;
    return found;
  }
}

async function search(folder: string, depth: number): Promise<Module[]> {
  const found: Module[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isDirectory() || entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const inside = path.join(folder, entry.name);
    const here = await looksLikeModule(inside);
    if (here) found.push(await readModule(inside));
    else if (depth > 1) found.push(...(await search(inside, depth - 1)));
    if (found.length > MODULES)
      throw new RegistryError('TOO_LARGE', `${folder}: more than ${MODULES} modules`);
  }
  return found;
}

async function looksLikeModule(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  if (names.some((name) => /^module\.(ya?ml|json)$/.test(name))) return true;
  return names.filter((name) => isSource(name) && !isTest(name)).length === 1;
}

/** Whether all that they import is among them. */
export function importEachOther(modules: readonly Module[]): boolean {
  const names = new Set(modules.map(named));
  return modules.every((module) => [...writtenImports(module).keys()].every((name) => names.has(name)));
}

/** What modules at hand answer to those who import them. */
export interface Workspace {
  /** Undefined for a module that is not at hand. */
  readonly lookup: LookupModule;
  resolveModule(request: ImportRequest): Promise<ResolvedImport | undefined>;
}

export function workspaceOf(modules: readonly Module[]): Workspace {
  const byName = new Map<ModuleName, Module[]>();
  for (const module of modules) {
    const name = named(module);
    if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), module]);
  }
  return {
    lookup: async (ref): Promise<Lookup | undefined> => {
      const at = byName.get(ref.name);
      if (at === undefined) return undefined;
      const module = fitting(at, ref.selector);
      if (module === undefined) {
        const versions = at.map((one) => one.manifest.version ?? 'none').join(', ');
        return { found: false, message: `${ref.name} is at hand as ${versions}, which does not fit` };
      }
      return { found: true, version: versionOf(module), exports: exportsOf(module).map((one) => one.name) };
    },
    async resolveModule(request) {
      if (request.kind === 'local') return localFile(byName, request);
      if (request.kind !== 'registry') return undefined;
      const ref = parseRef(request.ref);
      const module = fitting(byName.get(ref.name) ?? [], ref.selector);
      if (module === undefined) return undefined;
      return fileOf(module, ref.name, module.entry);
    },
  };
}

const versionOf = (module: Module): string => module.manifest.version ?? '0.0.0';

function fitting(modules: readonly Module[], selector: Selector): Module | undefined {
  const newestFirst = [...modules].sort((a, b) => compareVersions(versionOf(b), versionOf(a)));
  // Tags and hashes name what is published; what is at hand is the next version of it.
  if (selector.kind === 'tag' || selector.kind === 'hash') return newestFirst[0];
  return newestFirst.find((module) => selectorAllows(selector, versionOf(module)));
}

/** A file as an imported module's own, named so that its local imports can be told. */
function fileOf(module: Module, name: ModuleName, file: string): ResolvedImport {
  const version = versionOf(module);
  return {
    source: textOf(module, file),
    file: `${name}@${version}/${file}`,
    origin: { name, version, digest: '' },
  };
}

function localFile(
  byName: ReadonlyMap<ModuleName, readonly Module[]>,
  request: ImportRequest,
): ResolvedImport | undefined {
  const { origin, file } = request.from;
  if (origin === null) return undefined;
  const name = origin.name as ModuleName;
  const module = byName.get(name)?.find((one) => versionOf(one) === origin.version);
  const inner = file.slice(`${name}@${origin.version}/`.length);
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(inner), request.ref));
  if (module === undefined || !module.files.some((one) => one.path === target)) return undefined;
  return fileOf(module, name, target);
}

function named(module: Module): ModuleName | undefined {
  try {
    return nameOf(module);
  } catch {
    return undefined;
  }
}
