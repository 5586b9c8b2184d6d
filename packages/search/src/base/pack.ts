/**
 * All files of a base in one (search.md §7.6): what a copy on disk is made of. The lengths of the files come first, in the
 * order of `basePaths`; then the files themselves.
 */
import { layout, RegistryError } from '@mlld/format';
import { byteReader, byteWriter } from '../files/bytes.ts';
import type { IndexFile } from './build.ts';
import type { BaseInfo } from './manifest.ts';
import { basePaths, countPaths, placesOf } from './paths.ts';

export function encodePack(info: BaseInfo, files: Iterable<IndexFile>): Uint8Array {
  const contents = new Map(files);
  const paths = [...basePaths(info)];
  const size = [...contents.values()].reduce((sum, content) => sum + content.length, 0);
  const out = byteWriter(size + 5 * paths.length + 8);
  out.uint(paths.length);
  for (const path of paths) out.uint(contents.get(path)?.length ?? 0);
  for (const path of paths) {
    const content = contents.get(path);
    if (content === undefined) throw new RegistryError('INTERNAL', `${path}: the base has no such file`);
    out.bytes(content);
  }
  return out.done();
}

/** The bytes of a pack, of which few are looked at: those of a file on disk, or in memory. */
export interface PackBytes {
  readonly size: number;
  /** Undefined where the pack is there no more. */
  read(at: number, length: number): Uint8Array | undefined;
}

export function packInMemory(pack: Uint8Array): PackBytes {
  return { size: pack.length, read: (at, length) => pack.subarray(at, at + length) };
}

/** Most bytes of a length in front of the files: none is larger than 2 GiB. */
const lengthBytes = 5;

/**
 * @returns what reads a file of the pack by its path; only the lengths are read before one is asked for. Undefined where the
 * pack has no such file, or is there no more.
 * @throws RegistryError BAD_SHAPE if it is cut short or another one's
 */
export function openPack(info: BaseInfo, pack: PackBytes): (path: string) => Uint8Array | undefined {
  const where = layout.searchPack(info.id);
  const count = countPaths(info);
  const head = pack.read(0, Math.min(pack.size, lengthBytes * (count + 1))) ?? new Uint8Array();
  const from = byteReader(head, where);
  const found = from.count();
  if (found !== count)
    throw new RegistryError('BAD_SHAPE', `${where}: wanted ${count} files, found ${found}`);
  // Each length is the gap between the ends of two files.
  const ends = from.ascending(count);
  const start = head.length - from.rest;
  const size = ends[count - 1]!;
  if (size !== pack.size - start)
    throw new RegistryError(
      'BAD_SHAPE',
      `${where}: wanted ${size} bytes of files, found ${pack.size - start}`,
    );
  const placeOf = placesOf(info);
  return (path) => {
    const at = placeOf(path);
    if (at === undefined) return undefined;
    const before = at === 0 ? 0 : ends[at - 1]!;
    const length = ends[at]! - before;
    const bytes = length < 0 ? undefined : pack.read(start + before, length);
    return bytes?.length === length ? bytes : undefined;
  };
}
