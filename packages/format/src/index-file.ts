/**
 * The index file of a module, `index/<author>/<name>` (docs/spec/index.md): newline-delimited JSON. Line 1 is what can
 * change; then a line a version, newest first, immutable once written but for `checked`. Each line has its own schema number: a
 * client skips versions that it does not understand and still sees the rest.
 */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import { RegistryError } from './errors.ts';
import {
  type CommunityHint,
  communityHint,
  encodeCommunityHint,
  encodeScoreHint,
  encodeStanding,
  type ScoreHint,
  type Standing,
  scoreHint,
  standing,
} from './header-hints.ts';
import { type Json, type JsonObject, parseNdjson } from './json.ts';
import { limits } from './limits.ts';
import { type Author, type ModuleName, parseAuthor, parseModuleName } from './name.ts';
import { parsePath, parsePaths } from './path.ts';
import { baseUrl, importsDecoder, type ModuleKind, moduleKinds, versionDecoder } from './statement.ts';

/** A file by path. Size and hash are absent only in records that never stated them (evidence 0, `contentHash` instead). */
export interface IndexFileEntry {
  readonly path: string;
  readonly size?: number;
  readonly sha256?: Sha256Hex;
}

/** What a client needs to get and check the bytes of one version. */
export interface Artifact {
  readonly name: ModuleName;
  readonly version: string;
  /** Content digest; absent where the record states only `contentHash`. */
  readonly digest?: Sha256Hex;
  /** Hash by today's rule, with the shape that it was made of (digests.md §2). */
  readonly contentHash?: Sha256Hex;
  readonly shape: 'file' | 'directory';
  readonly entry: string;
  readonly files: readonly IndexFileEntry[];
  readonly sources: readonly string[];
  /** sha256 of the release statement: the key of its proof bundle. Absent for unsigned records. */
  readonly statement?: Sha256Hex;
}

/** What the builder saw when it asked the sources (index.md §4). */
export interface Checked {
  readonly state: 'match' | 'mismatch' | 'unreachable' | 'unchecked';
  /** With `mismatch`: the content hash that was found. */
  readonly found?: Sha256Hex;
  /** Why, for people. */
  readonly reason?: string;
}

/** 0 hash only · 1 logged · 2 author-signed · 3 reproduced from its commit · 4 reviewed by people you trust. */
export type Evidence = 0 | 1 | 2 | 3 | 4;

export interface IndexVersion extends Artifact {
  readonly v: 1;
  readonly kind: ModuleKind;
  readonly imports: ReadonlyMap<ModuleName, string>;
  /** All modules that this one needs, directly or not, as they were chosen when it was published (index.md §3). */
  readonly closure: readonly Artifact[];
  readonly needs: readonly string[];
  readonly license: string;
  readonly mlldVersion?: string;
  readonly exports?: readonly string[];
  readonly publishedAt?: string;
  readonly evidence: Evidence;
  readonly checked: Checked;
}

export interface IndexHeader {
  readonly v: 1;
  readonly name: ModuleName;
  readonly about: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly owners: readonly Author[];
  readonly yanked: ReadonlyMap<string, string>;
  readonly deprecated?: { readonly message: string; readonly replacedBy?: ModuleName };
  readonly advisories: readonly string[];
  readonly community?: CommunityHint;
  /** Of the module's author. Absent: no root reaches them. */
  readonly standing?: Standing;
  readonly score?: ScoreHint;
}

export interface ModuleIndex {
  readonly header: IndexHeader;
  readonly versions: readonly IndexVersion[];
  /** Versions of a schema that this program does not read. */
  readonly skipped: readonly string[];
}

/** @throws RegistryError BAD_INDEX, BAD_JSON, BAD_SHAPE, TOO_LARGE */
export function parseIndex(bytes: Uint8Array | string, where = 'index'): ModuleIndex {
  const [first, ...rest] = parseNdjson(bytes, { where, maxBytes: limits.indexBytes });
  if (first === undefined) throw new RegistryError('BAD_INDEX', `${where}: the file is empty`);
  const header = decodeHeader(d.object(first, `${where}, line 1: $`), `${where}, line 1: $`);
  const versions: IndexVersion[] = [];
  const skipped: string[] = [];
  for (const [i, line] of rest.entries()) {
    const path = `${where}, line ${i + 2}: $`;
    const value = d.object(line, path);
    if (value.v === 1) versions.push(decodeVersion(value, header.name, path));
    else skipped.push(typeof value.version === 'string' ? value.version : '?');
  }
  const seen = new Set<string>();
  for (const { version } of versions) {
    if (seen.has(version)) throw new RegistryError('BAD_INDEX', `${where}: version ${version} stands twice`);
    seen.add(version);
  }
  return { header, versions, skipped };
}

/** The bytes of an index file: deterministic, members in a fixed order. */
export function encodeIndex({ header, versions }: Pick<ModuleIndex, 'header' | 'versions'>): string {
  return [JSON.stringify(encodeHeader(header)), ...versions.map(encodeVersion), ''].join('\n');
}

function decodeHeader(value: JsonObject, $: string): IndexHeader {
  if (value.v !== 1) {
    throw new RegistryError(
      'UNSUPPORTED_VERSION',
      `${$}.v: this program reads index files of schema 1, found ${String(value.v)}`,
      {
        hint: 'Update mlld.',
      },
    );
  }
  const deprecated: d.Decoder<{ message: string; replacedBy?: ModuleName }> = (one, path) => {
    const found = d.object(one, path);
    return d.compact({
      message: d.text(1000)(found.message, `${path}.message`),
      replacedBy: d.optional(d.parsed(parseModuleName))(found.replacedBy, `${path}.replacedBy`),
    });
  };
  return d.compact({
    v: 1 as const,
    name: d.parsed(parseModuleName)(value.name, `${$}.name`),
    about: d.text(limits.aboutChars)(value.about, `${$}.about`),
    tags: d.map(versionDecoder, 200)(value.tags ?? {}, `${$}.tags`),
    owners: d.array(d.parsed(parseAuthor), 50)(value.owners ?? [], `${$}.owners`),
    yanked: d.map(d.text(1000), 10_000)(value.yanked ?? {}, `${$}.yanked`),
    deprecated: d.optional(deprecated)(value.deprecated, `${$}.deprecated`),
    advisories: d.array(d.text(50), 1000)(value.advisories ?? [], `${$}.advisories`),
    community: d.optional(communityHint)(value.community, `${$}.community`),
    standing: d.optional(standing)(value.standing, `${$}.standing`),
    score: d.optional(scoreHint)(value.score, `${$}.score`),
  });
}

function decodeVersion(value: JsonObject, name: ModuleName, $: string): IndexVersion {
  const version: IndexVersion = d.compact({
    v: 1 as const,
    ...decodeArtifact({ ...value, name }, $),
    kind: d.literal(...moduleKinds)(value.kind, `${$}.kind`),
    imports: importsDecoder(value.imports ?? {}, `${$}.imports`),
    closure: d.array(artifact, limits.closureEntries)(value.closure ?? [], `${$}.closure`),
    needs: d.array(d.text(50), 50)(value.needs ?? [], `${$}.needs`),
    license: d.text(100)(value.license, `${$}.license`),
    mlldVersion: d.optional(d.text(100))(value.mlldVersion, `${$}.mlldVersion`),
    exports: d.optional(d.array(d.text(100), 1000))(value.exports, `${$}.exports`),
    publishedAt: d.optional(d.instant)(value.publishedAt, `${$}.publishedAt`),
    evidence: d.literal(0, 1, 2, 3, 4)(value.evidence, `${$}.evidence`),
    checked: checked(value.checked, `${$}.checked`),
  });
  // Losing the one member that leads to the signature must not turn a signed version into an unsigned one.
  if (version.evidence >= 2 && version.statement === undefined)
    throw d.badShape(`${$}.statement`, 'the statement of a version that is signed', undefined);
  return version;
}

const artifact: d.Decoder<Artifact> = (value, path) => decodeArtifact(d.object(value, path), path);

function decodeArtifact(value: JsonObject, $: string): Artifact {
  const found: Artifact = d.compact({
    name: d.parsed(parseModuleName)(value.name, `${$}.name`),
    version: versionDecoder(value.version, `${$}.version`),
    digest: d.optional(d.parsed(parseSha256))(value.digest, `${$}.digest`),
    contentHash: d.optional(d.parsed(parseSha256))(value.contentHash, `${$}.contentHash`),
    shape: d.literal('file', 'directory')(value.shape ?? 'file', `${$}.shape`),
    entry: d.parsed(parsePath)(value.entry, `${$}.entry`),
    files: d.array(indexFileEntry, limits.filesPerModule)(value.files, `${$}.files`),
    sources: d.array(baseUrl, limits.sourcesPerRelease)(value.sources ?? [], `${$}.sources`),
    statement: d.optional(d.parsed(parseSha256))(value.statement, `${$}.statement`),
  });
  if (found.digest === undefined && found.contentHash === undefined)
    throw d.badShape(`${$}.digest`, 'a digest or a contentHash', undefined);
  if (found.digest !== undefined && found.files.some((file) => file.sha256 === undefined)) {
    throw d.badShape(`${$}.files`, 'a hash of each file beside a digest', value.files);
  }
  parsePaths(found.files.map((file) => file.path));
  if (!found.files.some((file) => file.path === found.entry))
    throw d.badShape(`${$}.entry`, 'a path that stands in files', found.entry);
  return found;
}

const indexFileEntry: d.Decoder<IndexFileEntry> = (value, path) => {
  const file = d.object(value, path);
  return d.compact({
    path: d.parsed(parsePath)(file.path, `${path}.path`),
    size: d.optional(d.integer(0, limits.fileBytes))(file.size, `${path}.size`),
    sha256: d.optional(d.parsed(parseSha256))(file.sha256, `${path}.sha256`),
  });
};

const checked: d.Decoder<Checked> = (value, path) => {
  const found = d.object(value, path);
  return d.compact({
    state: d.literal('match', 'mismatch', 'unreachable', 'unchecked')(found.state, `${path}.state`),
    found: d.optional(d.parsed(parseSha256))(found.found, `${path}.found`),
    reason: d.optional(d.text(300))(found.reason, `${path}.reason`),
  });
};

function encodeHeader(header: IndexHeader): Json {
  return d.compact({
    v: 1,
    name: header.name as string,
    about: header.about,
    tags: Object.fromEntries(header.tags),
    owners: header.owners as readonly string[],
    yanked: header.yanked.size > 0 ? Object.fromEntries(header.yanked) : undefined,
    deprecated: header.deprecated as JsonObject | undefined,
    advisories: header.advisories.length > 0 ? header.advisories : undefined,
    community: header.community && encodeCommunityHint(header.community),
    standing: header.standing && encodeStanding(header.standing),
    score: header.score && encodeScoreHint(header.score),
  }) as JsonObject;
}

/** An artifact stands in the closures of many: its text is made once. */
const artifactTexts = new WeakMap<Artifact, string>();

function artifactText(artifact: Artifact): string {
  const known = artifactTexts.get(artifact);
  if (known !== undefined) return known;
  const text = JSON.stringify({ name: artifact.name, ...encodeArtifact(artifact) });
  artifactTexts.set(artifact, text);
  return text;
}

/** One line: members that are undefined are left out. */
function encodeVersion(line: IndexVersion): string {
  const before = JSON.stringify({
    v: 1,
    ...encodeArtifact(line),
    kind: line.kind,
    imports: line.imports.size > 0 ? Object.fromEntries(line.imports) : undefined,
  });
  const after = JSON.stringify({
    needs: line.needs,
    license: line.license,
    mlldVersion: line.mlldVersion,
    exports: line.exports,
    publishedAt: line.publishedAt,
    evidence: line.evidence,
    checked: line.checked,
  });
  const closure = line.closure.length > 0 ? `"closure":[${line.closure.map(artifactText).join(',')}],` : '';
  return `${before.slice(0, -1)},${closure}${after.slice(1)}`;
}

/** All but its name. */
function encodeArtifact(one: Artifact) {
  return {
    version: one.version,
    digest: one.digest,
    contentHash: one.contentHash,
    shape: one.shape,
    entry: one.entry,
    files: one.files.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
    sources: one.sources,
    statement: one.statement,
  };
}
