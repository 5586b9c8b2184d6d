/** The identities of registries as they were last seen (docs/spec/resolve.md §7): what the cache is laid out by, so for working offline. */
import path from 'node:path';
import { limits, parseRegistryName } from '@mlld/format';
import type { Ops } from '../ops.ts';

const folderOf = (cacheDir: string) => path.join(cacheDir, 'identities');

/** @param place base URL or zone. Registry names have a dot in them: this folder is none. */
export function identityFile({ sha256 }: Pick<Ops, 'sha256'>, cacheDir: string, place: string): string {
  return path.join(folderOf(cacheDir), sha256(place));
}

/** Undefined where none is kept, or what is kept is none. */
export function keptIdentity(
  ops: Pick<Ops, 'sha256' | 'files'>,
  cacheDir: string,
  place: string,
): string | undefined {
  // An empty cache is told without a hash, which would have to be loaded before the first request.
  if (ops.files.stat(folderOf(cacheDir)) === undefined) return undefined;
  const kept = ops.files.read(identityFile(ops, cacheDir, place), limits.registryJsonBytes);
  return kept === undefined ? undefined : readIdentity(kept);
}

export function readIdentity(bytes: Uint8Array): string | undefined {
  try {
    return parseRegistryName(new TextDecoder().decode(bytes).trim());
  } catch {
    return undefined;
  }
}
