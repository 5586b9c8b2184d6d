/**
 * The folders of modules and authors, kept from build to build with the times of what was put into them or taken away: which of them
 * changed is told without listing them, which would take most of the time of publishing one module.
 *
 * Rows of the table: `modules/<author>` the time of that folder, or nothing for one that is to be listed again, then each module
 * in it with its stamp, between carriage returns; `authors/<author>` its stamp. A stamp of nothing: it changed, whatever it looks like.
 */
import { lstatSync } from 'node:fs';
import type { ModuleName } from '@mlld/format';
import type { Repository } from '../repository/read.ts';
import type { Table } from './table.ts';

export interface Differing {
  readonly modules: readonly ModuleName[];
  readonly authors: readonly string[];
}

export interface Folders {
  /** Modules and authors whose folders look otherwise than when they were kept, or came, or went. */
  readonly differing: Differing;
  /** From now on a folder is always taken as changed. */
  distrust(folder: string): void;
  /** Writes down what was seen. */
  keep(table: Table): void;
}

/** Milliseconds. A folder that has just changed may change again at what its file system takes for the same time. */
const tooFresh = 100;

/** The folder of an author with its modules. */
interface Listed {
  readonly time: string;
  /** `<name> <stamp>` */
  readonly modules: string[];
}

/** @param before what was kept; the names of the repository are listed with its help */
export function lookAtFolders(
  root: string,
  repository: Repository,
  before: Pick<Table, 'entries'> | undefined,
): Folders {
  const kept = new Map(before?.entries() ?? []);
  const listed = listModules(root, repository, kept);
  const stamps = new Map(
    repository.authors().map((author) => [author as string, timeOfKeysets(`${root}/authors/${author}`)]),
  );
  const rows = new Map<string, string>();
  const modules: ModuleName[] = [];
  const authors: string[] = [];
  for (const [author, found] of listed) {
    const key = `modules/${author}`;
    const last = kept.get(key) ?? '';
    const row = rowOf(found);
    rows.set(key, row);
    if (last !== row) modules.push(...differingIn(author, found.modules, modulesIn(last)));
  }
  for (const [author, stamp] of stamps) {
    rows.set(`authors/${author}`, stamp);
    if (kept.get(`authors/${author}`) !== stamp) authors.push(author);
  }
  for (const [key, row] of kept) {
    if (rows.has(key)) continue;
    const author = key.slice(key.indexOf('/') + 1);
    if (key.startsWith('authors/')) authors.push(author);
    else modules.push(...differingIn(author, [], modulesIn(row)));
  }
  return {
    differing: { modules, authors },
    distrust(folder) {
      const [top, author = '', name = ''] = folder.split('/');
      if (top === 'authors') rows.set(folder, '');
      const found = top === 'modules' ? listed.get(author) : undefined;
      const at = found?.modules.findIndex((one) => one.startsWith(`${name} `)) ?? -1;
      if (found === undefined || at < 0) return;
      found.modules[at] = `${name} `;
      rows.set(`modules/${author}`, rowOf(found));
    },
    keep(table) {
      for (const key of kept.keys()) if (!rows.has(key)) table.delete(key);
      for (const [key, row] of rows) if (kept.get(key) !== row) table.set(key, row);
    },
  };
}

function listModules(
  root: string,
  repository: Repository,
  kept: ReadonlyMap<string, string>,
): Map<string, Listed> {
  const listed = new Map<string, Listed>();
  const look = (author: string, time: string, names: readonly string[]) => {
    const folder = `${root}/modules/${author}/`;
    const modules = names.map((name) => `${name} ${timesOf(folder + name)}`);
    listed.set(author, { time, modules });
  };
  const times = new Map<string, number>();
  repository.names({
    known(author) {
      const time = lstatSync(`${root}/modules/${author}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      times.set(author, time);
      const row = kept.get(`modules/${author}`);
      if (row === undefined || !row.startsWith(`${time}\r`)) return undefined;
      const names = modulesIn(row).map(nameIn);
      look(author, String(time), names);
      return names.map((name) => `@${author}/${name}` as ModuleName);
    },
    listed(author, names, isGood) {
      const time = times.get(author) ?? 0;
      const short = names.map((name) => name.slice(author.length + 2));
      look(author, isGood && Date.now() - time > tooFresh ? String(time) : '', short);
    },
  });
  return listed;
}

const rowOf = ({ time, modules }: Listed): string => [time, ...modules].join('\r');
const modulesIn = (row: string): string[] => row.split('\r').slice(1);
const nameIn = (module: string): string => module.slice(0, module.indexOf(' '));

/** Names of what is in one list and not in the other. */
function differingIn(author: string, now: readonly string[], before: readonly string[]): ModuleName[] {
  const [here, then] = [new Set(now), new Set(before)];
  const found = [...now.filter((one) => !then.has(one)), ...before.filter((one) => !here.has(one))];
  return [...new Set(found.map(nameIn))].map((name) => `@${author}/${name}` as ModuleName);
}

/** Of what is in an author's folder only keysets count. */
function timeOfKeysets(folder: string): string {
  const inner = lstatSync(`${folder}/keyset`, { throwIfNoEntry: false });
  return `${(inner ?? lstatSync(folder, { throwIfNoEntry: false }))?.mtimeMs}`;
}

/** When something was last put into a module's folder, or into that of its changes, or taken away. */
function timesOf(folder: string): string {
  const outer = lstatSync(folder, { throwIfNoEntry: false });
  // A folder counts its own name, its `.` and the `..` of each folder in it, where the file system counts at all.
  if (outer === undefined || outer.nlink === 2) return `${outer?.mtimeMs}`;
  const time = lstatSync(`${folder}/changes`, { throwIfNoEntry: false })?.mtimeMs;
  return `${outer.mtimeMs} ${time}`;
}
