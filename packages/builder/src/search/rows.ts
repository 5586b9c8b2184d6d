/**
 * What a build remembers of the search index it wrote, in rows: `head` what the manifest says; `@name` its ordinal in the base
 * and its record there; `#n` the name at an ordinal; `+@name` the record as it is now, or nothing for a module that is gone,
 * where that is something else; `^@name` where that one would stand in the base, and the module's ordinal there or nothing; `~trending` names of what is trending. Those of vectors are in `meaning.ts`.
 */
import { deflateRawSync } from 'node:zlib';
import type { ModuleName } from '@mlld/format';
import {
  type BaseInfo,
  type Delta,
  decodeRecord,
  encodeDelta,
  encodeRecord,
  hashDigits,
  makeDelta,
  type Packing,
  type SearchRecord,
} from '@mlld/search';
import { sha256 } from '@mlld/trust';
import type { Rows } from '../outputs/output.ts';
import type { MeaningNames } from './meaning.ts';

export const packing: Packing = { sha256, deflate: (bytes) => deflateRawSync(bytes, { level: 9 }) };

export interface Head {
  readonly base: BaseInfo;
  readonly delta?: string;
  readonly meaning?: MeaningNames;
  readonly trending?: readonly number[];
}

export function headIn(rows: Rows): Head | undefined {
  const text = rows.get('head');
  return text === undefined ? undefined : (JSON.parse(text) as Head);
}

/** @returns whether what was known of the module is another now */
export function noteRecord(rows: Rows, name: ModuleName, record: SearchRecord | undefined): boolean {
  const now = record === undefined ? '' : JSON.stringify(encodeRecord(record));
  const inBase = rows.get(name)?.replace(/^\d+ /, '') ?? '';
  const before = rows.get(`+${name}`) ?? inBase;
  if (now === inBase) rows.delete(`+${name}`);
  else rows.set(`+${name}`, now);
  return now !== before;
}

export type Changes = ReadonlyMap<ModuleName, SearchRecord | undefined>;

export function changesIn(rows: Rows): Changes {
  const changes = new Map<ModuleName, SearchRecord | undefined>();
  for (const [key, text] of rows.entries('+'))
    changes.set(key.slice(1) as ModuleName, text === '' ? undefined : recordIn(text));
  return changes;
}

function recordIn(text: string): SearchRecord {
  return decodeRecord(JSON.parse(text));
}

export function* currentRecords(rows: Rows, changes: Changes): Generator<SearchRecord> {
  for (const [key, text] of rows.entries())
    if (key.startsWith('@') && !changes.has(key as ModuleName))
      yield recordIn(text.slice(text.indexOf(' ') + 1));
  for (const record of changes.values()) if (record !== undefined) yield record;
}

/** Where a module stands in the base. */
export function ordinalOf(rows: Rows, name: ModuleName): number | undefined {
  const row = rows.get(name);
  return row === undefined ? undefined : Number(row.slice(0, row.indexOf(' ')));
}

export function deltaFrom(
  rows: Rows,
  { base }: Head,
  changes: Changes,
): { name: string; bytes: Uint8Array; delta: Delta } {
  const recordAt = (ordinal: number): SearchRecord | undefined => {
    const row = rows.get(rows.get(`#${ordinal}`) ?? '');
    return row === undefined ? undefined : recordIn(row.slice(row.indexOf(' ') + 1));
  };
  const places = placesIn(rows, base);
  const delta = makeDelta(base.id, {
    records: { size: base.modules, at: recordAt, place: places.known },
    gone: [...changes.keys()].flatMap((name) => places.ordinal(name) ?? []),
    changed: [...changes.values()].filter((record) => record !== undefined),
  });
  places.keep(delta);
  const bytes = packing.deflate(Buffer.from(encodeDelta(delta)));
  return { name: sha256(bytes).slice(0, hashDigits), bytes, delta };
}

/** Where records stand in the base: to look for it takes some twenty of its records, each of them again at each publish. */
function placesIn(rows: Rows, { id }: BaseInfo) {
  const wanted = (name: ModuleName) => `${id} ${sha256(rows.get(`+${name}`) ?? '').slice(0, hashDigits)} `;
  const numbers = (name: ModuleName): readonly string[] | undefined => {
    const [row, before] = [rows.get(`^${name}`), wanted(name)];
    return row?.startsWith(before) === true ? row.slice(before.length).split(' ') : undefined;
  };
  const ordinal = (name: ModuleName): number | undefined => {
    const known = numbers(name)?.[1];
    return known === undefined ? ordinalOf(rows, name) : known === '' ? undefined : Number(known);
  };
  return {
    known: ({ name }: SearchRecord): number | undefined => {
      const place = numbers(name)?.[0];
      return place === undefined ? undefined : Number(place);
    },
    ordinal,
    keep({ records, places }: Delta): void {
      for (const [i, { name }] of records.entries())
        rows.set(`^${name}`, `${wanted(name)}${places[i]} ${ordinal(name) ?? ''}`);
    },
  };
}
