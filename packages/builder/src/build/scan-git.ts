/** Which modules and authors changed in a git work tree. */
import { layout } from '@mlld/format';
import { isWithin } from '../repository/tree.ts';
import { authorFolder, changedIn } from './changed.ts';
import { type Differing, type Folders, lookAtFolders } from './folders.ts';
import { beginGit, git, zeroSeparated } from './git.ts';
import type { Scan, ScanInput } from './scan.ts';

/** What is known while git still looks for edited files. */
export interface Looked {
  readonly tree: string;
  /** What was committed; undefined where everything may have been. */
  readonly paths: readonly string[] | undefined;
  /** Nothing else was looked for. */
  readonly committed: boolean;
  /** Those that were edited at the last build. */
  readonly dirtyBefore: readonly string[];
  readonly folders: Folders;
  /** As in a new clone: then most of them have other times and nothing else. */
  readonly differMany: boolean;
  /** Paths of edited files, and of files that git does not know below what outputs read. */
  readonly dirty: Promise<readonly string[]>;
}

/**
 * Git knows what was committed and which of its files were edited. Files that it does not know show in the time of their
 * folder, and a folder that has some is read each time: to look for them in all folders would take most of the time of
 * publishing one module. In a new clone all folders have other times: then git is asked about all of them at once, and those
 * in which it knows everything are as it says. Where commits are all that counts, what they did not touch is not looked at.
 */
export async function lookWithGit(input: ScanInput): Promise<Looked | undefined> {
  const { folder, repository, last } = input;
  const begun = input.git ?? beginGit(folder, input.committed);
  if (begun === undefined) return undefined;
  const { edited } = begun;
  const committed = edited === undefined;
  const scope = [...all, layout.registry, '.gitattributes', ...input.reads];
  const dirty = committed ? Promise.resolve([]) : uncommitted(input, edited, scope);
  dirty.catch(() => {});
  // Meanwhile, on this thread:
  const state = last();
  const kept = new Map(state?.folders.entries() ?? []);
  const tree = await begun.tree;
  // A build that did not look for edited files may have read some.
  const before = committed || state?.header.committed !== true ? state?.header.tree : undefined;
  const diff = changedPaths(folder, [before, tree], scope);
  diff.catch(() => {});
  const isSame = committed ? untouchedBy(await diff) : undefined;
  const folders = lookAtFolders(folder, repository, { kept, isSame });
  const differMany = !committed && placesOf(folders.differing).length > mostAsked;
  const dirtyBefore = state?.header.dirty ?? [];
  return { tree, folders, differMany, committed, paths: await diff, dirtyBefore, dirty };
}

/** Edited files, and files that git does not know below what outputs read. */
async function uncommitted(
  { folder, repository, reads }: ScanInput,
  edited: Promise<readonly string[]>,
  scope: readonly string[],
): Promise<string[]> {
  const there = new Set(repository.tree.list('').map(({ name }) => name));
  const below = reads.filter((one) => there.has(one.split('/', 1)[0] ?? ''));
  const [files, unknown] = await Promise.all([edited, unknownFiles(folder, below)]);
  return [...files.filter((file) => scope.some((one) => isWithin(file, one))), ...unknown];
}

function untouchedBy(paths: readonly string[] | undefined): (author: string) => boolean {
  const touched = new Set(paths?.map((file) => file.split('/')[1]));
  return (author) => paths !== undefined && !touched.has(author);
}

export async function gitScan(folder: string, looked: Looked): Promise<Scan> {
  const { tree, paths, committed, dirtyBefore, folders, differMany } = looked;
  let unwatched = differMany && paths !== undefined ? unwatchedBelow(folder, all) : undefined;
  unwatched?.catch(() => {});
  const header = { tree, dirty: await looked.dirty, ...(committed ? { committed } : {}) };
  const told = [...(paths ?? []), ...dirtyBefore, ...header.dirty];
  return {
    header,
    lookAtAll() {
      if (committed) return;
      // While all is read: what comes or goes meanwhile shows in the times of the folders, which were looked at before.
      unwatched = unwatchedBelow(folder, all);
      unwatched.catch(() => {});
    },
    async keep(kept) {
      folders.distrust((await unwatched) ?? []);
      if (kept.others.size > 0) kept.others.clear();
      folders.keep(kept.folders);
    },
    async changedSince() {
      if (paths === undefined) return undefined;
      if (committed) return told.some(saysMoreThanItsPath) ? undefined : changedIn(told);
      if (differMany) {
        const { differing, surelyDiffering } = folders;
        const counting = told.some(saysMoreThanItsPath) ? differing : surelyDiffering;
        return changedIn([...told, ...((await unwatched) ?? [])], counting);
      }
      const changed = changedIn(told, folders.differing);
      // While they are rendered. Also where only git says so: a file that it does not know any longer may be where it was.
      unwatched = unwatchedBelow(folder, placesOf(changed));
      unwatched.catch(() => {});
      return changed;
    },
  };
}

/** What decides how files elsewhere are checked out, and a folder of modules that is a repository of its own. */
function saysMoreThanItsPath(file: string): boolean {
  return /(?:^|\/)\.gitattributes$|^modules(?:\/[^/]*)?$/.test(file);
}

/** Folders that are asked about one by one. */
const mostAsked = 100;
const all = ['modules', 'authors'];

function placesOf({ modules, authors }: { [key in keyof Differing]: Iterable<Differing[key][number]> }) {
  return [...[...modules].map(layout.module), ...[...authors].map(authorFolder)];
}

/**
 * Files and folders (`…/`) of which git does not say that they changed: those that it does not know, ignored or not, and those that
 * it was told not to look at.
 */
async function unwatchedBelow(root: string, below: readonly string[]): Promise<string[]> {
  if (below.length === 0) return [];
  const asked = below.length > mostAsked ? all : below;
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
