/**
 * The hot path (docs/spec/resolve.md §4.1): an import that is locked and cached. No network, no expiry, no semver, nothing
 * asynchronous: one `stat` of the lock file, one read and one hash of the module. What can't be answered here (not locked,
 * not cached, a range to be compared) is left to the rest of the package.
 */
import path from 'node:path';
import {
  besideKey,
  type Evidence,
  emptyLock,
  isRegistryError,
  type Lock,
  type LockedMcp,
  type LockedModule,
  layout,
  limits,
  type ModuleName,
  parseLock,
  parseRef,
  RegistryError,
  type Selector,
  type Sha256Hex,
} from '@mlld/format';
import type { FileStat, Ops } from '../ops.ts';

/** A file of a module: what an import gives, and what the imports inside of it start from. */
export interface Origin {
  readonly name: ModuleName;
  readonly version: string;
  /** Path inside the module. */
  readonly path: string;
}

export interface ResolvedModule {
  readonly source: string;
  readonly bytes: Uint8Array;
  /** What the file is called in messages: `@alice/strings@1.0.0/index.mld`. */
  readonly file: string;
  readonly origin: Origin;
  readonly registry: string;
  /** Content digest of the module; absent for records that never stated one. */
  readonly digest?: Sha256Hex;
  readonly evidence: Evidence;
  /** What the release declared that its code needs, and what of it the user granted. */
  readonly needs: readonly string[];
  readonly granted: readonly string[];
  /** Of an MCP server: what the user agreed to (mcp.md §5). */
  readonly mcp?: LockedMcp;
}

export interface LockedReader {
  /** The lock file as it is now; parsed again only when the file is another one. */
  lock(): Lock;
  /**
   * Resolves without the network, or says undefined: ask the slow way.
   * @throws RegistryError BAD_NAME, BAD_REF, BAD_LOCK, IMPORT_NOT_DECLARED, FILE_NOT_FOUND
   */
  resolve(ref: string, from?: Origin): ResolvedModule | undefined;
  /** The file of a locked version, if it is cached and undamaged. */
  open(locked: LockedModule, file?: string): ResolvedModule | undefined;
}

export interface LockedPlace {
  readonly lockPath: string;
  readonly cacheDir: string;
}

export function lockedReader(
  ops: Pick<Ops, 'files' | 'sha256'>,
  { lockPath, cacheDir }: LockedPlace,
): LockedReader {
  let seen: { readonly stat: FileStat; readonly lock: Lock } | undefined;
  const lock = (): Lock => {
    const stat = ops.files.stat(lockPath);
    if (stat === undefined) return emptyLock;
    if (seen !== undefined && sameFile(seen.stat, stat)) return seen.lock;
    const bytes = ops.files.read(lockPath, limits.lockBytes);
    if (bytes === undefined) return emptyLock;
    const parsed = parseLock(new TextDecoder().decode(bytes), lockPath);
    seen = { stat, lock: parsed };
    return parsed;
  };
  const open = (locked: LockedModule, file = locked.entry): ResolvedModule | undefined => {
    const sha256 = locked.files.get(file);
    if (sha256 === undefined) throw noSuchFile(locked, file);
    // Malware is told the slow way (advisories.md §8.3): here it is only seen that there is something to tell.
    if (ops.files.stat(path.join(cacheDir, locked.registry, layout.blocked(locked.name))) !== undefined)
      return undefined;
    const bytes = readVerified(ops, path.join(cacheDir, locked.registry, layout.blob(sha256)), sha256);
    return bytes === undefined ? undefined : resolvedModule(locked, file, bytes);
  };
  return {
    lock,
    open,
    resolve(ref, from) {
      const current = lock();
      if (from !== undefined && isRelative(ref)) {
        const locked = find(current, from.name, from.version);
        return locked === undefined ? undefined : open(locked, beside(from.path, ref));
      }
      const { name, selector } = parseRef(ref);
      const entry =
        from === undefined ? ownImport(current, name, selector) : pinnedImport(current, name, from);
      if (entry === undefined || !certainlyMeans(selector, entry)) return undefined;
      return open(entry);
    },
  };
}

export function resolvedModule(locked: LockedModule, file: string, bytes: Uint8Array): ResolvedModule {
  const { name, version, registry, digest, evidence, needs, granted, mcp } = locked;
  return {
    source: new TextDecoder().decode(bytes),
    bytes,
    file: `${name}@${version}/${file}`,
    origin: { name, version, path: file },
    ...(digest === undefined ? {} : { digest }),
    registry,
    evidence,
    needs,
    granted,
    ...(mcp === undefined ? {} : { mcp }),
  };
}

export function isRelative(ref: string): boolean {
  return ref.startsWith('./') || ref.startsWith('../');
}

/** The path that a relative import inside of a module means. It may not leave the module: such a path is in no lock. */
export function beside(from: string, ref: string): string {
  return path.posix.normalize(path.posix.join(path.posix.dirname(from), ref));
}

/** §3.6: what a module imports is what its release declared and the lock file pins. */
export function pinnedImport(lock: Lock, name: ModuleName, from: Origin): LockedModule | undefined {
  const importer = find(lock, from.name, from.version);
  if (importer === undefined) return undefined;
  const pinned = importer.imports.get(name);
  if (pinned !== undefined) return find(lock, name, pinned);
  // Records of today's registry declare nothing (§3.7).
  if (importer.statement === undefined) return undefined;
  throw new RegistryError(
    'IMPORT_NOT_DECLARED',
    `${from.name}@${from.version} imports ${name}, which its release does not declare`,
    { hint: 'Only its author can mend that, with a new release.', data: { name, from } },
  );
}

function ownImport(lock: Lock, name: ModuleName, selector: Selector): LockedModule | undefined {
  const own = lock.modules.get(name);
  if (own !== undefined && certainlyMeans(selector, own)) return own;
  return selector.kind === 'exact' ? lock.modules.get(besideKey(name, selector.version)) : own;
}

/** Whether a selector means this version, as far as that can be said without comparing versions. */
export function certainlyMeans(
  selector: Selector,
  { version, wanted, digest, files, entry }: LockedModule,
): boolean {
  switch (selector.kind) {
    case 'any':
      return true;
    case 'exact':
      return version === selector.version;
    case 'range':
      return wanted === selector.range;
    case 'tag':
      return wanted === selector.tag;
    case 'hash':
      return (
        digest?.startsWith(selector.prefix) === true || files.get(entry)?.startsWith(selector.prefix) === true
      );
  }
}

function find(lock: Lock, name: ModuleName, version: string): LockedModule | undefined {
  const own = lock.modules.get(name);
  return own?.version === version ? own : lock.modules.get(besideKey(name, version));
}

/** Bytes of this hash, or undefined: they are hashed on every read (§7.2). */
function readVerified(
  ops: Pick<Ops, 'files' | 'sha256'>,
  file: string,
  sha256: string,
): Uint8Array | undefined {
  try {
    const bytes = ops.files.read(file, limits.fileBytes);
    return bytes !== undefined && ops.sha256(bytes) === sha256 ? bytes : undefined;
  } catch (error) {
    if (isRegistryError(error)) return undefined;
    throw error;
  }
}

function sameFile(a: FileStat, b: FileStat): boolean {
  return a.mtimeMs === b.mtimeMs && a.size === b.size && a.id === b.id;
}

function noSuchFile({ name, version, files }: LockedModule, file: string): RegistryError {
  return new RegistryError('FILE_NOT_FOUND', `${name}@${version} has no file '${file}'`, {
    hint: `Its files: ${[...files.keys()].slice(0, 20).join(', ')}.`,
  });
}
