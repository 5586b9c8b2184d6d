/**
 * All files of a base in one (search.md §7.6): what a copy on disk is made of. The lengths of the files come first, in the
 * order of `basePaths`; then the files themselves.
 */
import { layout, RegistryError } from '@mlld/format';
import { byteReader, byteWriter } from '../files/bytes.ts';
import type { IndexFile } from './build.ts';
import type { BaseInfo } from './manifest.ts';
import { basePaths, countPaths } from './update.ts';

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

/**
 * @returns what reads a file of the pack by its path: only the lengths are looked at before one is asked for.
 * @throws RegistryError BAD_SHAPE if it is cut short or another one's
 */
export function openPack(info: BaseInfo, pack: Uint8Array): (path: string) => Uint8Array | undefined {
  const where = layout.searchPack(info.id);
  const from = byteReader(pack, where);
  const count = countPaths(info);
  const found = from.count();
  if (found !== count)
    throw new RegistryError('BAD_SHAPE', `${where}: wanted ${count} files, found ${found}`);
  const ends = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) ends[i + 1] = ends[i]! + from.uint();
  if (ends[count] !== from.rest)
    throw new RegistryError(
      'BAD_SHAPE',
      `${where}: wanted ${ends[count]} bytes of files, found ${from.rest}`,
    );
  const start = pack.length - from.rest;
  let places: ReadonlyMap<string, number> | undefined;
  return (path) => {
    places ??= new Map([...basePaths(info)].map((one, i) => [one, i]));
    const at = places.get(path);
    return at === undefined ? undefined : pack.subarray(start + ends[at]!, start + ends[at + 1]!);
  };
}
