/**
 * A table of texts that is kept from build to build in one file, which only ever grows at its end: a build that changes one
 * row of many writes one line, and reads few. What counts of the file is said elsewhere (state.ts), so that a build that was
 * interrupted leaves a table as it was.
 *
 * ```
 * =<key>\t<value>     a row
 * ~<key>\t<JSON>      a row whose value has line ends
 * -<key>              a row that is gone
 * ```
 *
 * The rows that were there when the file was written anew are sorted by their keys, so that one is found without reading the others.
 * What came later stands behind them, and counts instead of them.
 */
import { appendFileSync, existsSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RegistryError } from '@mlld/format';
import { linesIn, openSorted, type Sorted } from './table-file.ts';
import { type Joining, joinRuns, type Values, valuesOf } from './table-values.ts';

export interface Table {
  readonly size: number;
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  delete(key: string): void;
  keys(): readonly string[];
  values(): readonly string[];
  /** As they are now: those whose keys begin with a text, without reading the others; or all. */
  entries(prefix?: string): readonly (readonly [string, string])[];
  /** Keys of all rows whose values have a text without line ends, and perhaps of some that have it elsewhere. */
  having(text: string): Iterable<string>;
  /** Reads what is needed to find rows, and to join all values with a text after each, where there is time for it. */
  prepare(after?: string): void;
  /** All values in the order of their keys: UTF-8. */
  joined(joining: Joining): Buffer;
  clear(): void;
  /** Writes what changed. What was kept before is there until `settle`. @returns the place to open it at the next time */
  commit(): TablePlace;
  /** Takes away files that were replaced. */
  settle(): void;
}

/** A file in the state folder, and how much of it counts. */
export interface TablePlace {
  readonly file: string;
  readonly bytes: number;
  /** Bytes at its start that are sorted rows. */
  readonly sorted: number;
  /** Lines behind them. */
  readonly later: number;
  readonly rows: number;
}

/** Lines behind the sorted rows, and their bytes, that are not worth writing all anew. */
const laterLines = (rows: number) => 1000 + rows / 4;
const laterBytes = (sorted: number) => 256 * 1024 + sorted / 4;

type Rows = Map<string, string | undefined>;

/** The file is read when a row is first asked for. @throws RegistryError IO then, if it is not as it was left */
export function openTable(folder: string, name: string, place?: TablePlace): Table {
  let kept = place;
  let size = place?.rows ?? 0;
  let opened: { readonly sorted: Sorted; readonly later: Rows } | undefined;
  let values: (Values & { readonly after: string }) | undefined;
  /** Since the table was opened; undefined for what is gone. */
  const changed: Rows = new Map();
  const file = () => {
    opened ??= kept === undefined ? nothing : openFile(folder, kept);
    return opened;
  };
  const get = (key: string): string | undefined => {
    if (changed.has(key)) return changed.get(key);
    const { sorted, later } = file();
    return later.has(key) ? later.get(key) : sorted.get(key);
  };
  const change = (key: string, value: string | undefined): void => {
    const before = get(key);
    if (before === value) return;
    if (/[\t\n]/.test(key)) throw new RegistryError('INTERNAL', `a key of ${name} has a tab or a line end`);
    size += Number(value !== undefined) - Number(before !== undefined);
    if (value === undefined && kept === undefined) changed.delete(key);
    else changed.set(key, value);
  };
  /** What counts instead of sorted rows, or beside them. */
  const over = (prefix = ''): [string, string | undefined][] => {
    const { later } = file();
    const all = later.size === 0 ? changed : new Map([...later, ...changed]);
    const rows = [...all];
    return prefix === '' ? rows : rows.filter(([key]) => key.startsWith(prefix));
  };
  const entries = (prefix = ''): (readonly [string, string])[] => {
    const { sorted, later } = file();
    const rows = sorted.entries(prefix).filter(([key]) => !changed.has(key) && !later.has(key));
    for (const [key, value] of over(prefix)) if (value !== undefined) rows.push([key, value]);
    return rows;
  };
  const valuesWith = (after: string): Values => {
    if (values?.after !== after) values = { after, ...valuesOf(file().sorted, after) };
    return values;
  };
  const fits = ({ later, bytes, sorted }: TablePlace) =>
    later + changed.size <= laterLines(size) && bytes - sorted <= laterBytes(sorted);
  const append = (old: TablePlace): TablePlace => {
    const text = [...changed].map(([key, value]) => line(key, value)).join('');
    truncateSync(path.join(folder, old.file), old.bytes);
    appendFileSync(path.join(folder, old.file), text);
    const bytes = old.bytes + Buffer.byteLength(text);
    return { ...old, bytes, later: old.later + changed.size, rows: size };
  };
  const rewrite = (): TablePlace => {
    const rows = entries().sort(byKey);
    const text = rows.map(([key, value]) => line(key, value)).join('');
    const target = newFile(folder, name);
    writeFileSync(path.join(folder, target), text);
    const bytes = Buffer.byteLength(text);
    return { file: target, bytes, sorted: bytes, later: 0, rows: rows.length };
  };
  return {
    get size() {
      return size;
    },
    get,
    set: change,
    delete: (key) => change(key, undefined),
    keys: () => entries().map(([key]) => key),
    values: () => entries().map(([, value]) => value),
    entries,
    *having(text) {
      const { sorted, later } = file();
      for (const key of sorted.having(text)) if (!changed.has(key) && !later.has(key)) yield key;
      for (const [key, value] of over()) if (value?.includes(text) === true) yield key;
    },
    prepare(after) {
      if (after === undefined) file();
      else valuesWith(after);
    },
    joined: (joining) => joinRuns(valuesWith(joining.after), over().sort(byKey), joining),
    clear() {
      changed.clear();
      size = 0;
      opened = nothing;
      values = undefined;
      kept = undefined;
    },
    commit() {
      if (kept === undefined || !fits(kept)) kept = rewrite();
      else if (changed.size > 0) kept = append(kept);
      changed.clear();
      opened = undefined;
      values = undefined;
      return kept;
    },
    settle() {
      for (const one of readdirSync(folder))
        if (one !== kept?.file && /^\d+$/.test(one.slice(name.length + 1)) && one.startsWith(`${name}.`))
          rmSync(path.join(folder, one), { force: true });
    },
  };
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  a < b ? -1 : a > b ? 1 : 0;

const nothing = { sorted: openSorted(undefined), later: new Map<string, string | undefined>() };

function openFile(folder: string, { file, bytes, sorted }: TablePlace) {
  const absolute = path.join(folder, file);
  const later: Rows = new Map();
  const rest = openSorted({ file: absolute, from: sorted, to: bytes });
  for (const { sign, key, value } of linesIn(rest.whole()))
    later.set(key, sign === '-' ? undefined : value());
  return { sorted: openSorted({ file: absolute, from: 0, to: sorted }), later };
}

function newFile(folder: string, name: string): string {
  for (let n = 1; ; n++) if (!existsSync(path.join(folder, `${name}.${n}`))) return `${name}.${n}`;
}

function line(key: string, value: string | undefined): string {
  if (value === undefined) return `-${key}\n`;
  return value.includes('\n') ? `~${key}\t${JSON.stringify(value)}\n` : `=${key}\t${value}\n`;
}
