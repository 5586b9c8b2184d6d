/** The files of a distribution, held while they are as they were: a small cache that asks the disk each time whether they are. */
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { limits } from '@mlld/format';
import { type Content, loadFile, openPlain, type StoredFile, sameStamp, stampOf } from './load-file.ts';

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
