/** Installs as pages show them, made when a page is written, or in a browser of what the distribution says. */
import {
  type AllInstalls,
  daysBefore,
  type ModuleInstalls,
  type Series,
  type Sums,
  shownDays,
  shownWeeks,
  since,
  weekEnd,
  weekOf,
} from '@mlld/format';
import type { InstallsView } from './view.ts';

/** Versions that are shown by name; the rest is one bar. */
const shownVersions = 8;
/** Whole weeks from which on weeks are shown, not days. */
const fewWeeks = 4;

/** Of all modules together. */
export function viewOfAll(all: AllInstalls): InstallsView {
  return { ...shownOf(all, all, all.newest), versions: [] };
}

/** Of one module, up to the last whole week; of no days, where only others were counted. */
export function viewOfInstalls(all: AllInstalls, module: ModuleInstalls | undefined): InstallsView {
  // Its page says no day: it would be another page with every week.
  if (module === undefined) return none;
  return { ...shownOf(module, all, weekEnd(all.newest)), versions: versionsOf(module.versions) };
}

function shownOf(
  series: { readonly days: Series; readonly weeks: Series },
  all: AllInstalls,
  until: string,
): Omit<InstallsView, 'versions'> {
  const { counted, days } = all;
  const first = daysBefore(until, shownDays - 1);
  const countedDays = Object.keys(since(days, first)).filter((day) => day <= until);
  const recent = countedDays.map((day) => series.days[day] ?? zero);
  const weeks = Object.keys(since(counted, daysBefore(weekOf(until), (shownWeeks - 1) * 7))).filter(
    (week) => counted[week] === 7 && week <= until,
  );
  const isWeekly = weeks.length >= fewWeeks;
  const labels = isWeekly ? weeks : countedDays;
  const values = isWeekly ? series.weeks : series.days;
  return {
    unit: isWeekly ? 'week' : 'day',
    until,
    days: countedDays.length,
    people: sum(recent, 0),
    ci: sum(recent, 1),
    robots: sum(recent, 2),
    bars: labels.map((label) => ({ label, value: (values[label] ?? zero)[0] })),
    sources: Object.entries(all.sources).map(([source, by]) => ({ source, by })),
  };
}

const zero: Sums = [0, 0, 0];

const none: InstallsView = {
  ...{ unit: 'week', until: '', days: 0, people: 0, ci: 0, robots: 0 },
  ...{ bars: [], versions: [], sources: [] },
};

function sum(list: readonly Sums[], which: 0 | 1 | 2): number {
  return list.reduce((total, one) => total + one[which], 0);
}

function versionsOf(
  days: Readonly<Record<string, Readonly<Record<string, number>>>>,
): InstallsView['versions'] {
  const sums = new Map<string, number>();
  for (const ofDay of Object.values(days))
    for (const [version, people] of Object.entries(ofDay))
      sums.set(version, (sums.get(version) ?? 0) + people);
  const bars = [...sums]
    .filter(([, value]) => value > 0)
    .map(([label, value]) => ({ label, value }))
    .sort((a, b) => b.value - a.value || (a.label < b.label ? 1 : -1));
  const rest = bars.slice(shownVersions).reduce((total, { value }) => total + value, 0);
  return rest === 0 ? bars : [...bars.slice(0, shownVersions), { label: 'others', value: rest }];
}
