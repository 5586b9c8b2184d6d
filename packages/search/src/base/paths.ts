/** Which files a base has, in the order in which a pack holds them (search.md §7.6). */
import { layout } from '@mlld/format';
import { columnNames } from '../files/column.ts';
import { type BaseInfo, neighboursPerFile, recordsPerFile } from './manifest.ts';

/** Every path of a base but that of its pack, in order: of files in the pack, and to take away an old base. */
export function* basePaths(info: BaseInfo): Generator<string> {
  for (const { count, path } of groupsOf(info)) for (let n = 0; n < count; n++) yield path(n);
}

/** How many paths a base has. */
export function countPaths(info: BaseInfo): number {
  return groupsOf(info).reduce((sum, { count }) => sum + count, 0);
}

/** Tells where a path stands among those of a base; undefined for any other path. */
export function placesOf(info: BaseInfo): (path: string) => number | undefined {
  const groups = groupsOf(info);
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    let before = 0;
    for (const { count, names, path: pathOf } of groups) {
      const n = names === undefined ? Number(name) : names.indexOf(name);
      if (n >= 0 && n < count && pathOf(n) === path) return before + n;
      before += count;
    }
    return undefined;
  };
}

interface Group {
  readonly count: number;
  readonly path: (n: number) => string;
  /** What its files are called; numbers without it. */
  readonly names?: readonly string[];
}

function groupsOf({ id, modules, words, names, vocabulary }: BaseInfo): readonly Group[] {
  const parts = ['all', ...vocabulary];
  return [
    { count: words.length, path: (n) => layout.searchWords(id, n) },
    { count: names.length, path: (n) => layout.searchNames(id, n) },
    { count: parts.length, names: parts, path: (n) => layout.searchVocabulary(id, parts[n]!) },
    { count: columnNames.length, names: columnNames, path: (n) => layout.searchColumn(id, columnNames[n]!) },
    { count: Math.ceil(modules / recordsPerFile), path: (n) => layout.searchRecords(id, n) },
    { count: Math.ceil(modules / neighboursPerFile), path: (n) => layout.searchSimilar(id, n) },
  ];
}
