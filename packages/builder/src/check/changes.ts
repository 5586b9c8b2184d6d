/** What a pull request changes: two trees, and the paths that differ. */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { compareBytes, layout, limits, printable, RegistryError } from '@mlld/format';
import { gitOptions, safeGit, zeroSeparated } from '../build/git.ts';
import { statementFolders } from '../repository/statements.ts';
import { folderTree, type Tree, type TreeEntry } from '../repository/tree.ts';

export interface FileChange {
  readonly file: string;
  readonly kind: 'added' | 'changed' | 'removed';
}

/** The tree of a commit, read through git. @throws RegistryError USAGE for a name that git does not know */
export function gitTree(folder: string, ref: string): Tree {
  const commit = git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (commit === undefined) {
    throw new RegistryError('USAGE', `'${printable(ref)}' is neither a folder nor a commit of ${folder}`, {
      hint: "For instance '--base origin/main'. A shallow clone may lack it: fetch it first.",
    });
  }
  const hash = commit.toString('utf8').trim();
  const prefix = git(folder, ['rev-parse', '--show-prefix'])?.toString('utf8').trim() ?? '';
  const listed = git(folder, [
    'ls-tree',
    '-r',
    '-l',
    '-z',
    '--full-tree',
    hash,
    '--',
    `./${prefix}`.replace(/^\.\/$/, '.'),
  ]);
  const blobs = new Map<string, { readonly id: string; readonly size: number }>();
  const folders = new Map<string, Map<string, TreeEntry>>();
  for (const row of (listed ?? Buffer.alloc(0)).toString('utf8').split('\0')) {
    const [, mode, id, size, full] = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(row) ?? [];
    if (mode === undefined || id === undefined || full?.startsWith(prefix) !== true) continue;
    const file = full.slice(prefix.length);
    const regular = mode.startsWith('100');
    if (regular) blobs.set(file, { id, size: Number(size) });
    addEntry(folders, file, regular ? 'file' : 'other');
  }
  return {
    list: (name) =>
      [...(folders.get(name === '.' ? '' : name)?.values() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)),
    read(file, maxBytes) {
      const blob = blobs.get(file);
      if (blob === undefined) return undefined;
      if (blob.size > maxBytes)
        throw new RegistryError('TOO_LARGE', `${file}: wanted at most ${maxBytes} bytes, found ${blob.size}`);
      return git(folder, ['cat-file', 'blob', blob.id]);
    },
  };
}

function addEntry(folders: Map<string, Map<string, TreeEntry>>, file: string, kind: TreeEntry['kind']): void {
  const slash = file.lastIndexOf('/');
  const folder = slash < 0 ? '' : file.slice(0, slash);
  const name = file.slice(slash + 1);
  const entries = folders.get(folder);
  if (entries?.has(name)) return;
  if (entries === undefined) folders.set(folder, new Map([[name, { name, kind }]]));
  else entries.set(name, { name, kind });
  if (folder !== '') addEntry(folders, folder, 'folder');
}

function git(folder: string, words: readonly string[]): Buffer | undefined {
  try {
    return execFileSync('git', [...safeGit, ...words], {
      ...gitOptions(folder),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(path.resolve(folder)))
      throw new RegistryError('PROGRAM_MISSING', 'git is needed to compare with a commit', { cause });
    return undefined;
  }
}

/** What differs between a base and the work tree in a folder: statements, registry.json and tags.json. */
export function changesSince(
  folder: string,
  base: string,
): { readonly before: Tree; readonly changes: readonly FileChange[] } {
  if (existsSync(base) && lstatSync(base).isDirectory()) {
    const before = folderTree(base);
    return { before, changes: treeChanges(before, folderTree(folder)) };
  }
  // What the base got since this branch left it is no change of this branch.
  const fork = git(folder, ['merge-base', '--end-of-options', base, 'HEAD'])?.toString('utf8').trim() ?? base;
  return { before: gitTree(folder, fork), changes: gitChanges(folder, fork) };
}

const folders = ['modules', 'authors', ...statementFolders];
const files: readonly string[] = [layout.registry, layout.tagCatalog];
const scope = [...folders, ...files];
const kinds: Readonly<Record<string, FileChange['kind']>> = { A: 'added', D: 'removed' };

function gitChanges(folder: string, commit: string): FileChange[] {
  const rows = split(
    git(folder, [
      'diff',
      '--no-ext-diff',
      '--name-status',
      '--no-renames',
      '-z',
      '--relative',
      commit,
      '--',
      ...scope,
    ]),
  );
  const changes = new Map<string, FileChange>();
  for (let i = 0; i + 1 < rows.length; i += 2) {
    const file = rows[i + 1] ?? '';
    changes.set(file, { file, kind: kinds[rows[i] ?? ''] ?? 'changed' });
  }
  for (const file of split(git(folder, ['ls-files', '--others', '-z', '--', ...scope])))
    changes.set(file, { file, kind: 'added' });
  return [...changes.values()].sort((a, b) => compareBytes(a.file, b.file));
}

const split = (output: Buffer | undefined): string[] => zeroSeparated(output?.toString('utf8') ?? '');

/** Files of the registry that differ: statements, registry.json and tags.json. */
export function treeChanges(before: Tree, after: Tree): FileChange[] {
  const old = new Set(filesOf(before));
  const now = new Set(filesOf(after));
  const changes: FileChange[] = [];
  for (const file of [...new Set([...old, ...now])].sort()) {
    if (!now.has(file)) changes.push({ file, kind: 'removed' });
    else if (!old.has(file)) changes.push({ file, kind: 'added' });
    else if (!sameFile(before, after, file)) changes.push({ file, kind: 'changed' });
  }
  return changes;
}

function filesOf(tree: Tree): string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    for (const { name, kind } of tree.list(folder)) {
      const inner = `${folder}/${name}`;
      if (kind === 'folder' && depth < 6) walk(inner, depth + 1);
      else found.push(inner);
    }
  };
  for (const { name, kind } of tree.list('')) {
    if (kind === 'folder' && folders.includes(name)) walk(name, 1);
    else if (files.includes(name)) found.push(name);
  }
  return found;
}

const readLimit = limits.signatureBytes * limits.signaturesPerStatement;

function sameFile(before: Tree, after: Tree, file: string): boolean {
  try {
    const [a, b] = [before.read(file, readLimit), after.read(file, readLimit)];
    return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
  } catch {
    return false;
  }
}
