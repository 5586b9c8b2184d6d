/**
 * The modules in each author's folder, kept from build to build with the time of the folder: one that nothing was put into or taken
 * from since is not listed again. Listing all of them would take most of the time of publishing one module.
 */
import { lstatSync } from 'node:fs';
import type { ModuleName } from '@mlld/format';
import type { Listings } from '../repository/read.ts';
import type { Table } from './table.ts';

export interface KeptListings extends Listings {
  /** Writes down what was listed. */
  keep(table: Table): void;
}

/** Milliseconds. A folder that has just changed may change again at what its file system takes for the same time. */
const tooFresh = 100;

export function openListings(root: string, before: Pick<Table, 'get'> | undefined): KeptListings {
  const rows = new Map<string, string>();
  const times = new Map<string, number>();
  return {
    known(author) {
      const time = lstatSync(`${root}/modules/${author}`, { throwIfNoEntry: false })?.mtimeMs;
      if (time === undefined) return undefined;
      const row = before?.get(author);
      const [then, ...names] = row?.split(' ') ?? [];
      if (row !== undefined && then === String(time)) {
        rows.set(author, row);
        return names as ModuleName[];
      }
      if (Date.now() - time > tooFresh) times.set(author, time);
      return undefined;
    },
    listed(author, names) {
      const time = times.get(author);
      if (time !== undefined) rows.set(author, [time, ...names].join(' '));
    },
    keep(table) {
      for (const author of [...table.keys()]) if (!rows.has(author)) table.delete(author);
      for (const [author, row] of rows) table.set(author, row);
    },
  };
}
