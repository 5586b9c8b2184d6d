/**
 * What the last build of a distribution knew: so that the next one renders only what changed. Not part of the
 * distribution. Tables (table.ts), most with a row a module; the file `state` says how much of each counts, and
 * is replaced at once. A publish reads few rows of most of them: what is looked at of every module has a small table of its own.
 * Whatever is wrong with it, the answer is a full build, never an error.
 */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Author, dnsNames, type ModuleName } from '@mlld/format';
import type { Finding } from '../finding.ts';
import type { CatalogRecord } from './record.ts';
import { openTable, type Table, type TablePlace } from './table.ts';

/** Raised when this program renders or keeps anything differently: every module is rendered anew. */
export const stateVersion = 7;

export interface StateHeader {
  readonly v: number;
  /** Everything beside the repository's files that decides what is written. */
  readonly engine: string;
  /** The git tree that was built, and the paths that differed from it in the work tree. */
  readonly tree?: string | undefined;
  readonly dirty?: readonly string[] | undefined;
  /** Commits were all that counted: which paths differed is not known. */
  readonly committed?: boolean | undefined;
  /** Size and time of the files about all modules: a distribution that was changed or removed is noticed by them. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** Where the tables are, by name. */
  readonly tables: Readonly<Record<string, TablePlace>>;
  readonly sums: Sums;
}

/** Of all modules. */
interface Sums {
  /** As those of a module. */
  readonly counts: readonly number[];
  /** Time of the newest statement, or the epoch for a registry without any. */
  readonly newest: string;
}

export interface ModuleState {
  readonly name: ModuleName;
  /** Versions, then those that match, mismatch, are unreachable, are unchecked. */
  readonly counts: readonly number[];
  /** Time of the newest statement. */
  readonly newest: string;
  /** Order key of the newest release. */
  readonly lastKey: string;
  /** [order key, hash] of all that the closures of others may depend on. */
  readonly events: readonly (readonly [string, string])[];
  /** Modules that closures of this one looked up. */
  readonly consulted: readonly string[];
  /** Authors whose keysets were asked. */
  readonly signers: readonly string[];
  readonly outputs: readonly string[];
  /** Member of modules.json, or nothing. */
  readonly legacy: string;
  /** Lines of the zone file, which have no control characters. */
  readonly zone: readonly string[];
  readonly findings: readonly Finding[];
  /** What lists of modules say of it; undefined for a module without a release. */
  readonly record: CatalogRecord | undefined;
  /** What outputs said of it when it was rendered, as JSON, or nothing. */
  readonly notes: string;
}

/** A module's rows in the tables. */
export interface ModuleRows {
  readonly name: ModuleName;
  readonly row: string;
  readonly links: string;
  readonly record: string | undefined;
  readonly legacy: string;
  readonly zone: string;
  readonly notes: string;
  readonly findings: string;
}

/** An author's keysets have rows as well. */
export interface AuthorRows {
  readonly author: Author;
  readonly outputs: string;
  readonly findings: string;
}

export interface State {
  readonly header: StateHeader;
  sums: Sums;
  /** By name: columns between tabs. */
  readonly modules: Table;
  /** What of each module depends on others: columns between tabs. */
  readonly links: Table;
  /** What closures of others look at: JSON of `Candidates`. So a publish reads no module that has not changed. */
  readonly candidates: Table;
  /** Each module that has a release, by its name. */
  readonly names: Table;
  /** What lists of modules say of each: JSON of `CatalogRecord`. */
  readonly records: Table;
  /** Members of modules.json. */
  readonly legacy: Table;
  /** Lines of the zone file, by the name of the module in DNS: that is their order there. */
  readonly zone: Table;
  /** What outputs said of modules when they were rendered, where they did. */
  readonly notes: Table;
  /** Of modules and authors, where there are some. */
  readonly findings: Table;
  /** Files of each author. */
  readonly authors: Table;
  /** What the folders of modules and authors looked like (scan.ts). */
  readonly folders: Table;
  /** Stamps of other statements, where no git says what changed. */
  readonly others: Table;
  /** What outputs keep, by their names. */
  readonly outputs: ReadonlyMap<string, Table>;
}

/** Column numbers of a module's row. */
export const column = {
  counts: 0,
  newest: 1,
  events: 2,
  outputs: 3,
} as const;

/** Column numbers of what it depends on. */
export const link = { lastKey: 0, signers: 1, consulted: 2 } as const;

export function encodeModule(state: ModuleState): ModuleRows {
  const { name, counts, consulted, signers, findings, record } = state;
  const events = JSON.stringify(state.events);
  return {
    name,
    row: [counts.join(' '), state.newest, events, JSON.stringify(state.outputs)].join('\t'),
    links: [state.lastKey, signers.join(' '), consulted.join(' ')].join('\t'),
    record: record && JSON.stringify(record),
    legacy: state.legacy,
    zone: state.zone.join('\r'),
    notes: state.notes,
    findings: encodeList(findings),
  };
}

export function encodeList(list: readonly unknown[]): string {
  return list.length === 0 ? '' : JSON.stringify(list);
}

/** One column of a row, without splitting the rest. */
export function cell(row: string, index: number): string {
  let start = 0;
  for (let i = 0; i < index; i++) {
    start = row.indexOf('\t', start) + 1;
    if (start === 0) return '';
  }
  const end = row.indexOf('\t', start);
  return end < 0 ? row.slice(start) : row.slice(start, end);
}

export function words(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}

/** A JSON list in a cell that this program wrote; nothing stands for the empty list. */
export function listIn<T>(text: string): readonly T[] {
  return text === '' ? [] : (JSON.parse(text) as readonly T[]);
}

/** Puts a module's rows into the tables. */
export function keepModule(state: State, rows: ModuleRows): void {
  const { name, row, record } = rows;
  addUp(state, state.modules.get(name), row);
  state.modules.set(name, row);
  state.links.set(name, rows.links);
  put(state.names, name, record === undefined ? '' : name);
  put(state.records, name, record ?? '');
  put(state.legacy, name, rows.legacy);
  put(state.notes, name, rows.notes);
  put(state.findings, name, rows.findings);
  putZone(state, name, rows.zone);
}

export function forgetModule(state: State, name: ModuleName): void {
  addUp(state, state.modules.get(name), undefined);
  const { modules, links, candidates, names, records, legacy, notes, findings } = state;
  for (const table of [modules, links, candidates, names, records, legacy, notes, findings])
    table.delete(name);
  putZone(state, name, '');
}

export function keepAuthor(state: State, { author, outputs, findings }: AuthorRows): void {
  state.authors.set(author, outputs);
  put(state.findings, author, findings);
}

export function forgetAuthor({ authors, findings }: State, author: string): void {
  authors.delete(author);
  findings.delete(author);
}

/** Two modules compare as what stands before the zone. */
const zoneKey = (name: ModuleName) => dnsNames.module(name, '');

function putZone({ zone }: State, name: ModuleName, lines: string): void {
  put(zone, zoneKey(name), lines);
}

function put(table: Table, key: string, value: string): void {
  if (value === '') table.delete(key);
  else table.set(key, value);
}

function addUp(state: State, before: string | undefined, after: string | undefined): void {
  const { counts, newest } = state.sums;
  const numbers = (row: string | undefined) => (row === undefined ? [] : words(cell(row, column.counts)));
  const [less, more] = [numbers(before), numbers(after)];
  const time = timeOf(after);
  // What was newest may have gone: then all are looked at when it is asked for.
  const isGone = timeOf(before) === newest && time < newest;
  state.sums = {
    counts: counts.map((count, i) => count - Number(less[i] ?? 0) + Number(more[i] ?? 0)),
    newest: isGone || newest === '' ? '' : time > newest ? time : newest,
  };
}

/** Statements about a module without a release count for nothing. */
function timeOf(row = '0 '): string {
  return cell(row, column.counts).startsWith('0 ') ? '' : cell(row, column.newest);
}

const epoch = '1970-01-01T00:00:00.000Z';

/** Time of the newest statement. */
export function newestOf(state: State): string {
  if (state.sums.newest !== '') return state.sums.newest;
  let newest = epoch;
  for (const row of state.modules.values()) {
    const time = timeOf(row);
    if (time > newest) newest = time;
  }
  state.sums = { ...state.sums, newest };
  return newest;
}

/** The modules that have a release, sorted. */
export function releasedModules({ names }: Pick<State, 'names'>): ModuleName[] {
  return names.joined({ after: '\n' }).toString().split('\n').slice(0, -1) as ModuleName[];
}

const stateFile = (folder: string) => path.join(folder, 'state');

/** @returns undefined if there is none, or it is cut short, or of another version of this program */
export function readState(folder: string, outputs: readonly string[]): State | undefined {
  try {
    const header = JSON.parse(readFileSync(stateFile(folder), 'utf8')) as StateHeader;
    if (header.v !== stateVersion) return undefined;
    return areWhole(folder, header) ? openTables(folder, header, outputs) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the tables are there, as long as they have to be. */
function areWhole(folder: string, { tables }: StateHeader): boolean {
  return Object.values(tables).every(({ file, bytes }) => statSync(path.join(folder, file)).size >= bytes);
}

export function emptyState(folder: string, outputs: readonly string[]): State {
  const sums = { counts: [0, 0, 0, 0, 0], newest: epoch };
  return openTables(folder, { v: stateVersion, engine: '', aggregates: {}, tables: {}, sums }, outputs);
}

const ownTables = [
  'modules',
  'links',
  'candidates',
  'names',
  'records',
  'legacy',
  'zone',
  'notes',
  'findings',
  'authors',
  'folders',
  'others',
] as const;

function openTables(folder: string, header: StateHeader, outputs: readonly string[]): State {
  const table = (name: string) => openTable(folder, name, header.tables[name]);
  const own = Object.fromEntries(ownTables.map((name) => [name, table(name)]));
  return {
    header,
    sums: header.sums,
    ...(own as Record<(typeof ownTables)[number], Table>),
    outputs: new Map(outputs.map((name) => [name, table(`output-${name}`)])),
  };
}

/** Reads what is needed to find rows, where there is time for it. */
export function prepareTables(state: State): void {
  for (const [, table] of tablesOf(state)) table.prepare();
}

function tablesOf(state: State): (readonly [string, Table])[] {
  return [
    ...ownTables.map((name) => [name, state[name]] as const),
    ...[...state.outputs].map(([name, table]) => [`output-${name}`, table] as const),
  ];
}

/** Atomic: until the file `state` is renamed, the old rows count. */
export function writeState(
  folder: string,
  state: State,
  header: Omit<StateHeader, 'v' | 'tables' | 'sums'>,
): void {
  const tables = new Map(tablesOf(state));
  const sums = { ...state.sums, newest: newestOf(state) };
  const places = [...tables].map(([name, table]) => [name, table.commit()] as const);
  const text = JSON.stringify({ v: stateVersion, ...header, sums, tables: Object.fromEntries(places) });
  const temporary = `${stateFile(folder)}.tmp`;
  writeFileSync(temporary, `${text}\n`);
  renameSync(temporary, stateFile(folder));
  for (const table of tables.values()) table.settle();
}
