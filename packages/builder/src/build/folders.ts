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
  readonly names: readonly ModuleName[];
  readonly stamps: string[];
}

/** @param before what was kept; the names of the repository are listed with its help */
export function lookAtFolders(
  root: string,
  repository: Repository,
  before: Pick<Table, 'entries'> | undefined,
): Folders {
  const kept = new Map(before?.entries() ?? []);
  const listed = listModules(root, repository, kept);
  const authors = new Map(
    repository.authors().map((author) => [author as string, timesOf(root, `authors/${author}`, 'keyset')]),
  );
  const rows = new Map<string, string>();
  const modules: ModuleName[] = [];
  for (const [author, found] of listed) {
    const key = `modules/${author}`;
    const row = rowOf(author, found);
    const last = kept.get(key);
    rows.set(key, row);
    if (last !== row) modules.push(...differingIn(author, found, last));
  }
  for (const [author, stamp] of authors) rows.set(`authors/${author}`, stamp);
  for (const [key, row] of kept)
    if (key.startsWith('modules/') && !rows.has(key)) modules.push(...namesIn(key.slice(8), row));
  const others = [...kept.keys()].filter((key) => key.startsWith('authors/') && !rows.has(key));
  return {
    differing: {
      modules,
      authors: [
        ...[...authors].filter(([author, stamp]) => kept.get(`authors/${author}`) !== stamp),
        ...others.map((key) => [key.slice(8)] as const),
      ].map(([author]) => author),
    },
    distrust(folder) {
      const [top, author = '', name = ''] = folder.split('/');
      if (top === 'authors') rows.set(folder, '');
      const found = top === 'modules' ? listed.get(author) : undefined;
      const at = found?.names.indexOf(`@${author}/${name}` as ModuleName) ?? -1;
      if (found === undefined || at < 0) return;
      found.stamps[at] = '';
      rows.set(`modules/${author}`, rowOf(author, found));
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
  const look = (author: string, time: string, names: readonly ModuleName[]) => {
    const short = author.length + 2;
    const stamps = names.map((name) => timesOf(root, `modules/${author}/${name.slice(short)}`, 'changes'));
    listed.set(author, { time, names, stamps });
  };
  const times = new Map<string, number>();
  repository.names({
    known(author) {
      const time = lstatSync(`${root}/modules/${author}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      times.set(author, time);
      const row = kept.get(`modules/${author}`);
      if (row === undefined || !row.startsWith(`${time}\r`)) return undefined;
      const names = namesIn(author, row);
      look(author, String(time), names);
      return names;
    },
    listed(author, names, isGood) {
      const time = times.get(author) ?? 0;
      look(author, isGood && Date.now() - time > tooFresh ? String(time) : '', names);
    },
  });
  return listed;
}

function rowOf(author: string, { time, names, stamps }: Listed): string {
  const short = author.length + 2;
  let row = `${time}\r`;
  for (const [i, name] of names.entries()) row += `${name.slice(short)} ${stamps[i]}\r`;
  return row;
}

function namesIn(author: string, row: string): ModuleName[] {
  return [...stampsIn(row).keys()].map((name) => `@${author}/${name}` as ModuleName);
}

function stampsIn(row: string): Map<string, string> {
  const stamps = new Map<string, string>();
  for (const one of row.split('\r').slice(1, -1)) {
    const space = one.indexOf(' ');
    stamps.set(one.slice(0, space), one.slice(space + 1));
  }
  return stamps;
}

function differingIn(author: string, { names, stamps }: Listed, last = ''): ModuleName[] {
  const then = stampsIn(last);
  const found: ModuleName[] = [];
  for (const [i, name] of names.entries()) {
    const short = name.slice(author.length + 2);
    if (then.get(short) !== stamps[i]) found.push(name);
    then.delete(short);
  }
  return [...found, ...[...then.keys()].map((name) => `@${author}/${name}` as ModuleName)];
}

/** When something was last put into a folder, or into one in it, or taken away. */
function timesOf(root: string, folder: string, inner: string): string {
  const outer = lstatSync(`${root}/${folder}`, { throwIfNoEntry: false });
  // A folder counts its own name, its `.` and the `..` of each folder in it, where the file system counts at all.
  if (outer === undefined || outer.nlink === 2) return `${outer?.mtimeMs}`;
  const time = lstatSync(`${root}/${folder}/${inner}`, { throwIfNoEntry: false })?.mtimeMs;
  return `${outer.mtimeMs} ${time}`;
}
