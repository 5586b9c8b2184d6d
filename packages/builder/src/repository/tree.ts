/**
 * A tree of files, read-only and bounded: a folder of the disk, a set of files in memory, or one laid over the other. All
 * paths are relative with forward slashes. What is read is hostile: no symbolic link is followed, no device is opened,
 * and a file above the asked size is not read.
 */
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { RegistryError } from '@mlld/format';

export type EntryKind = 'file' | 'folder' | 'other';

export interface TreeEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

export interface Tree {
  /** The entries of a folder sorted by name; none if there is no such folder. */
  list(folder: string): readonly TreeEntry[];
  /** A file's bytes, or undefined if there is no such file. @throws RegistryError TOO_LARGE */
  read(file: string, maxBytes: number): Uint8Array | undefined;
}

/** Whether a file is the one at a path, or below the folder there. */
export function isWithin(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

/** The tree below a folder of the disk. It remembers which folders are real ones: use a new one for each run. */
export function folderTree(root: string): Tree {
  const real = new Map<string, boolean>([['', true]]);
  /** Whether each folder on the way is a real one. */
  const isInside = (folder: string): boolean => {
    const known = real.get(folder);
    if (known !== undefined) return known;
    const slash = folder.lastIndexOf('/');
    const inside =
      !['', '.', '..'].includes(folder.slice(slash + 1)) &&
      isInside(folder.slice(0, Math.max(slash, 0))) &&
      lstatSync(`${root}/${folder}`, { throwIfNoEntry: false })?.isDirectory() === true;
    real.set(folder, inside);
    return inside;
  };
  return {
    list(folder) {
      if (!isInside(folder)) return [];
      const entries = listFolder(`${root}/${folder}`);
      // What is listed next are the folders in it: they need not be looked at one by one.
      for (const { name, kind } of entries)
        if (kind === 'folder') real.set(folder === '' ? name : `${folder}/${name}`, true);
      return entries;
    },
    read(file, maxBytes) {
      const folder = file.slice(0, Math.max(file.lastIndexOf('/'), 0));
      return isInside(folder) ? readRegularFile(`${root}/${file}`, maxBytes, file) : undefined;
    },
  };
}

function listFolder(folder: string): readonly TreeEntry[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
      .sort(byName);
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new RegistryError('IO', `can't list ${folder}: ${(cause as Error).message}`, { cause });
  }
}

const byName = (a: TreeEntry, b: TreeEntry) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function kindOf(entry: Dirent): EntryKind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : 'other';
}

/** Reads a regular file without following a link at its end. Undefined if it is missing or no regular file. */
export function readRegularFile(
  absolute: string,
  maxBytes: number,
  where = absolute,
): Uint8Array | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(
      absolute,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new RegistryError('IO', `can't read ${where}: ${(cause as Error).message}`, { cause });
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return undefined;
    if (stat.size > maxBytes) throw tooLarge(where, maxBytes, stat.size);
    return readAll(descriptor, stat.size);
  } finally {
    closeSync(descriptor);
  }
}

function readAll(descriptor: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  while (at < size) {
    const count = readSync(descriptor, bytes, at, size - at, at);
    if (count === 0) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

/** A tree of the given files, which stay as they are. */
export function memoryTree(files: ReadonlyMap<string, Uint8Array>): Tree {
  let folders: Map<string, Map<string, EntryKind>> | undefined;
  return {
    list(folder) {
      folders ??= foldersOf(files.keys());
      return sortedEntries(folders.get(folder === '.' ? '' : folder) ?? new Map());
    },
    read(file, maxBytes) {
      const bytes = files.get(file);
      if (bytes !== undefined && bytes.length > maxBytes) throw tooLarge(file, maxBytes, bytes.length);
      return bytes;
    },
  };
}

/** The entries of each folder on the way to each file. */
function foldersOf(files: Iterable<string>): Map<string, Map<string, EntryKind>> {
  const folders = new Map<string, Map<string, EntryKind>>();
  const add = (file: string, kind: EntryKind): void => {
    const slash = file.lastIndexOf('/');
    const folder = file.slice(0, Math.max(slash, 0));
    const entries = folders.get(folder);
    if (entries !== undefined) entries.set(file.slice(slash + 1), kind);
    else {
      folders.set(folder, new Map([[file.slice(slash + 1), kind]]));
      if (folder !== '') add(folder, 'folder');
    }
  };
  for (const file of files) add(file, 'file');
  return folders;
}

/** `base` with files put in, replaced, or (null) taken away. */
export function overlayTree(base: Tree, changes: ReadonlyMap<string, Uint8Array | null>): Tree {
  const added = memoryTree(
    new Map([...changes].filter((entry): entry is [string, Uint8Array] => entry[1] !== null)),
  );
  return {
    list(folder) {
      const prefix = folder === '' || folder === '.' ? '' : `${folder}/`;
      const kept = base.list(folder).filter(({ name }) => changes.get(prefix + name) !== null);
      return sortedEntries(new Map([...kept, ...added.list(folder)].map(({ name, kind }) => [name, kind])));
    },
    read: (file, maxBytes) => (changes.has(file) ? added.read(file, maxBytes) : base.read(file, maxBytes)),
  };
}

function sortedEntries(entries: ReadonlyMap<string, EntryKind>): TreeEntry[] {
  return [...entries].map(([name, kind]) => ({ name, kind })).sort(byName);
}

function isMissing(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO';
}

function tooLarge(where: string, maxBytes: number, found: number): RegistryError {
  return new RegistryError('TOO_LARGE', `${where}: wanted at most ${maxBytes} bytes, found ${found}`);
}
