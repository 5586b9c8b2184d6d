/** A property of every module as one file (search.md §7.5): the values that there are, then one number for each module. */

import { type FlagName, flagNames } from '../query/query.ts';
import type { SearchRecord } from '../record.ts';
import { byteReader, byteWriter } from './bytes.ts';

export const columnNames = [
  'kind',
  'is',
  'needs',
  'licence',
  'category',
  'score',
  'quality',
  'updated',
] as const;
export type ColumnName = (typeof columnNames)[number];

/** `of[ordinal]` is a place in `values`; or, where there are no values, the number itself. */
export interface Column {
  /** Each with the single values that it is made of. */
  readonly values: readonly (readonly string[])[];
  readonly of: Uint32Array;
}

const dayMs = 86_400_000;

const textOf: Readonly<
  Record<'kind' | 'is' | 'needs' | 'licence' | 'category', (record: SearchRecord) => readonly string[]>
> = {
  kind: ({ kind }) => [kind],
  is: (record) => flagNames.filter((flag: FlagName) => record[flag]),
  needs: ({ needs }) => [...new Set(needs)].sort(),
  licence: ({ licence }) => [licence],
  category: ({ categories }) => [...new Set(categories)].sort(),
};

/** Absent scores are 0, all others one more than they are: nothing is known to be below them. */
const numberOf: Readonly<Record<'score' | 'quality' | 'updated', (record: SearchRecord) => number>> = {
  score: ({ score }) => (score === undefined ? 0 : score + 1),
  quality: ({ quality }) => (quality === undefined ? 0 : quality + 1),
  updated: ({ updated }) =>
    updated === '' ? 0 : Math.max(0, Math.floor(Date.parse(`${updated}T00:00:00Z`) / dayMs)),
};

export function columnOf(name: ColumnName, records: readonly SearchRecord[]): Column {
  if (name === 'score' || name === 'quality' || name === 'updated')
    return { values: [], of: Uint32Array.from(records, numberOf[name]) };
  const known = new Map<string, number>();
  const values: (readonly string[])[] = [];
  const of = Uint32Array.from(records, (record) => {
    const found = textOf[name](record);
    const key = found.join('\n');
    const at = known.get(key) ?? values.length;
    if (at === values.length) {
      known.set(key, at);
      values.push(found);
    }
    return at;
  });
  return { values, of };
}

export function encodeColumn({ values, of }: Column): Uint8Array {
  const out = byteWriter(of.length * 2);
  out.uint(values.length);
  for (const value of values) {
    out.uint(value.length);
    for (const one of value) out.text(one);
  }
  out.uint(of.length);
  for (const value of of) out.uint(value);
  return out.done();
}

/** @throws RegistryError BAD_SHAPE */
export function decodeColumn(bytes: Uint8Array, where: string): Column {
  const from = byteReader(bytes, where);
  const values = Array.from({ length: from.count() }, () =>
    Array.from({ length: from.count() }, () => from.text()),
  );
  const of = new Uint32Array(from.count());
  for (let i = 0; i < of.length; i++) of[i] = from.uint();
  return { values, of };
}
