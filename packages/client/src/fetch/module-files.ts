/** All files of one version (docs/spec/resolve.md §5): by the hash of each, or, for records that never stated those, as a whole. */
import {
  type IndexVersion,
  isRegistryError,
  type LockedModule,
  legacyContentHash,
  limits,
  printable,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import type { Session } from '../session.ts';
import { type FileWish, fromCache } from './content.ts';
import type { Registry } from './registry.ts';

export interface ModuleFiles {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Where the entry came from: a URL, or `cache`. */
  readonly from: string;
  /** Puts what is not there yet into the cache. Called when all of it is verified, and not before. */
  keep(): void;
}

interface Place {
  readonly registry: Registry;
  readonly identity: string;
}

/** @throws RegistryError HASH_MISMATCH, SIZE_MISMATCH, UNREACHABLE, OFFLINE, CACHE_CORRUPT, TOO_LARGE */
export async function filesOfLine(session: Session, line: IndexVersion, place: Place): Promise<ModuleFiles> {
  const of = `${line.name}@${line.version}`;
  const known = line.files.map(({ path, size, sha256 }) => ({
    path,
    size,
    // Of a single file the content hash is the hash of its bytes (digests.md §2).
    sha256: sha256 ?? (line.shape === 'file' && line.files.length === 1 ? line.contentHash : undefined),
  }));
  assertTotal(of, known);
  const hints = place.registry.hintsSoFar(line.name);
  const { sources, entry } = line;
  const wishes = known.flatMap(({ path, size, sha256 }): FileWish[] =>
    sha256 === undefined
      ? []
      : [{ ...place, of, path, sha256, sources, hints, ...(size === undefined ? {} : { size }) }],
  );
  return wishes.length === line.files.length
    ? getAll(session, wishes, entry)
    : filesByContentHash(session, line, place);
}

/** @throws as `filesOfLine` */
export function filesOfLocked(
  session: Session,
  locked: LockedModule,
  registry: Registry,
): Promise<ModuleFiles> {
  const { name, version, sources, registry: identity } = locked;
  const wishes = [...locked.files].map(
    ([path, sha256]): FileWish => ({
      registry,
      identity,
      of: `${name}@${version}`,
      path,
      sha256,
      sources,
      hints: registry.hintsSoFar(name),
    }),
  );
  return getAll(session, wishes, locked.entry);
}

async function getAll(
  { content }: Session,
  wishes: readonly FileWish[],
  entry: string,
): Promise<ModuleFiles> {
  const found = await Promise.all(wishes.map(async (wish) => ({ wish, ...(await content.get(wish)) })));
  assertTotal(
    wishes[0]?.of ?? '',
    found.map(({ bytes }) => ({ size: bytes.length })),
  );
  return {
    files: new Map(found.map(({ wish, bytes }) => [wish.path, bytes])),
    from: found.find(({ wish }) => wish.path === entry)?.from ?? fromCache,
    keep: () => {
      for (const { wish, bytes, from } of found) if (from !== fromCache) content.keep(wish, bytes);
    },
  };
}

function assertTotal(of: string, files: readonly { readonly size: number | undefined }[]): void {
  const total = files.reduce((sum, { size }) => sum + (size ?? 0), 0);
  if (total > limits.moduleBytes)
    throw new RegistryError('TOO_LARGE', `${of}: wanted at most ${limits.moduleBytes} bytes, found ${total}`);
}

/** Directories of today's registry state one hash over all files: they have to come from one source together. */
async function filesByContentHash(session: Session, line: IndexVersion, place: Place): Promise<ModuleFiles> {
  const of = `${line.name}@${line.version}`;
  const tried: { url: string; code: string; reason: string }[] = [];
  for (const base of line.sources) {
    try {
      const files = await downloadAll(session, line, { base, ...place });
      return {
        files,
        from: base + line.entry,
        keep: () => {
          for (const bytes of files.values())
            session.cache.putBlob(place.identity, session.net.ops.sha256(bytes), bytes);
        },
      };
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      tried.push({ url: base, code: error.code, reason: error.message });
    }
  }
  const wrong = tried.some(({ code }) => code === 'HASH_MISMATCH');
  const reasons = tried
    .map(({ url, reason }) => `\n  ${printable(url, 300)}: ${printable(reason, 300)}`)
    .join('');
  const offline = session.net.offline && !wrong;
  throw new RegistryError(
    wrong ? 'HASH_MISMATCH' : offline ? 'OFFLINE' : 'UNREACHABLE',
    `${of}: no source has the right files${reasons}`,
    {
      hint: wrong
        ? 'The source is not what was published. Nothing of it was kept; use another version, or tell the author.'
        : 'Run the command again with a network.',
      data: { of, contentHash: line.contentHash, sources: tried },
    },
  );
}

async function downloadAll(
  { content, net }: Session,
  line: IndexVersion,
  { base, registry }: Place & { readonly base: string },
): Promise<Map<string, Uint8Array>> {
  const files = await Promise.all(
    line.files.map(async ({ path }) => {
      const found = await content.unverified(registry, base + path);
      if (found === undefined) throw new RegistryError('FILE_NOT_FOUND', `${base}${path}: not there`);
      return [path, found.bytes] as const;
    }),
  );
  assertTotal(
    line.name,
    files.map(([, bytes]) => ({ size: bytes.length })),
  );
  const hashes = files.map(([path, bytes]) => ({ path, sha256: net.ops.sha256(bytes) as Sha256Hex }));
  const found = legacyContentHash(hashes, line.shape, net.ops.sha256);
  if (found !== line.contentHash) {
    throw new RegistryError('HASH_MISMATCH', `wanted contentHash ${line.contentHash}, found ${found}`, {
      data: { wanted: line.contentHash, found },
    });
  }
  return new Map(files);
}
