/** Which modules and authors changed, where no git says so: sizes and times of all files are compared. */
import { lstatSync } from 'node:fs';
import path from 'node:path';
import { layout } from '@mlld/format';
import type { Tree } from '../repository/tree.ts';
import { authorFolder, changedIn } from './changed.ts';
import type { Scan, ScanInput } from './scan.ts';
import type { Table } from './table.ts';

export function statScan({ folder, repository, reads }: ScanInput): Scan {
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
