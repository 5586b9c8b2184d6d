/**
 * The files of a distribution, each with the hash of its content. A file and its ETag never part: both come from one
 * open file, checked not to have changed while it was read. A compressed copy is served only if it was seen to
 * unpack to the same bytes, so that a rebuild in place can't pair a new file with an old copy.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { limits, printable, RegistryError } from '@mlld/format';
import { isCompressible } from './content-type.ts';
import { hashFile, hashUnpacked } from './hash-file.ts';

export type Coding = 'br' | 'gzip';
export const codings: readonly Coding[] = ['br', 'gzip'];
const suffixes: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz' };

/** What tells one state of a file from another. */
interface Stamp {
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

export interface FileStore {
  /**
   * The file at a path of the distribution, as it is now; undefined if there is none.
   * @throws RegistryError IO if it changes faster than it can be read
   */
  readonly get: (path: string) => Promise<StoredFile | undefined>;
  /** Opens content that is not held; undefined if the file has changed since: `get` it again. The caller closes it. */
  readonly openContent: (content: Content) => Promise<FileHandle | undefined>;
  /** The file as it is now, kept open, so that no replacement can come between. The caller closes it. */
  readonly hold: (path: string) => Promise<{ stored: StoredFile; handle: FileHandle } | undefined>;
  /** Bytes held at the moment. */
  readonly heldBytes: () => number;
}

interface Entry {
  readonly stored: StoredFile;
  /** False while the file is so new that a second write could leave the same times and size. */
  readonly settled: boolean;
  readonly weight: number;
}

export interface FileStoreOptions {
  readonly heldBytes?: number;
  readonly heldFileBytes?: number;
}

export function createFileStore(folder: string, options: FileStoreOptions = {}): FileStore {
  const maxHeld = options.heldBytes ?? limits.httpHeldBytes;
  const maxFile = options.heldFileBytes ?? limits.httpHeldFileBytes;
  const entries = new Map<string, Entry>();
  const loading: Running = new Map();
  const waiting: Running = new Map();
  let held = 0;

  const drop = (name: string) => {
    held -= entries.get(name)?.weight ?? 0;
    entries.delete(name);
  };
  const keep = (name: string, stored: StoredFile) => {
    drop(name);
    const weight = weigh(stored);
    if (weight > maxHeld / 4) return;
    entries.set(name, { stored, settled: isSettled(stored), weight });
    held += weight;
    for (const [oldest] of entries) {
      if (held <= maxHeld && entries.size <= limits.httpKnownFiles) break;
      drop(oldest);
    }
  };
  const load = async (name: string) => {
    const loaded = await loadFile(folder, name, maxFile);
    await loaded?.handle.close();
    if (loaded === undefined) drop(name);
    else keep(name, loaded.stored);
    return loaded?.stored;
  };

  const fresh = async (name: string): Promise<StoredFile | undefined> => {
    const entry = entries.get(name);
    if (!entry?.settled) return undefined;
    const now = await stampOf(path.join(folder, name));
    if (now === undefined || !sameStamp(now, entry.stored.stamp)) return undefined;
    if (entries.delete(name)) entries.set(name, entry);
    return entry.stored;
  };
  // One load of a file at a time. Who comes while it runs waits for one more look: the running one may have read
  // the file before it was last changed.
  const get = async (name: string): Promise<StoredFile | undefined> => {
    const stored = await fresh(name);
    if (stored !== undefined) return stored;
    const running = loading.get(name);
    if (running === undefined) return track(loading, name, load(name));
    return (
      waiting.get(name) ??
      track(
        waiting,
        name,
        running.then(noop, noop).then(() => get(name)),
      )
    );
  };

  return {
    get,
    async openContent(content) {
      const handle = await openPlain(content.file);
      if (handle === undefined) return undefined;
      if (sameStamp(await handle.stat({ bigint: true }), content.stamp)) return handle;
      await handle.close();
      return undefined;
    },
    hold: (name) => loadFile(folder, name, maxFile),
    heldBytes: () => held,
  };
}

type Running = Map<string, Promise<StoredFile | undefined>>;

/** Remembers a promise by name until it is done. */
function track(running: Running, name: string, work: Promise<StoredFile | undefined>) {
  const tracked = work.finally(() => running.delete(name));
  running.set(name, tracked);
  return tracked;
}

function noop(): void {}

const attempts = 8;

interface Loaded {
  readonly stored: StoredFile;
  /** Open. */
  readonly handle: FileHandle;
}

async function loadFile(folder: string, name: string, maxHeld: number): Promise<Loaded | undefined> {
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

async function openPlain(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function stampOf(file: string): Promise<Stamp | undefined> {
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

function sameStamp(a: Stamp, b: Stamp): boolean {
  return (
    a.ino === b.ino &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.dev === b.dev
  );
}

/** Clocks of file systems tick in steps of up to some ten milliseconds: two writes in one step look like one. */
const tickMs = 100;

function isSettled({ stamp }: StoredFile): boolean {
  const changed = Number(stamp.ctimeNs / 1_000_000n);
  return Math.abs(Date.now() - changed) > tickMs;
}

/** Bytes that an entry costs: what it holds, and a guess for itself. */
function weigh(stored: StoredFile): number {
  let bytes = 1024 + (stored.bytes?.length ?? 0);
  for (const copy of stored.copies.values()) bytes += copy.bytes?.length ?? 0;
  return bytes;
}
