/**
 * What servers call the state of the index files that the cache has (docs/spec/resolve.md §7.7): one file for all, because it only
 * saves bytes. An entry holds for the very bytes that it came with, and for the URL that they came from.
 */
import path from 'node:path';
import { isSha256, limits, parseJson } from '@mlld/format';
import type { Ops } from '../ops.ts';

export interface Etags {
  /** What to ask with whether `bytes` are still what is at a URL. */
  of(url: string, bytes: Uint8Array): string | undefined;
  note(url: string, etag: string | undefined, bytes: Uint8Array): void;
  /** The file and its new content, if it has to be written. What others wrote meanwhile is kept. */
  changes(): { readonly file: string; readonly bytes: Uint8Array } | undefined;
}

type Entries = Map<string, readonly [etag: string, sha256: string]>;

/** Index files that are remembered, the latest ones. */
const mostEntries = 20_000;
/** Characters of an ETag; a longer one is not worth its place. */
const etagChars = 200;

export function openEtags(ops: Pick<Ops, 'files' | 'sha256'>, dir: string): Etags {
  const file = path.join(dir, 'etags.json');
  let entries: Entries | undefined;
  const known = () => {
    entries ??= read(ops, file);
    return entries;
  };
  const changed: Entries = new Map();
  return {
    of(url, bytes) {
      const [etag, sha256] = known().get(url) ?? [];
      return sha256 !== undefined && sha256 === ops.sha256(bytes) ? etag : undefined;
    },
    note(url, etag, bytes) {
      if (etag === undefined || etag.length > etagChars) return;
      const sha256 = ops.sha256(bytes);
      const before = known().get(url);
      if (before?.[0] === etag && before[1] === sha256) return;
      known().set(url, [etag, sha256]);
      changed.set(url, [etag, sha256]);
    },
    changes() {
      if (changed.size === 0) return undefined;
      const merged = read(ops, file);
      for (const [url, entry] of changed) {
        merged.delete(url);
        merged.set(url, entry);
      }
      changed.clear();
      const text = JSON.stringify(Object.fromEntries([...merged].slice(-mostEntries)));
      return { file, bytes: Buffer.from(text) };
    },
  };
}

/** Nothing for a file that is damaged: then everything is simply fetched. */
function read({ files }: Pick<Ops, 'files'>, file: string): Entries {
  const entries: Entries = new Map();
  try {
    const bytes = files.read(file, limits.indexBytes);
    if (bytes === undefined) return entries;
    const value = parseJson(bytes, { where: file, maxBytes: limits.indexBytes });
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return entries;
    for (const [url, entry] of Object.entries(value)) {
      const [etag, sha256] = Array.isArray(entry) ? entry : [];
      if (typeof etag === 'string' && typeof sha256 === 'string' && isSha256(sha256))
        entries.set(url, [etag, sha256]);
    }
  } catch {
    return entries;
  }
  return entries;
}
