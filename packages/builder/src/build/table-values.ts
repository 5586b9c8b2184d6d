/** All values of a table (table.ts), joined: for files about all modules, which each publish writes anew. */
import { countBefore } from './sorted.ts';
import type { Sorted } from './table-file.ts';

/** The values of sorted rows, each with one character after it. */
export interface Values {
  readonly bytes: Buffer;
  /** Where each of them begins, and where the last one ends. */
  readonly starts: readonly number[];
  /** Where the row of each begins. Few of their keys are asked for: they are looked up there. */
  readonly rows: readonly number[];
  readonly sorted: Sorted;
}

/** What stands around values and after each: one character of ASCII. `tail` stands in the place of the last of them. */
export interface Joining {
  readonly after: string;
  readonly head?: string;
  readonly tail?: string;
}

const jsonSign = '~'.charCodeAt(0);
const lineEnd = 10;
const tab = 9;
/** Without what Node does before it. */
const { indexOf } = Uint8Array.prototype;

/**
 * The values of sorted rows. They move to the front over what stood before them, which is quicker than to copy one after the other.
 *
 * @param after one character of ASCII
 */
export function valuesOf(sorted: Sorted, after: string): Values {
  if (after.length !== 1 || after > '\u007f') throw new RangeError('wanted one character of ASCII');
  const octet = after.charCodeAt(0);
  const bytes = sorted.copy();
  const rows: number[] = [];
  const starts = [0];
  let length = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = indexOf.call(bytes, lineEnd, at);
    const start = indexOf.call(bytes, tab, at) + 1;
    rows.push(at);
    if (bytes[at] === jsonSign) length += bytes.write(JSON.parse(bytes.toString('utf8', start, end)), length);
    else {
      bytes.copyWithin(length, start, end);
      length += end - start;
    }
    bytes[length++] = octet;
    starts.push(length);
    at = end + 1;
  }
  return { bytes: bytes.subarray(0, length), starts, rows, sorted };
}

/**
 * The values of sorted rows and of others, in the order of all keys. `over` is sorted; its rows count instead of sorted ones with the
 * same keys, and take them away where they have no value.
 */
export function joinRuns(
  { bytes, starts, rows, sorted }: Values,
  over: readonly (readonly [string, string | undefined])[],
  { head = '', after, tail = after }: Joining,
): Buffer {
  const more = over.reduce(
    (sum, [, value = '']) => sum + 3 * value.length + 1,
    3 * (head.length + tail.length),
  );
  const target = Buffer.allocUnsafe(bytes.length + more);
  const begin = target.write(head);
  let length = begin;
  let from = 0;
  for (const [key, value] of over) {
    const [row, end] = sorted.place(key);
    const place = countBefore(rows, row);
    length += bytes.copy(target, length, starts[from], starts[place]);
    if (value !== undefined) length += target.write(value + after, length);
    from = row < end ? place + 1 : place;
  }
  length += bytes.copy(target, length, starts[from]);
  if (length > begin) length -= after.length;
  else if (tail === after) return target.subarray(0, length);
  length += target.write(tail, length);
  return target.subarray(0, length);
}
