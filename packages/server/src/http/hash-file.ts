/** Hashes of open files, in bounded memory. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';

const chunkBytes = 256 * 1024;

export interface HashedFile {
  /** Undefined if the file had fewer or more bytes than `size`. */
  readonly sha256: string | undefined;
  readonly bytes: Buffer | undefined;
}

/** Reads an open file from its start, which has `size` bytes, and keeps them if `hold`. */
export async function hashFile(handle: FileHandle, size: number, hold: boolean): Promise<HashedFile> {
  const hash = createHash('sha256');
  // One byte more than expected, to see a file that has grown.
  const buffer = Buffer.allocUnsafe(hold ? size + 1 : Math.min(chunkBytes, size + 1));
  let at = 0;
  for (;;) {
    const from = hold ? at : 0;
    const { bytesRead } = await handle.read(buffer, from, buffer.length - from, at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(from, from + bytesRead));
    at += bytesRead;
    if (at > size) return { sha256: undefined, bytes: undefined };
  }
  if (at !== size) return { sha256: undefined, bytes: undefined };
  return { sha256: hash.digest('hex'), bytes: hold ? buffer.subarray(0, size) : undefined };
}

export interface Packed {
  readonly handle: FileHandle;
  readonly bytes: Buffer | undefined;
}

/** The hash of what a packed file unpacks to; undefined if it is damaged or unpacks to more than `max` bytes. */
export async function hashUnpacked(
  packed: Packed,
  coding: 'br' | 'gzip',
  max: number,
): Promise<string | undefined> {
  const source =
    packed.bytes === undefined
      ? packed.handle.createReadStream({ autoClose: false, start: 0 })
      : Readable.from([packed.bytes], { objectMode: false });
  const hash = createHash('sha256');
  let total = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      total += chunk.length;
      hash.update(chunk);
      done(total > max ? new Error('unpacks to more than the original') : null);
    },
  });
  try {
    await pipeline(source, coding === 'br' ? createBrotliDecompress() : createGunzip(), sink);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
