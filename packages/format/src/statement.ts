/**
 * Signed statements (docs/spec/statements.md): one fact a file, strict JSON, signed as bytes.
 *
 * Every statement says its type, its schema version, the registry it is for and what it is about, so that it can't be
 * replayed as another. The signature's namespace names the type once more.
 */
import * as d from './decode.ts';
import { type FileHash, parseSha256, type Sha256Hex } from './digest.ts';
import { RegistryError } from './errors.ts';
import { type JsonObject, parseJson } from './json.ts';
import { limits } from './limits.ts';
import { type ModuleName, parseModuleName, parseRegistryName, parseSelector } from './name.ts';
import { parsePath, parsePaths } from './path.ts';
import { type SourceRecord, sourceRecord } from './source.ts';
import type { Keyset } from './statement-keyset.ts';
import { isVersion } from './version-syntax.ts';

/** Every type of statement that the design names; a client refuses what is not in this list (statements.md §3). */
export const statementTypes = [
  'policy',
  'keyset',
  'release',
  'tag',
  'yank',
  'deprecate',
  'transfer',
  'collection',
  'review',
  'trust',
  'star',
  'advisory',
  'advisory-vote',
  'rfc',
  'ballot',
  'decision',
  'report',
  'appeal',
  'record',
  'snapshot',
  'statistics',
] as const;
export type StatementType = (typeof statementTypes)[number];

/** The SSHSIG namespace of a type (statements.md §4). */
export function signatureNamespace(type: StatementType): string {
  return `mlld-${type}@v1`;
}

export const moduleKinds = ['module', 'mcp-server', 'theme', 'template'] as const;
export type ModuleKind = (typeof moduleKinds)[number];

export interface FileEntry extends FileHash {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: Sha256Hex;
}

export interface ExportParam {
  readonly name: string;
  readonly type?: string;
}

export interface ExportEntry {
  readonly name: string;
  readonly kind: 'exe' | 'var';
  /** Only of an `exe`. */
  readonly params?: readonly ExportParam[];
  readonly about?: string;
}

/**
 * `release`: one immutable version of a module. A superset of the version records that today's mlld registry holds, so
 * that today's tools read it: `needs`, `license`, `mlldVersion`, `source`, `dependencies`, `keywords`, `repo`, `bugs`,
 * `publishedAt`, `publishedBy` mean what they mean there.
 */
export interface Release {
  readonly type: 'release';
  readonly v: 1;
  readonly registry: string;
  readonly name: ModuleName;
  readonly version: string;
  readonly kind: ModuleKind;
  readonly about: string;
  readonly files: readonly FileEntry[];
  /** Content digest over `files` (digests.md §1). */
  readonly digest: Sha256Hex;
  /** The path in `files` that an import evaluates. */
  readonly entry: string;
  readonly source: SourceRecord;
  /** Base URLs, each ending in `/`: a file is at base + path. All are untrusted. */
  readonly sources: readonly string[];
  /** Modules that this one imports, each with a range, version or tag. */
  readonly imports: ReadonlyMap<ModuleName, string>;
  readonly exports: readonly ExportEntry[];
  /** What the code needs beside pure computation: `js`, `node`, `sh`, `cmd`, `py`, `network`, … */
  readonly needs: readonly string[];
  /** Packages and commands of the host by runtime, as today's mlld declares them. */
  readonly dependencies: JsonObject;
  readonly license: string;
  readonly mlldVersion?: string;
  readonly keywords: readonly string[];
  readonly repo?: string;
  readonly bugs?: string;
  readonly homepage?: string;
  readonly publishedAt: string;
  /** Numeric GitHub id. */
  readonly publishedBy?: number;
}

export type Statement = Release | Keyset;

export interface ParseOptions {
  /** The file or URL, for messages. */
  readonly where?: string;
}

/**
 * Reads the `type` of a statement without its body. @throws RegistryError BAD_JSON, BAD_SHAPE, UNSUPPORTED_VERSION
 */
export function statementType(value: JsonObject, where = 'statement'): StatementType {
  const type = d.literal(...statementTypes)(value.type, `${where}: $.type`);
  if (value.v !== 1) {
    throw new RegistryError(
      'UNSUPPORTED_VERSION',
      `${where}: ${type} of schema ${String(value.v)}, this program reads 1`,
      {
        hint: 'Update mlld.',
      },
    );
  }
  return type;
}

/** The object of a statement of one of the types `wanted`; `$` is where it is, for messages. @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_STATEMENT, UNSUPPORTED_VERSION */
export function openStatement<T extends StatementType>(
  bytes: Uint8Array | string,
  wanted: readonly T[],
  where: string,
): { readonly value: JsonObject; readonly type: T; readonly $: string } {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where }), $);
  return { value, type: typeAmong(value, wanted, where), $ };
}

function typeAmong<T extends StatementType>(value: JsonObject, wanted: readonly T[], where: string): T {
  const type = statementType(value, where);
  const known = wanted.find((one) => one === type);
  if (known === undefined)
    throw new RegistryError('BAD_STATEMENT', `${where}: wanted a ${wanted.join(' or ')}, found a ${type}`);
  return known;
}

/** Parses the bytes of a release. @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_STATEMENT, TOO_LARGE */
export function parseRelease(bytes: Uint8Array | string, { where = 'release' }: ParseOptions = {}): Release {
  return decodeRelease(d.object(parseJson(bytes, { where }), `${where}: $`), where);
}

export function decodeRelease(value: JsonObject, where = 'release'): Release {
  typeAmong(value, ['release'], where);
  const $ = `${where}: $`;
  d.onlyMembers(value, releaseMembers, $);
  const release: Release = d.compact({
    type: 'release' as const,
    v: 1 as const,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    name: d.parsed(parseModuleName)(value.name, `${$}.name`),
    version: versionDecoder(value.version, `${$}.version`),
    kind: d.literal(...moduleKinds)(value.kind, `${$}.kind`),
    about: d.text(limits.aboutChars)(value.about, `${$}.about`),
    files: d.array(fileEntry, limits.filesPerModule)(value.files, `${$}.files`),
    digest: d.parsed(parseSha256)(value.digest, `${$}.digest`),
    entry: d.parsed(parsePath)(value.entry, `${$}.entry`),
    source: sourceRecord(value.source, `${$}.source`),
    sources: d.array(baseUrl, limits.sourcesPerRelease)(value.sources, `${$}.sources`),
    imports: importsDecoder(value.imports, `${$}.imports`),
    exports: d.array(exportEntry, 1000)(value.exports, `${$}.exports`),
    needs: d.array(d.text(50), 50)(value.needs, `${$}.needs`),
    dependencies: d.object(value.dependencies ?? {}, `${$}.dependencies`),
    license: d.text(100)(value.license, `${$}.license`),
    mlldVersion: d.optional(d.text(100))(value.mlldVersion, `${$}.mlldVersion`),
    keywords: d.array(d.text(limits.keywordChars), limits.keywords)(value.keywords, `${$}.keywords`),
    repo: d.optional(d.url)(value.repo, `${$}.repo`),
    bugs: d.optional(d.url)(value.bugs, `${$}.bugs`),
    homepage: d.optional(d.url)(value.homepage, `${$}.homepage`),
    publishedAt: d.instant(value.publishedAt, `${$}.publishedAt`),
    publishedBy: d.nullable(d.integer(1))(value.publishedBy, `${$}.publishedBy`),
  });
  parsePaths(release.files.map((file) => file.path));
  const size = release.files.reduce((sum, file) => sum + file.size, 0);
  if (size > limits.moduleBytes)
    throw new RegistryError(
      'TOO_LARGE',
      `${$}.files: wanted at most ${limits.moduleBytes} bytes, found ${size}`,
    );
  if (!release.files.some((file) => file.path === release.entry)) {
    throw new RegistryError('BAD_STATEMENT', `${$}.entry: '${release.entry}' is not among $.files`);
  }
  return release;
}

const releaseMembers = [
  'type',
  'v',
  'registry',
  'name',
  'version',
  'kind',
  'about',
  'files',
  'digest',
  'entry',
  'source',
  'sources',
  'imports',
  'exports',
  'needs',
  'dependencies',
  'license',
  'mlldVersion',
  'keywords',
  'repo',
  'bugs',
  'homepage',
  'publishedAt',
  'publishedBy',
];

/** The bytes of a statement as this project writes them: two spaces, members in the order given, a final newline. */
export function encodeStatement(statement: Statement): string {
  return `${JSON.stringify(statement, (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value), 2)}\n`;
}

export const versionDecoder: d.Decoder<string> = (value, path) => {
  const found = d.string(value, path);
  if (!isVersion(found)) throw d.badShape(path, 'a version such as 1.2.0', found);
  return found;
};

export const fileEntry: d.Decoder<FileEntry> = (value, path) => {
  const file = d.object(value, path);
  d.onlyMembers(file, ['path', 'size', 'sha256'], path);
  return {
    path: d.parsed(parsePath)(file.path, `${path}.path`),
    size: d.integer(0, limits.fileBytes)(file.size, `${path}.size`),
    sha256: d.parsed(parseSha256)(file.sha256, `${path}.sha256`),
  };
};

/** A URL that ends in `/`, so that a file's path can be put behind it. */
export const baseUrl: d.Decoder<string> = (value, path) => {
  const found = d.url(value, path);
  if (!found.endsWith('/') || /[?#]/.test(found))
    throw d.badShape(path, "a URL that ends in '/', without query or fragment", found);
  return found;
};

export const importsDecoder: d.Decoder<Map<ModuleName, string>> = (value, path) =>
  rangesDecoder(limits.importsPerRelease)(value, path);

/** At most `max` modules, each with a range, version or tag. */
export const rangesDecoder =
  (max: number): d.Decoder<Map<ModuleName, string>> =>
  (value, path) => {
    const range: d.Decoder<string> = (one, at) => {
      const found = d.string(one, at);
      d.parsed(parseSelector)(found, at);
      return found;
    };
    return d.map(range, max, parseModuleName)(value, path) as Map<ModuleName, string>;
  };

const exportEntry: d.Decoder<ExportEntry> = (value, path) => {
  const entry = d.object(value, path);
  d.onlyMembers(entry, ['name', 'kind', 'params', 'about'], path);
  return d.compact({
    name: d.text(100)(entry.name, `${path}.name`),
    kind: d.literal('exe', 'var')(entry.kind, `${path}.kind`),
    params: d.optional(d.array(exportParam, 100))(entry.params, `${path}.params`),
    about: d.optional(d.text(500))(entry.about, `${path}.about`),
  });
};

const exportParam: d.Decoder<ExportParam> = (value, path) => {
  const param = d.object(value, path);
  d.onlyMembers(param, ['name', 'type'], path);
  return d.compact({
    name: d.text(100)(param.name, `${path}.name`),
    type: d.optional(d.text(100))(param.type, `${path}.type`),
  });
};
