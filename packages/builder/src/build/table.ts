/**
 * A table of texts that is kept from build to build in one file, which only ever grows at its end: a build that changes one
 * row of many writes one line. What counts of the file is said elsewhere (state.ts), so that a build that was
 * interrupted leaves a table as it was.
 *
 * ```
 * =<key>\t<value>     a row; a later one counts
 * ~<key>\t<JSON>      a row whose value has line ends
 * -<key>              a row that is gone
 * ```
 */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { RegistryError } from '@mlld/format';

export interface Table {
  readonly size: number;
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  delete(key: string): void;
  keys(): Iterable<string>;
  values(): Iterable<string>;
  entries(): Iterable<readonly [string, string]>;
  clear(): void;
  /** Writes what changed. What was kept before is there until `settle`. @returns the place to open it at the next time */
  commit(): TablePlace;
  /** Takes away files that were replaced. */
  settle(): void;
}

/** A file in the state folder, and how many of its bytes count. */
export interface TablePlace {
  readonly file: string;
  readonly bytes: number;
  /** Lines, those of rows that are replaced or gone too. */
  readonly lines: number;
}

/** @throws if the file is not as it was left */
export function openTable(folder: string, name: string, place?: TablePlace): Table {
  const rows = place === undefined ? new Map<string, string>() : readRows(folder, place);
  let changed = new Set<string>();
  let base = place;
  return {
    get size() {
      return rows.size;
    },
    get: (key) => rows.get(key),
    set(key, value) {
      if (rows.get(key) === value) return;
      if (/[\t\n]/.test(key)) throw new RegistryError('INTERNAL', `a key of ${name} has a tab or a line end`);
      rows.set(key, value);
      changed.add(key);
    },
    delete(key) {
      if (rows.delete(key)) changed.add(key);
    },
    keys: () => rows.keys(),
    values: () => rows.values(),
    entries: () => rows.entries(),
    clear() {
      rows.clear();
      base = undefined;
    },
    commit() {
      const lines = (base?.lines ?? 0) + changed.size;
      if (base !== undefined && changed.size === 0) return base;
      if (base !== undefined && lines <= 2 * rows.size + 1000) {
        const text = [...changed].map((key) => line(key, rows.get(key))).join('');
        truncateSync(path.join(folder, base.file), base.bytes);
        appendFileSync(path.join(folder, base.file), text);
        base = { file: base.file, bytes: base.bytes + Buffer.byteLength(text), lines };
      } else {
        const text = [...rows].map(([key, value]) => line(key, value)).join('');
        const file = newFile(folder, name);
        writeFileSync(path.join(folder, file), text);
        base = { file, bytes: Buffer.byteLength(text), lines: rows.size };
      }
      changed = new Set();
      return base;
    },
    settle() {
      for (const file of readdirSync(folder))
        if (file !== base?.file && /^\d+$/.test(file.slice(name.length + 1)) && file.startsWith(`${name}.`))
          rmSync(path.join(folder, file), { force: true });
    },
  };
}

function newFile(folder: string, name: string): string {
  for (let n = 1; ; n++) if (!existsSync(path.join(folder, `${name}.${n}`))) return `${name}.${n}`;
}

function line(key: string, value: string | undefined): string {
  if (value === undefined) return `-${key}\n`;
  return value.includes('\n') ? `~${key}\t${JSON.stringify(value)}\n` : `=${key}\t${value}\n`;
}

function readRows(folder: string, { file, bytes }: TablePlace): Map<string, string> {
  const all = readFileSync(path.join(folder, file));
  const text = all.subarray(0, bytes).toString('utf8');
  if (all.length < bytes || (bytes > 0 && !text.endsWith('\n')))
    throw new Error(`${file}: wanted ${bytes} bytes that end a line`);
  const rows = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const tab = text.indexOf('\t', at);
    if (text[at] === '-') rows.delete(text.slice(at + 1, end));
    else if (tab < 0 || tab > end) throw new Error(`${file}: a line without a tab`);
    else {
      const value = text.slice(tab + 1, end);
      rows.set(text.slice(at + 1, tab), text[at] === '~' ? (JSON.parse(value) as string) : value);
    }
    at = end + 1;
  }
  return rows;
}
