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
  /** Those of them that came, went or were distrusted: all others have other times and nothing else, as in a new clone. */
  readonly surelyDiffering: Differing;
  /** From now on the folders of these files, and all in these folders (`…/`), are taken as changed. */
  distrust(files: readonly string[]): void;
  /** Writes down what was seen. */
  keep(table: Table): void;
}

/** Milliseconds. A folder that has just changed may change again at what its file system takes for the same time. */
const tooFresh = 100;

/** What the last look found. The names of the repository are listed with its help. */
export interface LastLook {
  /** Its rows. */
  readonly kept: ReadonlyMap<string, string>;
  /** Authors whose folders are known to be as they were. */
  readonly isSame?: ((author: string) => boolean) | undefined;
}

export function lookAtFolders(root: string, repository: Repository, last: LastLook): Folders {
  const { kept, isSame = () => false } = last;
  const rows = listModules(root, repository, last);
  for (const author of repository.authors()) {
    const key = `authors/${author}`;
    const row = isSame(author) ? kept.get(key) : undefined;
    rows.set(key, row ?? timeOfKeysets(`${root}/${key}`));
  }
  const { changed, ...found } = compareRows(kept, rows);
  return {
    ...found,
    distrust(files) {
      const places = new Set(files.map(placeOf));
      if (places.size === 0) return;
      for (const [key, row] of rows) {
        const [top = ''] = key.split('/', 1);
        const isAll = places.has(top) || places.has(key);
        const isDistrusted = (name: string) => isAll || places.has(`${key}/${name}`);
        const now = top === 'modules' ? distrusting(row, isDistrusted) : isAll ? '' : row;
        rows.set(key, now);
        if (now !== row) changed.add(key);
      }
    },
    keep(table) {
      // A new table, of a build of everything, has no rows yet.
      for (const key of table.size === 0 ? rows.keys() : changed) {
        const row = rows.get(key);
        if (row === undefined) table.delete(key);
        else table.set(key, row);
      }
    },
  };
}

/** The rows of authors' folders, as they are now. */
function listModules(
  root: string,
  repository: Repository,
  { kept, isSame = () => false }: LastLook,
): Map<string, string> {
  const rows = new Map<string, string>();
  const times = new Map<string, number>();
  repository.names({
    known(author) {
      const key = `modules/${author}`;
      const row = kept.get(key);
      // One without a time may have something in it that is to be told each time.
      if (isSame(author) && row !== undefined && !row.startsWith('\r')) {
        rows.set(key, row);
        return modulesIn(row).map((one) => `@${author}/${nameIn(one)}` as ModuleName);
      }
      const time = lstatSync(`${root}/${key}`, orNothing)?.mtimeMs ?? 0;
      times.set(author, time);
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

const stampIn = (module: string): string => module.slice(module.indexOf(' ') + 1);

function distrusting(row: string, isDistrusted: (name: string) => boolean): string {
  const [time = '', ...all] = row.split('\r');
  return rowOf(
    time,
    all.map((one) => (isDistrusted(nameIn(one)) ? `${nameIn(one)} ` : one)),
  );
}

/** The folder of a module or author in which something is, or the one that holds such folders. */
function placeOf(file: string): string {
  const parts = file.split('/', file.startsWith('authors/') ? 2 : 3);
  return parts.filter((part) => part !== '').join('/');
}

function compareRows(
  kept: ReadonlyMap<string, string>,
  rows: ReadonlyMap<string, string>,
): Pick<Folders, 'differing' | 'surelyDiffering'> & { readonly changed: Set<string> } {
  const nothing = () => ({ modules: [] as ModuleName[], authors: [] as string[] });
  const [differing, surelyDiffering] = [nothing(), nothing()];
  const changed = new Set<string>();
  const compare = (key: string, last: string | undefined, row: string | undefined): void => {
    if (last === row) return;
    changed.add(key);
    const author = key.slice(key.indexOf('/') + 1);
    const isModules = key.startsWith('modules/');
    const found = isModules ? differingIn(row, last) : [[author, !last || !row] as const];
    for (const [name, isSure] of found)
      for (const list of isSure ? [differing, surelyDiffering] : [differing])
        if (isModules) list.modules.push(`@${author}/${name}` as ModuleName);
        else list.authors.push(author);
  };
  for (const [key, row] of rows) compare(key, kept.get(key), row);
  for (const [key, row] of kept) if (!rows.has(key)) compare(key, row, undefined);
  return { differing, surelyDiffering, changed };
}

/** Names of modules that are otherwise in one row than in the other, and whether that is more than a time. */
function differingIn(now = '', before = ''): (readonly [string, boolean])[] {
  const stamps = (row: string) => new Map(modulesIn(row).map((one) => [nameIn(one), stampIn(one)]));
  const [here, then] = [stamps(now), stamps(before)];
  const gone = [...then.keys()].filter((name) => !here.has(name));
  const found = [...here].filter(([name, stamp]) => then.get(name) !== stamp);
  return [
    ...found.map(([name]) => [name, !then.get(name)] as const),
    ...gone.map((name) => [name, true] as const),
  ];
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
