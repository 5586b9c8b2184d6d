/**
 * Vectors of the texts of all modules, beside the search index (docs/spec/search.md §9, §10). Rows: `=@name` what is kept of a
 * module, its texts where vectors are learnt from few modules, else its vectors; `=model` what was learnt; `=head` what is published.
 */
import type { ModuleName } from '@mlld/format';
import {
  buildMeaning,
  buildMeaningDelta,
  type CellEntry,
  type IndexFile,
  type Packing,
  type PassageVector,
  passagesEach,
  smallIndex,
} from '@mlld/search';
import type { OutputFile, Rows } from '../outputs/output.ts';
import type { Embedder } from './embed/embedder.ts';
import { base64, fromBase64 } from './embed/learnt.ts';
import type { Provider } from './embed/providers.ts';
import type { Passage } from './passages.ts';

/** What is published. */
interface Published {
  readonly id: string;
  readonly files: readonly string[];
  readonly termFiles: readonly string[];
  readonly delta?: string;
  /** Passages of one module that are read. */
  readonly each: number;
  /** Texts are kept, and all is learnt anew when one changes. */
  readonly keepsTexts: boolean;
}

export interface MeaningNames {
  readonly id: string;
  readonly delta?: string;
}

const rowOf = (name: ModuleName): string => `=${name}`;
const restored = new WeakMap<Rows, Embedder>();

export function publishedIn(rows: Rows): Published | undefined {
  const text = rows.get('=head');
  return text === undefined ? undefined : (JSON.parse(text) as Published);
}

/** Passages of one module that a new index of so many modules has. */
export function eachOf(rows: Rows, modules: number): number {
  return publishedIn(rows)?.each ?? passagesEach(modules);
}

/** Forgets everything: what comes next begins anew. The files stay known, so that they are taken away. */
export function clearMeaning(rows: Rows): void {
  restored.delete(rows);
  for (const [key] of [...rows.entries()]) if (key.startsWith('=') && key !== '=head') rows.delete(key);
}

/**
 * Keeps what vectors are made of; of a module that is gone nothing.
 * @returns whether it is something else than before
 */
export async function notePassages(
  rows: Rows,
  name: ModuleName,
  { passages, provider }: { passages: readonly Passage[] | undefined; provider: Provider },
): Promise<boolean> {
  const before = rows.get(rowOf(name));
  if (passages === undefined) {
    rows.delete(rowOf(name));
    return before !== undefined;
  }
  const pairs = passages.map(({ label, text }): [string, string] => [label, text]);
  const now = JSON.stringify(
    publishedIn(rows)?.keepsTexts === false ? await embedPairs(modelIn(rows, provider), pairs) : pairs,
  );
  if (now !== before) rows.set(rowOf(name), now);
  return now !== before;
}

/** What was learnt, and is kept. */
export function modelIn(rows: Rows, provider: Provider): Embedder {
  const known = restored.get(rows) ?? provider.restore(rows.get('=model') ?? '');
  restored.set(rows, known);
  return known;
}

function keepModel(rows: Rows, model: string): void {
  restored.delete(rows);
  rows.set('=model', model);
}

function pairsIn(rows: Rows, name: ModuleName): [string, string][] {
  return JSON.parse(rows.get(rowOf(name)) ?? '[]') as [string, string][];
}

/** @param passages JSON of label and text of each */
export function keepTexts(rows: Rows, name: ModuleName, passages: string): void {
  rows.set(rowOf(name), passages);
}

export interface WholeInput {
  readonly provider: Provider;
  readonly base: string;
  /** In the order of their ordinals. */
  readonly names: readonly ModuleName[];
  readonly packing: Packing;
  /** Texts were gathered anew: nothing of before is used again. */
  readonly anew: boolean;
}

export interface WholeMeaning {
  readonly names: MeaningNames;
  readonly files: readonly OutputFile[];
}

/** Vectors for a new base, and what was published before taken away. */
export async function wholeMeaning(
  rows: Rows,
  { provider, base, names, packing, anew }: WholeInput,
): Promise<WholeMeaning> {
  const before = publishedIn(rows);
  const hasTexts = anew || before === undefined || before.keepsTexts;
  const keepsTexts = hasTexts && provider.learns && names.length <= smallIndex;
  const embedder = hasTexts
    ? await provider.prepare(() => textsIn(rows, names), names.length <= smallIndex)
    : modelIn(rows, provider);
  const entries = await entriesOf(rows, names, { embedder: hasTexts ? embedder : undefined, keepsTexts });
  if (hasTexts && !keepsTexts) keepModel(rows, provider.keep(embedder));
  const each = (hasTexts ? undefined : before?.each) ?? passagesEach(names.length);
  const { provider: kind, model, dims } = embedder;
  const known = anew || provider.learns ? undefined : knownTerms(rows);
  const terms = known === undefined ? embedder.terms : { known };
  const built = buildMeaning(
    { base, provider: kind, model, dims, each, entries, ...(terms === undefined ? {} : { terms }) },
    packing,
  );
  if (built.terms !== undefined) rows.set('=terms', JSON.stringify(built.terms));
  const termFiles = known === undefined ? pathsOf(built.termFiles) : (before?.termFiles ?? []);
  const published: Published = { id: built.id, files: pathsOf(built.files), termFiles, each, keepsTexts };
  rows.set('=head', JSON.stringify(published));
  const files = [...built.termFiles, ...built.files, ...goneOf(before, published)];
  return { names: { id: built.id }, files };
}

/** Vectors of all modules; without an embedder, those that were kept. */
async function entriesOf(
  rows: Rows,
  names: readonly ModuleName[],
  { embedder, keepsTexts }: { readonly embedder: Embedder | undefined; readonly keepsTexts: boolean },
): Promise<CellEntry[]> {
  const entries: CellEntry[] = [];
  for (const [module, name] of names.entries()) {
    const pairs = pairsIn(rows, name);
    const vectors = embedder === undefined ? pairs : await embedPairs(embedder, pairs);
    if (embedder !== undefined && !keepsTexts) rows.set(rowOf(name), JSON.stringify(vectors));
    for (const [label, bytes] of vectors) entries.push({ module, label, bytes: fromBase64(bytes) });
  }
  return entries;
}

type TermsInfo = NonNullable<ReturnType<typeof buildMeaning>['terms']>;

/** What is published of a model that does not follow from the texts. */
function knownTerms(rows: Rows): TermsInfo | undefined {
  const text = rows.get('=terms');
  return text === undefined ? undefined : (JSON.parse(text) as TermsInfo);
}

function* textsIn(rows: Rows, names: readonly ModuleName[]): Generator<string> {
  for (const name of names) for (const [, text] of pairsIn(rows, name)) yield text;
}

async function embedPairs(
  embedder: Embedder,
  pairs: readonly (readonly [string, string])[],
): Promise<[string, string][]> {
  const vectors = await embedder.embed(pairs.map(([, text]) => text));
  return pairs.flatMap(([label], i): [string, string][] => {
    const bytes = vectors[i];
    return bytes === undefined ? [] : [[label, base64(bytes)]];
  });
}

const pathsOf = (files: readonly IndexFile[]): string[] => files.map(([file]) => file);

function goneOf(before: Published | undefined, now: Published | undefined): OutputFile[] {
  if (before === undefined) return [];
  const kept = new Set([...(now?.files ?? []), ...(now?.termFiles ?? [])]);
  return [...before.files, ...before.termFiles, ...(before.delta === undefined ? [] : [before.delta])]
    .filter((file) => !kept.has(file))
    .map((file): OutputFile => [file, undefined]);
}

/** Vectors of the modules that the index's delta has. One file. */
export function deltaMeaning(
  rows: Rows,
  records: readonly ModuleName[],
  { packing, pathOf }: { packing: Packing; pathOf: (hash: string) => string },
): { readonly names: MeaningNames; readonly files: readonly OutputFile[] } | undefined {
  const before = publishedIn(rows);
  if (before === undefined) return undefined;
  const delta = new Map(
    records.map((name, place) => [
      place,
      pairsIn(rows, name).map(([label, bytes]): PassageVector => ({ label, bytes: fromBase64(bytes) })),
    ]),
  );
  const { name, bytes } = buildMeaningDelta(delta, packing);
  const path = pathOf(name);
  rows.set('=head', JSON.stringify({ ...before, delta: path }));
  const gone: OutputFile[] =
    before.delta === undefined || before.delta === path ? [] : [[before.delta, undefined]];
  return { names: { id: before.id, delta: name }, files: [[path, bytes], ...gone] };
}

/** Nothing is published any more. */
export function noMeaning(rows: Rows): readonly OutputFile[] {
  restored.delete(rows);
  const files = goneOf(publishedIn(rows), undefined);
  for (const [key] of [...rows.entries()]) if (key.startsWith('=')) rows.delete(key);
  return files;
}
