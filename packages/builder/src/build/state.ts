/**
 * What the last build of a distribution knew: so that the next one renders only what changed. Not part of the
 * distribution. Tables (table.ts) with a row a module, of columns between tabs; the file `state` says how much of each counts, and
 * is replaced at once. Whatever is wrong with it, the answer is a full build, never an error.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ModuleName } from '@mlld/format';
import type { Finding } from '../finding.ts';
import type { CatalogRecord } from './record.ts';
import { openTable, type Table, type TablePlace } from './table.ts';

/** Raised when this program renders or keeps anything differently: every module is rendered anew. */
export const stateVersion = 5;

export interface StateHeader {
  readonly v: number;
  /** Everything beside the repository's files that decides what is written. */
  readonly engine: string;
  /** The git tree that was built, and the paths that differed from it in the work tree. */
  readonly tree?: string | undefined;
  readonly dirty?: readonly string[] | undefined;
  /** Size and time of the files about all modules: a distribution that was changed or removed is noticed by them. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** Where the tables are, by name. */
  readonly tables: Readonly<Record<string, TablePlace>>;
}

export interface ModuleState {
  readonly name: ModuleName;
  /** What the module's files looked like, where no git says it. */
  readonly stamp: string;
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
  /** Lines of the zone file. */
  readonly zone: readonly string[];
  readonly findings: readonly Finding[];
  /** What lists of modules say of it; undefined for a module without a release. */
  readonly record: CatalogRecord | undefined;
  /** What outputs said of it when it was rendered, as JSON, or nothing. */
  readonly notes: string;
}

/** An author's keysets have a row as well: with stamp, outputs and findings. */
export type AuthorState = Pick<ModuleState, 'stamp' | 'outputs' | 'findings'>;

export interface State {
  readonly header: StateHeader;
  /** Encoded rows by name. */
  readonly modules: Table;
  /** What lists of modules say of each: JSON of `CatalogRecord`. */
  readonly records: Table;
  readonly authors: Table;
  /** Stamps of other statements, where no git says what changed. */
  readonly others: Table;
  /** The modules in each author's folder (listings.ts). */
  readonly listings: Table;
  /** What outputs keep, by their names. */
  readonly outputs: ReadonlyMap<string, Table>;
}

/** Column numbers of a module's row: what is looked at in every build comes first. */
export const column = {
  stamp: 0,
  counts: 1,
  newest: 2,
  lastKey: 3,
  consulted: 4,
  signers: 5,
  notes: 6,
  findings: 7,
  zone: 8,
  events: 9,
  outputs: 10,
  legacy: 11,
} as const;

export function encodeModule(state: ModuleState): string {
  const { counts, consulted, signers, findings } = state;
  return [
    state.stamp,
    counts.join(' '),
    state.newest,
    state.lastKey,
    consulted.join(' '),
    signers.join(' '),
    state.notes,
    findings.length === 0 ? '' : JSON.stringify(findings),
    state.zone.join('\r'),
    JSON.stringify(state.events),
    JSON.stringify(state.outputs),
    state.legacy,
  ].join('\t');
}

/** Column numbers of an author's row. */
export const authorColumn = { stamp: 0, outputs: 1, findings: 2 } as const;

export function encodeAuthor({ stamp, outputs, findings }: AuthorState): string {
  return [stamp, JSON.stringify(outputs), findings.length === 0 ? '' : JSON.stringify(findings)].join('\t');
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

/** Lines of the zone file, of which none has a control character. */
export function zoneLines(row: string): string[] {
  const text = cell(row, column.zone);
  return text === '' ? [] : text.split('\r');
}

const stateFile = (folder: string) => path.join(folder, 'state');

/** @returns undefined if there is none, or it is damaged, or of another version of this program */
export function readState(folder: string, outputs: readonly string[]): State | undefined {
  try {
    const header = JSON.parse(readFileSync(stateFile(folder), 'utf8')) as StateHeader;
    if (header.v !== stateVersion) return undefined;
    const state = openTables(folder, header, outputs);
    // Read now, so that damage is met here. The others are as long as they have to be.
    for (const table of [state.modules, state.authors]) table.keys();
    return areWhole(folder, header) ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the other tables are there, as long as they have to be. */
function areWhole(folder: string, { tables }: StateHeader): boolean {
  return Object.values(tables).every(({ file, bytes }) => statSync(path.join(folder, file)).size >= bytes);
}

export function emptyState(folder: string, outputs: readonly string[]): State {
  return openTables(folder, { v: stateVersion, engine: '', aggregates: {}, tables: {} }, outputs);
}

function openTables(folder: string, header: StateHeader, outputs: readonly string[]): State {
  const table = (name: string) => openTable(folder, name, header.tables[name]);
  return {
    header,
    modules: table('modules'),
    records: table('records'),
    authors: table('authors'),
    others: table('others'),
    listings: table('listings'),
    outputs: new Map(outputs.map((name) => [name, table(`output-${name}`)])),
  };
}

/** Atomic: until the file `state` is renamed, the old rows count. */
export function writeState(
  folder: string,
  { modules, records, authors, others, listings, outputs }: State,
  header: Omit<StateHeader, 'v' | 'tables'>,
): void {
  const tables = { modules, records, authors, others, listings, ...prefixed(outputs) };
  const places = Object.entries(tables).map(([name, table]) => [name, table.commit()] as const);
  const text = JSON.stringify({ v: stateVersion, ...header, tables: Object.fromEntries(places) });
  const temporary = `${stateFile(folder)}.tmp`;
  writeFileSync(temporary, `${text}\n`);
  renameSync(temporary, stateFile(folder));
  for (const table of Object.values(tables)) table.settle();
}

function prefixed(outputs: ReadonlyMap<string, Table>): Record<string, Table> {
  return Object.fromEntries([...outputs].map(([name, table]) => [`output-${name}`, table]));
}

export function hashOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
