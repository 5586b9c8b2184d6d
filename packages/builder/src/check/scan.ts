/**
 * What the scanner says of the code behind new releases (docs/spec/scan.md): threats, and what a version can do beyond the one before.
 * Advice for reviewers: it adds findings, and never takes one away or makes an error.
 */
import { compareVersions, type ModuleName, type Sha256Hex } from '@mlld/format';
import { capabilities, diffCapabilities, type ScanSource, threats } from '@mlld/lang';
import { sha256 } from '@mlld/trust';
import { type Finding, finding, sortFindings } from '../finding.ts';
import type { ReadRelease } from '../repository/model.ts';
import { askSources } from '../sources/ask.ts';
import type { Fetch } from '../sources/download.ts';
import { sourceJob } from '../sources/job.ts';
import type { SourceResult, SourceStore } from '../sources/result.ts';
import { type CheckOptions, scopeOf } from './check.ts';

export interface ScanOptions extends CheckOptions {
  readonly fetch?: Fetch | undefined;
  readonly onDone?: (done: number, total: number) => void;
}

interface Wanted {
  readonly name: ModuleName;
  readonly read: ReadRelease;
  /** The version before, for a version that is not the first. */
  readonly before: ReadRelease | undefined;
}

/** Findings of one release that are shown; the last says how many more there are. */
const mostThreats = 50;

/** Fetches the bytes of the releases that are new since the base, or of all, checks their hashes, and scans them. */
export async function scanReleases(folder: string, options: ScanOptions = {}): Promise<Finding[]> {
  const scope = scopeOf(folder, options);
  const wanted = scope.modules.flatMap((name) => {
    const { releases } = scope.module(name);
    return releases
      .filter(({ file }) => scope.isNew(file))
      .map((read): Wanted => ({ name, read, before: predecessor(read, releases) }));
  });
  const store = memoryStore();
  const all = new Map(
    wanted.flatMap(({ name, read, before }) =>
      [read, ...(before === undefined ? [] : [before])].map(
        (one) => [one.sha256, sourceJob(name, one)] as const,
      ),
    ),
  );
  const { onDone } = options;
  await askSources([...all.values()], {
    store,
    fetch: options.fetch,
    ...(onDone === undefined ? {} : { onDone: (done, total) => onDone(done, total) }),
  });
  return sortFindings(wanted.flatMap((one) => scanOne(one, store)));
}

function predecessor(read: ReadRelease, releases: readonly ReadRelease[]): ReadRelease | undefined {
  return releases
    .filter(({ version }) => compareVersions(version, read.version) < 0)
    .sort((a, b) => compareVersions(b.version, a.version))[0];
}

function scanOne({ name, read, before }: Wanted, store: SourceStore): Finding[] {
  const { file, text, version } = read;
  const sources = sourcesOf(read, store);
  if (typeof sources === 'string')
    return [finding('scan/source', { file, text }, `${name}@${version} was not scanned: ${sources}`)];
  const found = sources.flatMap(({ file: inner, text: code }) =>
    threats(code, {
      file: inner,
      kind: /\.(?:md|markdown|txt)$/i.test(inner) && !/\.mld\.md$/i.test(inner) ? 'docs' : 'code',
    }),
  );
  const findings = found.slice(0, mostThreats).map(({ rule, severity, place, message, reason }): Finding => {
    const where = `${place.file}:${place.line}:${place.column}`;
    const told = finding('scan/threat', { file, text }, `${where} ${message} [${rule}]: ${reason}`);
    return severity === 'high' || severity === 'medium' ? told : { ...told, severity: 'info' };
  });
  if (found.length > mostThreats)
    findings.push(
      finding('scan/threat', { file, text }, `${found.length - mostThreats} more findings; see mlld scan`),
    );
  const old = before === undefined ? [] : sourcesOf(before, store);
  // Of a version before that can't be had, nothing can be said.
  if (before === undefined || typeof old === 'string') return findings;
  const { added } = diffCapabilities(capabilities(old), capabilities(sources));
  for (const { kind, name: what, places } of added) {
    const at = places[0] === undefined ? '' : ` (${places[0].file}:${places[0].line})`;
    const message = `${name}@${version} can reach for ${kind} ${what}${at}, and ${before.version} could not`;
    findings.push(finding('scan/capability', { file, text }, message));
  }
  return findings;
}

/** The texts of a release, or why they are not at hand. */
function sourcesOf(read: ReadRelease, store: SourceStore): ScanSource[] | string {
  const result = store.result(read.sha256);
  if (result?.state !== 'match') return result?.reason ?? 'its sources were not asked';
  return result.files.flatMap(({ path, sha256: hash }) => {
    const bytes = store.bytes(hash);
    if (bytes === undefined || (bytes.subarray(0, 8000).includes(0) && !/\.(?:mld|md)$/.test(path)))
      return [];
    return { file: path, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
  });
}

function memoryStore(): SourceStore {
  const results = new Map<Sha256Hex, SourceResult>();
  const blobs = new Map<Sha256Hex, Uint8Array>();
  return {
    result: (key) => results.get(key),
    bytes: (hash) => blobs.get(hash),
    keepBytes: (bytes) => {
      const hash = sha256(bytes);
      blobs.set(hash, bytes);
      return hash;
    },
    keep: (key, result) => results.set(key, result),
  };
}
