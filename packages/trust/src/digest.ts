/** Hashes on `node:crypto`, and the checks of a module's bytes against what a release says (docs/spec/digests.md). */
import { hash } from 'node:crypto';
import {
  contentDigest,
  type FileEntry,
  parsePaths,
  printable,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';

/** sha256 of bytes, or of a text's UTF-8, in hex. */
export function sha256(data: Uint8Array | string): Sha256Hex {
  return hash('sha256', data, 'hex') as Sha256Hex;
}

/** The content digest of files by path (digests.md §1). @throws RegistryError BAD_PATH */
export function digestOfFiles(files: ReadonlyMap<string, Uint8Array>): Sha256Hex {
  parsePaths([...files.keys()]);
  return contentDigest(
    [...files].map(([path, bytes]) => ({ path, sha256: sha256(bytes) })),
    sha256,
  );
}

/** Compares one file's bytes with its entry. @throws RegistryError SIZE_MISMATCH, HASH_MISMATCH */
export function checkFile(
  entry: Pick<FileEntry, 'path' | 'sha256'> & { readonly size?: number },
  bytes: Uint8Array,
): void {
  const { path, size } = entry;
  if (size !== undefined && bytes.length !== size)
    throw new RegistryError('SIZE_MISMATCH', `${path}: wanted ${size} bytes, found ${bytes.length}`);
  const found = sha256(bytes);
  if (found !== entry.sha256)
    throw new RegistryError('HASH_MISMATCH', `${path}: wanted sha256 ${entry.sha256}, found ${found}`);
}

/**
 * Compares a module's files with its release: all of them, and no other.
 * @throws RegistryError FILE_NOT_FOUND, SIZE_MISMATCH, HASH_MISMATCH
 */
export function checkFiles(entries: readonly FileEntry[], files: ReadonlyMap<string, Uint8Array>): void {
  for (const entry of entries) {
    const bytes = files.get(entry.path);
    if (bytes === undefined)
      throw new RegistryError('FILE_NOT_FOUND', `${entry.path}: the release names it, and it is not there`);
    checkFile(entry, bytes);
  }
  const named = new Set(entries.map(({ path }) => path));
  const extra = [...files.keys()].find((path) => !named.has(path));
  if (extra !== undefined)
    throw new RegistryError('HASH_MISMATCH', `${printable(extra)}: the release does not name this file`);
}
