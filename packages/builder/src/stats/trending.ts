/** Modules whose installs rise (docs/spec/statistics.md §6). */
import { daysBefore, type ModuleInstalls, type ModuleName, type Series } from '@mlld/format';
import type { Rows } from '../outputs/output.ts';
import type { AllSeries } from './output.ts';

export const trendingRow = '~trending';

/** Days of each of the two stretches that are compared. */
const stretch = 7;
/** Installs below which nothing is called a trend. */
const leastInstalls = 25;
/** Standard deviations by which a rise must be more than chance. */
const leastRise = 3;
/** Modules that are kept: some may have an advisory by the time that they are shown. */
const most = 30;

/** A module, its installs in the last seven days, and in the seven before. */
export type Trending = readonly [name: ModuleName, now: number, before: number];

/** As they were found when a day was last added. */
export function trendingModules(rows: Pick<Rows, 'get'> | undefined): readonly Trending[] {
  const text = rows?.get(trendingRow);
  return text === undefined ? [] : (JSON.parse(text) as Trending[]);
}

/** Of all that was counted, to be kept; undefined where two weeks can't be compared. */
export function trendingText(rows: Pick<Rows, 'get' | 'entries'>): string | undefined {
  const text = rows.get('~all');
  const all = text === undefined ? undefined : (JSON.parse(text) as AllSeries);
  if (all === undefined || !isComparable(rows, all)) return undefined;
  const [now, before] = bothSums(all.days, all.newest);
  const growth = before === 0 ? 1 : now / before;
  const found: (readonly [rise: number, Trending])[] = [];
  for (const [key, series] of rows.entries()) {
    if (!key.startsWith('@')) continue;
    const [a, b] = bothSums((JSON.parse(series) as ModuleInstalls).days, all.newest);
    const rise = riseOf(a, b, growth);
    if (a >= leastInstalls && rise >= leastRise) found.push([rise, [key as ModuleName, a, b]]);
  }
  const sorted = found.sort(([x, [a]], [y, [b]]) => y - x || (a < b ? -1 : 1)).slice(0, most);
  return sorted.length === 0 ? undefined : JSON.stringify(sorted.map(([, one]) => one));
}

/** How far `now` lies above what `before` would have become with the growth of all modules, in standard deviations of two counts. */
export function riseOf(now: number, before: number, growth: number): number {
  const deviation = Math.sqrt(now + growth * growth * before);
  return deviation === 0 ? 0 : (now - growth * before) / deviation;
}

function bothSums(days: Series, newest: string): readonly [now: number, before: number] {
  const middle = daysBefore(newest, stretch - 1);
  const first = daysBefore(middle, stretch);
  let [now, before] = [0, 0];
  for (const [day, [people]] of Object.entries(days)) {
    if (day >= middle) now += people;
    else if (day >= first) before += people;
  }
  return [now, before];
}

/** Whether the same sources counted each of the fourteen days: one more host is no trend. */
function isComparable(rows: Pick<Rows, 'entries'>, { newest }: AllSeries): boolean {
  const first = daysBefore(newest, 2 * stretch - 1);
  const sources = new Map<string, number>();
  for (const [key] of rows.entries()) {
    const [, source, day] = /^~statistics\/([^/]+)\/(.+)$/.exec(key) ?? [];
    if (source !== undefined && day !== undefined && day >= first)
      sources.set(source, (sources.get(source) ?? 0) + 1);
  }
  return sources.size > 0 && [...sources.values()].every((days) => days === 2 * stretch);
}
