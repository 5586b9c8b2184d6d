/**
 * Where a module's bytes come from, as the version records of today's mlld registry say it (docs/spec/records.md §2):
 * a single file (`github`, `gist`, `url`) or a `directory`.
 */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import { RegistryError } from './errors.ts';
import { limits } from './limits.ts';
import { parsePath, parsePaths } from './path.ts';

export interface SourceRecord {
  readonly type: 'github' | 'gist' | 'url' | 'directory';
  /** Single file: where its bytes are. */
  readonly url?: string;
  /** Directory: the folder's URL, without the trailing slash in today's records. */
  readonly baseUrl?: string;
  readonly files?: readonly string[];
  readonly entryPoint?: string;
  readonly gistId?: string;
  /** digests.md §2. */
  readonly contentHash: Sha256Hex;
  readonly repository?: RepositoryRecord;
}

export interface RepositoryRecord {
  readonly type: 'git';
  readonly url: string;
  readonly commit?: string;
  readonly path?: string;
}

export const sourceRecord: d.Decoder<SourceRecord> = (value, path) => {
  const found = d.object(value, path);
  const type = d.literal('github', 'gist', 'url', 'directory')(found.type, `${path}.type`);
  const directory = type === 'directory';
  const source: SourceRecord = d.compact({
    type,
    url: directory ? undefined : d.url(found.url, `${path}.url`),
    baseUrl: directory ? d.url(found.baseUrl, `${path}.baseUrl`) : undefined,
    files: directory
      ? d.array(d.parsed(parsePath), limits.filesPerModule)(found.files, `${path}.files`)
      : undefined,
    entryPoint: directory ? d.parsed(parsePath)(found.entryPoint, `${path}.entryPoint`) : undefined,
    gistId: d.optional(d.text(64))(found.gistId, `${path}.gistId`),
    contentHash: d.parsed(parseSha256)(found.contentHash, `${path}.contentHash`),
    repository: d.nullable(repository)(found.repository, `${path}.repository`),
  });
  if (source.files !== undefined) {
    parsePaths(source.files);
    if (!source.files.includes(source.entryPoint ?? '')) {
      throw new RegistryError('BAD_SHAPE', `${path}.entryPoint: '${source.entryPoint}' is not among files`);
    }
  }
  return source;
};

const repository: d.Decoder<RepositoryRecord> = (value, path) => {
  const found = d.object(value, path);
  return d.compact({
    type: d.literal('git')(found.type, `${path}.type`),
    url: d.url(found.url, `${path}.url`),
    commit: d.nullable(d.text(64))(found.commit, `${path}.commit`),
    path: d.nullable(d.text(limits.pathChars))(found.path, `${path}.path`),
  });
};

/** A module's files by path, and the base URL that they hang below. */
export interface Location {
  /** Ends in `/`. */
  readonly base: string;
  readonly files: readonly string[];
  readonly entry: string;
  readonly shape: 'file' | 'directory';
}

/** The location that a source record names. @throws RegistryError BAD_PATH for a URL whose last segment is no file name */
export function locate(source: SourceRecord): Location {
  if (source.type === 'directory') {
    const base = source.baseUrl ?? '';
    return {
      base: base.endsWith('/') ? base : `${base}/`,
      files: source.files ?? [],
      entry: source.entryPoint ?? '',
      shape: 'directory',
    };
  }
  const url = source.url ?? '';
  const slash = url.lastIndexOf('/') + 1;
  const file = parsePath(url.slice(slash));
  return { base: url.slice(0, slash), files: [file], entry: file, shape: 'file' };
}
