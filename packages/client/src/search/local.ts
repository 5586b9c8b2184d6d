/**
 * Searching a registry from a copy of its index in the cache (docs/spec/search.md §6.4): all files of a base in one, and what
 * changed since. A copy that is fresh is used without asking anybody; else its manifest is asked for, and then at most the
 * two files that it names and that are not here.
 */
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { isRegistryError, layout, limits, RegistryError } from '@mlld/format';
import {
  type EmbedQuery,
  type Manifest,
  openPack,
  openSearch,
  type PackBytes,
  packInMemory,
  parseManifest,
  type Search,
} from '@mlld/search';
import { keptIdentity } from '../cache/identities.ts';
import { poolOf, type Settings } from '../config/settings.ts';
import type { Registry } from '../fetch/registry.ts';
import type { Files, Ops } from '../ops.ts';
import type { Session } from '../session.ts';

export interface LocalSearch extends Search {
  /** The registry's identity. */
  readonly registry: string;
  readonly modules: number;
  /** When the registry was last asked, in milliseconds since 1970. */
  readonly askedAt: number;
}

export interface LocalSearchOptions {
  /** Ask the registry however fresh the copy is. */
  readonly refresh?: boolean;
  readonly onDownload?: (bytes: string) => void;
  /** Makes vectors of questions, for a registry whose vectors are a model's that is at hand here. */
  readonly embed?: EmbedQuery | undefined;
}

/** What a search needs: of a copy that is fresh, no session. */
export interface SearchDesk {
  readonly ops: Ops;
  readonly settings: Settings;
  /** For asking the registry. */
  readonly session: () => Promise<Session>;
}

/** @throws RegistryError FILE_NOT_FOUND (no index), OFFLINE (none in the cache), UNREACHABLE, UNSUPPORTED_VERSION, BAD_SHAPE */
export async function openLocalSearch(
  desk: SearchDesk,
  options: LocalSearchOptions = {},
): Promise<LocalSearch> {
  const { ops, settings, session } = desk;
  const identity =
    keptIdentity(ops, settings.cacheDir, poolOf(settings.registry)) ??
    (await (await session()).registry().identity());
  const copy = openCopy(ops.files, path.join(settings.cacheDir, identity));
  const before = await copy.load();
  const age = ops.now() - (copy.askedAt() ?? 0);
  const isFresh = options.refresh !== true && age >= 0 && age < limits.searchFreshMs;
  const isAsked = before === undefined || !(isFresh || settings.offline);
  if (isAsked) await bringUpToDate(await session(), { copy, before: before?.manifest, options });
  let loaded = (isAsked ? await copy.load() : before) ?? missing(identity);
  const { manifest } = loaded;
  const read = async (file: string) => {
    if (file.startsWith('search/meaning/')) return readVectors(desk, copy, file);
    if (file.startsWith('search/delta/')) return copy.read(file);
    if (file !== layout.searchManifest) return loaded.pack(file);
    // Another process has brought the copy up to date meanwhile.
    loaded = (await copy.load()) ?? missing(identity);
    return copy.read(file);
  };
  const embed = options.embed === undefined ? {} : { embed: options.embed };
  const search = await openSearch({ read, ...embed, now: ops.now, inflate }, manifest);
  return { ...search, registry: identity, modules: manifest.base.modules, askedAt: copy.askedAt() ?? 0 };
}

/** Vectors are in no pack: those that a question needs are asked for and kept, and never change. */
async function readVectors(
  { settings, session }: SearchDesk,
  copy: Copy,
  file: string,
): Promise<Uint8Array | undefined> {
  const here = copy.read(file);
  if (here !== undefined) return here;
  if (settings.offline)
    throw new RegistryError('OFFLINE', `${file}: what this question is compared with is not in the cache`, {
      hint: 'Ask once without --offline, or search for words: mlld search without --like.',
    });
  const bytes = await (await session()).registry().file(file, limits.searchFileBytes);
  if (bytes !== undefined) copy.write(file, bytes);
  return bytes;
}

function missing(identity: string): never {
  throw new RegistryError('FILE_NOT_FOUND', `the cache holds no whole search index of ${identity}`, {
    hint: 'Run the command again, with the network and without --offline.',
  });
}

/** At once: handing a few kilobytes to another thread takes longer than inflating them. */
function inflate(bytes: Uint8Array, where: string): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: limits.searchPackBytes });
  } catch (cause) {
    throw new RegistryError('BAD_SHAPE', `${where}: wanted deflated bytes`, { cause });
  }
}

interface Loaded {
  readonly manifest: Manifest;
  /** A file of the base. */
  readonly pack: (file: string) => Uint8Array | undefined;
}

interface Copy {
  load(): Promise<Loaded | undefined>;
  askedAt(): number | undefined;
  read(file: string): Uint8Array | undefined;
  write(file: string, bytes: Uint8Array): void;
  remove(file: string): void;
}

/** The copy in the folder of a registry in the cache. A damaged one is none. Of the pack, only what is asked for is read. */
function openCopy(files: Files, folder: string): Copy {
  const at = (file: string) => path.join(folder, file);
  const read = (file: string) => files.read(at(file), limits.searchFileBytes);
  const packAt = (file: string): PackBytes | undefined => {
    const whole = at(file);
    const size = files.stat(whole)?.size;
    return size === undefined ? undefined : { size, read: (from, length) => files.part(whole, from, length) };
  };
  return {
    read,
    write: (file, bytes) => files.write(at(file), bytes),
    remove: (file) => void files.remove(at(file)),
    askedAt: () => files.stat(at(layout.searchManifest))?.mtimeMs,
    load: async () => {
      const bytes = read(layout.searchManifest);
      try {
        const manifest = bytes && (await parseManifest(bytes, inflate));
        const pack = manifest && packAt(layout.searchPack(manifest.base.id));
        if (manifest === undefined || pack === undefined) return undefined;
        return { manifest, pack: openPack(manifest.base, pack) };
      } catch (error) {
        if (isRegistryError(error)) return undefined;
        throw error;
      }
    },
  };
}

interface Updating {
  readonly copy: Copy;
  readonly before: Manifest | undefined;
  readonly options: LocalSearchOptions;
}

async function bringUpToDate(session: Session, updating: Updating): Promise<void> {
  const { before } = updating;
  try {
    await download(session.registry(), updating);
    // Without the registry's identity on the disk the copy could not be found offline.
    await session.cache.flush();
  } catch (error) {
    // What is here still answers; that it may be old is said.
    if (before === undefined || !isRegistryError(error)) throw error;
    session.net.warn(`the search index could not be brought up to date: ${error.message}`);
  }
}

async function download(registry: Registry, { copy, before, options }: Updating): Promise<void> {
  const get = async (file: string, maxBytes: number): Promise<Uint8Array> => {
    const bytes = await registry.file(file, maxBytes);
    if (bytes !== undefined) return bytes;
    throw new RegistryError('FILE_NOT_FOUND', `${file}: this registry has no such file`, {
      hint: 'Its builder is older than search, or its host has only a part of it.',
    });
  };
  const bytes = await get(layout.searchManifest, limits.searchFileBytes);
  const manifest = await parseManifest(bytes, inflate);
  const { base, delta } = manifest;
  if (before?.base.id !== base.id) {
    options.onDownload?.(`the search index of ${base.modules} modules`);
    const pack = await get(layout.searchPack(base.id), limits.searchPackBytes);
    openPack(base, packInMemory(pack));
    copy.write(layout.searchPack(base.id), pack);
  }
  if (delta !== undefined && before?.delta !== delta)
    copy.write(layout.searchDelta(delta), await get(layout.searchDelta(delta), limits.searchFileBytes));
  // The manifest comes last: whatever it names is here.
  copy.write(layout.searchManifest, bytes);
  if (before?.delta !== undefined && before.delta !== delta) copy.remove(layout.searchDelta(before.delta));
  if (before !== undefined && before.base.id !== base.id) copy.remove(layout.searchPack(before.base.id));
}
