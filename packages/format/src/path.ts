/** File paths inside a module (docs/spec/names.md §5): an allow-list, because they come from outside. */
import { printable, RegistryError } from './errors.ts';
import { limits } from './limits.ts';

const segment = /^[A-Za-z0-9_@+][A-Za-z0-9_.@+-]*$|^\.[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/;
/** Git's own folder, which a checked-out module must never write to. */
const gitFolder = /^\.git$/i;
const device = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/**
 * Checks a relative path with forward slashes: segments of letters, digits, `_ . @ + -`; no `..`, no empty segment, no
 * trailing dot, no device name of Windows, no `.git`. What passes is the same file on every system and needs no URL escaping.
 * @throws RegistryError BAD_PATH
 */
export function parsePath(path: string): string {
  const segments = path.split('/');
  const good =
    path.length <= limits.pathChars &&
    segments.every(
      (part) =>
        part.length <= limits.pathSegmentChars &&
        segment.test(part) &&
        !part.endsWith('.') &&
        !device.test(part) &&
        !gitFolder.test(part),
    );
  if (!good) {
    throw new RegistryError('BAD_PATH', `'${printable(path)}' is no good path for a file of a module`, {
      hint: 'Relative, forward slashes, segments of letters, digits and _ . @ + -, no segment that is only dots.',
    });
  }
  return path;
}

/** Checks the paths of one module together: no two that differ only in case, none that is a folder of another. */
export function parsePaths(paths: readonly string[]): readonly string[] {
  const seen = new Map<string, string>();
  for (const path of paths) {
    parsePath(path);
    const folded = path.toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) {
      throw new RegistryError('BAD_PATH', `'${path}' and '${other}' are one file on some systems`);
    }
    seen.set(folded, path);
  }
  for (const folded of seen.keys()) {
    for (let slash = folded.indexOf('/'); slash >= 0; slash = folded.indexOf('/', slash + 1)) {
      const parent = seen.get(folded.slice(0, slash));
      if (parent !== undefined)
        throw new RegistryError('BAD_PATH', `'${parent}' is both a file and a folder`);
    }
  }
  return paths;
}
