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

/** @param before what was kept; the names of the repository are listed with its help */
export function lookAtFolders(
  root: string,
  repository: Repository,
  before: Pick<Table, 'entries'> | undefined,
): Folders {
  const kept = new Map(before?.entries() ?? []);
  const rows = listModules(root, repository, kept);
  for (const author of repository.authors())
    rows.set(`authors/${author}`, timeOfKeysets(`${root}/authors/${author}`));
  const modules: ModuleName[] = [];
  const authors: string[] = [];
  const compare = (key: string, last: string | undefined, row: string | undefined): void => {
    if (last === row) return;
    const author = key.slice(key.indexOf('/') + 1);
    if (key.startsWith('authors/')) authors.push(author);
    else modules.push(...differingIn(author, row ?? '', last ?? ''));
  };
  for (const [key, row] of rows) compare(key, kept.get(key), row);
  for (const [key, row] of kept) if (!rows.has(key)) compare(key, row, undefined);
  return {
    differing: { modules, authors },
    distrust(folder) {
      const [top, author = '', name = ''] = folder.split('/');
      if (top === 'authors') rows.set(folder, '');
      const key = `modules/${author}`;
      const row = top === 'modules' ? rows.get(key) : undefined;
      if (row === undefined) return;
      const [time = '', ...all] = row.split('\r');
      const distrusted = all.map((one) => (nameIn(one) === name ? `${name} ` : one));
      rows.set(key, rowOf(time, distrusted));
    },
    keep(table) {
      for (const key of kept.keys()) if (!rows.has(key)) table.delete(key);
      for (const [key, row] of rows) if (kept.get(key) !== row) table.set(key, row);
    },
  };
}

/** The rows of authors' folders, as they are now. */
function listModules(
  root: string,
  repository: Repository,
  kept: ReadonlyMap<string, string>,
): Map<string, string> {
  const rows = new Map<string, string>();
  const times = new Map<string, number>();
  repository.names({
    known(author) {
      const key = `modules/${author}`;
      const time = lstatSync(`${root}/${key}`, orNothing)?.mtimeMs ?? 0;
      times.set(author, time);
      const row = kept.get(key);
      if (row === undefined || !row.startsWith(`${time}\r`)) return undefined;
      const names: ModuleName[] = [];
      rows.set(
        key,
        rowNow(`${root}/${key}/`, row, (name) => names.push(`@${author}/${name}` as ModuleName)),
      );
      return names;
    },
    listed(author, names, isGood) {
      const time = times.get(author) ?? 0;
      const mark = isGood && Date.now() - time > tooFresh ? String(time) : '';
      const folder = `${root}/modules/${author}/`;
      const short = names.map((name) => name.slice(author.length + 2));
      const modules = short.map((name) => `${name} ${timesOf(folder + name)}`);
      rows.set(`modules/${author}`, rowOf(mark, modules));
    },
  });
  return rows;
}

/** A row with the stamps of now: the same text where nothing is new, as mostly, so that little is made for it. */
function rowNow(folder: string, row: string, onName: (name: string) => void): string {
  let now = '';
  let same = 0;
  for (let at = row.indexOf('\r'); at >= 0; ) {
    const start = row.indexOf(' ', at) + 1;
    const next = row.indexOf('\r', start);
    const end = next < 0 ? row.length : next;
    const name = row.slice(at + 1, start - 1);
    onName(name);
    const stamp = timesOf(folder + name);
    if (stamp.length !== end - start || !row.startsWith(stamp, start)) {
      now += row.slice(same, start) + stamp;
      same = end;
    }
    at = next;
  }
  return same === 0 ? row : now + row.slice(same);
}

/** @param modules `<name> <stamp>` */
const rowOf = (time: string, modules: readonly string[]): string => [time, ...modules].join('\r');
const modulesIn = (row: string): string[] => row.split('\r').slice(1);
const nameIn = (module: string): string => module.slice(0, module.indexOf(' '));

/** Names of modules that are in one row and not, or otherwise, in the other. */
function differingIn(author: string, now: string, before: string): ModuleName[] {
  const [here, then] = [new Set(modulesIn(now)), new Set(modulesIn(before))];
  const found = [...[...here].filter((one) => !then.has(one)), ...[...then].filter((one) => !here.has(one))];
  return [...new Set(found.map(nameIn))].map((name) => `@${author}/${name}` as ModuleName);
}

const orNothing = { throwIfNoEntry: false } as const;

/** Of what is in an author's folder only keysets count. */
function timeOfKeysets(folder: string): string {
  const inner = lstatSync(`${folder}/keyset`, orNothing);
  return `${(inner ?? lstatSync(folder, orNothing))?.mtimeMs}`;
}

/** When something was last put into a module's folder, or into that of its changes, or taken away. */
function timesOf(folder: string): string {
  const outer = lstatSync(folder, orNothing);
  // A folder counts its own name, its `.` and the `..` of each folder in it, where the file system counts at all.
  if (outer === undefined || outer.nlink === 2) return `${outer?.mtimeMs}`;
  const time = lstatSync(`${folder}/changes`, orNothing)?.mtimeMs;
  return `${outer.mtimeMs} ${time}`;
}
