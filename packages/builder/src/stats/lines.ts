/** A log as lines, read in a stream: gzip or not, of any size, with lines of any length, in bounded memory. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { limits } from '@mlld/format';

/** `undefined` stands for a line that is longer than `limits.logLineBytes`: its bytes are passed over, not held. */
export type LogLine = string | undefined;

/** @throws the stream's errors: what was read of a file that is cut off in the middle has been given by then */
export async function* linesOf(file: string): AsyncGenerator<LogLine> {
  yield* splitLines(await openLog(file));
}

async function openLog(file: string): Promise<Readable> {
  if (file === '-') return process.stdin;
  const handle = await open(file, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0).finally(() => handle.close());
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 });
  const isGzip = bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  if (!isGzip) return raw;
  const unzipped = createGunzip({ chunkSize: 256 * 1024 });
  raw.on('error', (error) => unzipped.destroy(error));
  return raw.pipe(unzipped);
}

export async function* splitLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<LogLine> {
  let rest: Buffer = Buffer.alloc(0);
  let isTooLong = false;
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
      if (isTooLong || end - from > limits.logLineBytes) yield undefined;
      else yield textOf(bytes, from, end);
      isTooLong = false;
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > limits.logLineBytes) {
      isTooLong = true;
      rest = Buffer.alloc(0);
    }
  }
  if (isTooLong) yield undefined;
  else if (rest.length > 0) yield textOf(rest, 0, rest.length);
}

function textOf(bytes: Buffer, from: number, end: number): string {
  return bytes.toString('utf8', from, end > from && bytes[end - 1] === 13 ? end - 1 : end);
}
