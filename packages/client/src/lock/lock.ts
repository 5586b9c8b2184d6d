/** The lock file on disk (docs/spec/resolve.md §8): read, migrated, changed by many processes at once. */
import path from 'node:path';
import {
  emptyLock,
  encodeLock,
  isRegistryError,
  type Lock,
  limits,
  parseLock,
  RegistryError,
  userLayout,
} from '@mlld/format';
import { exclusively } from '../exclusively.ts';
import type { Ops } from '../ops.ts';
import { mergeLocks, sameLock } from './lock-merge.ts';

/** Reads the lock file of a project, or the newest of its older names. Empty without one. @throws RegistryError BAD_LOCK, IO */
export function readLock({ files }: Pick<Ops, 'files'>, root: string): Lock {
  for (const name of [userLayout.lock, ...userLayout.oldLocks]) {
    const file = path.join(root, name);
    const bytes = files.read(file, limits.lockBytes);
    if (bytes !== undefined) return parseLock(new TextDecoder().decode(bytes), file);
  }
  return emptyLock;
}

export interface LockChange {
  /** What `mine` was made from. */
  readonly base: Lock;
  readonly mine: Lock;
}

/**
 * Merges a change into the lock file as it is now and writes it, synced to the disk: the one file that can't be fetched
 * again. Returns what stands there. Nothing is written when nothing changes.
 * @throws RegistryError LOCK_BUSY, DISK_FULL, IO
 */
export async function writeLock(ops: Ops, root: string, change: LockChange): Promise<Lock> {
  const file = path.join(root, userLayout.lock);
  if (sameLock(change.base, change.mine) && ops.files.stat(file) !== undefined) return change.base;
  return asIo(file, () =>
    exclusively(ops, `${file}.lock`, (stillMine) => {
      const theirs = readLock(ops, root);
      const merged = mergeLocks({ ...change, theirs });
      if (sameLock(merged, theirs) && ops.files.stat(file) !== undefined) return theirs;
      const now = new Date(ops.now()).toISOString();
      const written = { ...merged, createdAt: merged.createdAt ?? now, updatedAt: now };
      if (!stillMine()) return undefined;
      ops.files.write(file, encodeLock(written), { durable: true });
      return written;
    }),
  );
}

async function asIo<T>(file: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isRegistryError(error, 'CACHE_READONLY')) throw error;
    throw new RegistryError('IO', `${file}: can't be written`, {
      cause: error,
      hint: 'mlld install --frozen uses the lock file as it is and writes nothing.',
    });
  }
}
