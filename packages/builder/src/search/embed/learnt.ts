/** Vectors without any model: what is learnt from the texts of the registry itself (search.md §10.2). */
import { type LearnLimits, learnTerms, type Row, type TermRow, type Terms, termTable } from '@mlld/search';
import { type Embedder, tableEmbedder } from './embedder.ts';

/** What pages and the command call it: not «AI», which it isn't. */
const model = 'words that stand together in this registry';
const tokenizing = { kind: 'stems' } as const;

export function learn(texts: Iterable<string>, limits: LearnLimits): Embedder {
  return learntFrom(learnTerms(texts, limits), limits.dims);
}

function learntFrom(rows: readonly TermRow[], dims: number): Embedder {
  return tableEmbedder({ provider: 'learnt', model, dims }, { tokenizing, rows });
}

/** Terms, and the numbers of all of them in one text: a publish reads few of many. */
interface Kept {
  readonly dims: number;
  readonly keys: readonly string[];
  readonly scales: readonly number[];
  readonly bytes: string;
}

/** What was learnt, for later builds: their texts are brought to the same directions. */
export function keepLearnt({ terms, dims }: Embedder): string {
  const rows = terms?.rows ?? [];
  const bytes = Buffer.concat(rows.map((row) => Buffer.from(row.bytes.buffer, row.bytes.byteOffset, dims)));
  const kept: Kept = {
    dims,
    keys: rows.map(({ key }) => key),
    scales: rows.map(({ scale }) => scale),
    bytes: bytes.toString('base64'),
  };
  return JSON.stringify(kept);
}

export function restoreLearnt(text: string): Embedder {
  const { dims, keys, scales, bytes } = JSON.parse(text) as Kept;
  const all = fromBase64(bytes);
  const rowAt = (i: number): TermRow => ({
    key: keys[i] ?? '',
    scale: scales[i] ?? 0,
    bytes: all.subarray(i * dims, (i + 1) * dims),
  });
  const places = termTable(new Map(keys.map((key, i) => [key, i])));
  const table: Terms<Row> = {
    exact: (key) => {
      const place = places.exact(key);
      return place === undefined ? undefined : rowAt(place);
    },
    longest: (key) => {
      const found = places.longest(key);
      return found && { key: found.key, value: rowAt(found.value) };
    },
  };
  const terms = {
    tokenizing,
    get rows() {
      return keys.map((_, i) => rowAt(i));
    },
  };
  return tableEmbedder({ provider: 'learnt', model, dims }, terms, table);
}

export function base64(bytes: Int8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

export function fromBase64(text: string): Int8Array {
  const { buffer, byteOffset, length } = Buffer.from(text, 'base64');
  return new Int8Array(buffer, byteOffset, length);
}
