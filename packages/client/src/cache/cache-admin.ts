/** What people do with a cache (docs/spec/resolve.md §7.6): look, check, clean. */
import path from 'node:path';
import {
  isRegistryError,
  isSha256,
  layout,
  limits,
  type ModuleIndex,
  parseIndex,
  parseRegistryName,
  userLayout,
} from '@mlld/format';
import { readLock } from '../lock/lock.ts';
import { type Ops, temporaryMark } from '../ops.ts';
import { readBlob } from './cache.ts';
import { knownProjects } from './projects.ts';

export interface CachedModule {
  readonly registry: string;
  readonly name: string;
  readonly version: string;
  readonly files: number;
  readonly bytes: number;
}

export interface CacheListing {
  readonly dir: string;
  /** Modules of which every file is there. */
  readonly modules: readonly CachedModule[];
  readonly files: number;
  readonly bytes: number;
}

type FileOps = Pick<Ops, 'files' | 'sha256' | 'now'>;

/** Lists what is in a cache, by the index files in it and the lock files of the projects that use it. */
export function listCache(ops: FileOps, dir: string): CacheListing {
  const modules = new Map<string, CachedModule>();
  const blobs = blobsOf(ops, dir);
  const sizes = new Map(blobs.map(({ registry, sha256, bytes }) => [`${registry} ${sha256}`, bytes]));
  const note = (
    registry: string,
    of: { name: string; version: string; hashes: readonly (string | undefined)[] },
  ) => {
    const found = of.hashes.map((hash) => sizes.get(`${registry} ${hash}`));
    if (found.length === 0 || found.some((size) => size === undefined)) return;
    const bytes = found.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    const { name, version } = of;
    modules.set(`${registry} ${name}@${version}`, { registry, name, version, files: found.length, bytes });
  };
  for (const { registry, index } of indexesOf(ops, dir)) {
    for (const { name, version, files } of index.versions)
      note(registry, { name, version, hashes: files.map(({ sha256 }) => sha256) });
  }
  for (const { root } of knownProjects(ops, dir)) {
    for (const { registry, name, version, files } of lockedOf(ops, root))
      note(registry, { name, version, hashes: [...files.values()] });
  }
  return {
    dir,
    modules: [...modules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
    files: blobs.length,
    bytes: blobs.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

export interface CacheCheck {
  readonly checked: number;
  /** Damaged files; they are gone now, and fetched again when they are needed. */
  readonly damaged: readonly string[];
}

/** Hashes every blob and removes those that are not what they are called. @throws RegistryError CACHE_READONLY, IO */
export function verifyCache(ops: FileOps, dir: string): CacheCheck {
  const damaged: string[] = [];
  const blobs = blobsOf(ops, dir);
  for (const { file, sha256 } of blobs) {
    if (readBlob(ops, file, sha256).state !== 'corrupt') continue;
    ops.files.remove(file);
    damaged.push(file);
  }
  return { checked: blobs.length, damaged };
}

export interface CacheClean {
  readonly removed: number;
  readonly bytes: number;
  readonly kept: number;
  /** Projects that are gone: their modules are not kept for them any more. */
  readonly forgotten: readonly string[];
}

/** Milliseconds after which the left-over of a write that was cut short can't be a write any more. */
const temporaryMs = 3_600_000;

/**
 * Removes what no known project's lock file names and what is older than `olderThanMs`. Whoever is installing right now is safe as
 * long as that takes less.
 */
export function cleanCache(
  ops: FileOps,
  dir: string,
  { olderThanMs }: { readonly olderThanMs: number },
): CacheClean {
  const used = new Set<string>();
  const forgotten: string[] = [];
  for (const { root, file } of knownProjects(ops, dir)) {
    if (ops.files.stat(path.join(root, userLayout.lock)) === undefined) {
      ops.files.remove(file);
      forgotten.push(root);
      continue;
    }
    for (const { registry, files, statement } of lockedOf(ops, root)) {
      for (const sha256 of files.values()) used.add(path.join(dir, registry, layout.blob(sha256)));
      if (statement !== undefined) used.add(path.join(dir, registry, layout.proof(statement)));
    }
  }
  const before = ops.now() - olderThanMs;
  const all = [...blobsOf(ops, dir), ...proofsOf(ops, dir)];
  const unused = all.filter(({ file, mtimeMs }) => !used.has(file) && mtimeMs <= before);
  for (const { file } of unused) ops.files.remove(file);
  removeLeftovers(ops, dir);
  return {
    removed: unused.length,
    bytes: unused.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: all.length - unused.length,
    forgotten,
  };
}

interface CachedFile {
  readonly registry: string;
  readonly sha256: string;
  readonly file: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

const blobsOf = (ops: FileOps, dir: string) => filesIn(ops, dir, path.dirname(layout.blob('x')));
const proofsOf = (ops: FileOps, dir: string) => filesIn(ops, dir, path.dirname(layout.proof('x')));

function filesIn({ files }: FileOps, dir: string, folder: string): CachedFile[] {
  return registriesOf({ files }, dir).flatMap((registry) =>
    files.list(path.join(dir, registry, folder)).flatMap(({ name }) => {
      if (!isSha256(name)) return [];
      const file = path.join(dir, registry, folder, name);
      const stat = files.stat(file);
      return stat === undefined
        ? []
        : [{ registry, sha256: name, file, bytes: stat.size, mtimeMs: stat.mtimeMs }];
    }),
  );
}

function registriesOf({ files }: Pick<Ops, 'files'>, dir: string): string[] {
  return files.list(dir).flatMap(({ name, kind }) => {
    try {
      return kind === 'folder' ? [parseRegistryName(name)] : [];
    } catch {
      return [];
    }
  });
}

function indexesOf({ files }: FileOps, dir: string): { registry: string; index: ModuleIndex }[] {
  return registriesOf({ files }, dir).flatMap((registry) => {
    const top = path.join(dir, registry, 'index');
    return files.list(top).flatMap(({ name: author }) =>
      files.list(path.join(top, author)).flatMap(({ name }) => {
        try {
          const bytes = files.read(path.join(top, author, name), limits.indexBytes);
          return bytes === undefined ? [] : [{ registry, index: parseIndex(bytes) }];
        } catch (error) {
          if (isRegistryError(error)) return [];
          throw error;
        }
      }),
    );
  });
}

/** A project whose lock file can't be read keeps nothing: its modules are fetched again. */
function lockedOf(ops: FileOps, root: string) {
  try {
    return [...readLock(ops, root).modules.values()];
  } catch (error) {
    if (isRegistryError(error)) return [];
    throw error;
  }
}

/** Temporary files of processes that were killed while they wrote. */
function removeLeftovers({ files, now }: FileOps, dir: string): void {
  const folders = registriesOf({ files }, dir).flatMap((registry) =>
    [layout.blob('x'), layout.proof('x')].map((one) => path.join(dir, registry, path.dirname(one))),
  );
  for (const folder of [dir, path.join(dir, 'projects'), path.join(dir, 'identities'), ...folders]) {
    for (const { name } of files.list(folder)) {
      const file = path.join(folder, name);
      const stat = name.startsWith(temporaryMark) ? files.stat(file) : undefined;
      if (stat !== undefined && now() - stat.mtimeMs > temporaryMs) files.remove(file);
    }
  }
}
