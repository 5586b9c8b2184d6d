/** The sorted rows in the file of a table (table.ts): one is found by halves, all are read at once. */
import { isAscii } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { RegistryError } from '@mlld/format';

/** Bytes of a file. */
export interface Range {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

export interface Sorted {
  get(key: string): string | undefined;
  /** Those whose keys begin with a text, without reading the others; or all. */
  entries(prefix: string): readonly (readonly [string, string])[];
  /** Keys of rows whose line has a text. */
  having(text: string): Iterable<string>;
  /** Where the row with a key is, or where it would be: `[start, start]`. */
  find(key: string): readonly [start: number, end: number];
  /** @throws RegistryError IO for a file that ends too early, or within a line */
  whole(): Buffer;
}

export interface Line {
  readonly sign: '=' | '~' | '-';
  readonly key: string;
  readonly value: () => string;
}

const jsonSign = '~'.charCodeAt(0);
const lineEnd = 10;
const tab = 9;
/** Bytes around a place in which a line is looked for at first. */
const reachAtFirst = 2048;
/** Bytes that are read at once, and stay: who looks for a row looks for others. */
const blockBytes = 64 * 1024;

/** @param range undefined: there are no rows */
export function openSorted(range: Range | undefined): Sorted {
  const length = range === undefined ? 0 : range.to - range.from;
  let content: Buffer | undefined = length === 0 ? Buffer.alloc(0) : undefined;
  const blocks = new Map<number, Buffer>();
  const whole = (): Buffer => {
    if (content !== undefined) return content;
    content = readBytes(range!, 0, length);
    if (content[length - 1] !== lineEnd) throw damaged(range!.file);
    return content;
  };
  const block = (n: number): Buffer => {
    const known = blocks.get(n);
    if (known !== undefined) return known;
    const bytes = readBytes(range!, n * blockBytes, Math.min(length, (n + 1) * blockBytes));
    blocks.set(n, bytes);
    return bytes;
  };
  const read = (from: number, to: number): Buffer => {
    if (content === undefined && blocks.size * blockBytes > length / 4) whole();
    if (content !== undefined) return content.subarray(from, to);
    const parts: Buffer[] = [];
    for (let at = from; at < to; ) {
      const n = Math.floor(at / blockBytes);
      const start = n * blockBytes;
      parts.push(block(n).subarray(at - start, to - start));
      at = start + blockBytes;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  };
  const around = (at: number): { readonly bytes: Buffer; readonly start: number; readonly end: number } => {
    for (let reach = reachAtFirst; ; reach *= 8) {
      const from = Math.max(0, at - reach);
      const chunk = read(from, Math.min(length, at + reach));
      const start = at === from ? 0 : chunk.lastIndexOf(lineEnd, at - from - 1) + 1;
      const end = chunk.indexOf(lineEnd, at - from);
      if (end >= 0 && (start > 0 || from === 0))
        return { bytes: chunk.subarray(start, end), start: from + start, end: from + end + 1 };
      if (from === 0 && at + reach >= length) throw damaged(range!.file);
    }
  };
  const find = (key: string): readonly [number, number] => {
    let low = 0;
    let high = length;
    while (low < high) {
      const { bytes, start, end } = around((low + high) >>> 1);
      const found = keyOf(bytes, range!.file);
      if (found === key) return [start, end];
      if (found < key) low = end;
      else high = start;
    }
    return [low, low];
  };
  return {
    find,
    whole,
    get(key) {
      const [start, end] = find(key);
      return start === end ? undefined : lineOf(read(start, end - 1), range!.file).value();
    },
    entries(prefix) {
      if (prefix === '') return allRows(whole(), range?.file ?? '');
      const rows: [string, string][] = [];
      for (let at = find(prefix)[0]; at < length; ) {
        const { bytes, end } = around(at);
        const { key, value } = lineOf(bytes, range!.file);
        if (!key.startsWith(prefix)) break;
        rows.push([key, value()]);
        at = end;
      }
      return rows;
    },
    *having(text) {
      const bytes = whole();
      const wanted = Buffer.from(text);
      for (let at = bytes.indexOf(wanted); at >= 0; ) {
        const { bytes: line, end } = around(at);
        yield keyOf(line, range!.file);
        at = bytes.indexOf(wanted, end);
      }
    },
  };
}

/** As `linesIn`, of rows alone: slices of one text, which is far quicker where it is ASCII. */
function allRows(bytes: Buffer, file: string): [string, string][] {
  const rows: [string, string][] = [];
  const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const middle = text.indexOf('\t', at);
    if (middle < at + 1 || middle > end) throw damaged(file);
    const value = text.slice(middle + 1, end);
    rows.push([text.slice(at + 1, middle), text[at] === '~' ? (JSON.parse(value) as string) : value]);
    at = end + 1;
  }
  return rows;
}

/** The lines of a part of a file. */
export function* linesIn(bytes: Buffer, file = ''): Generator<Line> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(lineEnd, at);
    yield lineOf(bytes.subarray(at, end), file);
    at = end + 1;
  }
}

/**
 * The values of sorted rows and of others, in the order of all keys, each with a text after it. `over` is sorted; its rows count
 * instead of sorted ones with the same keys, and take them away where they have no value.
 */
export function joinRuns(
  sorted: Sorted,
  over: readonly (readonly [string, string | undefined])[],
  after: string,
): Uint8Array {
  const bytes = sorted.whole();
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const [key, value] of over) {
    const [start, end] = bytes.length === 0 ? [0, 0] : sorted.find(key);
    if (start > from) parts.push(valuesIn(bytes.subarray(from, start), after));
    if (value !== undefined) parts.push(Buffer.from(value + after));
    from = end;
  }
  if (from < bytes.length) parts.push(valuesIn(bytes.subarray(from), after));
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function valuesIn(lines: Buffer, after: string): Buffer {
  if (after.length !== 1 || after > '\u007f') throw new RangeError('wanted one character of ASCII');
  const octet = after.charCodeAt(0);
  // Values move to the front over what stood before them: moved in place is quicker than copied, line by line.
  const bytes = Buffer.from(lines);
  let length = 0;
  for (let at = 0; at < lines.length; ) {
    const end = indexOf.call(lines, lineEnd, at);
    const start = indexOf.call(lines, tab, at) + 1;
    if (lines[at] === jsonSign) length += bytes.write(JSON.parse(lines.toString('utf8', start, end)), length);
    else {
      bytes.copyWithin(length, start, end);
      length += end - start;
    }
    bytes[length++] = octet;
    at = end + 1;
  }
  return bytes.subarray(0, length);
}

/** Without what Node does before it. */
const { indexOf } = Uint8Array.prototype;

function keyOf(line: Buffer, file: string): string {
  const end = line.indexOf(tab);
  if (end < 1) throw damaged(file);
  return line.toString('utf8', 1, end);
}

function lineOf(line: Buffer, file: string): Line {
  const first = String.fromCharCode(line[0] ?? 0);
  if (first === '-') return { sign: '-', key: line.toString('utf8', 1), value: () => '' };
  if (first !== '=' && first !== '~') throw damaged(file);
  const key = keyOf(line, file);
  const start = line.indexOf(tab) + 1;
  const text = () => line.toString('utf8', start);
  return { sign: first, key, value: first === '=' ? text : () => JSON.parse(text()) as string };
}

function readBytes({ file, from: first }: Range, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(to - from);
  const opened = openSync(file, 'r');
  try {
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(opened, bytes, at, bytes.length - at, first + from + at);
      if (count === 0) throw damaged(file);
      at += count;
    }
  } finally {
    closeSync(opened);
  }
  return bytes;
}

const damages = new WeakSet<object>();

function damaged(file: string): RegistryError {
  const error = new RegistryError('IO', `${file} in the state folder is damaged`, {
    hint: 'Build with --full.',
  });
  damages.add(error);
  return error;
}

/** Whether a table was not as it was left: a build that begins anew needs none. */
export function isDamage(error: unknown): boolean {
  return typeof error === 'object' && error !== null && damages.has(error);
}
