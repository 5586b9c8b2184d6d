/**
 * The search index of a distribution (docs/spec/search.md §7). A small registry's index is made anew whenever something
 * changed. A larger one's is a base, whose files never change, and one file of what changed since; so that a publish writes two
 * files and not some thousands.
 */
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { layout, type ModuleName } from '@mlld/format';
import {
  type BaseInfo,
  basePaths,
  buildBase,
  type Delta,
  decodeRecord,
  encodeDelta,
  encodeManifest,
  encodePack,
  encodeRecord,
  hashDigits,
  indexVersion,
  makeDelta,
  mostChanges,
  type Packing,
  type SearchRecord,
  smallIndex,
} from '@mlld/search';
import type { Changed, LateFacts, Output, OutputFile, Rows } from '../outputs/output.ts';
import { searchRecord } from './record.ts';

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
const packing: Packing = { sha256, deflate: (bytes) => deflateRawSync(bytes, { level: 9 }) };

export const search: Output = {
  name: 'search',
  version: 1,
  owns: ['search/'],
  late: (facts, changed) => filesOf(facts, changed),
};

/**
 * Rows: `head` what the manifest says; `@name` its ordinal in the base and its record there; `#n` the name at an ordinal;
 * `+@name` the record as it is now, or nothing for a module that is gone, where that is something else.
 */
interface Head {
  readonly base: BaseInfo;
  readonly delta?: string;
}

async function* filesOf(facts: LateFacts, changed: Changed): AsyncGenerator<OutputFile> {
  const { rows } = facts;
  const head = headIn(rows);
  if (changed.all || head === undefined) {
    yield* wholeIndex(rows, await allRecords(facts), undefined);
    return;
  }
  let differs = false;
  for (const name of changed.modules) differs = note(rows, name, await searchRecord(name, facts)) || differs;
  if (!differs) return;
  const changes = changesIn(rows);
  if (head.base.modules <= smallIndex || changes.size > mostChanges(head.base.modules)) {
    yield* wholeIndex(rows, currentRecords(rows, changes), head);
    return;
  }
  const delta = deltaFrom(rows, head, changes);
  if (head.delta !== undefined && head.delta !== delta.name)
    yield [layout.searchDelta(head.delta), undefined];
  yield [layout.searchDelta(delta.name), delta.bytes];
  yield manifestFile(rows, { ...head, delta: delta.name });
}

async function allRecords(facts: LateFacts): Promise<SearchRecord[]> {
  const records: SearchRecord[] = [];
  for (const { name } of facts.records()) {
    const record = await searchRecord(name, facts);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** A new base; what the one before had is taken away. */
function* wholeIndex(
  rows: Rows,
  records: Iterable<SearchRecord>,
  before: Head | undefined,
): Generator<OutputFile> {
  const base = buildBase(records, packing);
  const files = [...base.files()];
  yield* files;
  yield [layout.searchPack(base.info.id), encodePack(base.info, files)];
  if (before?.delta !== undefined) yield [layout.searchDelta(before.delta), undefined];
  if (before !== undefined && before.base.id !== base.info.id) {
    for (const path of basePaths(before.base)) yield [path, undefined];
    yield [layout.searchPack(before.base.id), undefined];
  }
  for (const [key] of [...rows.entries()]) if (/^[@#+]/.test(key)) rows.delete(key);
  for (const [ordinal, record] of base.records.entries()) {
    rows.set(record.name, `${ordinal} ${JSON.stringify(encodeRecord(record))}`);
    rows.set(`#${ordinal}`, record.name);
  }
  yield manifestFile(rows, { base: base.info });
}

function manifestFile(rows: Rows, { base, delta }: Head): OutputFile {
  const head: Head = { base, ...(delta === undefined ? {} : { delta }) };
  rows.set('head', JSON.stringify(head));
  const text = encodeManifest({ v: indexVersion, ...head });
  return [layout.searchManifest, packing.deflate(Buffer.from(text))];
}

function headIn(rows: Rows): Head | undefined {
  const text = rows.get('head');
  return text === undefined ? undefined : (JSON.parse(text) as Head);
}

/** @returns whether what was known of the module is another now */
function note(rows: Rows, name: ModuleName, record: SearchRecord | undefined): boolean {
  const now = record === undefined ? '' : JSON.stringify(encodeRecord(record));
  const inBase = rows.get(name)?.replace(/^\d+ /, '') ?? '';
  const before = rows.get(`+${name}`) ?? inBase;
  if (now === inBase) rows.delete(`+${name}`);
  else rows.set(`+${name}`, now);
  return now !== before;
}

type Changes = ReadonlyMap<ModuleName, SearchRecord | undefined>;

function changesIn(rows: Rows): Changes {
  const changes = new Map<ModuleName, SearchRecord | undefined>();
  for (const [key, text] of rows.entries())
    if (key.startsWith('+'))
      changes.set(key.slice(1) as ModuleName, text === '' ? undefined : recordIn(text));
  return changes;
}

function recordIn(text: string): SearchRecord {
  return decodeRecord(JSON.parse(text));
}

function* currentRecords(rows: Rows, changes: Changes): Generator<SearchRecord> {
  for (const [key, text] of rows.entries())
    if (key.startsWith('@') && !changes.has(key as ModuleName))
      yield recordIn(text.slice(text.indexOf(' ') + 1));
  for (const record of changes.values()) if (record !== undefined) yield record;
}

function deltaFrom(
  rows: Rows,
  { base }: Head,
  changes: Changes,
): { name: string; bytes: Uint8Array; delta: Delta } {
  const ordinalOf = (name: ModuleName): number | undefined => {
    const row = rows.get(name);
    return row === undefined ? undefined : Number(row.slice(0, row.indexOf(' ')));
  };
  const recordAt = (ordinal: number): SearchRecord | undefined => {
    const row = rows.get(rows.get(`#${ordinal}`) ?? '');
    return row === undefined ? undefined : recordIn(row.slice(row.indexOf(' ') + 1));
  };
  const delta = makeDelta(base.id, {
    records: { size: base.modules, at: recordAt },
    gone: [...changes.keys()].flatMap((name) => ordinalOf(name) ?? []),
    changed: [...changes.values()].filter((record) => record !== undefined),
  });
  const bytes = packing.deflate(Buffer.from(encodeDelta(delta)));
  return { name: sha256(bytes).slice(0, hashDigits), bytes, delta };
}
