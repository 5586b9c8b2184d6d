/** Where a module's bytes become public. Whatever the place, clients check the bytes against the signed release. */
import {
  legacyContentHash,
  RegistryError,
  type RepositoryRecord,
  readBounded,
  type SourceRecord,
} from '@mlld/format';
import { sha256 } from '@mlld/trust';
import type { Module } from '../module/read.ts';

/** Bytes that are public. */
export interface Placed {
  /** Base URLs, each ending in `/`. */
  readonly sources: readonly string[];
  readonly source: SourceRecord;
  /** For people: `github.com/alice/modules at 1a2b3c4`. */
  readonly where: string;
}

/** Puts the source record together for a base URL. */
export function sourceAt(
  module: Module,
  base: string,
  more: { readonly gistId?: string; readonly repository?: RepositoryRecord } = {},
): SourceRecord {
  const contentHash = legacyContentHash(module.files, module.layout, sha256);
  const only = module.files[0];
  if (module.layout === 'file' && only !== undefined) {
    const type = more.gistId !== undefined ? 'gist' : more.repository !== undefined ? 'github' : 'url';
    return { type, url: base + only.path, ...more, contentHash };
  }
  return {
    type: 'directory',
    baseUrl: base.replace(/\/$/, ''),
    files: module.files.map((file) => file.path),
    entryPoint: module.entry,
    ...more,
    contentHash,
  };
}

/** How often and how long (milliseconds) the raw host is asked again for bytes that were just written. */
const PAUSES = [200, 500, 1000, 2000, 4000];

/**
 * Makes sure that anyone gets the module's bytes below `base`: fetches each file without a token and compares.
 * @throws RegistryError UNREACHABLE, HASH_MISMATCH
 */
export async function verifyPlaced(module: Module, base: string): Promise<void> {
  await Promise.all(
    module.files.map(async (file) => {
      const url = base + file.path;
      const bytes = await fetchFresh(url, file.size);
      const found = sha256(bytes);
      if (found === file.sha256) return;
      throw new RegistryError('HASH_MISMATCH', `${url}: wanted sha256 ${file.sha256}, found ${found}`, {
        hint: 'The public file is not the one on this disk. Line endings? git must not change them (.gitattributes: *.mld -text).',
      });
    }),
  );
}

async function fetchFresh(url: string, size: number): Promise<Uint8Array> {
  let problem = '';
  for (const pause of [0, ...PAUSES]) {
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      const got = await fetchBounded(url, size);
      if (got instanceof Uint8Array) return got;
      problem = got;
      // Only what may still be on its way is asked for again.
      if (!/^status (404|5\d\d|429)/.test(problem)) break;
    } catch (cause) {
      problem = cause instanceof Error ? cause.message : String(cause);
    }
  }
  throw new RegistryError('UNREACHABLE', `${url}: wanted the published file, found ${problem}`, {
    hint: 'Is the repository public? A private one can be published with --gist, or from elsewhere with --source <URL>.',
  });
}

/** The body, of at most `size` bytes, or what is wrong with the answer. Follows no redirect. */
export async function fetchBounded(url: string, size: number): Promise<Uint8Array | string> {
  if (url.startsWith('file:')) {
    const { readFile } = await import('node:fs/promises');
    return await readFile(new URL(url));
  }
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(30_000) });
  if (response.status !== 200) {
    await response.body?.cancel();
    return `status ${response.status}`;
  }
  return (await readBounded(response.body, size)) ?? `more than ${size} bytes`;
}
