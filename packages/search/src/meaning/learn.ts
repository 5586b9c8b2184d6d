/**
 * Rows of terms learnt from the texts themselves (search.md §10.2): latent semantic analysis. A matrix of passages and stems, weighed by
 * rarity, is brought to few dimensions by a randomised singular value decomposition (Halko, Martinsson, Tropp 2011, algorithm 4.4).
 * No model, no network, no clock; the random signs are always the same, so that the same texts give the same bytes. It knows which
 * words stand in the same texts, and nothing else of what they mean.
 */
import { compareText } from '../rank.ts';
import type { TermRow } from './format.ts';
import { decompose, type Matrix } from './svd.ts';
import { stemsIn } from './tokenize.ts';
import { quantise } from './vector.ts';

export interface LearnLimits {
  readonly dims: number;
  /** Passages and stems that are learnt from; the stems that most passages have. */
  readonly passages: number;
  readonly terms: number;
}

/** Few modules are learnt from at each publish, many only when an index is made anew (§10.2). */
export const learnFew: LearnLimits = { dims: 64, passages: 2048, terms: 4096 };
export const learnMany: LearnLimits = { dims: 64, passages: 20_000, terms: 16_384 };

/** @returns rows sorted by key; none where there is nothing to learn from */
export function learnTerms(passages: Iterable<string>, limits: LearnLimits): TermRow[] {
  const texts = sampleOf([...passages], limits.passages).map(stemsIn);
  const { terms, counts } = termsOf(texts, limits.terms);
  const rarities = raritiesOf(terms, counts, texts.length);
  const matrix = matrixOf(texts, terms, rarities);
  // With as many dimensions as texts nothing is brought together.
  const dims = Math.min(limits.dims, terms.length, Math.ceil(texts.length / 2));
  if (dims === 0) return [];
  const basis = decompose(matrix, dims, limits.dims);
  return terms.map((key, term) => {
    const row = basis.subarray(term * limits.dims, (term + 1) * limits.dims);
    return { key, ...quantise(row.map((one) => one * rarities[term]!)) };
  });
}

/** Every nth. */
function sampleOf<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, Math.ceil(items.length / most));
  return items.filter((_, i) => i % step === 0);
}

function termsOf(texts: readonly (readonly string[])[], most: number) {
  const counts = new Map<string, number>();
  for (const stems of texts) for (const stem of new Set(stems)) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const terms = [...counts]
    .sort(([a, m], [b, n]) => n - m || compareText(a, b))
    .slice(0, most)
    .map(([stem]) => stem)
    .sort(compareText);
  return { terms, counts };
}

function raritiesOf(terms: readonly string[], counts: ReadonlyMap<string, number>, n: number): Float64Array {
  return Float64Array.from(terms, (term) => {
    const having = counts.get(term) ?? 0;
    return Math.log(1 + (n - having + 0.5) / (having + 0.5));
  });
}

function matrixOf(
  texts: readonly (readonly string[])[],
  terms: readonly string[],
  rarities: Float64Array,
): Matrix {
  const places = new Map(terms.map((term, i) => [term, i]));
  const start = new Uint32Array(texts.length + 1);
  const term: number[] = [];
  const value: number[] = [];
  for (const [row, stems] of texts.entries()) {
    const own = new Map<number, number>();
    for (const stem of stems) {
      const place = places.get(stem);
      if (place !== undefined) own.set(place, (own.get(place) ?? 0) + 1);
    }
    const weights = [...own].map(([place, times]) => (1 + Math.log(times)) * rarities[place]!);
    const length = Math.sqrt(weights.reduce((sum, one) => sum + one * one, 0)) || 1;
    for (const place of own.keys()) term.push(place);
    for (const weight of weights) value.push(weight / length);
    start[row + 1] = term.length;
  }
  return {
    rows: texts.length,
    columns: terms.length,
    start,
    term: Uint32Array.from(term),
    value: Float64Array.from(value),
  };
}
