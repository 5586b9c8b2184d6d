/** Counts of days added up for pages and programs (docs/spec/statistics.md §5). Sums are of what is certain: `<5` adds nothing. */
import {
  type Counts,
  daysBefore,
  leastOf,
  type ModuleInstalls,
  type Series,
  type Sums,
  shownDays,
  shownWeeks,
  since,
  weekOf,
} from '@mlld/format';

/** The newest day may be six days after the last whole week, which is what modules show. */
const keptDays = shownDays + 6;

export function sumsOf({ people, ci, robots }: Counts): Sums {
  return [leastOf(people), leastOf(ci), leastOf(robots)];
}

export function plus(series: Series, key: string, more: Sums): Series {
  const [a, b, c] = series[key] ?? [0, 0, 0];
  return { ...series, [key]: [a + more[0], b + more[1], c + more[2]] };
}

/** The entries up to `last`, by key. */
function upTo<T>(values: Readonly<Record<string, T>>, last: string): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key <= last));
}

/** What may be of interest once `newest` is the newest day. */
export function trimmed(series: ModuleInstalls, newest: string): ModuleInstalls {
  return cut(series, newest, keptDays);
}

/** What is shown when `until` is the last day that is. */
export function shownSeries(series: ModuleInstalls, until: string): ModuleInstalls {
  const { days, weeks, versions } = cut(series, until, shownDays);
  return { days: upTo(days, until), weeks: upTo(weeks, until), versions: upTo(versions, until) };
}

function cut({ days, weeks, versions }: ModuleInstalls, last: string, count: number): ModuleInstalls {
  const firstDay = daysBefore(last, count - 1);
  return {
    days: since(days, firstDay),
    weeks: since(weeks, daysBefore(weekOf(last), (shownWeeks - 1) * 7)),
    versions: Object.fromEntries(
      Object.entries(since(versions, firstDay)).map(([day, ofDay]) => [day, since(ofDay, '')]),
    ),
  };
}
