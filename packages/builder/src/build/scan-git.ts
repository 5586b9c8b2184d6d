/** Which modules and authors changed in a git work tree. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { layout } from '@mlld/format';
import { isWithin } from '../repository/tree.ts';
import { authorFolder, changedIn } from './changed.ts';
import { type Differing, type Folders, lookAtFolders } from './folders.ts';
import type { Scan, ScanInput } from './scan.ts';

const execute = promisify(execFile);

/** What is known while git still looks for edited files. */
export interface Looked {
  readonly tree: string;
  /** What was committed; undefined where everything may have been. */
  readonly paths: readonly string[] | undefined;
  /** Those that were edited at the last build. */
  readonly dirtyBefore: readonly string[];
  readonly folders: Folders;
  /** What folders show: where many differ, only those that came, went, or had something of which git tells nothing. */
  readonly seen: Differing;
  /** Paths of edited files, and of files that git does not know below what outputs read. */
  readonly dirty: Promise<readonly string[]>;
}

/**
 * Git knows what was committed and which of its files were edited. Files that it does not know show in the time of their
 * folder, and a folder that has some is read each time: to look for them in all folders would take most of the time of
 * publishing one module. In a new clone all folders have other times: then git is asked about all of them at once, and those
 * in which it knows everything are as it says.
 */
export async function lookWithGit({
  folder,
  repository,
  reads,
  last,
}: ScanInput): Promise<Looked | undefined> {
  if (!existsSync(path.join(folder, '.git'))) return undefined;
  const scope = ['modules', 'authors', layout.registry, '.gitattributes', ...reads];
  const there = new Set(repository.tree.list('').map(({ name }) => name));
  const dirty = Promise.all([
    editedFiles(folder, scope),
    unknownFiles(
      folder,
      reads.filter((one) => there.has(one.split('/', 1)[0] ?? '')),
    ),
  ]).then((found) => found.flat());
  dirty.catch(() => {});
  const head = git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{tree}']);
  // Meanwhile, on this thread:
  const state = last();
  const tree = (await head).trim();
  const diff = changedPaths(folder, [state?.header.tree, tree], scope);
  diff.catch(() => {});
  const folders = lookAtFolders(folder, repository, state?.folders);
  const { differing, surelyDiffering } = folders;
  const seen = placesOf(differing).length > mostAsked ? surelyDiffering : differing;
  return { tree, folders, seen, paths: await diff, dirtyBefore: state?.header.dirty ?? [], dirty };
}

export async function gitScan(folder: string, looked: Looked): Promise<Scan> {
  const { tree, paths, dirtyBefore, folders, seen } = looked;
  let unwatched = unwatchedFiles(folder, looked);
  unwatched.catch(() => {});
  const header = { tree, dirty: await looked.dirty };
  return {
    header,
    lookAtAll() {
      // While all is read: what comes or goes meanwhile shows in the times of the folders, which were looked at before.
      unwatched = unwatchedBelow(folder, ['modules', 'authors']);
      unwatched.catch(() => {});
    },
    async keep(kept) {
      folders.distrust(await unwatched);
      if (kept.others.size > 0) kept.others.clear();
      folders.keep(kept.folders);
    },
    async changedSince() {
      if (paths === undefined) return undefined;
      const told = [...paths, ...dirtyBefore, ...header.dirty];
      const differing = told.some(saysMoreThanItsPath) ? folders.differing : seen;
      return changedIn([...told, ...(await unwatched)], differing);
    },
  };
}

/**
 * Files that git knows and that are not as they were committed. It looks at all of them, which takes longer where it is to match
 * paths; and on two processors its threads would only take the time of this one.
 */
async function editedFiles(folder: string, scope: readonly string[]): Promise<string[]> {
  const preload = `core.preloadIndex=${os.availableParallelism() > 2}`;
  const words = ['-c', preload, 'status', '--porcelain=v1', '-z', '-uno', '--no-renames'];
  const all = zeroSeparated(await git(folder, words)).map((entry) => entry.slice(3));
  return all.filter((file) => scope.some((one) => isWithin(file, one)));
}

/** What decides how files elsewhere are checked out, and a folder of modules that is a repository of its own. */
function saysMoreThanItsPath(file: string): boolean {
  return /(?:^|\/)\.gitattributes$|^modules(?:\/[^/]*)?$/.test(file);
}

/** Folders that are asked about one by one. */
const mostAsked = 100;

function placesOf({ modules, authors }: { [key in keyof Differing]: Iterable<Differing[key][number]> }) {
  return [...[...modules].map(layout.module), ...[...authors].map(authorFolder)];
}

/** Where anything changed: also that git knows a file. One that it does not know any longer may be where it was. */
async function unwatchedFiles(
  root: string,
  { paths, dirtyBefore, folders, dirty }: Looked,
): Promise<string[]> {
  if (paths === undefined) return [];
  const asked = new Set(placesOf(changedIn([...paths, ...dirtyBefore], folders.differing)));
  const edited = dirty.then((files) => placesOf(changedIn(files)).filter((one) => !asked.has(one)));
  const all = [unwatchedBelow(root, [...asked]), edited.then((places) => unwatchedBelow(root, places))];
  return (await Promise.all(all)).flat();
}

/**
 * Files and folders (`…/`) of which git does not say that they changed: those that it does not know, ignored or not, and those that
 * it was told not to look at.
 */
async function unwatchedBelow(root: string, below: readonly string[]): Promise<string[]> {
  if (below.length === 0) return [];
  const asked = below.length > mostAsked ? ['modules', 'authors'] : below;
  const words = ['ls-files', '-z', '-v', '--cached', '--others', '--directory', '--', ...asked];
  const marked = zeroSeparated(await git(root, words));
  return marked.filter((one) => !one.startsWith('H ')).map((one) => one.slice(2));
}

/** Files below folders that git does not track, ignored or not. */
async function unknownFiles(folder: string, below: readonly string[]): Promise<string[]> {
  if (below.length === 0) return [];
  return zeroSeparated(await git(folder, ['ls-files', '-z', '--others', '--', ...below]));
}

/** Undefined when there is no older tree, or not any longer: rewritten history, a shallow clone. */
async function changedPaths(
  folder: string,
  [before, now]: readonly [string | undefined, string],
  scope: readonly string[],
): Promise<string[] | undefined> {
  if (before === undefined) return undefined;
  if (before === now) return [];
  try {
    return zeroSeparated(
      await git(folder, [
        'diff-tree',
        '-r',
        '-z',
        '--name-only',
        '--no-renames',
        before,
        now,
        '--',
        ...scope,
      ]),
    );
  } catch {
    return undefined;
  }
}

async function git(folder: string, words: readonly string[]): Promise<string> {
  const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.quotePath=false'];
  const { stdout } = await execute('git', [...safe, ...words], {
    cwd: folder,
    env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
    maxBuffer: 512 * 1024 * 1024,
  });
  return stdout;
}

function zeroSeparated(text: string): string[] {
  return text.split('\0').filter((entry) => entry !== '');
}
