/**
 * The advisories of a distribution (docs/spec/advisories.md §6, §7): the statements as they were signed, the index that clients
 * audit against, and OSV. All of it is written before the log grows: its snapshot holds the sha256 of the index.
 */
import { type AdvisoryEntry, encodeAdvisoryIndex, type Json, layout, type ModuleName } from '@mlld/format';
import { advisoryStats } from '@mlld/trust';
import type {
  AdvisoryNote,
  Changed,
  EarlyFacts,
  HeaderNotes,
  Output,
  OutputFile,
} from '../outputs/output.ts';
import { entryOf } from './entry.ts';
import {
  type AdvisorySources,
  advisoryIdOf,
  advisoryIds,
  type ReadAdvisory,
  readAdvisory,
} from './history.ts';
import { osvOf } from './osv.ts';

/** What is kept of an advisory from build to build. Its first member is the names that it is open about. */
type Row = readonly [open: string, rest: Kept];

interface Kept {
  readonly entry?: AdvisoryEntry | undefined;
  readonly native?: Json | undefined;
  readonly strict?: Json | undefined;
  /** Modules and people that it speaks of: when one changes, it is read again. */
  readonly modules: readonly string[];
  readonly people: readonly string[];
  /** What it wrote: a file that is gone is taken away. */
  readonly files: readonly string[];
}

export const advisories: Output = {
  name: 'advisories',
  version: 1,
  owns: ['advisories/'],
  reads: ['advisories'],
  early(facts, changed) {
    const files: OutputFile[] = [];
    const ids = idsToRead(facts, changed);
    const sources: AdvisorySources = { ...facts, keysOf: facts.repository.keysOf };
    for (const id of ids) {
      const read = readAdvisory(id, sources);
      const before = rowOf(facts.rows.get(id))?.[1].files ?? [];
      const made = read && makeOf(read, facts);
      const names = new Set(made?.row[1].files);
      files.push(...(made?.files ?? []));
      files.push(...before.flatMap((file) => (names.has(file) ? [] : [[file, undefined] as const])));
      if (made === undefined) facts.rows.delete(id);
      else facts.rows.set(id, JSON.stringify(made.row));
    }
    if (ids.length > 0 || changed.all) files.push(...listsOf(facts));
    return { files, notes: notesOf(facts) };
  },
};

function idsToRead({ statements, rows }: EarlyFacts, changed: Changed): string[] {
  if (changed.all) return advisoryIds(statements);
  const ids = new Set([...changed.paths].flatMap((file) => advisoryIdOf(file) ?? []));
  if (changed.modules.size + changed.authors.size > 0) {
    for (const [id, text] of rows.entries()) {
      const { modules = [], people = [] } = rowOf(text)?.[1] ?? {};
      if (modules.some((one) => changed.modules.has(one as ModuleName))) ids.add(id);
      if (people.some((one) => changed.authors.has(one))) ids.add(id);
    }
  }
  return [...ids].sort();
}

function rowOf(text: string | undefined): Row | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Row);
}

/** What is written about one, and what is kept of it. */
function makeOf(read: ReadAdvisory, facts: EarlyFacts): { readonly files: OutputFile[]; readonly row: Row } {
  const entry = entryOf(read);
  const osv = osvOf(read, facts);
  const files: OutputFile[] = read.said.flatMap(({ file, text, signatures }) => [
    [file, text],
    [layout.signature(file), signatures.join('')],
  ]);
  if (osv !== undefined) {
    files.push([layout.osv(osv.native.id), pretty(osv.native.document)]);
    files.push([layout.osvStrict(osv.strict.id), pretty(osv.strict.document)]);
  }
  const modules = [...new Set(entry?.affected.map(({ name }) => name) ?? [])].sort();
  const isOpen = entry !== undefined && entry.state !== 'withdrawn';
  const kept: Kept = {
    entry,
    native: osv?.native.document,
    strict: osv?.strict.document,
    modules,
    people: [...new Set(read.said.map(({ said }) => said.by))],
    files: files.map(([file]) => file),
  };
  return { files, row: [isOpen ? modules.join(' ') : '', kept] };
}

function pretty(document: Json): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** What is about all advisories. A registry without any has no such files. */
function listsOf({ rows, info }: EarlyFacts): OutputFile[] {
  const kept = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => rowOf(text)![1]);
  if (kept.length === 0)
    return [layout.advisoryIndex, layout.osvAll, layout.osvStrictAll].map((file) => [file, undefined]);
  const entries = kept.flatMap(({ entry }) => entry ?? []);
  const stats = advisoryStats(entries.map(({ state, responseMinutes }) => ({ state, responseMinutes })));
  const index = encodeAdvisoryIndex({
    v: 1,
    registry: info.name,
    count: kept.length,
    stats,
    advisories: entries,
  });
  const list = (documents: readonly Json[]) =>
    `[${documents.map((one) => `\n${JSON.stringify(one)}`).join(',')}\n]\n`;
  return [
    [layout.advisoryIndex, index],
    [layout.osvAll, list(kept.flatMap(({ native }) => native ?? []))],
    [layout.osvStrictAll, list(kept.flatMap(({ strict }) => strict ?? []))],
  ];
}

/** What is open about each module. Of what is closed it reads no more of a row than its start: it runs at every build. */
function notesOf({ rows }: EarlyFacts): ReadonlyMap<ModuleName, HeaderNotes> {
  const open = new Map<ModuleName, { readonly ids: string[]; readonly caps: AdvisoryNote[] }>();
  for (const [id, text] of [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = (/^\["([^"]*)"/.exec(text)?.[1] ?? '').split(' ').filter((name) => name !== '');
    const cap = names.length === 0 ? undefined : capOf(rowOf(text)?.[1].entry);
    for (const name of names as ModuleName[]) {
      const known = open.get(name) ?? { ids: [], caps: [] };
      known.ids.push(id);
      if (cap !== undefined) known.caps.push(cap);
      open.set(name, known);
    }
  }
  return new Map(
    [...open].map(([name, { ids, caps }]) => [
      name,
      { advisories: ids.slice(0, 1000), ...(caps.length === 0 ? {} : { openAdvisories: caps }) },
    ]),
  );
}

/** What the score of a version may be at most (score.md §3): a report of anybody caps nothing. */
function capOf(entry: AdvisoryEntry | undefined): AdvisoryNote | undefined {
  if (entry === undefined || !entry.official || entry.state !== 'published') return undefined;
  const { id, severity, malware, affected } = entry;
  return { id, severity, malware, affected };
}
