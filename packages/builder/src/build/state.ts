/**
 * What the last build of a distribution knew: so that the next one renders only what changed. Not part of the
 * distribution. One line a module with columns between tabs: a build that changes one module copies the other lines
 * as they are. Whatever is wrong with the file, the answer is a full build, never an error.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ModuleName } from '@mlld/format';
import type { Finding } from '../finding.ts';

/** Raised when this program renders or keeps anything differently: every module is rendered anew. */
export const stateVersion = 1;

export interface StateHeader {
  readonly v: number;
  /** Everything beside the repository's files that decides what is written. */
  readonly engine: string;
  /** The git tree that was built, and the paths that differed from it in the work tree. */
  readonly tree?: string | undefined;
  readonly dirty?: readonly string[] | undefined;
  /** Size and time of the files about all modules: a distribution that was changed or removed is noticed by them. */
  readonly aggregates: Readonly<Record<string, string>>;
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
  /** `<owner name> <TXT text>`, one a record. */
  readonly zone: readonly string[];
  readonly findings: readonly Finding[];
}

/** An author's keysets have a row as well: with stamp, outputs and findings. */
export type AuthorState = Pick<ModuleState, 'stamp' | 'outputs' | 'findings'> & { readonly author: string };

export interface State {
  readonly header: StateHeader;
  /** Encoded rows by name. */
  readonly modules: Map<ModuleName, string>;
  readonly authors: Map<string, string>;
}

/** Column numbers of a module's row. */
export const column = {
  name: 0,
  stamp: 1,
  counts: 2,
  newest: 3,
  lastKey: 4,
  consulted: 5,
  signers: 6,
  events: 7,
  outputs: 8,
  zone: 9,
  findings: 10,
  legacy: 11,
} as const;

export function encodeModule(state: ModuleState): string {
  const { counts, consulted, signers, findings } = state;
  return [
    state.name,
    state.stamp,
    counts.join(' '),
    state.newest,
    state.lastKey,
    consulted.join(' '),
    signers.join(' '),
    JSON.stringify(state.events),
    JSON.stringify(state.outputs),
    JSON.stringify(state.zone),
    findings.length === 0 ? '' : JSON.stringify(findings),
    state.legacy,
  ].join('\t');
}

export function encodeAuthor({ author, stamp, outputs, findings }: AuthorState): string {
  return [author, stamp, JSON.stringify(outputs), findings.length === 0 ? '' : JSON.stringify(findings)].join(
    '\t',
  );
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

/** @returns undefined if there is none, or it is damaged, or of another version of this program */
export function readState(file: string): State | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    const firstEnd = text.indexOf('\n');
    const body = text.slice(firstEnd + 1);
    const { length, ...header } = JSON.parse(text.slice(0, firstEnd)) as StateHeader & { length: number };
    if (header.v !== stateVersion || length !== body.length) return undefined;
    const modules = new Map<ModuleName, string>();
    const authors = new Map<string, string>();
    for (const row of body.split('\n')) {
      if (row === '') continue;
      const name = row.slice(0, row.indexOf('\t'));
      if (name.startsWith('@')) modules.set(name as ModuleName, row);
      else authors.set(name, row);
    }
    return { header, modules, authors };
  } catch {
    return undefined;
  }
}

/** Atomic: written beside and renamed. */
export function writeState(file: string, { header, modules, authors }: State): void {
  const body = [...modules.values(), ...authors.values(), ''].join('\n');
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify({ ...header, length: body.length })}\n${body}`);
  renameSync(temporary, file);
}

export function hashOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
