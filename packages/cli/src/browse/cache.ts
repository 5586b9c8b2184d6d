/** What a cache holds of one registry, read without asking anybody (docs/spec/resolve.md §7). */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import {
  type AdvisoryEntry,
  decode as d,
  isModuleName,
  isSha256,
  type JsonObject,
  layout,
  limits,
  type ModuleIndex,
  type ModuleName,
  parseAdvisoryIndex,
  parseIndex,
  parseJson,
  printable,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import {
  decodeRecord,
  openPack,
  packInMemory,
  parseDelta,
  parseManifest,
  type SearchRecord,
} from '@mlld/search';

export interface CachedRegistry {
  readonly name: string;
  /** Of all modules, as far as the copy of the search index goes: none where there is no copy. */
  readonly records: readonly SearchRecord[];
  /** When the search index was last asked for; undefined without a copy. */
  readonly askedAt: number | undefined;
  readonly indexes: ReadonlyMap<ModuleName, ModuleIndex>;
  readonly advisories: readonly AdvisoryEntry[];
  /** Verified again when it is read; undefined for what is not there, or damaged. */
  blob(sha256: Sha256Hex): Uint8Array | undefined;
  /** A file of the distribution that the cache holds as it was served. */
  file(path: string): Uint8Array | undefined;
}

/** The registries of which a cache holds something. */
export function cachedRegistries(cacheDir: string): string[] {
  if (!existsSync(cacheDir)) return [];
  return readdirSync(cacheDir, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() &&
        ['index', 'search', 'blob'].some((folder) => existsSync(path.join(cacheDir, entry.name, folder))),
    )
    .map(({ name }) => name)
    .sort();
}

/** The one that is meant. @throws RegistryError REGISTRY_NOT_FOUND */
export function chooseRegistry(cacheDir: string, wanted: string | undefined): string {
  const names = cachedRegistries(cacheDir);
  const found = wanted === undefined ? names[0] : names.find((name) => name === wanted);
  if (found !== undefined && (wanted !== undefined || names.length === 1)) return found;
  throw new RegistryError(
    'REGISTRY_NOT_FOUND',
    names.length === 0
      ? `the cache ${cacheDir} holds nothing of any registry yet`
      : `wanted one of the registries in the cache, found ${wanted === undefined ? 'no name' : printable(wanted)}`,
    {
      hint:
        names.length === 0
          ? 'mlld search, mlld add and mlld install fill it.'
          : `One of: ${names.map((name) => printable(name)).join(', ')}.`,
    },
  );
}

export async function openCachedRegistry(cacheDir: string, name: string): Promise<CachedRegistry> {
  const root = path.join(cacheDir, name);
  const read = (file: string, most: number = limits.searchPackBytes): Uint8Array | undefined => {
    try {
      const at = path.join(root, file);
      return statSync(at).size <= most ? readFileSync(at) : undefined;
    } catch {
      return undefined;
    }
  };
  const search = await openCopy(read);
  return {
    name,
    records: search?.records ?? [],
    askedAt: search && statSync(path.join(root, layout.searchManifest)).mtimeMs,
    indexes: indexesIn(root, read),
    advisories: advisoriesIn(read),
    blob: (sha256) => {
      const bytes = read(layout.blob(sha256), limits.fileBytes);
      return bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === sha256
        ? bytes
        : undefined;
    },
    file: (file) => {
      if (file.startsWith('search/')) return search?.file(file) ?? read(file);
      const isProof = file.startsWith('proof/') && isSha256(file.slice(6));
      const isIndex = file.startsWith('index/') && isModuleName(`@${file.slice(6)}`);
      return isProof || isIndex ? read(file, limits.indexBytes) : undefined;
    },
  };
}

type Read = (file: string, most?: number) => Uint8Array | undefined;

const inflate = (bytes: Uint8Array) => inflateRawSync(bytes, { maxOutputLength: limits.searchPackBytes });

/** The records of the base that are not gone, and those that changed since. A damaged copy is none. */
async function openCopy(read: Read) {
  try {
    const bytes = read(layout.searchManifest);
    const manifest = bytes && (await parseManifest(bytes, inflate));
    const packed = manifest && read(layout.searchPack(manifest.base.id));
    if (manifest === undefined || packed === undefined) return undefined;
    const file = openPack(manifest.base, packInMemory(packed));
    const changed = manifest.delta === undefined ? undefined : read(layout.searchDelta(manifest.delta));
    const delta = changed && (await parseDelta(changed, 'delta', inflate));
    const gone = new Set(delta?.gone);
    const records: SearchRecord[] = [];
    let ordinal = 0;
    for (let n = 0; ordinal < manifest.base.modules; n++) {
      const block = file(layout.searchRecords(manifest.base.id, n));
      if (block === undefined) break;
      const text = inflate(block);
      for (const one of d.array(d.object, 1000)(
        parseJson(text, { where: 'records', maxBytes: text.length }),
        '$',
      ))
        if (!gone.has(ordinal++)) records.push(decodeRecord(one as JsonObject));
    }
    return { records: [...records, ...(delta?.records ?? [])], file };
  } catch {
    return undefined;
  }
}

function indexesIn(root: string, read: Read): Map<ModuleName, ModuleIndex> {
  const found = new Map<ModuleName, ModuleIndex>();
  for (const author of foldersIn(path.join(root, 'index'))) {
    for (const short of foldersIn(path.join(root, 'index', author))) {
      const name = `@${author}/${short}`;
      if (!isModuleName(name)) continue;
      try {
        found.set(name, parseIndex(read(layout.index(name), limits.indexBytes) ?? '', name));
      } catch {
        // Damaged, or from a newer program: it is not shown, and asked for anew when it is needed.
      }
    }
  }
  return found;
}

function advisoriesIn(read: Read): readonly AdvisoryEntry[] {
  try {
    const bytes = read(layout.advisoryIndex, limits.advisoryIndexBytes);
    return bytes === undefined ? [] : parseAdvisoryIndex(bytes).advisories;
  } catch {
    return [];
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
