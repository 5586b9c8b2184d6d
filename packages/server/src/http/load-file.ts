/**
 * Reads one state of a file with its hash: bytes and hash come from one open file, checked not to have changed while it was
 * read. A compressed copy counts only if it was seen to unpack to the same bytes, so that a rebuild in place can't
 * pair a new file with an old copy.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { printable, RegistryError } from '@mlld/format';
import { isCompressible } from './content-type.ts';
import { hashFile, hashUnpacked } from './hash-file.ts';

export type Coding = 'br' | 'gzip';
export const codings: readonly Coding[] = ['br', 'gzip'];
const suffixes: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz' };

/** What tells one state of a file from another. */
export interface Stamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** The bytes of one representation: held, or where to read them. */
export interface Content {
  readonly file: string;
  readonly stamp: Stamp;
  readonly size: number;
  /** Absent for files larger than `limits.httpHeldFileBytes`. */
  readonly bytes: Buffer | undefined;
}

export interface StoredFile extends Content {
  /** 64 hex digits. */
  readonly sha256: string;
  readonly copies: ReadonlyMap<Coding, Content>;
}

const attempts = 8;

export interface Loaded {
  readonly stored: StoredFile;
  /** Open. */
  readonly handle: FileHandle;
}

/**
 * The file at a path of the folder; undefined if there is none. At most `maxHeld` bytes are kept; the caller closes the handle.
 * @throws RegistryError IO if it changes faster than it can be read
 */
export async function loadFile(folder: string, name: string, maxHeld: number): Promise<Loaded | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = await tryLoad(folder, name, maxHeld);
    if (found !== 'changed') return found;
    await delay(2 ** attempt);
  }
  throw new RegistryError('IO', `'${printable(name)}' changes while it is read`, {
    hint: 'The registry is being rebuilt; ask again in a moment.',
  });
}

async function tryLoad(
  folder: string,
  name: string,
  maxHeld: number,
): Promise<Loaded | undefined | 'changed'> {
  const file = await placeOf(folder, name);
  const handle = file === undefined ? undefined : await openPlain(file);
  if (file === undefined || handle === undefined) return undefined;
  let loaded: Loaded | undefined | 'changed';
  try {
    const stored = await readStored(handle, { file, name, maxHeld });
    loaded = typeof stored === 'object' ? { stored, handle } : stored;
  } finally {
    if (typeof loaded !== 'object') await handle.close();
  }
  return loaded;
}

async function readStored(
  handle: FileHandle,
  { file, name, maxHeld }: { file: string; name: string; maxHeld: number },
): Promise<StoredFile | undefined | 'changed'> {
  const stamp = await handle.stat({ bigint: true });
  if (!stamp.isFile()) return undefined;
  const size = Number(stamp.size);
  const { sha256, bytes } = await hashFile(handle, size, size <= maxHeld);
  if (sha256 === undefined || !sameStamp(stamp, await handle.stat({ bigint: true }))) return 'changed';
  const copies = isCompressible(name) ? await loadCopies(file, { sha256, size, maxHeld }) : new Map();
  return { file, stamp: pickStamp(stamp), size, bytes, sha256, copies };
}

/** The file's place if no link leads to it; the folder itself may be one, so that a whole distribution can be swapped. */
async function placeOf(folder: string, name: string): Promise<string | undefined> {
  try {
    const file = path.join(await realpath(folder), name);
    return (await realpath(file)) === file ? file : undefined;
  } catch {
    return undefined;
  }
}

interface Original {
  readonly sha256: string;
  readonly size: number;
  readonly maxHeld: number;
}

async function loadCopies(file: string, original: Original): Promise<Map<Coding, Content>> {
  const copies = new Map<Coding, Content>();
  for (const coding of codings) {
    const copy = await loadCopy(`${file}${suffixes[coding]}`, coding, original);
    if (copy !== undefined) copies.set(coding, copy);
  }
  return copies;
}

async function loadCopy(file: string, coding: Coding, original: Original): Promise<Content | undefined> {
  const handle = await openPlain(file);
  if (handle === undefined) return undefined;
  try {
    const stamp = await handle.stat({ bigint: true });
    const size = Number(stamp.size);
    if (!stamp.isFile() || size >= original.size) return undefined;
    const hold = original.size <= original.maxHeld;
    const { bytes } = await hashFile(handle, size, hold);
    const unpacked = await hashUnpacked({ handle, bytes }, coding, original.size);
    if (unpacked !== original.sha256 || !sameStamp(stamp, await handle.stat({ bigint: true })))
      return undefined;
    return { file, stamp: pickStamp(stamp), size, bytes };
  } finally {
    await handle.close();
  }
}

/** Opens a file for reading; undefined if there is none, or a link. */
export async function openPlain(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export async function stampOf(file: string): Promise<Stamp | undefined> {
  try {
    return await stat(file, { bigint: true });
  } catch {
    return undefined;
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENAMETOOLONG', 'ENXIO'].includes(code);
}

function pickStamp({ dev, ino, size, mtimeNs, ctimeNs }: Stamp): Stamp {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

export function sameStamp(a: Stamp, b: Stamp): boolean {
  return (
    a.ino === b.ino &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.dev === b.dev
  );
}
