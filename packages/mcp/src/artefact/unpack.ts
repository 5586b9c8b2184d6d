import type { McpArtefact } from '@mlld/format';
import { bundleTree } from './bundle.ts';
import { closureTree, type NpmSource } from './npm.ts';
import { ownTree } from './own.ts';
import { materialise } from './tree.ts';

/**
 * The folder that an artefact is run from, verified; none for a remote server or one that others run.
 * @throws RegistryError HASH_MISMATCH, OFFLINE, UNREACHABLE, BAD_PATH, TOO_LARGE, IO
 */
export async function unpackedFolder(
  artefact: McpArtefact,
  files: ReadonlyMap<string, Uint8Array>,
  source: NpmSource,
): Promise<string | undefined> {
  if (artefact.kind === 'remote' || artefact.kind === 'command') return undefined;
  return materialise({ cacheDir: source.cacheDir, tree: artefact.tree }, async () => {
    if (artefact.kind === 'files') return ownTree(files);
    if (artefact.kind === 'npm') return closureTree(artefact.packages, source);
    return bundleTree(artefact, source);
  });
}
