/**
 * The cache (docs/spec/resolve.md §7): verified bytes below `<cache>/<registry name>/`, laid out like a distribution, so that
 * a cache can be served as a mirror.
 *
 * Many processes may use it at once without a lock: each file is put in place in one step, and a content-addressed file is
 * the same whoever writes it. Blobs and proofs are not synced to the disk: they are hashed on every read, so a file
 * that a power cut emptied is a miss. That saves one fsync a file, which is most of the time of a large install.
 */
import path from 'node:path';
import { isRegistryError, layout, limits, type ModuleName } from '@mlld/format';
import type { Ops } from '../ops.ts';
import { slots } from '../slots.ts';
import { type Etags, openEtags } from './etags.ts';
import { identityFile, keptIdentity, readIdentity } from './identities.ts';

/** Files that are written at the same time: what the threads behind Node's files are busy with. */
const writesAtOnce = 8;

export type CacheRead =
  | { readonly state: 'ok'; readonly bytes: Uint8Array }
  | { readonly state: 'missing' }
  | { readonly state: 'corrupt'; readonly file: string };

export interface Cache {
  readonly dir: string;
  /** What servers call the state of index files; kept by `flush`. */
  readonly etags: Etags;
  blobPath(registry: string, sha256: string): string;
  /** The bytes of this hash. They are hashed here, whatever the file is called (§7.2). */
  blob(registry: string, sha256: string): CacheRead;
  /** Whether `blob` would give bytes: for those who don't need them. */
  holds(registry: string, sha256: string): boolean;
  /**
   * Keeps verified bytes, and so do the other `put…`: they are there for this cache at once, and on the disk after `flush`. On a
   * cache that can't be written they are kept in memory, with one warning (§7.5).
   */
  putBlob(registry: string, sha256: string, bytes: Uint8Array): void;
  /** A proof bundle as it was downloaded. It proves itself: no hash of the file is known. */
  proof(registry: string, statement: string): Uint8Array | undefined;
  putProof(registry: string, statement: string, bytes: Uint8Array): void;
  /** Returns when all that was put is on the disk. @throws RegistryError DISK_FULL, IO */
  flush(): Promise<void>;
  /** The index file as it was last seen: for resolving offline. */
  index(registry: string, name: ModuleName): Uint8Array | undefined;
  putIndex(registry: string, name: ModuleName, bytes: Uint8Array): void;
  /** The identity of the registry at a base URL or zone, as it was last seen: for working offline. */
  identity(place: string): string | undefined;
  putIdentity(place: string, identity: string): void;
}

export function openCache(ops: Ops, dir: string, warn: (text: string) => void): Cache {
  const memory = new Map<string, Uint8Array>();
  const tag = path.join(dir, 'CACHEDIR.TAG');
  let tagged = false;
  let readonly = false;
  const at = (registry: string, relative: string) => path.join(dir, registry, relative);
  const turn = slots(writesAtOnce);
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  const put = (file: string, bytes: Uint8Array) => {
    memory.set(file, bytes);
    if (readonly) return;
    const done = turn(() => write(file, bytes)).then(
      () => void memory.delete(file),
      (error: unknown) => {
        if (!isRegistryError(error, 'CACHE_READONLY')) failure ??= error;
        else if (!readonly) {
          readonly = true;
          warn(`the cache ${dir} can't be written: modules are kept in memory and fetched again next time`);
        }
      },
    );
    underWay.add(done);
    void done.finally(() => underWay.delete(done));
  };
  const write = async (file: string, bytes: Uint8Array): Promise<void> => {
    if (!tagged && ops.files.stat(tag) === undefined) ops.files.write(tag, cacheDirTag);
    tagged = true;
    await ops.files.put(file, bytes);
  };
  const etags = openEtags(ops, dir);
  const flush = async () => {
    const changes = etags.changes();
    if (changes !== undefined) put(changes.file, changes.bytes);
    while (underWay.size > 0) await Promise.all(underWay);
    const error = failure;
    failure = undefined;
    if (error !== undefined) throw error;
  };
  const get = (file: string, maxBytes: number) => memory.get(file) ?? ops.files.read(file, maxBytes);
  /** Those that this process put, by their places: as `memory`, asked before what is on the disk. */
  const identities = new Map<string, Uint8Array>();
  return {
    dir,
    etags,
    flush,
    blobPath: (registry, sha256) => at(registry, layout.blob(sha256)),
    blob: (registry, sha256) => {
      const file = at(registry, layout.blob(sha256));
      const kept = memory.get(file);
      return kept === undefined ? readBlob(ops, file, sha256) : { state: 'ok', bytes: kept };
    },
    holds: (registry, sha256) => {
      const file = at(registry, layout.blob(sha256));
      return memory.has(file) || hasHash(ops, file, sha256);
    },
    putBlob: (registry, sha256, bytes) => put(at(registry, layout.blob(sha256)), bytes),
    proof: (registry, statement) => get(at(registry, layout.proof(statement)), limits.proofBytes),
    putProof: (registry, statement, bytes) => put(at(registry, layout.proof(statement)), bytes),
    index: (registry, name) => get(at(registry, layout.index(name)), limits.indexBytes),
    identity: (place) => {
      const own = identities.get(place);
      return own === undefined ? keptIdentity(ops, dir, place) : readIdentity(own);
    },
    putIdentity: (place, identity) => {
      const bytes = Buffer.from(`${identity}\n`);
      identities.set(place, bytes);
      put(identityFile(ops, dir, place), bytes);
    },
    putIndex: (registry, name, bytes) => put(at(registry, layout.index(name)), bytes),
  };
}

/** Reads a file that must have this hash. @throws RegistryError IO */
export function readBlob(ops: Pick<Ops, 'files' | 'sha256'>, file: string, sha256: string): CacheRead {
  let bytes: Uint8Array | undefined;
  try {
    bytes = ops.files.read(file, limits.fileBytes);
  } catch (error) {
    if (isRegistryError(error, 'TOO_LARGE')) return { state: 'corrupt', file };
    throw error;
  }
  if (bytes === undefined) return { state: 'missing' };
  return ops.sha256(bytes) === sha256 ? { state: 'ok', bytes } : { state: 'corrupt', file };
}

/** @throws RegistryError IO */
function hasHash({ files }: Pick<Ops, 'files'>, file: string, sha256: string): boolean {
  try {
    return files.sha256(file, limits.fileBytes) === sha256;
  } catch (error) {
    if (isRegistryError(error, 'TOO_LARGE')) return false;
    throw error;
  }
}

/** Tells backup programs to leave the folder out (bford.info/cachedir). */
const cacheDirTag = `Signature: 8a477f597d28d172789f06886806bc55
# Verified modules of mlld. Everything in here can be fetched again; mlld cache gc removes what no project uses.
`;
