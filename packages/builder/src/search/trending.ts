/** What is trending (docs/spec/statistics.md §6), as the manifest of the index says it. */
import type { ModuleName } from '@mlld/format';
import type { BaseInfo, SearchRecord } from '@mlld/search';
import { isDoubtful } from '@mlld/site';
import type { LateFacts, Rows } from '../outputs/output.ts';
import { trendingModules } from '../stats/trending.ts';
import { ordinalOf } from './rows.ts';

const row = '~trending';

/** Keeps what is trending, without what nobody should be led to. @returns whether it is something else than before */
export function noteTrending(facts: Pick<LateFacts, 'rows' | 'kept' | 'record'>): boolean {
  const { rows } = facts;
  const names = trendingModules(facts.kept('statistics')).flatMap(([name]) => {
    const found = facts.record(name);
    if (found === undefined) return [];
    return isDoubtful({ ...found, deprecated: found.deprecated !== undefined }) ? [] : [name];
  });
  const text = names.length === 0 ? '' : JSON.stringify(names);
  if (text === (rows.get(row) ?? '')) return false;
  if (text === '') rows.delete(row);
  else rows.set(row, text);
  return true;
}

/** @param changed what changed since the base was made, in its order; @returns a member of the manifest, or nothing */
export function trendingIn(
  rows: Rows,
  base: BaseInfo,
  changed: readonly SearchRecord[],
): { readonly trending?: readonly number[] } {
  const text = rows.get(row);
  if (text === undefined) return {};
  const later = new Map(changed.map(({ name }, i) => [name, base.modules + i]));
  const trending = (JSON.parse(text) as ModuleName[]).flatMap(
    (name) => later.get(name) ?? ordinalOf(rows, name) ?? [],
  );
  return { trending };
}
