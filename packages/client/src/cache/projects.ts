/** Which projects use a cache (docs/spec/resolve.md §7.6): one small file each, so that no two processes change the same one. */
import path from 'node:path';
import { isRegistryError, limits } from '@mlld/format';
import type { Ops } from '../ops.ts';
import type { Session } from '../session.ts';

const folder = (cacheDir: string) => path.join(cacheDir, 'projects');

/** Remembers that the session's project uses its cache. A cache that can't be written forgets nothing worth an error. */
export function rememberProject({ net: { ops }, settings }: Session): void {
  const file = path.join(folder(settings.cacheDir), ops.sha256(settings.root));
  try {
    if (ops.files.stat(file) === undefined) ops.files.write(file, `${settings.root}\n`);
  } catch (error) {
    if (!isRegistryError(error)) throw error;
  }
}

/** Folders of the projects that were seen, with the file that says so. */
export function knownProjects(
  { files }: Pick<Ops, 'files'>,
  cacheDir: string,
): { root: string; file: string }[] {
  return files
    .list(folder(cacheDir))
    .filter(({ kind, name }) => kind === 'file' && /^[0-9a-f]{64}$/.test(name))
    .slice(0, limits.projects)
    .flatMap(({ name }) => {
      const file = path.join(folder(cacheDir), name);
      const bytes = files.read(file, 10_000);
      const root = bytes === undefined ? '' : new TextDecoder().decode(bytes).trim();
      return path.isAbsolute(root) ? [{ root, file }] : [];
    });
}
