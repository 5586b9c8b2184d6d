/** Vectors without any model: what is learnt from the texts of the registry itself (search.md §10.2). */
import { type LearnLimits, learnTerms, type TermRow } from '@mlld/search';
import { type Embedder, tableEmbedder } from './embedder.ts';

/** What pages and the command call it: not «AI», which it isn't. */
const model = 'words that stand together in this registry';

export function learn(texts: Iterable<string>, limits: LearnLimits): Embedder {
  return learntFrom(learnTerms(texts, limits), limits.dims);
}

function learntFrom(rows: readonly TermRow[], dims: number): Embedder {
  return tableEmbedder({ provider: 'learnt', model, dims }, { tokenizing: { kind: 'stems' }, rows });
}

/** What was learnt, for later builds: their texts are brought to the same directions. */
export function keepLearnt({ terms, dims }: Embedder): string {
  const rows = (terms?.rows ?? []).map(({ key, scale, bytes }) => [key, scale, base64(bytes)]);
  return JSON.stringify({ dims, rows });
}

export function restoreLearnt(kept: string): Embedder {
  const { dims, rows } = JSON.parse(kept) as { dims: number; rows: [string, number, string][] };
  return learntFrom(
    rows.map(([key, scale, bytes]) => ({ key, scale, bytes: fromBase64(bytes) })),
    dims,
  );
}

export function base64(bytes: Int8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

export function fromBase64(text: string): Int8Array {
  return new Int8Array(Buffer.from(text, 'base64'));
}
