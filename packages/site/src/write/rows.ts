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

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The names of modules that most others import, most first; equal ones by name. */
export function mostImported(
  dependents: ReadonlyMap<ModuleName, readonly ModuleName[]>,
  count: number,
): ModuleName[] {
  const found = top(dependents, ([a, x], [b, y]) => y.length - x.length || compare(a, b), count);
  return found.map(([name]) => name);
}

/** The first `count` in an order, in time linear in all: a heap would be shorter to run, this is shorter to read. */
export function top<T>(all: Iterable<T>, order: (a: T, b: T) => number, count: number): T[] {
  const best: T[] = [];
  for (const one of all) {
    const last = best.at(-1);
    if (best.length === count && last !== undefined && order(one, last) >= 0) continue;
    let at = best.length;
    while (at > 0 && order(one, best[at - 1]!) < 0) at--;
    best.splice(at, 0, one);
    if (best.length > count) best.pop();
  }
  return best;
}
