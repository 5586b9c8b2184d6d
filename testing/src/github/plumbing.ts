import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type GitOptions, git, gitBytes } from '../git.ts';
import { type GitObject, readObject } from './object-reader.ts';

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
  kind: 'commit' | 'tree' | 'blob' | 'object' = 'object',
): Promise<string | undefined> {
  return (await resolveObject(dir, rev, kind))?.sha;
}

/** As `resolve`, with the object's type. */
export async function resolveObject(
  dir: string,
  rev: string,
  kind: 'commit' | 'tree' | 'blob' | 'object' = 'object',
): Promise<GitObject | undefined> {
  if (rev === '' || rev.startsWith('-') || /[\s~^:?*[\\\0]|\.\.|@\{/.test(rev)) return undefined;
  return readObject(dir, `${rev}^{${kind}}`);
}

/** The object at a path of a commit or tree; `path` '' is the tree itself. */
export async function objectAt(dir: string, treeish: string, file: string): Promise<TreeEntry | undefined> {
  if (file.split('/').some((part) => part === '.' || part === '..')) return undefined;
  const found = await readObject(dir, file === '' ? `${treeish}^{tree}` : `${treeish}:${file}`);
  if (found === undefined || (found.type !== 'blob' && found.type !== 'tree')) return undefined;
  const mode = found.type === 'tree' ? '040000' : '100644';
  return {
    path: file,
    mode,
    type: found.type,
    sha: found.sha,
    ...(found.type === 'blob' ? { size: found.size } : {}),
  };
}

export async function listTree(dir: string, treeish: string, recursive: boolean): Promise<TreeEntry[]> {
  const args = ['ls-tree', '-z', '-l', '--full-tree', ...(recursive ? ['-r', '-t'] : []), treeish];
  return parseTree(await gitBytes(args, { cwd: dir }));
}

export async function readBlob(dir: string, sha: string): Promise<Buffer> {
  const found = await readObject(dir, sha, true);
  if (found?.content === undefined) throw new Error(`${dir} has no object ${sha}`);
  return found.content;
}

export async function writeBlob(dir: string, content: Uint8Array): Promise<string> {
  const [sha] = await writeBlobs(dir, [content]);
  if (sha === undefined) throw new Error(`git wrote nothing in ${dir}`);
  return sha;
}

/** Writes several blobs by one process. */
export async function writeBlobs(dir: string, contents: readonly Uint8Array[]): Promise<string[]> {
  if (contents.length === 0) return [];
  const blobs = contents.map((content, at) =>
    Buffer.concat([Buffer.from(`blob\nmark :${at + 1}\n`), dataOf(content)]),
  );
  const marks = contents.map((_, at) => `get-mark :${at + 1}\n`).join('');
  return fastImport(dir, Buffer.concat([...blobs, Buffer.from(marks)]));
}

const dataOf = (content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`data ${content.length}\n`), content, Buffer.from('\n')]);

/** Runs commands of `git fast-import` and returns the ids of the marks that they ask for. */
async function fastImport(dir: string, commands: Buffer): Promise<string[]> {
  const input = Buffer.concat([Buffer.from('feature done\n'), commands, Buffer.from('done\n')]);
  const text = await git(['fast-import', '--quiet', '--date-format=rfc2822'], { cwd: dir, input });
  return text.split('\n').filter(Boolean);
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

export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Identity;
  readonly committer: Identity;
  /** Without the last line feed. */
  readonly message: string;
}

/** A commit as its object says it, dates in UTC. */
export async function readCommit(dir: string, sha: string): Promise<Commit> {
  const text = (await readBlob(dir, sha)).toString('utf8');
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end).split('\n');
  const all = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const identity = (line = ''): Identity => {
    const [, name = '', email = '', seconds = '0'] = /^(.*) <(.*)> (\d+) [+-]\d{4}$/.exec(line) ?? [];
    return { name, email, date: `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z` };
  };
  return {
    tree: all('tree')[0] ?? '',
    parents: all('parent'),
    author: identity(all('author')[0]),
    committer: identity(all('committer')[0]),
    message: text.slice(end + 2).replace(/\n$/, ''),
  };
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
  const { name, email, date } = change.author;
  const who = `committer ${name.replace(/[<>\n]/g, '')} <${email}> ${new Date(date).toUTCString().replace('GMT', '+0000')}\n`;
  const head = `commit ${change.ref}\nmark :1\n${who}`;
  const parts = [Buffer.from(head), dataOf(Buffer.from(change.message))];
  if (parent !== undefined) parts.push(Buffer.from(`from ${parent}\n`));
  for (const [file, content] of change.files) {
    if (/["\n]/.test(file)) throw new Error(`a double is not asked to write '${file}'`);
    parts.push(
      content === null
        ? Buffer.from(`D ${file}\n`)
        : Buffer.concat([Buffer.from(`M 100644 inline ${file}\n`), dataOf(content)]),
    );
  }
  const [sha] = await fastImport(dir, Buffer.concat([...parts, Buffer.from('\nget-mark :1\n')]));
  if (sha === undefined) throw new Error(`git committed nothing in ${dir}`);
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
  const args = [
    'diff-tree',
    '--raw',
    '-p',
    '-z',
    '-r',
    '-M',
    '--no-abbrev',
    '--full-index',
    '--no-color',
    '--no-ext-diff',
  ];
  const output = await git([...args, from ?? EMPTY_TREE, to], { cwd: dir });
  // The records end in NUL each; an empty one parts them from the patches.
  const parted = output.indexOf('\0\0');
  const patches = splitPatches(parted === -1 ? '' : output.slice(parted + 2));
  const fields = (parted === -1 ? output : output.slice(0, parted)).split('\0');
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
