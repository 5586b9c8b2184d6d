/** Opens the index of a distribution: in a browser, in the command, on a server. */
import { isModuleName, isRegistryError, layout, RegistryError } from '@mlld/format';
import type { Search, SearchSource } from './api.ts';
import { parseDelta } from './base/delta.ts';
import { type Manifest, parseManifest, similarModules } from './base/manifest.ts';
import { type BaseSegment, baseSegment, type Reading } from './base/read.ts';
import { inflate } from './files/bytes.ts';
import type { Meaning } from './meaning/read.ts';
import type { SearchRecord } from './record.ts';
import { searchMerged } from './search/search.ts';
import { memorySegment } from './segment/memory.ts';
import { type Merged, merge } from './segment/merged.ts';
import { squash } from './text.ts';

/**
 * Reads what leads to the index; all else is read when a query needs it, and so is the code for what few ask.
 * @param manifest of the source, where it was read already
 * @throws RegistryError FILE_NOT_FOUND if the distribution has no index; UNSUPPORTED_VERSION, BAD_SHAPE
 */
export async function openSearch(source: SearchSource, manifest?: Manifest): Promise<Search> {
  let opened = await openOnce(source, manifest);
  // An index is made anew now and then, and what the old one names is gone: then the new one is asked.
  const again = async <T>(ask: (one: Search) => Promise<T>): Promise<T> => {
    try {
      return await ask(opened);
    } catch (error) {
      if (!isRegistryError(error, 'FILE_NOT_FOUND')) throw error;
      opened = await openOnce(source);
      return ask(opened);
    }
  };
  return {
    search: (query, options) => again((one) => one.search(query, options)),
    like: (question, options) => again((one) => one.like(question, options)),
    similar: (name) => again((one) => one.similar(name)),
  };
}

async function readManifest({ read, inflate }: Reading): Promise<Manifest> {
  const bytes = await read(layout.searchManifest);
  if (bytes !== undefined) return parseManifest(bytes, inflate);
  throw new RegistryError('FILE_NOT_FOUND', `${layout.searchManifest}: this registry has no search index`, {
    hint: 'Its builder is older than search, or does not write one.',
  });
}

async function openOnce(
  { read, now, embed, inflate: inflating = inflate }: SearchSource,
  known?: Manifest,
): Promise<Search> {
  const reading: Reading = { read, inflate: inflating };
  const manifest = known ?? (await readManifest(reading));
  const base = baseSegment(manifest.base, reading);
  const merged = await withDelta(base, manifest.delta, reading);
  let opened: Promise<Meaning> | undefined;
  const meaning = (): Promise<Meaning> | undefined => {
    if (manifest.meaning === undefined) return undefined;
    const place = manifest.meaning;
    opened ??= import('./meaning/read.ts')
      .then(({ openMeaning }) => openMeaning(place, reading, { first: base.size, embed }))
      .catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
    return opened;
  };
  return {
    search: (query, options = {}) =>
      searchMerged(merged, query, { ...options, now: now(), trending: manifest.trending }),
    like: async (question, options = {}) => {
      const [{ searchLike }, vectors] = await Promise.all([import('./search/like.ts'), meaning()]);
      const fits = vectors?.base === manifest.base.id ? vectors : undefined;
      return searchLike({ merged, meaning: fits }, question, { ...options, now: now() });
    },
    similar: (name) => similarTo(merged, base, name, now()),
  };
}

async function withDelta(base: BaseSegment, delta: string | undefined, reading: Reading): Promise<Merged> {
  if (delta === undefined) return merge(base, undefined);
  const path = layout.searchDelta(delta);
  const bytes = await reading.read(path);
  if (bytes === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `${path}: what changed in the index is not there`);
  const { records, gone, places } = await parseDelta(bytes, path, reading.inflate);
  return merge(base, { segment: memorySegment(records), gone, places });
}

async function similarTo(
  merged: Merged,
  base: BaseSegment,
  name: string,
  now: number,
): Promise<readonly SearchRecord[]> {
  if (!isModuleName(name)) return [];
  const [author = '', slug = ''] = name.slice(1).split('/');
  const typed = squash(slug);
  const candidates = (await merged.names(typed)).filter(
    (one) => one.squashed === typed && one.author === author,
  );
  const records = await merged.records(candidates.map(({ doc }) => doc));
  const at = records.findIndex((record) => record.name === name);
  const [record, doc] = [records[at], candidates[at]?.doc];
  if (record === undefined || doc === undefined) return [];
  const near = doc < base.size ? (await base.similar(doc)).filter((one) => merged.isThere(one)) : [];
  if (near.length > 0) return merged.records(near);
  // Changed since the base was made, or all of its neighbours were: what shares most of its words stands in for them.
  const words = [slug.replaceAll('-', ' '), ...record.keywords, record.about]
    .join(' ')
    .replace(/["':-]/g, ' ');
  const { hits } = await searchMerged(merged, `${words} `, { limit: similarModules + 1, now, some: true });
  return hits
    .map((hit) => hit.record)
    .filter((one) => one.name !== name)
    .slice(0, similarModules);
}
