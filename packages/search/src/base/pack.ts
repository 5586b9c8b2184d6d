/**
 * All files of a base in one (search.md §7.6): what a copy on disk is made of. The lengths of the files come first, in the
 * order of `basePaths`; then the files themselves.
 */
import { layout, RegistryError } from '@mlld/format';
import { byteReader, byteWriter } from '../files/bytes.ts';
import type { IndexFile } from './build.ts';
import type { BaseInfo } from './manifest.ts';
import { basePaths } from './update.ts';

export function encodePack(info: BaseInfo, files: Iterable<IndexFile>): Uint8Array {
  const contents = new Map(files);
  const paths = [...basePaths(info)];
  const out = byteWriter(1 << 20);
  out.uint(paths.length);
  for (const path of paths) out.uint(contents.get(path)?.length ?? 0);
  for (const path of paths) {
    const content = contents.get(path);
    if (content === undefined) throw new RegistryError('INTERNAL', `${path}: the base has no such file`);
    out.bytes(content);
  }
  return out.done();
}

/** @returns what reads a file of the pack by its path. @throws RegistryError BAD_SHAPE if it is cut short or another one's */
export function openPack(info: BaseInfo, pack: Uint8Array): (path: string) => Uint8Array | undefined {
  const where = layout.searchPack(info.id);
  const from = byteReader(pack, where);
  const paths = [...basePaths(info)];
  if (from.count() !== paths.length)
    throw new RegistryError('BAD_SHAPE', `${where}: wanted ${paths.length} files`);
  const lengths = paths.map(() => from.uint());
  const places = new Map<string, readonly [number, number]>();
  let at = pack.length - from.rest;
  for (const [i, path] of paths.entries()) {
    const length = lengths[i] ?? 0;
    places.set(path, [at, at + length]);
    at += length;
  }
  if (at !== pack.length)
    throw new RegistryError('BAD_SHAPE', `${where}: wanted ${at} bytes, found ${pack.length}`);
  return (path) => {
    const place = places.get(path);
    return place && pack.subarray(...place);
  };
}
