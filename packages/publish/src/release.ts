/** From a module to its release statement (docs/spec/statements.md §7). */
import {
  contentDigest,
  decode as d,
  type ExportEntry,
  encodeStatement,
  formatSelector,
  type JsonObject,
  type McpManifest,
  type ModuleName,
  mcpFiles,
  moduleName,
  parseMcpManifest,
  parseRef,
  parseRelease,
  type Ref,
  type RegistryInfo,
  type Release,
  type Sha256Hex,
} from '@mlld/format';
import type { ExportInfo } from '@mlld/lang';
import { sha256 } from '@mlld/trust';
import { isTest, type Module, textOf } from './module/read.ts';
import type { Placed } from './place/place.ts';

export interface ReleaseFacts {
  readonly info: RegistryInfo;
  readonly version: string;
  readonly placed: Placed;
  readonly imports: ReadonlyMap<ModuleName, string>;
  /** UTC, as `Date.prototype.toISOString` writes it. */
  readonly publishedAt: string;
  /** Numeric GitHub id. */
  readonly publishedBy?: number | undefined;
}

/** The name that the manifest gives. @throws RegistryError BAD_NAME */
export function nameOf({ manifest }: Module): ModuleName {
  // Today's manifests write the name alone; the full name is understood too.
  const name = manifest.name ?? '';
  const full = /^@([^/]+)\/(.+)$/.exec(name);
  return full === null ? moduleName(manifest.author ?? '', name) : moduleName(full[1]!, full[2]!);
}

export const digestOf = (module: Module): Sha256Hex => contentDigest(module.files, sha256);

/** The bytes of the statement, checked by reading them back. @throws RegistryError BAD_SHAPE, TOO_LARGE */
export function releaseText(module: Module, facts: ReleaseFacts): string {
  const { manifest } = module;
  const release: Release = d.compact({
    type: 'release' as const,
    v: 1 as const,
    registry: facts.info.name,
    name: nameOf(module),
    version: facts.version,
    kind: module.kind,
    about: manifest.about ?? '',
    files: module.files.map(({ path, size, sha256: hash }) => ({ path, size, sha256: hash })),
    digest: digestOf(module),
    entry: module.entry,
    source: facts.placed.source,
    sources: facts.placed.sources,
    imports: facts.imports,
    ...promises(module),
    dependencies: runtimeDependencies(module),
    license: manifest.license ?? '',
    mlldVersion: manifest.mlldVersion,
    keywords: manifest.keywords,
    repo: manifest.repo,
    bugs: manifest.bugs,
    homepage: manifest.homepage,
    publishedAt: facts.publishedAt,
    publishedBy: facts.publishedBy,
  });
  const text = encodeStatement(release);
  parseRelease(text, { where: `${release.name}@${release.version}` });
  return text;
}

/** What importers may use, and what it needs: of mlld code, of an MCP server. */
function promises(module: Module): Pick<Release, 'exports' | 'needs'> {
  const server = module.entry === mcpFiles.manifest ? textOf(module, module.entry) : '';
  if (server !== '') return serverPromises(parseMcpManifest(server));
  return { exports: exportsOf(module).map(exportEntry), needs: needsOf(module).map((need) => need.name) };
}

/** Tools are functions of whoever imports the server (mcp.md §3.7). */
function serverPromises({ permissions, observed }: McpManifest): Pick<Release, 'exports' | 'needs'> {
  const { hosts, folders, environment, commands } = permissions;
  const needs = { cmd: commands, env: environment, filesystem: folders, network: hosts };
  const tools = (observed?.definitions ?? []).filter(
    ({ kind, name }) => kind === 'tool' && name.length <= 100,
  );
  return {
    exports: tools.slice(0, 1000).map(({ name, definition }) => {
      const { description, inputSchema } = definition;
      const properties = Object.entries(((inputSchema as JsonObject)?.properties ?? {}) as JsonObject);
      const about = firstSentence(typeof description === 'string' ? description : undefined);
      return d.compact({
        name,
        kind: 'exe' as const,
        params: properties
          .filter(([param]) => param.length <= 100)
          .slice(0, 100)
          .map(([param, one]) => d.compact({ name: param, type: typeOf(one as JsonObject) })),
        about: about === '' ? undefined : about,
      });
    }),
    needs: Object.entries(needs).flatMap(([need, list]) => (list.length > 0 ? [need] : [])),
  };
}

/** What is compared with the version before. */
export function comparedExports(module: Module): Pick<ExportInfo, 'name' | 'kind' | 'parameters'>[] {
  if (module.entry !== mcpFiles.manifest) return [...exportsOf(module)];
  const { observed } = parseMcpManifest(textOf(module, module.entry));
  const requiredOf = (name: string): readonly unknown[] => {
    const tool = observed?.definitions.find((one) => one.kind === 'tool' && one.name === name);
    const required = (tool?.definition.inputSchema as JsonObject | undefined)?.required;
    return Array.isArray(required) ? required : [];
  };
  return promises(module).exports.map(({ name, kind, params = [] }) => ({
    name,
    kind,
    parameters: params.map((one) => ({
      name: one.name,
      type: one.type,
      optional: !requiredOf(name).includes(one.name),
    })),
  }));
}

function typeOf(schema: JsonObject | null): string | undefined {
  const type = schema?.type;
  return typeof type === 'string' && type.length <= 100 ? type : undefined;
}

export const exportsOf = (module: Module): readonly ExportInfo[] =>
  module.sources.get(module.entry)?.exports ?? [];

/** What the sources and the manifest declare, by name. */
export function needsOf(module: Module): { readonly name: string; readonly list: readonly string[] }[] {
  const needs = new Map<string, Set<string>>();
  const add = (name: string, list: readonly string[]) =>
    needs.set(name, new Set([...(needs.get(name) ?? []), ...list]));
  for (const name of module.manifest.needs) add(name, []);
  for (const [file, analysis] of module.sources) {
    if (!isTest(file)) for (const need of analysis.needs) add(need.name, need.list);
  }
  return [...needs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, list]) => ({ name, list: [...list].sort() }));
}

/** Modules of the registry that the sources import, as they are written: a selector, or `undefined` for none. */
export function writtenImports(module: Module): Map<ModuleName, Set<string | undefined>> {
  const found = new Map<ModuleName, Set<string | undefined>>();
  for (const [file, analysis] of module.sources) {
    if (isTest(file)) continue;
    for (const one of analysis.imports.filter(({ kind }) => kind === 'registry')) {
      const ref = goodRef(one.ref);
      if (ref === undefined) continue;
      const { name, selector } = ref;
      const written = selector.kind === 'any' ? undefined : formatSelector(selector);
      found.set(name, (found.get(name) ?? new Set()).add(written));
    }
  }
  return found;
}

/** Of an import that names no module, the check tells. */
function goodRef(text: string): Ref | undefined {
  try {
    return parseRef(text);
  } catch {
    return undefined;
  }
}

/**
 * What the release declares: the selector in the code wins, then the manifest's, then «compatible with the newest now».
 * @param newest the newest version of a module, or undefined if it can't be told
 */
export async function declaredImports(
  module: Module,
  newest: (name: ModuleName) => Promise<string | undefined>,
): Promise<Map<ModuleName, string>> {
  const own = nameOf(module);
  const imports = new Map<ModuleName, string>();
  for (const [name, written] of writtenImports(module)) {
    if (name === own) continue;
    const selector = [...written].find((one) => one !== undefined) ?? module.manifest.dependencies.get(name);
    imports.set(name, selector ?? (await compatible(name, newest)));
  }
  return new Map([...imports].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function compatible(
  name: ModuleName,
  newest: (name: ModuleName) => Promise<string | undefined>,
): Promise<string> {
  const version = await newest(name);
  return version === undefined ? '*' : `^${version}`;
}

function exportEntry(item: ExportInfo): ExportEntry {
  const about = firstSentence(item.doc);
  return d.compact({
    name: item.name,
    kind: item.kind,
    params:
      item.kind === 'exe' ? item.parameters.map(({ name, type }) => d.compact({ name, type })) : undefined,
    about: about === '' ? undefined : about,
  });
}

/** The first sentence of Markdown, in one line and without its marks. */
function firstSentence(text: string | undefined): string {
  const plain = (text ?? '')
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .replace(/[`*_]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const end = /[.!?](?=\s|$)/.exec(plain);
  return plain.slice(0, Math.min(end === null ? plain.length : end.index + 1, 300));
}

/** Packages and commands by runtime, as today's records list them. */
function runtimeDependencies(module: Module): JsonObject {
  const lists = needsOf(module).filter(({ list }) => list.length > 0);
  const member = (name: string) => (['sh', 'cmd'].includes(name) ? 'commands' : 'packages');
  return Object.fromEntries(lists.map(({ name, list }) => [name, { [member(name)]: [...list] }]));
}
