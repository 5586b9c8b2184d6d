/**
 * Which modules and authors changed since the last build. In a git work tree git says so, in a time that hardly grows with
 * the registry; elsewhere sizes and times of all files are compared.
 */
import { execFile } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { isModuleName, layout, type ModuleName } from '@mlld/format';
import type { Repository } from '../repository/read.ts';
import type { Tree } from '../repository/tree.ts';
import { authorColumn, cell, column, type State, type StateHeader } from './state.ts';

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
  /** What a folder of the repository looks like; nothing where git says what changed. */
  stampOf(folder: string): string;
  readonly stamps: boolean;
  /** Keeps what the next scan compares with, beside the stamps of modules and authors. */
  keep(state: State): void;
}

export interface ScanInput {
  readonly folder: string;
  readonly repository: Repository;
  /** Top folders beside modules and authors that are of interest. */
  readonly reads: readonly string[];
}

export async function scanRepository(input: ScanInput): Promise<Scan> {
  return (await gitScan(input)) ?? statScan(input);
}

const execute = promisify(execFile);

async function gitScan({ folder, reads }: ScanInput): Promise<Scan | undefined> {
  if (!existsSync(path.join(folder, '.git'))) return undefined;
  const scope = ['modules', 'authors', layout.registry, ...reads];
  try {
    const [tree, status] = await Promise.all([
      git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{tree}']),
      git(folder, [
        'status',
        '--porcelain=v1',
        '-z',
        '-uall',
        '--ignored=traditional',
        '--no-renames',
        '--',
        ...scope,
      ]),
    ]);
    const header = { tree: tree.trim(), dirty: zeroSeparated(status).map((entry) => entry.slice(3)) };
    return {
      header,
      changedSince: async (state) => {
        const { tree: before, dirty } = state.header;
        if (before === undefined || dirty === undefined) return undefined;
        const paths = before === header.tree ? [] : await changedPaths(folder, [before, header.tree], scope);
        return paths && changedIn([...paths, ...dirty, ...header.dirty]);
      },
      stampOf: () => '',
      stamps: false,
      keep: (state) => state.others.clear(),
    };
  } catch {
    return undefined;
  }
}

/** Undefined when the older tree is no longer there: rewritten history, a shallow clone. */
async function changedPaths(
  folder: string,
  trees: readonly [string, string],
  scope: readonly string[],
): Promise<string[] | undefined> {
  try {
    return zeroSeparated(
      await git(folder, ['diff-tree', '-r', '-z', '--name-only', '--no-renames', ...trees, '--', ...scope]),
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

/** What the files of a folder look like, each asked once. */
export function folderStamps(root: string, tree: Tree): (folder: string) => string {
  const stamps = new Map<string, string>();
  return (folder) => {
    const stamp = stamps.get(folder) ?? stampFolder(root, folder, tree);
    stamps.set(folder, stamp);
    return stamp;
  };
}

function statScan({ folder, repository, reads }: ScanInput): Scan {
  const { tree } = repository;
  const stampOfFolder = folderStamps(folder, tree);
  const others = () => reads.flatMap((top) => fileStamps(folder, top, tree));
  return {
    header: {},
    stampOf: stampOfFolder,
    stamps: true,
    keep({ others: kept }) {
      const now = new Map(others());
      for (const file of [...kept.keys()]) if (!now.has(file)) kept.delete(file);
      for (const [file, stamp] of now) kept.set(file, stamp);
    },
    async changedSince(state) {
      const modules = new Set<ModuleName>();
      for (const name of new Set([
        ...repository.names(),
        ...(state.modules.keys() as Iterable<ModuleName>),
      ])) {
        const before = state.modules.get(name);
        if (before === undefined || cell(before, column.stamp) !== stampOfFolder(layout.module(name)))
          modules.add(name);
      }
      const authors = new Set<string>();
      for (const author of new Set([...repository.authors(), ...state.authors.keys()])) {
        const before = state.authors.get(author);
        if (before === undefined || cell(before, authorColumn.stamp) !== stampOfFolder(`authors/${author}`))
          authors.add(author);
      }
      const now = new Map(others());
      const files = new Set([...now.keys(), ...state.others.keys()]);
      const changed = [...files].filter((file) => now.get(file) !== state.others.get(file));
      return { modules, authors, others: changedIn(changed).others };
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
