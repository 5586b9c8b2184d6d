/**
 * The folder that a server runs from: unpacked from verified bytes, and hashed again before each start (docs/spec/mcp.md §3.3). Its
 * digest is what the author signed, whatever it was unpacked from.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  contentDigest,
  layout,
  limits,
  parsePath,
  printable,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';

export type Tree = ReadonlyMap<string, Uint8Array>;

const hash = (bytes: Uint8Array): Sha256Hex => createHash('sha256').update(bytes).digest('hex') as Sha256Hex;

export function treeDigest(tree: Tree): Sha256Hex {
  return contentDigest(
    [...tree].map(([file, bytes]) => ({ path: file, sha256: hash(bytes) })),
    (data) => createHash('sha256').update(data).digest('hex'),
  );
}

/** @throws RegistryError TOO_LARGE */
export function assertTreeSize(tree: Tree): void {
  let size = 0;
  for (const bytes of tree.values()) size += bytes.length;
  if (size > limits.mcpArtefactBytes || tree.size > limits.mcpArtefactFiles)
    throw new RegistryError(
      'TOO_LARGE',
      `an MCP server: wanted at most ${limits.mcpArtefactFiles} files and ${limits.mcpArtefactBytes} bytes, found ${tree.size} and ${size}`,
    );
}

/** A path in an archive. Unlike a module's, it may have names of any program; but it stays inside. @throws RegistryError BAD_PATH */
export function archivePath(name: string): string {
  const parts = name.split('/');
  const wrong =
    name === '' ||
    name.length > 1000 ||
    /[\u0000-\u001f\u007f\\]/.test(name) ||
    parts.some((part) => part === '' || part === '.' || part === '..' || part.length > 255);
  if (wrong) throw new RegistryError('BAD_PATH', `'${printable(name)}' in an archive leads out of it`);
  return name;
}

export interface ArtefactPlace {
  /** The cache of verified things. */
  readonly cacheDir: string;
  readonly tree: Sha256Hex;
}

/**
 * The folder with exactly these files. It is made by `unpack` if it is not there, or not as it was. @throws RegistryError HASH_MISMATCH,
 * and what `unpack` throws
 */
export async function materialise(
  { cacheDir, tree }: ArtefactPlace,
  unpack: () => Promise<Tree>,
): Promise<string> {
  const folder = path.join(cacheDir, layout.mcpArtefact(tree));
  if (existsSync(folder)) {
    if (folderDigest(folder) === tree) return folder;
    rmSync(folder, { recursive: true, force: true });
  }
  const files = await unpack();
  const found = treeDigest(files);
  if (found !== tree) {
    throw new RegistryError(
      'HASH_MISMATCH',
      `the files of an MCP server: wanted ${tree}, what was unpacked gives ${found}`,
      { hint: 'Its author locked other files. Nothing was kept.' },
    );
  }
  write(folder, files);
  return folder;
}

function write(folder: string, files: Tree): void {
  const temporary = `${folder}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    const made = new Set<string>();
    for (const [name, bytes] of files) {
      const file = path.join(temporary, name);
      const parent = path.dirname(file);
      if (!made.has(parent)) {
        mkdirSync(parent, { recursive: true });
        made.add(parent);
      }
      writeFileSync(file, bytes, { mode: 0o755 });
    }
    renameSync(temporary, folder);
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    // Another process was quicker; what it made is checked like anything else.
    if (existsSync(folder)) return;
    throw new RegistryError(
      'IO',
      `the files of an MCP server can't be written: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

/** Of what is on the disk; anything but plain files and folders gives another digest than any author's. */
function folderDigest(folder: string): Sha256Hex | undefined {
  const files: { path: string; sha256: Sha256Hex }[] = [];
  const folders = [''];
  try {
    for (const inner of folders) {
      for (const entry of readdirSync(path.join(folder, inner), { withFileTypes: true })) {
        const name = inner === '' ? entry.name : `${inner}/${entry.name}`;
        if (entry.isDirectory()) folders.push(name);
        else if (entry.isFile())
          files.push({ path: name, sha256: hash(readFileSync(path.join(folder, name))) });
        else return undefined;
        if (files.length > limits.mcpArtefactFiles) return undefined;
      }
    }
  } catch {
    return undefined;
  }
  return contentDigest(files, (data) => createHash('sha256').update(data).digest('hex'));
}

/** The files of a module's own folder, by which a server of the kind `files` runs. */
export function moduleTree(files: ReadonlyMap<string, Uint8Array>): Tree {
  return new Map([...files].map(([name, bytes]) => [parsePath(name), bytes]));
}
