/**
 * Which modules and authors changed since the last build. In a git work tree git says so, in a time that hardly grows with
 * the registry; elsewhere sizes and times of all files are compared.
 */
import { execFile } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { isModuleName, layout, type ModuleName } from '@mlld/format';
import type { Listings, Repository } from '../repository/read.ts';
import type { Tree } from '../repository/tree.ts';
import { openListings } from './listings.ts';
import { cell, column, type State, type StateHeader } from './state.ts';
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
  /** Looks at every folder, before all are read. */
  lookAtAll(): Promise<void>;
  /** What a folder of the repository looked like when it was looked at. Nothing: it has to be read again the next time. */
  stampOf(folder: string): string;
  /** Keeps what the next scan compares with, beside the stamps of modules and authors. */
  keep(state: State): void;
}

export interface ScanInput {
  readonly folder: string;
  readonly repository: Repository;
  /** Top folders beside modules and authors that are of interest. */
  readonly reads: readonly string[];
  /** What the last build knew. Asked for when git is at work. */
  readonly last: () => State | undefined;
}

export async function scanRepository(input: ScanInput): Promise<Scan> {
  return (await gitScan(input)) ?? statScan(input);
}

const execute = promisify(execFile);
const authorFolder = (author: string) => `authors/${author}`;

/**
 * Git knows what was committed and which of its files were edited. Files that it does not know show in the time of their
 * folder, and a folder that has some is read each time: to look for them in all folders would take most of the time of
 * publishing one module.
 */
async function gitScan({ folder, repository, reads, last }: ScanInput): Promise<Scan | undefined> {
  if (!existsSync(path.join(folder, '.git'))) return undefined;
  const scope = ['modules', 'authors', layout.registry, ...reads];
  try {
    const head = git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{tree}']);
    const asked = Promise.all([
      git(folder, ['status', '--porcelain=v1', '-z', '-uno', '--no-renames', '--', ...scope]),
      unknownFiles(folder, reads),
    ]);
    asked.catch(() => {});
    // Meanwhile, on this thread:
    const state = last();
    const tree = (await head).trim();
    const diff = changedPaths(folder, [state?.header.tree, tree], scope);
    const listings = openListings(folder, state?.listings);
    const look = lookAt(folder, repository, listings);
    const other = state && changedFolders(state, look, (one) => look.stamps.get(one) ?? '');
    const distrusted = other && distrust(folder, other, look);
    const [[status, unknown], paths] = await Promise.all([asked, diff, distrusted]);
    const edited = zeroSeparated(status).map((entry) => entry.slice(3));
    const header = { tree, dirty: [...edited, ...unknown] };
    return {
      header,
      stampOf: (one) => look.stamps.get(one) ?? '',
      lookAtAll: () => distrust(folder, undefined, look),
      keep(kept) {
        if (kept.others.size > 0) kept.others.clear();
        listings.keep(kept.listings);
      },
      async changedSince({ header: { dirty } }) {
        if (paths === undefined || dirty === undefined || other === undefined) return undefined;
        const changed = changedIn([...paths, ...dirty, ...header.dirty]);
        return {
          modules: new Set([...changed.modules, ...other.modules]),
          authors: new Set([...changed.authors, ...other.authors]),
          others: changed.others,
        };
      },
    };
  } catch {
    return undefined;
  }
}

/** The folders of all modules and authors, and when something was put there or taken away. */
function lookAt(folder: string, repository: Repository, listings: Listings): Look {
  const modules = repository.names(listings);
  const authors = repository.authors();
  const folders = [...modules.map(layout.module), ...authors.map(authorFolder)];
  return { modules, authors, stamps: new Map(folders.map((one) => [one, timesOf(folder, one)])) };
}

/** Takes the stamps from folders with files that git does not know, of those that changed: from now on they are always read. */
async function distrust(folder: string, changed: Differing | undefined, { stamps }: Look): Promise<void> {
  const folders = changed && [...changed.modules.map(layout.module), ...changed.authors.map(authorFolder)];
  const asked = folders === undefined || folders.length > 100 ? ['modules', 'authors'] : folders;
  for (const file of await unknownFiles(folder, asked))
    stamps.delete(file.split('/', file.startsWith('authors/') ? 2 : 3).join('/'));
}

/** Files below folders that git does not track, ignored or not. */
async function unknownFiles(folder: string, below: readonly string[]): Promise<string[]> {
  if (below.length === 0) return [];
  return zeroSeparated(await git(folder, ['ls-files', '-z', '--others', '--', ...below]));
}

/** When something was last put into a folder, or into a folder in it, or taken away. */
function timesOf(root: string, folder: string): string {
  const outer = lstatSync(`${root}/${folder}`, { throwIfNoEntry: false });
  // A folder counts its own name, its `.` and the `..` of each folder in it, where the file system counts at all.
  if (outer === undefined || outer.nlink === 2) return `${outer?.mtimeMs}`;
  const inner = folder.startsWith('authors/') ? 'keyset' : 'changes';
  const time = lstatSync(`${root}/${folder}/${inner}`, { throwIfNoEntry: false })?.mtimeMs;
  return `${outer.mtimeMs} ${time}`;
}

interface Look {
  readonly modules: readonly ModuleName[];
  readonly authors: readonly string[];
  /** By folder. */
  readonly stamps: Map<string, string>;
}

interface Differing {
  readonly modules: readonly ModuleName[];
  readonly authors: readonly string[];
}

/** Modules and authors whose folders look otherwise than when they were built, or came, or went. */
function changedFolders(
  state: State,
  { modules, authors }: Pick<Look, 'modules' | 'authors'>,
  stampOf: (folder: string) => string,
): Differing {
  return {
    modules: differing(modules, state.modules, (one) => stampOf(layout.module(one))),
    authors: differing(authors, state.authors, (one) => stampOf(authorFolder(one))),
  };
}

function differing<T extends string>(
  there: readonly T[],
  rows: Pick<Table, 'get' | 'keys' | 'size'>,
  stampOf: (name: T) => string,
): T[] {
  let known = 0;
  const found: T[] = [];
  for (const name of there) {
    const row = rows.get(name);
    if (row !== undefined) known++;
    const stamp = stampOf(name);
    if (row === undefined || stamp === '' || cell(row, column.stamp) !== stamp) found.push(name);
  }
  if (known === rows.size) return found;
  const here = new Set<string>(there);
  return [...found, ...([...rows.keys()] as T[]).filter((name) => !here.has(name))];
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

function changedIn(paths: readonly string[]): Changed {
  const modules = new Set<ModuleName>();
  const authors = new Set<string>();
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
  const stamps = new Map<string, string>();
  const stampOfFolder = (relative: string): string => {
    const stamp = stamps.get(relative) ?? stampFolder(folder, relative, tree);
    stamps.set(relative, stamp);
    return stamp;
  };
  const look = () => ({ modules: repository.names(), authors: repository.authors() });
  const others = () => reads.flatMap((top) => fileStamps(folder, top, tree));
  return {
    header: {},
    stampOf: stampOfFolder,
    async lookAtAll() {
      const { modules, authors } = look();
      for (const one of [...modules.map(layout.module), ...authors.map(authorFolder)]) stampOfFolder(one);
    },
    keep({ others: kept }) {
      const now = new Map(others());
      for (const file of [...kept.keys()]) if (!now.has(file)) kept.delete(file);
      for (const [file, stamp] of now) kept.set(file, stamp);
    },
    async changedSince(state) {
      const { modules, authors } = changedFolders(state, look(), stampOfFolder);
      const now = new Map(others());
      const files = new Set([...now.keys(), ...state.others.keys()]);
      const changed = [...files].filter((file) => now.get(file) !== state.others.get(file));
      return {
        modules: new Set(modules),
        authors: new Set(authors),
        others: changedIn(changed).others,
      };
    },
  };
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
