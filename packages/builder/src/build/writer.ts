/**
 * Writes a distribution. Each file is either the old one or the new one at any moment: it is written to a temporary folder of
 * the distribution and renamed. A file's compressed variants come before the file itself, so that a file that
 * is as wanted says that its variants are.
 */
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename as renameLater, writeFile as writeLater } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, brotliCompressSync, constants, gzip } from 'node:zlib';
import { limits } from '@mlld/format';
import { readRegularFile } from '../repository/tree.ts';

export interface WriteCounts {
  readonly written: number;
  readonly unchanged: number;
  readonly deleted: number;
}

export interface Writer {
  /** Writes a file and its variants, unless the file is there as wanted. Resolves when it may be given the next one. */
  put(file: string, content: Uint8Array | string): Promise<void>;
  /** Waits until all that was put is written. */
  flush(): Promise<void>;
  /** Removes a file and its variants. */
  remove(file: string): void;
  /** Takes away the temporary folder. */
  close(): void;
  counts(): WriteCounts;
  /** Counts what another writer of the folder did. */
  add(counts: WriteCounts): void;
}

export interface WriterOptions {
  /** Compare the variants too: another version of the compressor may have made them. */
  readonly distrust: boolean;
  /** Nothing is there yet, so that nothing need be compared. */
  readonly fresh: boolean;
  /** Tells writers of the same folder apart. */
  readonly name?: string;
}

export const temporaryFolder = '.tmp';
export const variants = ['.br', '.gz'] as const;
const atOnce = 16;
/** Bytes that travel with the answer's head in the first flight of a connection (RFC 6928): smaller gains no round trip. */
const firstFlight = 12 * 1024;

/** In a new folder nobody looks for these before something names them: they need not come into being at once. */
export const isNamedLater = /^(?:proof|blob|modules|authors|tile|snapshot)\//;

export function openWriter(out: string, { distrust, fresh, name = '' }: WriterOptions): Writer {
  const temporary = path.join(out, temporaryFolder, name);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const folders = new Set<string>([out]);
  const running = new Set<Promise<void>>();
  const count = { written: 0, unchanged: 0, deleted: 0, serial: 0 };
  let failure: unknown;

  const makeFolder = (folder: string): void => {
    if (folders.has(folder)) return;
    makeFolder(path.dirname(folder));
    try {
      mkdirSync(folder);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
    folders.add(folder);
  };
  const same = (file: string, bytes: Uint8Array): boolean => {
    if (fresh) return false;
    const target = path.join(out, file);
    if (bytes.length > largeFile && lstatSync(target, { throwIfNoEntry: false })?.size !== bytes.length)
      return false;
    const found = readRegularFile(target, limits.distributionFileBytes);
    return found !== undefined && Buffer.compare(found, bytes) === 0;
  };
  const replace = (file: string, bytes: Uint8Array | string): void => {
    const target = path.join(out, file);
    makeFolder(path.dirname(target));
    if (fresh && isNamedLater.test(file)) {
      writeFileSync(target, bytes);
      count.written++;
      return;
    }
    const written = path.join(temporary, String(count.serial++));
    writeFileSync(written, bytes);
    renameSync(written, target);
    count.written++;
  };
  const removeOne = (file: string): void => {
    if (!existsSync(path.join(out, file))) return;
    rmSync(path.join(out, file));
    count.deleted++;
  };
  /** To write a large file, and to put it in the place of another, waits for the disk: elsewhere. @returns what puts it there */
  const stage = async (file: string, bytes: Uint8Array): Promise<() => Promise<void>> => {
    const target = path.join(out, file);
    makeFolder(path.dirname(target));
    const written = path.join(temporary, String(count.serial++));
    await writeLater(written, bytes);
    return async () => {
      await renameLater(written, target);
      count.written++;
    };
  };
  /** Begins to write what is not there yet. @returns what ends it */
  const begin = (file: string, bytes: Uint8Array): (() => Promise<void>) => {
    if (bytes.length <= largeFile) return async () => replace(file, bytes);
    const staged = stage(file, bytes);
    staged.catch(() => {});
    return async () => (await staged)();
  };
  const update = async (file: string, bytes: Uint8Array): Promise<void> => {
    if (same(file, bytes)) count.unchanged++;
    else await begin(file, bytes)();
  };
  const updateVariants = (file: string, packed: Packed) =>
    Promise.all(
      variants.map(async (variant, i) => {
        const wanted = await packed[i];
        if (wanted !== undefined) await update(file + variant, wanted);
        else if (!fresh) removeOne(file + variant);
      }),
    );
  const write = async (file: string, bytes: Uint8Array, isThere: boolean): Promise<void> => {
    // While its variants are made; put in place after them.
    const end = isThere ? () => void count.unchanged++ : begin(file, bytes);
    if (isCompressible(file)) await updateVariants(file, compress(file, bytes));
    await end();
  };
  return {
    async put(file, content) {
      // Of most files there is neither an older one nor a variant. A text is written in one call.
      if (fresh && Buffer.byteLength(content) < firstFlight) {
        replace(file, content);
        return;
      }
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      const isThere = same(file, bytes);
      if (isThere && !distrust) {
        count.unchanged++;
        return;
      }
      const task = write(file, bytes, isThere)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => running.delete(task));
      running.add(task);
      if (running.size >= atOnce) await Promise.race(running);
      if (failure !== undefined) throw failure;
    },
    async flush() {
      await Promise.all(running);
      if (failure !== undefined) throw failure;
    },
    remove(file) {
      for (const one of [file, ...variants.map((variant) => file + variant)]) removeOne(one);
    },
    close: () => rmSync(temporary, { recursive: true, force: true }),
    add(other) {
      count.written += other.written;
      count.unchanged += other.unchanged;
      count.deleted += other.deleted;
    },
    counts: () => ({ written: count.written, unchanged: count.unchanged, deleted: count.deleted }),
  };
}

/** Proofs are mostly signatures and hashes, the zone is read by name servers: both stay as they are. */
function isCompressible(file: string): boolean {
  return !/^(?:proof\/|zone$|authors\/|modules\/|policy\/|snapshot\/|tile\/\d)/.test(file);
}

/** In the order of `variants`; nothing for those that are not worth it. */
type Packed = readonly Promise<Uint8Array | undefined>[];

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
/** Bytes from which on a file is worth a thread of its own for each variant. */
const largeFile = 256 * 1024;
/** Each chunk of what comes out is a turn of this thread. */
const largeChunk = 1024 * 1024;

/**
 * Brotli and gzip of what does not fit into the first flight of a connection, where they take off a fifth. A window of the
 * file's size is what makes brotli fast for small files; more than quality 4 then gains nothing. Large files, which are written at each publish, get less: a third of the time, 4 % more bytes. Index files, which are many,
 * have no gzip: every client that asks for one reads brotli.
 */
function compress(file: string, bytes: Uint8Array): Packed {
  if (bytes.length < firstFlight) return [];
  const isLarge = bytes.length > largeFile;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: isLarge ? 3 : 4,
    [constants.BROTLI_PARAM_LGWIN]: Math.min(22, Math.ceil(Math.log2(bytes.length))),
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const ifSmaller = async (packing: Uint8Array | Promise<Uint8Array>) => {
    const packed = await packing;
    return packed.length < bytes.length * 0.8 ? packed : undefined;
  };
  const br = isLarge
    ? brotli(bytes, { params, chunkSize: largeChunk })
    : brotliCompressSync(bytes, { params, chunkSize: bytes.length });
  if (file.startsWith('index/')) return [ifSmaller(br)];
  const gz = zip(bytes, isLarge ? { level: 3, chunkSize: largeChunk } : { level: 6 });
  return [ifSmaller(br), ifSmaller(gz)];
}

/** What decides the bytes of the variants. */
export const compressorVersion = `4/${process.versions.zlib}/${process.versions.brotli}`;
