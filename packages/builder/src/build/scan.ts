/**
 * Which modules and authors changed since the last build. In a git work tree git says so, in a time that hardly grows with
 * the registry; elsewhere sizes and times of all files are compared.
 */
import { execFile } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { isModuleName, layout, type ModuleName } from '@mlld/format';
import type { Repository } from '../repository/read.ts';
import { isWithin, type Tree } from '../repository/tree.ts';
import { type Differing, type Folders, lookAtFolders } from './folders.ts';
import type { State, StateHeader } from './state.ts';
import type { Table } from './table.ts';

export interface Changed {
  readonly modules: ReadonlySet<ModuleName>;
  readonly authors: ReadonlySet<string>;
  /** Paths of other statements. */
  readonly others: ReadonlySet<string>;
}

export interface Scan {
  /** To be kept in the state. */
  readonly header: Pick<StateHeader, 'tree' | 'dirty'>;
  /** Undefined where everything has to be taken as changed. */
  changedSince(state: State): Promise<Changed | undefined>;
  /** Looks at every folder. To be called before all are read. */
  lookAtAll(): void;
  /** Keeps what the next scan compares with. */
  keep(state: State): Promise<void>;
}

/** A scan at work. */
export interface Scanning {
  /** What was committed, and what folders show, while git still looks for edited files: to be read meanwhile. */
  readonly likely: Promise<Changed>;
  readonly whole: Promise<Scan>;
}

export interface ScanInput {
  readonly folder: string;
  readonly repository: Repository;
  /** Top folders beside modules and authors that are of interest. */
  readonly reads: readonly string[];
  /** What the last build knew. Asked for when git is at work. */
  readonly last: () => State | undefined;
}

export function scanRepository(input: ScanInput): Scanning {
  const looking = lookWithGit(input).catch(() => undefined);
  const whole = looking
    .then((looked) => looked && gitScan(input.folder, looked))
    .catch(() => undefined)
    .then((scan) => scan ?? statScan(input));
  whole.catch(() => {});
  const likely = looking.then((looked) => changedIn(looked?.paths ?? [], looked?.folders.differing));
  return { likely, whole };
}

const execute = promisify(execFile);
const authorFolder = (author: string) => `authors/${author}`;

/** What is known while git still looks for edited files. */
interface Looked {
  readonly state: State | undefined;
  readonly tree: string;
  /** What was committed; undefined where everything may have been. */
  readonly paths: readonly string[] | undefined;
  readonly folders: Folders;
  /** Paths of edited files, and of files that git does not know below what outputs read. */
  readonly dirty: Promise<readonly string[]>;
}

/**
 * Git knows what was committed and which of its files were edited. Files that it does not know show in the time of their
 * folder, and a folder that has some is read each time: to look for them in all folders would take most of the time of
 * publishing one module.
 */
async function lookWithGit({ folder, repository, reads, last }: ScanInput): Promise<Looked | undefined> {
  if (!existsSync(path.join(folder, '.git'))) return undefined;
  const scope = ['modules', 'authors', layout.registry, ...reads];
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
  return { state, tree, folders, paths: await diff, dirty };
}

async function gitScan(
  folder: string,
  { state, tree, paths, folders, dirty: looking }: Looked,
): Promise<Scan> {
  let distrusted = state === undefined ? undefined : distrust(folder, folders, folders.differing);
  distrusted?.catch(() => {});
  const header = { tree, dirty: await looking };
  return {
    header,
    lookAtAll() {
      // While all is read: what comes or goes meanwhile shows in the times of the folders, which were looked at before.
      distrusted = distrust(folder, folders, undefined);
      distrusted.catch(() => {});
    },
    async keep(kept) {
      await distrusted;
      if (kept.others.size > 0) kept.others.clear();
      folders.keep(kept.folders);
    },
    async changedSince({ header: { dirty } }) {
      if (paths === undefined || dirty === undefined || state === undefined) return undefined;
      return changedIn([...paths, ...dirty, ...header.dirty], folders.differing);
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

/** Folders with files that git does not know, of those that changed, are always read from now on. */
async function distrust(root: string, folders: Folders, changed: Differing | undefined): Promise<void> {
  const all = changed && [...changed.modules.map(layout.module), ...changed.authors.map(authorFolder)];
  const asked = all === undefined || all.length > 100 ? ['modules', 'authors'] : all;
  for (const file of await unknownFiles(root, asked))
    folders.distrust(file.split('/', file.startsWith('authors/') ? 2 : 3).join('/'));
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

function changedIn(paths: readonly string[], differing?: Differing): Changed {
  const modules = new Set<ModuleName>(differing?.modules);
  const authors = new Set<string>(differing?.authors);
  const others = new Set<string>();
  for (const file of paths) {
    const [top, author = '', name = ''] = file.split('/');
    if (top === 'authors' && isModuleName(`@${author}/any`)) authors.add(author);
    if (top === 'modules' && isModuleName(`@${author}/${name}`))
      modules.add(`@${author}/${name}` as ModuleName);
    if (top !== 'authors' && top !== 'modules') others.add(file.replace(/\.sig$/, ''));
  }
  return { modules, authors, others };
}

function statScan({ folder, repository, reads }: ScanInput): Scan {
  const { tree } = repository;
  let stamps: ReadonlyMap<string, string> | undefined;
  const look = (): ReadonlyMap<string, string> => {
    const all = [...repository.names().map(layout.module), ...repository.authors().map(authorFolder)];
    stamps ??= new Map(all.map((one) => [one, stampFolder(folder, one, tree)]));
    return stamps;
  };
  const others = () => new Map(reads.flatMap((top) => fileStamps(folder, top, tree)));
  return {
    header: {},
    lookAtAll() {
      look();
    },
    async keep(kept) {
      for (const [table, now] of [
        [kept.folders, look()],
        [kept.others, others()],
      ] as const) {
        for (const file of [...table.keys()]) if (!now.has(file)) table.delete(file);
        for (const [file, stamp] of now) table.set(file, stamp);
      }
    },
    async changedSince(state) {
      const { modules, authors } = changedIn(changedKeys(state.folders, look()));
      return { modules, authors, others: changedIn(changedKeys(state.others, others())).others };
    },
  };
}

/** Keys with other values, those that came, and those that went. */
function changedKeys(before: Pick<Table, 'entries'>, now: ReadonlyMap<string, string>): string[] {
  const then = new Map(before.entries());
  return [...new Set([...then.keys(), ...now.keys()])].filter((key) => then.get(key) !== now.get(key));
}

/** Size and times of each file below a folder. */
function fileStamps(root: string, folder: string, tree: Tree): (readonly [string, string])[] {
  return tree.list(folder).flatMap(({ name, kind }) => {
    const inner = `${folder}/${name}`;
    if (kind === 'folder') return fileStamps(root, inner, tree);
    if (kind === 'other' || /[\t\n]/.test(inner)) return [];
    return [[inner, stampOf(path.join(root, inner))] as const];
  });
}

function stampOf(file: string): string {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  return `${stat?.size}:${stat?.mtimeMs}:${stat?.ctimeMs}`;
}

/** Sizes and times of all that is in a folder, two levels deep. */
function stampFolder(root: string, relative: string, tree: Tree): string {
  return tree
    .list(relative)
    .map(({ name, kind }) => {
      const inner = `${relative}/${name}`;
      if (kind === 'folder') return `${name}(${stampFolder(root, inner, tree)})`;
      return `${name}:${stampOf(path.join(root, inner))}`;
    })
    .join(' ')
    .replace(/[\t\n\r]/g, '?');
}
