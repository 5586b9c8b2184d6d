/** What the index says of one version, but for its closure: from the release and from what its sources gave. */
import {
  type Artifact,
  type Checked,
  contentDigest,
  decode as d,
  type Evidence,
  type IndexFileEntry,
  type IndexVersion,
  locate,
  type ModuleName,
  type Sha256Hex,
} from '@mlld/format';
import { sha256 } from '@mlld/trust';
import {
  publishedAt,
  type ReadRelease,
  type RecordRelease,
  type SignedRelease,
} from '../repository/model.ts';
import { basesOf } from '../sources/job.ts';
import type { SourceResult } from '../sources/result.ts';
import { analyseRecord, type RecordCode } from './analyse.ts';
import { orderKey } from './closure.ts';

export interface Facts {
  readonly read: ReadRelease;
  /** Its place in the order of all releases: time, then name, then version. */
  readonly key: string;
  readonly artifact: Artifact;
  readonly imports: ReadonlyMap<ModuleName, string>;
  /** The line of the index without its closure. */
  readonly line: Omit<IndexVersion, 'closure'>;
  /** Files whose bytes are kept. */
  readonly kept: readonly { readonly path: string; readonly sha256: Sha256Hex }[];
}

export type BytesOf = (sha256: Sha256Hex) => Uint8Array | undefined;

export async function factsOf(
  name: ModuleName,
  read: ReadRelease,
  found: {
    readonly result: SourceResult | undefined;
    readonly bytesOf: BytesOf;
    /** Whether the registry logs what it holds. */
    readonly logged: boolean;
  },
): Promise<Facts> {
  const { result, logged } = found;
  const base = {
    read,
    key: orderKey(publishedAt(read), name, read.version),
    kept: result?.state === 'match' ? result.files : [],
  };
  const checked = checkedOf(result);
  if (read.kind === 'signed') return { ...base, ...signedFacts(name, read, checked) };
  const code = await codeOf(read, found);
  return { ...base, ...recordFacts(name, read, { checked, result, code, logged }) };
}

function checkedOf(result: SourceResult | undefined): Checked {
  if (result === undefined) return { state: 'unchecked' };
  if (result.state === 'match') return { state: 'match' };
  if (result.state === 'mismatch') return { state: 'mismatch', found: result.found, reason: result.reason };
  return { state: 'unreachable', reason: result.reason };
}

function signedFacts(name: ModuleName, read: SignedRelease, checked: Checked) {
  const { release } = read;
  const artifact: Artifact = {
    name,
    version: read.version,
    digest: release.digest,
    contentHash: release.source.contentHash,
    shape: release.source.type === 'directory' ? 'directory' : 'file',
    entry: release.entry,
    files: release.files,
    sources: basesOf(read),
    statement: read.sha256,
  };
  const line: Facts['line'] = d.compact({
    v: 1 as const,
    ...artifact,
    kind: release.kind,
    imports: release.imports,
    needs: release.needs,
    license: release.license,
    mlldVersion: release.mlldVersion,
    exports: release.exports.map((one) => one.name),
    publishedAt: release.publishedAt,
    evidence: 2 as Evidence,
    checked,
  });
  return { artifact, imports: release.imports, line };
}

async function codeOf(
  { record }: RecordRelease,
  { result, bytesOf }: { readonly result: SourceResult | undefined; readonly bytesOf: BytesOf },
): Promise<RecordCode | undefined> {
  if (result?.state !== 'match') return undefined;
  const { entry } = locate(record.source);
  const file = result.files.find(({ path }) => path === entry);
  const bytes = file && bytesOf(file.sha256);
  return bytes && analyseRecord(bytes, entry);
}

function recordFacts(
  name: ModuleName,
  read: RecordRelease,
  {
    checked,
    result,
    code,
    logged,
  }: { checked: Checked; result: SourceResult | undefined; code: RecordCode | undefined; logged: boolean },
) {
  const { record } = read;
  const artifact = recordArtifact(name, read, result);
  const line: Facts['line'] = d.compact({
    v: 1 as const,
    ...artifact,
    kind: 'module' as const,
    imports: code?.imports ?? new Map(),
    needs: record.needs,
    license: record.license,
    mlldVersion: record.mlldVersion,
    exports: code?.exports,
    publishedAt: record.publishedAt,
    evidence: (logged ? 1 : 0) as Evidence,
    checked,
  });
  return { artifact, imports: line.imports, line };
}

/** Of a single file the record's hash is the file's own; of a directory only the sources tell (digests.md §2). */
function recordArtifact(name: ModuleName, read: RecordRelease, result: SourceResult | undefined): Artifact {
  const { source } = read.record;
  const location = locate(source);
  const base = {
    name,
    version: read.version,
    contentHash: source.contentHash,
    shape: location.shape,
    entry: location.entry,
    sources: [location.base],
  };
  const files: readonly IndexFileEntry[] =
    result?.state === 'match'
      ? result.files
      : location.shape === 'file'
        ? [{ path: location.entry, sha256: source.contentHash }]
        : location.files.map((path) => ({ path }));
  const hashes = files.flatMap(({ path, sha256: hash }) =>
    hash === undefined ? [] : [{ path, sha256: hash }],
  );
  if (hashes.length < files.length) return { ...base, files };
  return { ...base, digest: contentDigest(hashes, sha256), files };
}
