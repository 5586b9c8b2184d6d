import type { ModuleName } from '@mlld/format';
import type { ModuleRow } from '../model/view.ts';
import type { Rows } from './plan.ts';

export function rowsOf(rows: Rows, names: Iterable<ModuleName> = []): ModuleRow[] {
  return [...names].flatMap((name) => rows.get(name) ?? []);
}

/** Latest first; equal times by name. */
export function byUpdate(a: ModuleRow, b: ModuleRow): number {
  return compare(b.updated, a.updated) || compare(a.name, b.name);
}

export function byCreation(a: ModuleRow, b: ModuleRow): number {
  return compare(b.created, a.created) || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The first `count` in an order, in time linear in all: a heap would be shorter to run, this is shorter to read. */
export function top(
  rows: Iterable<ModuleRow>,
  order: (a: ModuleRow, b: ModuleRow) => number,
  count: number,
): ModuleRow[] {
  const best: ModuleRow[] = [];
  for (const row of rows) {
    const last = best.at(-1);
    if (best.length === count && last !== undefined && order(row, last) >= 0) continue;
    let at = best.length;
    while (at > 0 && order(row, best[at - 1]!) < 0) at--;
    best.splice(at, 0, row);
    if (best.length > count) best.pop();
  }
  return best;
}
