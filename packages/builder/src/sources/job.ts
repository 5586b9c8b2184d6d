/** What to ask for one release: its files, where they may be, and what they must hash to. */
import { type FileEntry, locate, type Sha256Hex } from '@mlld/format';
import type { ReadRelease } from '../repository/model.ts';

export interface SourceJob {
  /** sha256 of the version file: the key under which the result is kept. */
  readonly key: Sha256Hex;
  /** For people: `@alice/strings@1.2.0`. */
  readonly what: string;
  /** Base URLs, each ending in `/`, in order of preference. */
  readonly bases: readonly string[];
  readonly paths: readonly string[];
  readonly shape: 'file' | 'directory';
  /** By path, where the release states each file. */
  readonly files?: ReadonlyMap<string, FileEntry>;
  /** Hash by today's rule. */
  readonly contentHash: Sha256Hex;
}

export function sourceJob(name: string, read: ReadRelease): SourceJob {
  const source = read.kind === 'signed' ? read.release.source : read.record.source;
  const location = locate(source);
  const base = { key: read.sha256, what: `${name}@${read.version}`, contentHash: source.contentHash };
  if (read.kind === 'record')
    return { ...base, bases: [location.base], paths: location.files, shape: location.shape };
  const { files } = read.release;
  return {
    ...base,
    bases: basesOf(read),
    paths: files.map((file) => file.path),
    shape: location.shape,
    files: new Map(files.map((file) => [file.path, file])),
  };
}

/** The base URLs of a release, those of its statement first. */
export function basesOf(read: ReadRelease): readonly string[] {
  if (read.kind === 'record') return [locate(read.record.source).base];
  const { sources, source } = read.release;
  return sources.length > 0 ? sources : [locate(source).base];
}
