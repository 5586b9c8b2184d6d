/**
 * The search index of a distribution (docs/spec/search.md §7). A small registry's index is made anew whenever something
 * changed. A larger one's is a base, whose files never change, and one file of what changed since; so that a publish writes two
 * files and not some thousands.
 */
import { isRegistryError, layout, type ModuleName } from '@mlld/format';
import {
  type Base,
  basePaths,
  buildBase,
  encodeManifest,
  encodePack,
  encodeRecord,
  indexVersion,
  mostChanges,
  orderRecords,
  type SearchRecord,
  smallIndex,
} from '@mlld/search';
import type { TagCatalog } from '@mlld/site';
import type { Changed, LateFacts, Output, OutputFile, Rows } from '../outputs/output.ts';
import { tagCatalog } from '../repository/tag-catalog.ts';
import { isWithin } from '../repository/tree.ts';
import type { EmbedOptions } from './embed/embedder.ts';
import { modelFolder } from './embed/model2vec.ts';
import { type Provider, providerOf } from './embed/providers.ts';
import {
  clearMeaning,
  deltaMeaning,
  eachOf,
  keepTexts,
  type MeaningNames,
  modelIn,
  noMeaning,
  notePassages,
  publishedIn,
} from './meaning.ts';
import { type MeaningWork, openMeaning } from './meaning-thread.ts';
import { passagesOf } from './passages.ts';
import { eachSearched, readSearched, searchedModule } from './record.ts';
import {
  type Changes,
  changesIn,
  currentRecords,
  deltaFrom,
  type Head,
  headIn,
  noteRecord,
  packing,
} from './rows.ts';
import { openSimilar } from './similar-thread.ts';
import { noteTrending, trendingIn } from './trending.ts';

export interface SearchOutputOptions extends EmbedOptions {
  /** Told when an index has to do without vectors. */
  readonly warn?: ((text: string) => void) | undefined;
}

/** The index of a registry that needs nothing from outside for its vectors, or of an endpoint that wants no key. */
export const search: Output = searchWith({});

export function searchWith(options: SearchOutputOptions): Output {
  return {
    name: 'search',
    version: 5,
    owns: ['search/'],
    reads: [layout.tagCatalog, modelFolder],
    each: eachSearched,
    foresee: ({ rows, ...facts }) => {
      const vectors = vectorsOf(facts, options);
      if (vectors !== undefined && publishedIn(rows)?.keepsTexts === false) modelIn(rows, vectors.provider);
    },
    late: (facts, changed) => filesOf(facts, changed, options),
  };
}

async function* filesOf(
  facts: LateFacts,
  changed: Changed,
  options: SearchOutputOptions,
): AsyncGenerator<OutputFile> {
  const { rows, repository, parallel } = facts;
  const head = headIn(rows);
  const catalog = tagCatalog(repository);
  const vectors = vectorsOf(facts, options);
  const touches = (file: string): boolean => [...changed.paths].some((one) => isWithin(one, file));
  // Without vectors, though they are wanted: the last build could not make any.
  const isMissing = vectors !== undefined && head !== undefined && head.meaning === undefined;
  if (changed.all || head === undefined || isMissing || touches(layout.tagCatalog) || touches(modelFolder)) {
    clearMeaning(rows);
    const records: SearchRecord[] = [];
    for (const name of facts.names()) {
      const found = await facts.each(name);
      if (found === undefined) continue;
      const [record, passages] = readSearched(found);
      records.push(record);
      if (vectors !== undefined) keepTexts(rows, name, passages);
    }
    noteTrending(facts);
    yield* wholeIndex(rows, records, { before: head, vectors, anew: true, parallel });
    return;
  }
  const isTrending = noteTrending(facts);
  let differs = false;
  for (const name of changed.modules)
    differs = (await noteModule(name, facts, { catalog, vectors })) || differs;
  const changes = changesIn(rows);
  if (!differs) {
    if (isTrending) yield trendingManifest(rows, head, changes);
    return;
  }
  if (head.base.modules <= smallIndex || changes.size > mostChanges(head.base.modules)) {
    const records = currentRecords(rows, changes);
    yield* wholeIndex(rows, records, { before: head, vectors, anew: false, parallel });
    return;
  }
  yield* changedIndex(rows, head, changes);
}

/** One file of what changed, one of its vectors, and the manifest. */
function* changedIndex(rows: Rows, head: Head, changes: Changes): Generator<OutputFile> {
  const delta = deltaFrom(rows, head, changes);
  if (head.delta !== undefined && head.delta !== delta.name)
    yield [layout.searchDelta(head.delta), undefined];
  yield [layout.searchDelta(delta.name), delta.bytes];
  const names = delta.delta.records.map(({ name }) => name);
  const made =
    head.meaning && deltaMeaning(rows, names, { packing, pathOf: (hash) => layout.searchMeaningDelta(hash) });
  yield* made?.files ?? [];
  yield manifestFile(rows, {
    base: head.base,
    delta: delta.name,
    ...(made ? { meaning: made.names } : {}),
    ...trendingIn(rows, head.base, delta.delta.records),
  });
}

/** A day of statistics changes this one file. */
function trendingManifest(rows: Rows, head: Head, changes: Changes): OutputFile {
  const { trending: _, ...kept } = head;
  const changed = changes.size === 0 ? [] : deltaFrom(rows, head, changes).delta.records;
  return manifestFile(rows, { ...kept, ...trendingIn(rows, head.base, changed) });
}

interface Vectors {
  readonly provider: Provider;
  readonly warn: (text: string) => void;
}

/** Undefined where the registry wants none. */
function vectorsOf(
  { info, repository }: Pick<LateFacts, 'info' | 'repository'>,
  options: SearchOutputOptions,
): Vectors | undefined {
  const provider = providerOf(info.embeddings, repository.tree, options);
  return provider && { provider, warn: options.warn ?? (() => {}) };
}

interface Noting {
  readonly catalog: TagCatalog;
  readonly vectors: Vectors | undefined;
}

/** @returns whether what was known of the module is another now */
async function noteModule(
  name: ModuleName,
  facts: LateFacts,
  { catalog, vectors }: Noting,
): Promise<boolean> {
  const { rows } = facts;
  const module = await facts.module(name);
  const found = module && (await searchedModule(module, facts, catalog));
  const each = eachOf(rows, headIn(rows)?.base.modules ?? 0);
  const passages = found && passagesOf(found.record, found.study, each);
  const provider = vectors?.provider;
  const speaks =
    provider === undefined
      ? false
      : await notePassages(rows, name, { passages, provider }).catch((error: unknown) => {
          warnOf(vectors, error);
          return true;
        });
  const differs = noteRecord(rows, name, found?.record);
  // A module that says something else is one that changed, whatever its record shows.
  if (speaks && found !== undefined) rows.set(`+${name}`, JSON.stringify(encodeRecord(found.record)));
  return differs || speaks;
}

/** A service that is down is no reason to publish nothing. */
function warnOf(vectors: Vectors | undefined, error: unknown): void {
  if (!isRegistryError(error)) throw error;
  vectors?.warn(`the search index has no vectors of some modules: ${error.message}`);
}

interface Whole {
  readonly before: Head | undefined;
  readonly vectors: Vectors | undefined;
  /** The texts of all modules were gathered. */
  readonly anew: boolean;
  readonly parallel: boolean;
}

/** A new base; what the one before had is taken away. */
async function* wholeIndex(
  rows: Rows,
  unordered: Iterable<SearchRecord>,
  { before, vectors, anew, parallel }: Whole,
): AsyncGenerator<OutputFile> {
  const ordered = orderRecords(unordered, packing);
  const names = ordered.records.map(({ name }) => name);
  const whole = { base: ordered.id, names, packing, anew, parallel };
  const work = vectors && openMeaning(rows, { ...whole, provider: vectors.provider });
  try {
    const base = buildBase(ordered, packing);
    yield* baseFiles(base, { before, parallel });
    for (const [key] of [...rows.entries()]) if (/^[@#+^]/.test(key)) rows.delete(key);
    for (const [ordinal, record] of base.records.entries()) {
      rows.set(record.name, `${ordinal} ${JSON.stringify(encodeRecord(record))}`);
      rows.set(`#${ordinal}`, record.name);
    }
    const made = await vectorsFrom(rows, work, vectors);
    yield* made.files;
    yield manifestFile(rows, {
      base: base.info,
      ...(made.names === undefined ? {} : { meaning: made.names }),
      ...trendingIn(rows, base.info, []),
    });
  } finally {
    await work?.close();
  }
}

async function* baseFiles(
  base: Base,
  { before, parallel }: Pick<Whole, 'before' | 'parallel'>,
): AsyncGenerator<OutputFile> {
  const similar = openSimilar(base, parallel);
  try {
    const files = [...base.wordFiles()];
    files.push(...base.similarFiles(await similar.found()));
    yield* files;
    yield [layout.searchPack(base.info.id), encodePack(base.info, files)];
  } finally {
    await similar.close();
  }
  if (before?.delta !== undefined) yield [layout.searchDelta(before.delta), undefined];
  if (before !== undefined && before.base.id !== base.info.id) {
    for (const path of basePaths(before.base)) yield [path, undefined];
    yield [layout.searchPack(before.base.id), undefined];
  }
}

async function vectorsFrom(
  rows: Rows,
  work: MeaningWork | undefined,
  vectors: Vectors | undefined,
): Promise<{ readonly names?: MeaningNames; readonly files: readonly OutputFile[] }> {
  if (work === undefined) return { files: noMeaning(rows) };
  try {
    return await work.made();
  } catch (error) {
    warnOf(vectors, error);
    return { files: noMeaning(rows) };
  }
}

function manifestFile(rows: Rows, head: Head): OutputFile {
  rows.set('head', JSON.stringify(head));
  const text = encodeManifest({ v: indexVersion, ...head });
  return [layout.searchManifest, packing.deflate(Buffer.from(text))];
}
