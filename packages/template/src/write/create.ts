/** A project in a new folder: everything is made beside it, then renamed into place. A kill leaves all of it, or none. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import type { ProjectFiles } from '../render/render.ts';
import { applyChanges, recover } from './apply.ts';
import { standingAt } from './inside.ts';

export interface Target {
  /** Absolute. */
  readonly folder: string;
  /** There, with something in it. */
  readonly inUse: boolean;
  /** Files of the project that are there already, whose contents differ or not. */
  readonly existing: readonly string[];
}

/** @throws RegistryError BAD_PATH, IO (the target is no folder) */
export async function lookAt(folder: string, files: ProjectFiles): Promise<Target> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new RegistryError('IO', `'${printable(folder)}' can't be read as a folder: ${error.message}`, {
      cause: error,
    });
  });
  if (names.length === 0) return { folder, inUse: false, existing: [] };
  await recover(folder);
  const existing: string[] = [];
  for (const file of files.keys()) if ((await standingAt(folder, file)) === 'file') existing.push(file);
  return { folder, inUse: true, existing };
}

/** Writes the project; over `existing` only when the caller has asked. @throws RegistryError IO, BAD_PATH */
export async function writeProject({ folder, inUse }: Target, files: ProjectFiles): Promise<void> {
  if (inUse) return applyChanges(folder, files);
  const parent = path.dirname(folder);
  const prefix = `.${path.basename(folder)}.mlld-`;
  await mkdir(parent, { recursive: true });
  await sweep(parent, prefix);
  const staging = path.join(parent, `${prefix}${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(staging);
    for (const [file, bytes] of files) await writeSynced(path.join(staging, file), bytes);
    // Where an empty folder is there, a rename over it is one step on POSIX systems; Windows wants it gone.
    if (process.platform === 'win32') await rmdir(folder).catch(() => {});
    await rename(staging, folder);
  } catch (cause) {
    await rm(staging, { recursive: true, force: true });
    throw new RegistryError(
      'IO',
      `nothing was made: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** What runs that were killed have left beside the target, of processes that are no more. */
async function sweep(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = name.startsWith(prefix)
      ? Number(/^(\d+)-[0-9a-f]{12}$/.exec(name.slice(prefix.length))?.[1])
      : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid))
      await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
