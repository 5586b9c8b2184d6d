/**
 * Rows of terms of an endpoint (search.md §10.4): the vectors of single words, so that browsers can read a question without asking
 * anybody. The mean of all is taken away, and rare words count more: an approximation of what the model says of the whole question.
 */
import { quantise, stemsIn, type TermRow } from '@mlld/search';

/** The word that each of the most frequent stems mostly is, and how many texts have it. */
export function frequentWords(texts: Iterable<string>, most: number) {
  const stems = new Map<string, { texts: number; forms: Map<string, number> }>();
  let n = 0;
  for (const text of texts) {
    n++;
    const seen = new Set<string>();
    for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
      const [stem, ...more] = stemsIn(word);
      if (stem === undefined || more.length > 0) continue;
      const known = stems.get(stem) ?? { texts: 0, forms: new Map<string, number>() };
      stems.set(stem, known);
      known.forms.set(word, (known.forms.get(word) ?? 0) + 1);
      if (!seen.has(stem)) known.texts++;
      seen.add(stem);
    }
  }
  return [...stems]
    .sort(([a, m], [b, o]) => o.texts - m.texts || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([stem, { texts: having, forms }]) => ({
      stem,
      word: [...forms].sort(([a, m], [b, o]) => o - m || (a < b ? -1 : 1))[0]![0],
      rarity: Math.log(1 + (n - having + 0.5) / (having + 0.5)),
    }));
}

export function rowsOfWords(
  words: ReturnType<typeof frequentWords>,
  vectors: readonly Float32Array[],
): TermRow[] {
  const dims = vectors[0]?.length ?? 0;
  const mean = new Float32Array(dims);
  for (const vector of vectors) for (let i = 0; i < dims; i++) mean[i]! += vector[i]! / vectors.length;
  return words.map(({ stem, rarity }, at) => ({
    key: stem,
    ...quantise(vectors[at]!.map((one, i) => (one - mean[i]!) * rarity)),
  }));
}
