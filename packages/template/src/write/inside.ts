/** What stands in a folder where files are to come: never through a symbolic link, never beside a name that differs in case alone. */
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';

export type Standing = 'nothing' | 'file';

/**
 * Looks at every folder on the way, from `root` down. @param file relative, as `parsePath` lets through
 * @throws RegistryError BAD_PATH (a link, a device, a file where a folder should be, another case)
 */
export async function standingAt(root: string, file: string): Promise<Standing> {
  const parts = file.split('/');
  let at = root;
  for (const [i, part] of parts.entries()) {
    const isLast = i === parts.length - 1;
    const names = await readdir(at).catch(notThere);
    if (names === undefined) return 'nothing';
    if (!names.includes(part)) {
      const other = names.find((name) => name.toLowerCase() === part.toLowerCase());
      if (other === undefined) return 'nothing';
      throw refused(file, `'${printable(other)}' is there, and is the same name on some systems`);
    }
    at = path.join(at, part);
    const stat = await lstat(at);
    if (stat.isSymbolicLink()) throw refused(file, `'${printable(part)}' is a symbolic link`);
    if (isLast ? !stat.isFile() : !stat.isDirectory())
      throw refused(file, `'${printable(part)}' is no ${isLast ? 'file' : 'folder'}`);
  }
  return 'file';
}

function notThere(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

function refused(file: string, why: string): RegistryError {
  return new RegistryError('BAD_PATH', `${printable(file)} can't be written: ${why}`, {
    hint: 'Move it away, or choose another folder.',
  });
}
