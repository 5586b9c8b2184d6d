/** Counts of days added up for pages and programs (docs/spec/statistics.md §5). Sums are of what is certain: `<5` adds nothing. */
import { type Counts, leastOf } from '@mlld/format';

/** people, ci, robots. */
export type Sums = readonly [number, number, number];
/** By day. */
export type Series = Readonly<Record<string, Sums>>;

/** What is kept of one module. `versions` are of people, by day. */
export interface ModuleSeries {
  readonly days: Series;
  readonly weeks: Series;
  readonly versions: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Days and weeks that are shown. */
export const shownDays = 28;
export const shownWeeks = 53;
/** The newest day may be six days after the last whole week, which is what modules show. */
const keptDays = shownDays + 6;

export function sumsOf({ people, ci, robots }: Counts): Sums {
  return [leastOf(people), leastOf(ci), leastOf(robots)];
}

/** The Monday of a day's week, `2026-03-02`. */
export function weekOf(day: string): string {
  const at = Date.parse(`${day}T00:00:00Z`);
  return isoDay(at - ((new Date(at).getUTCDay() + 6) % 7) * dayMs);
}

/** The Sunday of the last week that is over with a day: what is shown of modules ends there, so that it changes once a week. */
export function weekEnd(day: string): string {
  return daysBefore(weekOf(daysBefore(day, -1)), 1);
}

export const dayMs = 86_400_000;

export function isoDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export function daysBefore(day: string, days: number): string {
  return isoDay(Date.parse(`${day}T00:00:00Z`) - days * dayMs);
}

export function plus(series: Series, key: string, more: Sums): Series {
  const [a, b, c] = series[key] ?? [0, 0, 0];
  return { ...series, [key]: [a + more[0], b + more[1], c + more[2]] };
}

/** The entries from `first` on, by key. */
export function since<T>(values: Readonly<Record<string, T>>, first: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => key >= first)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The entries up to `last`, by key. */
function upTo<T>(values: Readonly<Record<string, T>>, last: string): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key <= last));
}

/** What may be of interest once `newest` is the newest day. */
export function trimmed(series: ModuleSeries, newest: string): ModuleSeries {
  return cut(series, newest, keptDays);
}

/** What is shown when `until` is the last day that is. */
export function shownSeries(series: ModuleSeries, until: string): ModuleSeries {
  const { days, weeks, versions } = cut(series, until, shownDays);
  return { days: upTo(days, until), weeks: upTo(weeks, until), versions: upTo(versions, until) };
}

function cut({ days, weeks, versions }: ModuleSeries, last: string, count: number): ModuleSeries {
  const firstDay = daysBefore(last, count - 1);
  return {
    days: since(days, firstDay),
    weeks: since(weeks, daysBefore(weekOf(last), (shownWeeks - 1) * 7)),
    versions: Object.fromEntries(
      Object.entries(since(versions, firstDay)).map(([day, ofDay]) => [day, since(ofDay, '')]),
    ),
  };
}
