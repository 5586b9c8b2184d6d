import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type GitOptions, git, gitBytes } from '../git.ts';

/** Who and when, of a commit. `date` in ISO form. */
export interface Identity {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly sha: string;
  /** Bytes, of a blob. */
  readonly size?: number;
}

export interface ChangedFile {
  readonly path: string;
  readonly previousPath?: string;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
  readonly patch?: string;
}

/** The id that every git knows for the tree without entries. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const SHA = /^[0-9a-f]{40}$/;

export async function initBare(dir: string, branch: string): Promise<void> {
  await mkdir(path.dirname(dir), { recursive: true });
  await git(['init', '--quiet', '--bare', '--template=', `--initial-branch=${branch}`, dir], {
    cwd: path.dirname(dir),
  });
  await allowAnyObject(dir);
}

/** As on GitHub, any object can be fetched by its id, and blobs can be left out. */
const allowAnyObject = (dir: string): Promise<void> =>
  appendFile(path.join(dir, 'config'), '[uploadpack]\n\tallowAnySHA1InWant = true\n\tallowFilter = true\n');

/** A bare copy that shares the objects of the original, as forks on GitHub do. */
export async function forkBare(from: string, to: string): Promise<void> {
  const cwd = path.dirname(to);
  await git(['clone', '--quiet', '--bare', '--shared', '--template=', from, to], { cwd });
  await allowAnyObject(to);
}

/** The object id that a revision names, or undefined when there is none. `kind` peels to that type of object. */
export async function resolve(
  dir: string,
  rev: string,
  kind?: 'commit' | 'tree' | 'blob',
): Promise<string | undefined> {
  if (rev === '' || rev.startsWith('-') || /[\s~^:?*[\\\0]|\.\.|@\{/.test(rev)) return undefined;
  return revParse(dir, kind === undefined ? `${rev}^{object}` : `${rev}^{${kind}}`);
}

/** The object at a path of a commit or tree, with its type. */
export async function objectAt(dir: string, treeish: string, file: string): Promise<TreeEntry | undefined> {
  if (file === '') {
    const sha = await revParse(dir, `${treeish}^{tree}`);
    return sha === undefined ? undefined : { path: '', mode: '040000', type: 'tree', sha };
  }
  const listing = await gitBytes(['ls-tree', '-z', '-l', '--full-tree', treeish, '--', file], { cwd: dir });
  return parseTree(listing).find((entry) => entry.path === file);
}

export async function listTree(dir: string, treeish: string, recursive: boolean): Promise<TreeEntry[]> {
  const args = ['ls-tree', '-z', '-l', '--full-tree', ...(recursive ? ['-r', '-t'] : []), treeish];
  return parseTree(await gitBytes(args, { cwd: dir }));
}

export function readBlob(dir: string, sha: string): Promise<Buffer> {
  return gitBytes(['cat-file', 'blob', sha], { cwd: dir });
}

export function writeBlob(dir: string, content: Uint8Array): Promise<string> {
  return git(['hash-object', '-w', '--stdin'], { cwd: dir, input: content });
}

/** Writes a tree: the entries over the base. A null id removes the path. Throws when an object is missing. */
export async function writeTree(
  dir: string,
  base: string | undefined,
  entries: readonly { path: string; mode: string; sha: string | null }[],
): Promise<string> {
  const index = path.join(dir, `index-${randomUUID()}`);
  const options: GitOptions = { cwd: dir, env: { GIT_INDEX_FILE: index } };
  try {
    if (base !== undefined) await git(['read-tree', base], options);
    const lines = entries.map((entry) =>
      entry.sha === null
        ? `0 ${'0'.repeat(40)}\t${entry.path}\0`
        : `${entry.mode} ${entry.sha}\t${entry.path}\0`,
    );
    await git(['update-index', '-z', '--index-info'], { ...options, input: lines.join('') });
    return await git(['write-tree'], options);
  } finally {
    await rm(index, { force: true });
  }
}

export function writeCommit(
  dir: string,
  commit: {
    tree: string;
    parents: readonly string[];
    message: string;
    author: Identity;
    committer: Identity;
  },
): Promise<string> {
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  return git(['commit-tree', commit.tree, ...parents, '-F', '-'], {
    cwd: dir,
    input: commit.message,
    env: {
      GIT_AUTHOR_NAME: commit.author.name,
      GIT_AUTHOR_EMAIL: commit.author.email,
      GIT_AUTHOR_DATE: commit.author.date,
      GIT_COMMITTER_NAME: commit.committer.name,
      GIT_COMMITTER_EMAIL: commit.committer.email,
      GIT_COMMITTER_DATE: commit.committer.date,
    },
  });
}

/** Moves or makes a reference; false when it no longer stands at `old` (which is all zeros for «does not exist»). */
export async function updateRef(dir: string, ref: string, sha: string, old?: string): Promise<boolean> {
  try {
    await git(['update-ref', ref, sha, ...(old === undefined ? [] : [old])], { cwd: dir });
    return true;
  } catch {
    return false;
  }
}

export const ZERO_SHA = '0'.repeat(40);

/** Commits changed files (null removes one) onto a branch, whatever it is at. Returns the commit id. */
export async function commitFiles(
  dir: string,
  change: { ref: string; files: ReadonlyMap<string, Uint8Array | null>; message: string; author: Identity },
): Promise<string> {
  const parent = await resolve(dir, change.ref, 'commit');
  const entries = await Promise.all(
    [...change.files].map(async ([file, content]) => ({
      path: file,
      mode: '100644',
      sha: content === null ? null : await writeBlob(dir, content),
    })),
  );
  const tree = await writeTree(dir, parent, entries);
  const { message, author } = change;
  const parents = parent === undefined ? [] : [parent];
  const sha = await writeCommit(dir, { tree, parents, message, author, committer: author });
  await git(['update-ref', change.ref, sha], { cwd: dir });
  return sha;
}

export async function isAncestor(dir: string, ancestor: string, descendant: string): Promise<boolean> {
  return (await mergeBase(dir, ancestor, descendant)) === ancestor;
}

export async function mergeBase(dir: string, a: string, b: string): Promise<string | undefined> {
  try {
    return await git(['merge-base', a, b], { cwd: dir });
  } catch {
    return undefined;
  }
}

/** The tree that merging two commits gives, or undefined when they conflict. */
export async function mergedTree(dir: string, base: string, head: string): Promise<string | undefined> {
  try {
    return (await git(['merge-tree', '--write-tree', base, head], { cwd: dir })).split('\n')[0];
  } catch {
    return undefined;
  }
}

/** The commits of `rev` that are not in `not`, newest first. */
export async function revList(
  dir: string,
  range: { rev: string; not?: string; path?: string; limit?: number },
): Promise<string[]> {
  const args = ['rev-list', `--max-count=${range.limit ?? 1000}`, range.rev];
  if (range.not !== undefined) args.push(`^${range.not}`);
  if (range.path !== undefined) args.push('--', range.path);
  const text = await git(args, { cwd: dir });
  return text === '' ? [] : text.split('\n');
}

/** The files that differ between two trees (or commits); a missing `from` is the empty tree. */
export async function changedFiles(
  dir: string,
  from: string | undefined,
  to: string,
): Promise<ChangedFile[]> {
  const base = from ?? EMPTY_TREE;
  const flags = ['-r', '-M', '--no-color', '--no-ext-diff'];
  const raw = await git(['diff-tree', '--raw', '-z', '--no-abbrev', ...flags, base, to], { cwd: dir });
  const patches = splitPatches(
    await git(['diff-tree', '-p', '--full-index', ...flags, base, to], { cwd: dir }),
  );
  const fields = raw.split('\0');
  const files: ChangedFile[] = [];
  for (let at = 0; fields[at]?.startsWith(':'); ) {
    const renamed = fields[at]?.split(' ')[4]?.startsWith('R') ?? false;
    files.push(changedFile(fields.slice(at, at + 3), patches[files.length] ?? ''));
    at += renamed ? 3 : 2;
  }
  return files;
}

/** One record of `diff-tree --raw -z`: `:mode mode sha sha status`, the path, and the new path of a rename. */
function changedFile(record: readonly string[], patch: string): ChangedFile {
  const [info = '', first = '', second = ''] = record;
  const [, , before = '', after = '', letter = ''] = info.split(' ');
  const renamed = letter.startsWith('R');
  const statuses: Record<string, ChangedFile['status']> = { R: 'renamed', A: 'added', D: 'removed' };
  const count = (sign: string) => patch.split('\n').filter((line) => line.startsWith(sign)).length;
  return {
    path: renamed ? second : first,
    ...(renamed ? { previousPath: first } : {}),
    status: statuses[letter.charAt(0)] ?? 'modified',
    sha: letter === 'D' ? before : after,
    additions: count('+'),
    deletions: count('-'),
    ...(patch === '' ? {} : { patch }),
  };
}

export const isSha = (text: string): boolean => SHA.test(text);

function splitPatches(text: string): string[] {
  return text
    .split(/^diff --git .*$/m)
    .slice(1)
    .map((part) => {
      const start = part.indexOf('\n@@');
      return start === -1 ? '' : part.slice(start + 1).replace(/\n$/, '');
    });
}

async function revParse(dir: string, rev: string): Promise<string | undefined> {
  try {
    const sha = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', rev], { cwd: dir });
    return SHA.test(sha) ? sha : undefined;
  } catch {
    return undefined;
  }
}

function parseTree(listing: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (const line of listing.toString('utf8').split('\0')) {
    const match = /^(\d{6}) (blob|tree|commit) ([0-9a-f]{40}) +(\d+|-)\t(.+)$/s.exec(line);
    if (match === null) continue;
    const [, mode = '', type, sha = '', size, file = ''] = match;
    entries.push({
      path: file,
      mode,
      type: type as TreeEntry['type'],
      sha,
      ...(size === '-' ? {} : { size: Number(size) }),
    });
  }
  return entries;
}
