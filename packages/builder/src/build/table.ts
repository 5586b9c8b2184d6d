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
import { isAscii } from 'node:buffer';
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
  readonly rows: number;
}

/** The file is read when a row is first asked for. @throws RegistryError IO then, if it is not as it was left */
export function openTable(folder: string, name: string, place?: TablePlace): Table {
  let kept = place;
  let loaded = place === undefined ? new Map<string, string>() : undefined;
  /** What was set before the file was read, and all that has changed since. */
  const changed = new Map<string, string | undefined>();
  const rows = (): Map<string, string> => {
    if (loaded !== undefined) return loaded;
    loaded = kept === undefined ? new Map() : readRows(folder, kept);
    for (const [key, value] of changed) put(loaded, key, value);
    return loaded;
  };
  const change = (key: string, value: string | undefined): void => {
    if (loaded !== undefined && loaded.get(key) === value) return;
    if (/[\t\n]/.test(key)) throw new RegistryError('INTERNAL', `a key of ${name} has a tab or a line end`);
    changed.set(key, value);
    if (loaded !== undefined) put(loaded, key, value);
  };
  const append = (old: TablePlace): TablePlace => {
    const text = [...changed].map(([key, value]) => line(key, value)).join('');
    const file = path.join(folder, old.file);
    truncateSync(file, old.bytes);
    appendFileSync(file, text);
    const bytes = old.bytes + Buffer.byteLength(text);
    return { file: old.file, bytes, lines: old.lines + changed.size, rows: loaded?.size ?? old.rows };
  };
  const rewrite = (): TablePlace => {
    const text = [...rows()].map(([key, value]) => line(key, value)).join('');
    const file = newFile(folder, name);
    writeFileSync(path.join(folder, file), text);
    return { file, bytes: Buffer.byteLength(text), lines: rows().size, rows: rows().size };
  };
  return {
    get size() {
      return rows().size;
    },
    get: (key) => rows().get(key),
    set: change,
    delete: (key) => change(key, undefined),
    keys: () => rows().keys(),
    values: () => rows().values(),
    entries: () => rows().entries(),
    clear() {
      loaded = new Map();
      changed.clear();
      kept = undefined;
    },
    commit() {
      const fits = kept !== undefined && kept.lines + changed.size <= 2 * kept.rows + 1000;
      if (kept === undefined || !fits) kept = rewrite();
      else if (changed.size > 0) kept = append(kept);
      changed.clear();
      return kept;
    },
    settle() {
      for (const file of readdirSync(folder))
        if (file !== kept?.file && /^\d+$/.test(file.slice(name.length + 1)) && file.startsWith(`${name}.`))
          rmSync(path.join(folder, file), { force: true });
    },
  };
}

function put(rows: Map<string, string>, key: string, value: string | undefined): void {
  if (value === undefined) rows.delete(key);
  else rows.set(key, value);
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
  const counted = all.subarray(0, bytes);
  // Four times as quick for what is mostly hashes and paths.
  const text = counted.toString(isAscii(counted) ? 'latin1' : 'utf8');
  if (all.length < bytes || (bytes > 0 && !text.endsWith('\n'))) throw damaged(file);
  const rows = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const tab = text.indexOf('\t', at);
    if (text[at] === '-') rows.delete(text.slice(at + 1, end));
    else if (tab < 0 || tab > end) throw damaged(file);
    else {
      const value = text.slice(tab + 1, end);
      rows.set(text.slice(at + 1, tab), text[at] === '~' ? (JSON.parse(value) as string) : value);
    }
    at = end + 1;
  }
  return rows;
}

function damaged(file: string): RegistryError {
  return new RegistryError('IO', `${file} in the state folder is damaged`, { hint: 'Build with --full.' });
}
