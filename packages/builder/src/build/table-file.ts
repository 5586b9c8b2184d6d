/** The sorted rows in the file of a table (table.ts): one is found by halves, all are read at once. */
import { isAscii } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { RegistryError } from '@mlld/format';

/** Bytes of a file. */
interface Range {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

export interface Sorted {
  get(key: string): string | undefined;
  /** The octets of the row with a key; nothing, at the place where it would be, if there is none. */
  place(key: string): readonly [from: number, to: number];
  /** Those whose keys begin with a text, without reading the others; or all. */
  entries(prefix: string): readonly (readonly [string, string])[];
  /** Keys of rows whose line has a text. */
  having(text: string): Iterable<string>;
  /** @throws RegistryError IO for a file that ends too early, or within a line */
  whole(): Buffer;
  /** As `whole`, for who changes what it is given. */
  copy(): Buffer;
}

interface Line {
  readonly sign: '=' | '~' | '-';
  readonly key: string;
  readonly value: () => string;
}

const lineEnd = 10;
const tab = 9;
/** Bytes at the start of a line that mostly hold its key. */
const keyBytes = 256;
/** Bytes that are read at once, and stay: who looks for a row looks for others. */
const blockBytes = 16 * 1024;

/** @param range undefined: there are no rows */
export function openSorted(range: Range | undefined): Sorted {
  const length = range === undefined ? 0 : range.to - range.from;
  let content: Buffer | undefined = length === 0 ? Buffer.alloc(0) : undefined;
  const blocks = new Map<number, Buffer>();
  let descriptor: number | undefined;
  /** It stays open until the event loop turns: a row is found by several reads, and who looks for one looks for others. */
  const opened = (): number => {
    if (descriptor !== undefined) return descriptor;
    const now = openSync(range!.file, 'r');
    descriptor = now;
    setImmediate(() => {
      descriptor = undefined;
      closeSync(now);
    });
    return now;
  };
  const copy = (): Buffer => {
    if (content !== undefined) return Buffer.from(content);
    const bytes = readBytes(opened(), range!, [0, length]);
    if (bytes[length - 1] !== lineEnd) throw damaged(range!.file);
    return bytes;
  };
  const whole = (): Buffer => {
    if (content !== undefined) return content;
    content = copy();
    return content;
  };
  const block = (n: number): Buffer => {
    const known = blocks.get(n);
    if (known !== undefined) return known;
    const bytes = readBytes(opened(), range!, [n * blockBytes, Math.min(length, (n + 1) * blockBytes)]);
    blocks.set(n, bytes);
    return bytes;
  };
  const read = (from: number, to: number): Buffer => {
    if (content === undefined && blocks.size * blockBytes > length / 2) whole();
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
  /** Where the line begins in which an octet is, block by block: a line may be far longer than others. */
  const startOf = (at: number): number => {
    for (let to = at; to > 0; ) {
      const from = Math.max(0, Math.ceil(to / blockBytes) - 1) * blockBytes;
      const found = read(from, to).lastIndexOf(lineEnd);
      if (found >= 0) return from + found + 1;
      to = from;
    }
    return 0;
  };
  const endOf = (at: number): number => {
    for (let from = at; from < length; ) {
      const to = Math.min(length, (Math.floor(from / blockBytes) + 1) * blockBytes);
      const found = read(from, to).indexOf(lineEnd);
      if (found >= 0) return from + found + 1;
      from = to;
    }
    throw damaged(range!.file);
  };
  const around = (at: number): { readonly key: string; readonly start: number; readonly end: number } => {
    const [start, end] = [startOf(at), endOf(at)];
    const head = read(start, Math.min(end - 1, start + keyBytes));
    const key = keyOf(head.includes(tab) ? head : read(start, end - 1), range!.file);
    return { key, start, end };
  };
  const place = (key: string): readonly [from: number, to: number] => {
    let low = 0;
    let high = length;
    while (low < high) {
      const { key: found, start, end } = around((low + high) >>> 1);
      if (found === key) return [start, end];
      if (found < key) low = end;
      else high = start;
    }
    return [low, low];
  };
  return {
    whole,
    copy,
    place,
    get(key) {
      const [start, end] = place(key);
      return start === end ? undefined : lineOf(read(start, end - 1), range!.file).value();
    },
    entries(prefix) {
      if (prefix === '') return allRows(whole(), range?.file ?? '');
      const rows: [string, string][] = [];
      for (let at = place(prefix)[0]; at < length; ) {
        const { key, end } = around(at);
        if (!key.startsWith(prefix)) break;
        rows.push([key, lineOf(read(at, end - 1), range!.file).value()]);
        at = end;
      }
      return rows;
    },
    *having(text) {
      const bytes = whole();
      const wanted = Buffer.from(text);
      for (let at = bytes.indexOf(wanted); at >= 0; ) {
        const { key, end } = around(at);
        yield key;
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

function readBytes(
  opened: number,
  { file, from: first }: Range,
  [from, to]: readonly [from: number, to: number],
): Buffer {
  const bytes = Buffer.allocUnsafe(to - from);
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(opened, bytes, at, bytes.length - at, first + from + at);
    if (count === 0) throw damaged(file);
    at += count;
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
