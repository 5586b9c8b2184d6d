/** From vectors to their files (search.md §9). Pure: how bytes are deflated and hashed is passed in. */
import { layout } from '@mlld/format';
import type { IndexFile, Packing } from '../base/build.ts';
import { hashDigits } from '../base/manifest.ts';
import { compareText } from '../rank.ts';
import { cellsOf, centreOf } from './cells.ts';
import {
  type CellEntry,
  encodeCell,
  encodeHead,
  encodeMeaningDelta,
  encodeTerms,
  type MeaningDelta,
  type MeaningHead,
  type MeaningProvider,
  meaningVersion,
  mostPassages,
  type TermRow,
  type TermsInfo,
} from './format.ts';
import type { Tokenizing } from './tokenize.ts';

export interface TermSource {
  readonly tokenizing: Tokenizing;
  readonly rows: readonly TermRow[];
}

export interface MeaningSource {
  readonly base: string;
  readonly provider: MeaningProvider;
  readonly model: string;
  readonly dims: number;
  readonly each: number;
  readonly entries: readonly CellEntry[];
  /** Rows, or what is published of the same rows already. */
  readonly terms?: TermSource | { readonly known: TermsInfo };
}

export interface MeaningFiles {
  readonly id: string;
  readonly files: readonly IndexFile[];
  /** None where they are published already. */
  readonly termFiles: readonly IndexFile[];
  readonly terms?: TermsInfo;
}

/** All vectors of an index: so many that a registry of any size fits where static files are kept. */
const mostVectors = 200_000;

/** §10.1: passages of one module that count, from the number of modules. */
export function passagesEach(modules: number): number {
  return Math.max(1, Math.min(mostPassages, Math.floor(mostVectors / Math.max(1, modules))));
}

export function buildMeaning(source: MeaningSource, packing: Packing): MeaningFiles {
  const { base, provider, model, dims, each, entries, terms } = source;
  const there = entries.filter(({ bytes }) => bytes.some((one) => one !== 0));
  const vectors = there.map(({ bytes }) => bytes);
  const cells = cellsOf(vectors, dims);
  const contents = cells.map((cell) => packing.deflate(encodeCell(cell.map((at) => there[at]!))));
  const termFiles =
    terms === undefined
      ? undefined
      : 'known' in terms
        ? { info: terms.known, files: [] }
        : filesOfTerms(terms, packing);
  const head: MeaningHead = {
    ...{ v: meaningVersion, base, provider, model, dims, each },
    ...{ vectors: there.length, cells: cells.length },
    ...(termFiles === undefined ? {} : { terms: termFiles.info }),
  };
  const centres = cells.map((cell) => centreOf(cell, vectors, dims));
  const headBytes = packing.deflate(encodeHead(head, centres));
  const id = idOf([headBytes, ...contents], packing);
  return {
    id,
    termFiles: termFiles?.files ?? [],
    ...(termFiles === undefined ? {} : { terms: termFiles.info }),
    files: [
      ...contents.map((bytes, n): IndexFile => [layout.searchMeaningCell(id, n), bytes]),
      [layout.searchMeaning(id), headBytes],
    ],
  };
}

export function buildMeaningDelta(
  delta: MeaningDelta,
  packing: Packing,
): { readonly name: string; readonly bytes: Uint8Array } {
  const bytes = packing.deflate(encodeMeaningDelta(delta));
  return { name: packing.sha256(bytes).slice(0, hashDigits), bytes };
}

/** The first digits of the sha256 of the sha256 of each file, one a line. */
function idOf(files: readonly Uint8Array[], { sha256 }: Packing): string {
  return sha256(files.map((bytes) => `${sha256(bytes)}\n`).join('')).slice(0, hashDigits);
}

/** Bytes of the rows of one file of terms. */
const termFileBytes = 8192;

function filesOfTerms({ tokenizing, rows }: TermSource, packing: Packing) {
  const sorted = [...rows].sort((a, b) => compareText(a.key, b.key));
  const parts = partsOf(sorted);
  const contents = parts.map((part, i) =>
    packing.deflate(encodeTerms([...prefixes(sorted, parts, i), ...part])),
  );
  const id = idOf([new TextEncoder().encode(JSON.stringify(tokenizing)), ...contents], packing);
  const routes = parts.map((part, i) => (i === 0 ? '' : part[0]!.key));
  return {
    info: { id, tokenizing, routes },
    files: contents.map((bytes, n): IndexFile => [layout.searchMeaningTerms(id, n), bytes]),
  };
}

function partsOf(rows: readonly TermRow[]): TermRow[][] {
  const size = Math.max(8, Math.floor(termFileBytes / (4 + (rows[0]?.bytes.length ?? 1))));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
    rows.slice(i * size, (i + 1) * size),
  );
}

/**
 * Terms of other files that the first key of this one begins with. With them, the longest term that a text begins with is always in
 * the file of the text: such a term is a beginning of all that stands between it and the text, so of that first key.
 */
function prefixes(sorted: readonly TermRow[], parts: readonly TermRow[][], i: number): TermRow[] {
  const first = parts[i]![0]!.key;
  const from = i * parts[0]!.length;
  const found: TermRow[] = [];
  for (let length = 1; length < first.length; length++) {
    const at = placeOf(sorted, first.slice(0, length));
    if (at !== undefined && at < from) found.push(sorted[at]!);
  }
  return found;
}

function placeOf(sorted: readonly TermRow[], key: string): number | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return sorted[low]?.key === key ? low : undefined;
}
