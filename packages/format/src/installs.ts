/** Installs as a distribution has them added up (docs/spec/statistics.md §5), and the days and weeks of which they are sums. */

/** people, ci, robots. */
export type Sums = readonly [number, number, number];
/** By day, or by a week's Monday. */
export type Series = Readonly<Record<string, Sums>>;

/** Of one module; `versions` are of people, by day. */
export interface ModuleInstalls {
  readonly days: Series;
  readonly weeks: Series;
  readonly versions: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Of all modules together. */
export interface AllInstalls {
  /** The newest day that was counted. */
  readonly newest: string;
  readonly days: Series;
  readonly weeks: Series;
  /** Days that were counted of each week. */
  readonly counted: Readonly<Record<string, number>>;
  /** Who counted, by source. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Days and weeks that are shown. */
export const shownDays = 28;
export const shownWeeks = 53;

export const dayMs = 86_400_000;

/** The Monday of a day's week, `2026-03-02`. */
export function weekOf(day: string): string {
  const at = Date.parse(`${day}T00:00:00Z`);
  return isoDay(at - ((new Date(at).getUTCDay() + 6) % 7) * dayMs);
}

/** The Sunday of the last week that is over with a day: what is shown of modules ends there, so that it changes once a week. */
export function weekEnd(day: string): string {
  return daysBefore(weekOf(daysBefore(day, -1)), 1);
}

export function isoDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export function daysBefore(day: string, days: number): string {
  return isoDay(Date.parse(`${day}T00:00:00Z`) - days * dayMs);
}

/** The entries from `first` on, by key. */
export function since<T>(values: Readonly<Record<string, T>>, first: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => key >= first)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
