/** Asks vectors what is near a question: files are read when one needs them, each once (search.md §9.5). */
import { layout } from '@mlld/format';
import { fileReader, partOf, type Reading } from '../base/read.ts';
import { nearestCells } from './cells.ts';
import {
  decodeCell,
  decodeHead,
  decodeMeaningDelta,
  decodeTermRows,
  type MeaningCell,
  type MeaningDelta,
  type MeaningProvider,
  type TermsInfo,
} from './format.ts';
import { knownTerms } from './tokenize.ts';
import { cosine, type Row, sumOf } from './vector.ts';

/** Makes the vector of a question where the terms that are published can't: with the model itself. */
export type EmbedQuery = (
  text: string,
  model: { readonly provider: MeaningProvider; readonly model: string; readonly dims: number },
) => Promise<Float32Array | undefined>;

export interface Near {
  /** Ordinal in the index. */
  readonly doc: number;
  /** Cosine of its nearest passage. */
  readonly similarity: number;
  /** The export that the passage documents; empty for the whole module. */
  readonly label: string;
}

export interface Meaning {
  readonly base: string;
  readonly provider: MeaningProvider;
  readonly model: string;
  readonly dims: number;
  /** Whether questions can be read without the model. */
  readonly hasTerms: boolean;
  /** Undefined for a text of which nothing is known, or that only the model can read. */
  embed(text: string): Promise<Float32Array | undefined>;
  /** One entry a module, nearest first. */
  nearest(vector: Float32Array, accept: (doc: number) => boolean): Promise<readonly Near[]>;
}

/** Cells that one question reads. */
export const probes = 12;
/** Modules that are counted. */
const nearestModules = 100;
/** Below this cosine nothing is near. */
const least = 0.1;
/** Files of terms that one question reads, and rounds of reading them. */
const mostTermFiles = 48;
const termRounds = 8;

export interface MeaningPlace {
  readonly id: string;
  readonly delta?: string;
}

/** @param first ordinal of the first module of the index's delta */
export async function openMeaning(
  { id, delta }: MeaningPlace,
  reading: Reading,
  { first, embed }: { readonly first: number; readonly embed?: EmbedQuery | undefined },
): Promise<Meaning> {
  const file = fileReader(reading);
  const head = await file(layout.searchMeaning(id), decodeHead);
  const { base, provider, model, dims } = head;
  const changed: MeaningDelta =
    delta === undefined
      ? new Map()
      : await file(layout.searchMeaningDelta(delta), (bytes, where) =>
          decodeMeaningDelta(bytes, where, dims),
        );
  const cell = (n: number) =>
    file(layout.searchMeaningCell(id, n), (bytes, where) => decodeCell(bytes, where, dims));
  return {
    ...{ base, provider, model, dims },
    hasTerms: head.terms !== undefined,
    embed: async (text) => {
      const own = await embed?.(text, { provider, model, dims });
      if (own !== undefined || head.terms === undefined) return own;
      const { terms } = head;
      const rows = (n: number) =>
        file(layout.searchMeaningTerms(terms.id, n), (bytes, where) => decodeTermRows(bytes, where, dims));
      return sumOf(await rowsFor(text, terms, rows), dims);
    },
    nearest: async (vector, accept) => {
      const found = new Map<number, Near>();
      const add = (doc: number, similarity: number, label: string): void => {
        if (similarity >= least && similarity > (found.get(doc)?.similarity ?? 0) && accept(doc))
          found.set(doc, { doc, similarity, label });
      };
      const cells = await Promise.all(nearestCells(vector, head.centres, probes).map(cell));
      for (const one of cells) lookAt(one, vector, add);
      for (const [place, passages] of changed)
        for (const { label, bytes } of passages) add(first + place, cosine(vector, bytes), label);
      return [...found.values()]
        .sort((a, b) => b.similarity - a.similarity || a.doc - b.doc)
        .slice(0, nearestModules);
    },
  };
}

function lookAt(
  { modules, labels, bytes }: MeaningCell,
  vector: Float32Array,
  add: (doc: number, similarity: number, label: string) => void,
): void {
  for (const [i, module] of modules.entries())
    add(module, cosine(vector, bytes, i * vector.length), labels[i] ?? '');
}

/** Cuts the text with the files that are there; what is missing is read, and it is cut again. */
async function rowsFor(
  text: string,
  { tokenizing, routes }: TermsInfo,
  read: (n: number) => Promise<ReadonlyMap<string, Row>>,
): Promise<Row[]> {
  const there = new Map<number, ReadonlyMap<string, Row>>();
  const missing = new Set<number>();
  const partFor = (key: string): ReadonlyMap<string, Row> | undefined => {
    if (routes.length === 0) return undefined;
    const n = partOf(routes, key);
    const part = there.get(n);
    if (part === undefined && there.size + missing.size < mostTermFiles) missing.add(n);
    return part;
  };
  const cut = () =>
    knownTerms<Row>(text, tokenizing, {
      exact: (key) => partFor(key)?.get(key),
      longest: (key) => {
        const part = partFor(key);
        for (let end = part === undefined ? 0 : key.length; end > 0; end--) {
          const value = part?.get(key.slice(0, end));
          if (value !== undefined) return { key: key.slice(0, end), value };
        }
        return undefined;
      },
    });
  let rows = cut();
  for (let round = 0; round < termRounds && missing.size > 0; round++) {
    const wanted = [...missing];
    missing.clear();
    for (const [n, part] of await Promise.all(wanted.map(async (n) => [n, await read(n)] as const)))
      there.set(n, part);
    rows = cut();
  }
  return rows;
}
