/** Files on Node. Contracts: `Files` in ../ops.ts. */

import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdir,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rename,
  renameSync,
  rm,
  rmSync,
  statSync,
  unlinkSync,
  writeFile,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { RegistryError } from '@mlld/format';
import { type FileStat, type Files, type FolderEntry, temporaryMark } from '../ops.ts';
import { randomHex, sha256 } from './crypto.ts';

/** Tells this process's temporary files from those of any other, on any machine that shares the disk. */
let unique: string | undefined;
let written = 0;

export const nodeFiles: Files = {
  read: (file, maxBytes) => unlessMissing(() => readBounded(file, maxBytes), file),
  part: (file, at, length) => unlessMissing(() => readPart(file, at, length), file),
  sha256: (file, maxBytes) => unlessMissing(() => sha256(readBounded(file, maxBytes, scratch())), file),
  stat: (file) =>
    unlessMissing(() => {
      // Asked most often about what is not there: an exception for that would cost ten times the call.
      const found = statSync(file, { throwIfNoEntry: false });
      return found && toStat(found);
    }, file),
  write: (file, bytes, { durable = false } = {}) => {
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    const temporary = temporaryBeside(file);
    try {
      withFolder(temporary, () => writeNew(temporary, data, durable));
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw translated(error, file);
    }
    if (durable) syncFolder(path.dirname(file));
  },
  put: (file, bytes) => putFile(file, bytes),
  create: (file, text) => {
    try {
      withFolder(file, () => writeNew(file, Buffer.from(text), false));
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw translated(error, file);
    }
  },
  remove: (file) => done(() => unlinkSync(file), file),
  rename: (from, to) => done(() => renameSync(from, to), from),
  list: (folder) =>
    unlessMissing(
      () =>
        readdirSync(folder, { withFileTypes: true })
          .map((entry): FolderEntry => ({ name: entry.name, kind: kindOf(entry) }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      folder,
    ) ?? [],
};

function temporaryBeside(file: string): string {
  unique ??= `${process.pid}-${randomHex(6)}`;
  return path.join(path.dirname(file), `${temporaryMark}${unique}-${(written++).toString(36)}`);
}

/** With callbacks: a thousand promises of `node:fs/promises` cost more than the writing. */
function putFile(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = temporaryBeside(file);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => rm(temporary, { force: true }, () => reject(translated(error, file)));
    const written = (error: NodeJS.ErrnoException | null) => {
      if (error !== null) return fail(error);
      rename(temporary, file, (problem) => (problem === null ? resolve() : fail(problem)));
    };
    writeFile(temporary, bytes, { flag: 'wx' }, (error) => {
      if (error?.code !== 'ENOENT') return written(error);
      mkdir(path.dirname(file), { recursive: true }, (problem) => {
        if (problem !== null) return fail(problem);
        writeFile(temporary, bytes, { flag: 'wx' }, written);
      });
    });
  });
}

let shared: Buffer | undefined;

/** Memory for bytes that are done with when the call is: most files of modules fit. */
function scratch(): Buffer {
  shared ??= Buffer.allocUnsafeSlow(256 * 1024);
  return shared;
}

/** In `memory`, if the file fits into it. */
function readBounded(file: string, maxBytes: number, memory?: Buffer): Uint8Array {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    if (size > maxBytes) {
      throw new RegistryError('TOO_LARGE', `${file}: wanted at most ${maxBytes} bytes, found ${size}`);
    }
    const buffer = memory !== undefined && size <= memory.length ? memory : Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < size) {
      const count = readSync(handle, buffer, filled, size - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return filled === buffer.length ? buffer : buffer.subarray(0, filled);
  } finally {
    closeSync(handle);
  }
}

function readPart(file: string, at: number, length: number): Uint8Array {
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(length);
    return buffer.subarray(0, readSync(handle, buffer, 0, length, at));
  } finally {
    closeSync(handle);
  }
}

/** Makes a file that does not exist yet, all of it or none. */
function writeNew(file: string, data: Uint8Array, durable: boolean): void {
  const handle = openSync(file, 'wx', 0o666);
  try {
    for (let at = 0; at < data.length; ) at += writeSync(handle, data, at, data.length - at);
    if (durable) fsyncSync(handle);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
}

/** Runs `write`, and once more after making the folder if that is what was missing: mostly it is there. */
function withFolder(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    // Another process may have made it in between: then this does nothing.
    mkdirSync(path.dirname(file), { recursive: true });
    write();
  }
}

/** A rename is on the disk when its folder is. Systems that can't sync a folder need no such call. */
function syncFolder(folder: string): void {
  let handle: number;
  try {
    handle = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(handle);
  } catch {
    return;
  } finally {
    closeSync(handle);
  }
}

function unlessMissing<T>(run: () => T, file: string): T | undefined {
  try {
    return run();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw translated(error, file);
  }
}

/** Whether there was a file to do it to. */
function done(run: () => void, file: string): boolean {
  const found = unlessMissing(() => {
    run();
    return true;
  }, file);
  return found === true;
}

function toStat(stat: ReturnType<typeof statSync> & object): FileStat {
  return { size: Number(stat.size), mtimeMs: Number(stat.mtimeMs), id: Number(stat.ino), kind: kindOf(stat) };
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): FileStat['kind'] {
  return entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other';
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function translated(error: unknown, file: string): RegistryError {
  if (error instanceof RegistryError) return error;
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new RegistryError('DISK_FULL', `${file}: no space left to write it`, {
        cause: error,
        hint: 'Free some space (mlld cache gc removes what no project uses), then run the command again.',
      });
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new RegistryError('CACHE_READONLY', `${file}: may not be written or read`, { cause: error });
    default:
      return new RegistryError('IO', `${file}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
  }
}
