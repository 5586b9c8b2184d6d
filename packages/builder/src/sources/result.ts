/**
 * What was found when the sources of a release were asked, kept in a state folder by the hash of the release's statement
 * or record: a build that was interrupted, a later one, and an offline one don't ask again.
 *
 * ```
 * <state>/sources/<sha256 of the version file>.json    the result
 * <state>/bytes/<sha256>                               contents of files that matched
 * ```
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decode as d, limits, parseJson, parsePath, parseSha256, type Sha256Hex } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import { readRegularFile } from '../repository/tree.ts';

export interface FoundFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: Sha256Hex;
}

export type SourceResult =
  | { readonly state: 'match'; readonly files: readonly FoundFile[] }
  | { readonly state: 'mismatch'; readonly found: Sha256Hex; readonly reason: string }
  | {
      readonly state: 'unreachable';
      readonly reason: string;
      /** Whether it is worth asking again: the network failed, not the address. */
      readonly again: boolean;
    };

export interface SourceStore {
  /** The kept result of a version file, or undefined if it was never asked. */
  result(key: Sha256Hex): SourceResult | undefined;
  bytes(sha256: Sha256Hex): Uint8Array | undefined;
  keepBytes(bytes: Uint8Array): Sha256Hex;
  keep(key: Sha256Hex, result: SourceResult): void;
}

/** The store in a folder, which need not exist yet. Without a folder, an empty one that keeps nothing. */
export function sourceStore(folder: string): SourceStore {
  const results = path.join(folder, 'sources');
  const blobs = path.join(folder, 'bytes');
  let made = false;
  const write = (file: string, data: Uint8Array | string) => {
    if (!made) for (const one of [results, blobs]) mkdirSync(one, { recursive: true });
    made = true;
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, data);
    renameSync(temporary, file);
  };
  const dropped = (file: string): undefined => {
    rmSync(file, { force: true });
    return undefined;
  };
  const exists = existsSync(results) || existsSync(blobs);
  return {
    result(key) {
      if (!exists && !made) return undefined;
      const file = path.join(results, `${key}.json`);
      try {
        const bytes = readRegularFile(file, limits.indexBytes);
        return bytes === undefined ? undefined : decodeResult(bytes);
      } catch {
        return dropped(file);
      }
    },
    bytes(hash) {
      if (!exists && !made) return undefined;
      const file = path.join(blobs, hash);
      const bytes = readRegularFile(file, limits.fileBytes);
      return bytes === undefined || sha256(bytes) === hash ? bytes : dropped(file);
    },
    keepBytes(bytes) {
      const hash = sha256(bytes);
      const file = path.join(blobs, hash);
      if (!existsSync(file)) write(file, bytes);
      return hash;
    },
    keep: (key, result) => write(path.join(results, `${key}.json`), `${JSON.stringify(result)}\n`),
  };
}

function decodeResult(bytes: Uint8Array): SourceResult {
  const value = d.object(parseJson(bytes, { maxBytes: limits.indexBytes }), '$');
  const state = d.literal('match', 'mismatch', 'unreachable')(value.state, '$.state');
  if (state === 'mismatch') {
    return {
      state,
      found: d.parsed(parseSha256)(value.found, '$.found'),
      reason: d.text(300)(value.reason, '$.reason'),
    };
  }
  if (state === 'unreachable')
    return { state, reason: d.text(300)(value.reason, '$.reason'), again: d.boolean(value.again, '$.again') };
  return { state, files: d.array(foundFile, limits.filesPerModule)(value.files, '$.files') };
}

const foundFile: d.Decoder<FoundFile> = (value, at) => {
  const found = d.object(value, at);
  return {
    path: d.parsed(parsePath)(found.path, `${at}.path`),
    size: d.integer(0, limits.fileBytes)(found.size, `${at}.size`),
    sha256: d.parsed(parseSha256)(found.sha256, `${at}.sha256`),
  };
};
