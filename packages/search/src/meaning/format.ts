/** Files of vectors (search.md §9): the head, cells of vectors, terms in ranges, and what changed since. Deflated, like all. */
import { decode as d, type JsonObject, limits, parseJson, RegistryError } from '@mlld/format';
import { type ByteReader, byteReader, byteWriter } from '../files/bytes.ts';
import { decodeTokenizing, type Tokenizing } from './tokenize.ts';
import type { Bytes, Row } from './vector.ts';

export const meaningVersion = 1;

export type MeaningProvider = 'learnt' | 'model2vec' | 'endpoint';

export interface MeaningHead {
  readonly v: typeof meaningVersion;
  /** The base whose ordinals name modules. */
  readonly base: string;
  readonly provider: MeaningProvider;
  /** What people call the model. */
  readonly model: string;
  readonly dims: number;
  /** Most passages of one module. */
  readonly each: number;
  readonly vectors: number;
  readonly cells: number;
  /** Where vectors of questions come from; absent where only the model itself makes them. */
  readonly terms?: TermsInfo;
}

export interface TermsInfo {
  readonly id: string;
  readonly tokenizing: Tokenizing;
  /** Of each file, a text that is not after its first key and after the last one before. */
  readonly routes: readonly string[];
}

/** A text of a module: the export that it documents, or an empty text for the whole of it. */
export interface PassageVector {
  readonly label: string;
  readonly bytes: Bytes;
}

export interface CellEntry extends PassageVector {
  readonly module: number;
}

export interface MeaningCell {
  readonly modules: Uint32Array;
  readonly labels: readonly string[];
  /** One vector after the other. */
  readonly bytes: Bytes;
}

/** Vectors of one module that a search reads: a module can't fill the index. */
export const mostPassages = 32;
const labelChars = 100;
const signed = (bytes: Uint8Array): Bytes => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
const unsigned = (bytes: Bytes): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
const bad = (where: string, what: string): RegistryError =>
  new RegistryError('BAD_SHAPE', `${where}: ${what}`);

export function encodeHead(head: MeaningHead, centres: readonly Bytes[]): Uint8Array {
  const out = byteWriter(1024 + head.cells * head.dims);
  out.text(JSON.stringify(head));
  for (const centre of centres) out.bytes(unsigned(centre));
  return out.done();
}

export interface ReadHead extends MeaningHead {
  readonly centres: Bytes;
}

const hashName: d.Decoder<string> = (value, path) => {
  const found = d.string(value, path);
  if (!/^[0-9a-f]{16}$/.test(found)) throw d.badShape(path, '16 hexadecimal digits', found);
  return found;
};
const count = d.integer(0, 10_000_000);

/** @throws RegistryError BAD_JSON, BAD_SHAPE, UNSUPPORTED_VERSION */
export function decodeHead(bytes: Uint8Array, where: string): ReadHead {
  const from = byteReader(bytes, where);
  const text = from.text();
  const value = d.object(parseJson(text, { where, maxBytes: bytes.length }), where);
  if (value.v !== meaningVersion)
    throw new RegistryError(
      'UNSUPPORTED_VERSION',
      `${where}: vectors of schema ${String(value.v)}, this program reads ${meaningVersion}`,
      { hint: 'Update mlld.' },
    );
  const head: MeaningHead = d.compact({
    v: meaningVersion,
    base: hashName(value.base, `${where}.base`),
    provider: d.literal('learnt', 'model2vec', 'endpoint')(value.provider, `${where}.provider`),
    model: d.text(100)(value.model, `${where}.model`),
    dims: d.integer(1, limits.embeddingDims)(value.dims, `${where}.dims`),
    each: d.integer(1, mostPassages)(value.each, `${where}.each`),
    vectors: count(value.vectors, `${where}.vectors`),
    cells: count(value.cells, `${where}.cells`),
    terms:
      value.terms === undefined ? undefined : decodeTerms(d.object(value.terms, where), `${where}.terms`),
  });
  if (from.rest !== head.cells * head.dims)
    throw bad(where, `wanted ${head.cells} centres of ${head.dims} bytes`);
  return { ...head, centres: signed(from.bytes(from.rest)) };
}

function decodeTerms(value: JsonObject, $: string): TermsInfo {
  return {
    id: hashName(value.id, `${$}.id`),
    tokenizing: decodeTokenizing(d.object(value.tokenizing, `${$}.tokenizing`), `${$}.tokenizing`),
    routes: d.array(d.text(300), 100_000)(value.routes, `${$}.routes`),
  };
}

export function encodeCell(entries: readonly CellEntry[]): Uint8Array {
  const out = byteWriter(8192);
  out.uint(entries.length);
  for (const { module, label } of entries) {
    out.uint(module);
    out.text(label);
  }
  for (const { bytes } of entries) out.bytes(unsigned(bytes));
  return out.done();
}

/** @throws RegistryError BAD_SHAPE */
export function decodeCell(bytes: Uint8Array, where: string, dims: number): MeaningCell {
  const from = byteReader(bytes, where);
  const size = from.count();
  const modules = new Uint32Array(size);
  const labels: string[] = [];
  for (let i = 0; i < size; i++) {
    modules[i] = moduleIn(from, where);
    labels.push(labelIn(from, where));
  }
  if (from.rest !== size * dims) throw bad(where, `wanted ${size} vectors of ${dims} bytes`);
  return { modules, labels, bytes: signed(from.bytes(from.rest)) };
}

function moduleIn(from: ByteReader, where: string): number {
  const module = from.uint();
  if (module >= 10_000_000) throw bad(where, `there is no module ${module}`);
  return module;
}

function labelIn(from: ByteReader, where: string): string {
  const label = from.text();
  if (label.length > labelChars) throw bad(where, 'the name of an export is too long');
  return label;
}

export interface TermRow extends Row {
  readonly key: string;
}

/** @param rows sorted by key */
export function encodeTerms(rows: readonly TermRow[]): Uint8Array {
  const out = byteWriter(16_384);
  out.uint(rows.length);
  let before = '';
  for (const { key } of rows) {
    let shared = 0;
    while (shared < Math.min(255, before.length) && before[shared] === key[shared]) shared++;
    // Half of a character is no text.
    if (/[\ud800-\udbff]/.test(key[shared - 1] ?? '')) shared--;
    out.byte(shared);
    out.text(key.slice(shared));
    before = key;
  }
  const scales = new DataView(new ArrayBuffer(4 * rows.length));
  for (const [i, { scale }] of rows.entries()) scales.setFloat32(4 * i, scale, true);
  out.bytes(new Uint8Array(scales.buffer));
  for (const { bytes } of rows) out.bytes(unsigned(bytes));
  return out.done();
}

/** @throws RegistryError BAD_SHAPE */
export function decodeTermRows(bytes: Uint8Array, where: string, dims: number): ReadonlyMap<string, Row> {
  const from = byteReader(bytes, where);
  const size = from.count();
  const keys: string[] = [];
  let before = '';
  for (let i = 0; i < size; i++) {
    const shared = from.byte();
    const key = before.slice(0, shared) + from.text();
    if (shared > before.length || (i > 0 && key <= before)) throw bad(where, 'terms are not in order');
    keys.push(key);
    before = key;
  }
  if (from.rest !== size * (4 + dims)) throw bad(where, `wanted ${size} rows of ${dims} bytes`);
  const scales = from.bytes(4 * size);
  const view = new DataView(scales.buffer, scales.byteOffset, scales.length);
  const rows = new Map<string, Row>();
  for (const [i, key] of keys.entries()) {
    const scale = view.getFloat32(4 * i, true);
    if (!Number.isFinite(scale)) throw bad(where, 'a scale is no number');
    rows.set(key, { scale, bytes: signed(from.bytes(dims)) });
  }
  return rows;
}

/** Vectors of modules of the index's delta, by their place in it. */
export type MeaningDelta = ReadonlyMap<number, readonly PassageVector[]>;

export function encodeMeaningDelta(delta: MeaningDelta): Uint8Array {
  const out = byteWriter(8192);
  out.uint(delta.size);
  for (const [place, passages] of [...delta].sort(([a], [b]) => a - b)) {
    out.uint(place);
    out.uint(passages.length);
    for (const { label, bytes } of passages) {
      out.text(label);
      out.bytes(unsigned(bytes));
    }
  }
  return out.done();
}

/** @throws RegistryError BAD_SHAPE */
export function decodeMeaningDelta(bytes: Uint8Array, where: string, dims: number): MeaningDelta {
  const from = byteReader(bytes, where);
  const found = new Map<number, readonly PassageVector[]>();
  for (let left = from.count(); left > 0; left--) {
    const place = moduleIn(from, where);
    const size = from.count();
    if (size > mostPassages || found.has(place)) throw bad(where, `module ${place} has too many vectors`);
    const passages = Array.from({ length: size }, () => ({
      label: labelIn(from, where),
      bytes: signed(from.bytes(dims)),
    }));
    found.set(place, passages);
  }
  if (from.rest !== 0) throw bad(where, `${from.rest} bytes too many`);
  return found;
}
