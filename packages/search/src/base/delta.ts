/** `search/delta/<hash>`: what changed since a base was made (search.md §7.7). Deflated JSON. */
import { decode as d, type JsonObject, parseJson } from '@mlld/format';
import { type Inflate, inflate } from '../files/bytes.ts';
import { decodeRecord, encodeRecord, type SearchRecord } from '../record.ts';

export interface Delta {
  /** The base that it is about. */
  readonly base: string;
  /** Ordinals of the base whose modules are gone, or are among `records` as they are now. */
  readonly gone: readonly number[];
  /** In the order of `compareRecords`. */
  readonly records: readonly SearchRecord[];
  /** For each record: how many of the base, gone ones counted, stand before it. */
  readonly places: readonly number[];
}

export function encodeDelta({ base, gone, records, places }: Delta): string {
  return `${JSON.stringify({ v: 1, base, gone, places, records: records.map(encodeRecord) })}\n`;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE */
export async function parseDelta(
  bytes: Uint8Array,
  where: string,
  inflating: Inflate = inflate,
): Promise<Delta> {
  const text = await inflating(bytes, where);
  const value = d.object(parseJson(text, { where, maxBytes: text.length }), where);
  const numbers = d.array(d.integer(0, 10_000_000), 1_000_000);
  const record: d.Decoder<SearchRecord> = (one, path) =>
    decodeRecord(d.object(one, path) as JsonObject, path);
  const records = d.array(record, 1_000_000)(value.records, `${where}.records`);
  const places = numbers(value.places, `${where}.places`);
  if (places.length !== records.length)
    throw d.badShape(`${where}.places`, 'one for each record', places.length);
  return {
    base: d.text(64)(value.base, `${where}.base`),
    gone: numbers(value.gone, `${where}.gone`),
    records,
    places,
  };
}
