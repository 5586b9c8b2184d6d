/** What everybody who reads an answer over HTTP has to do. Pure: the clock is passed in, and bytes come as a stream. */
import { limits } from './limits.ts';

/**
 * Milliseconds of a Retry-After header (RFC 9110 §10.2.3): seconds, or one of the three forms of a date. At most
 * `limits.retryAfterMs`; undefined for anything else.
 */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : dateOf(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), limits.retryAfterMs);
}

/** An HTTP date (RFC 9110 §5.6.7). Its oldest form, of C's asctime, doesn't say that it is in UTC. */
function dateOf(text: string): number {
  if (text.length > 40 || !/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return Number.NaN;
  return Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
}

/** All bytes of a stream; undefined, and the rest is not read, as soon as there are more than `most`. */
export async function readBounded(
  parts: AsyncIterable<Uint8Array> | null,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const part of parts ?? []) {
    size += part.length;
    if (size > most) return undefined;
    read.push(part);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of read) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
