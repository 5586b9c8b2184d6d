/** A registry repository as the builder reads one, fetched file by file as it turns out to be needed. */
import type { Tree, TreeEntry } from '@mlld/builder';
import { compareBytes, RegistryError } from '@mlld/format';
import type { RegistryTarget } from './target.ts';

/** Rounds of reading: what a file names may have to be read too, for instance what an imported module imports. */
const ROUNDS = 20;

/** Runs something over the tree until it has met every file that it reads. @throws RegistryError CHECK_FAILED, GITHUB_*, TOO_LARGE */
export async function readingTree<T>(target: RegistryTarget, run: (tree: Tree) => T): Promise<T> {
  const paths = await target.paths();
  const known = new Map<string, Uint8Array | undefined>();
  for (let round = 0; round < ROUNDS; round++) {
    const missing = new Set<string>();
    const found = tryRun(() => run(partlyRead(paths, known, missing)));
    if (missing.size === 0) {
      if ('error' in found) throw found.error;
      return found.value;
    }
    await Promise.all(
      [...missing].map(async (file) => {
        const text = await target.read(file);
        known.set(file, text === undefined ? undefined : Buffer.from(text));
      }),
    );
  }
  throw new RegistryError(
    'CHECK_FAILED',
    `the imports of this module lead through more than ${ROUNDS} others`,
  );
}

/** What fails for want of a file fails for good only once all are there. */
function tryRun<T>(run: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

/** A tree whose names are known and whose contents are read as they turn out to be needed. */
function partlyRead(
  paths: readonly string[],
  known: ReadonlyMap<string, Uint8Array | undefined>,
  missing: Set<string>,
): Tree {
  const all = new Set(paths);
  const folders = childrenOf(paths);
  return {
    list: (folder) => folders.get(folder === '.' ? '' : folder) ?? [],
    read(file) {
      if (!all.has(file)) return undefined;
      if (!known.has(file)) missing.add(file);
      return known.get(file);
    },
  };
}

function childrenOf(paths: readonly string[]): Map<string, TreeEntry[]> {
  const found = new Map<string, Map<string, TreeEntry>>();
  for (const file of paths) {
    const parts = file.split('/');
    for (const [at, name] of parts.entries()) {
      const folder = parts.slice(0, at).join('/');
      const entries = found.get(folder) ?? new Map<string, TreeEntry>();
      entries.set(name, { name, kind: at === parts.length - 1 ? 'file' : 'folder' });
      found.set(folder, entries);
    }
  }
  return new Map(
    [...found].map(([folder, entries]) => [
      folder,
      [...entries.values()].sort((a, b) => compareBytes(a.name, b.name)),
    ]),
  );
}
