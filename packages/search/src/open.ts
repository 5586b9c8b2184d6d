/** Opens the index of a distribution: in a browser, in the command, on a server. */
import { isModuleName, layout, RegistryError } from '@mlld/format';
import type { Search, SearchSource } from './api.ts';
import { parseDelta } from './base/delta.ts';
import { parseManifest } from './base/manifest.ts';
import { type BaseSegment, baseSegment } from './base/read.ts';
import type { SearchRecord } from './record.ts';
import { searchMerged } from './search/search.ts';
import { memorySegment } from './segment/memory.ts';
import { type Merged, merge } from './segment/merged.ts';
import { similarModules } from './similar/neighbours.ts';
import { squash } from './text.ts';

/**
 * Reads what leads to the index; all else is read when a query needs it.
 * @throws RegistryError FILE_NOT_FOUND if the distribution has no index; UNSUPPORTED_VERSION, BAD_SHAPE
 */
export async function openSearch({ read, now }: SearchSource): Promise<Search> {
  const bytes = await read(layout.searchManifest);
  if (bytes === undefined) {
    throw new RegistryError('FILE_NOT_FOUND', `${layout.searchManifest}: this registry has no search index`, {
      hint: 'Its builder is older than search, or does not write one.',
    });
  }
  const manifest = await parseManifest(bytes);
  const base = baseSegment(manifest.base, read);
  const merged = await withDelta(base, manifest.delta, read);
  return {
    search: (query, options = {}) => searchMerged(merged, query, { ...options, now: now() }),
    similar: (name) => similarTo(merged, base, name, now()),
  };
}

async function withDelta(
  base: BaseSegment,
  delta: string | undefined,
  read: SearchSource['read'],
): Promise<Merged> {
  if (delta === undefined) return merge(base, undefined);
  const path = layout.searchDelta(delta);
  const bytes = await read(path);
  if (bytes === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `${path}: what changed in the index is not there`);
  const { records, gone, places } = await parseDelta(bytes, path);
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
