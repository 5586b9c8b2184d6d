/** The numbers of the page of statistics: counted from rows and advisories, or absent. */
import type { Bar } from '../components/chart.tsx';
import { evidenceNames } from '../components/parts.tsx';
import type { AdvisoryView, ModuleRow } from '../model/view.ts';
import type { StatisticsData } from '../pages/statistics.tsx';
import { countedTags } from './lists.ts';
import { authorIn } from './plan.ts';
import type { Job } from './site.ts';

export function statisticsData({ source, plan }: Job, rows: readonly ModuleRow[]): StatisticsData {
  const firstOf = new Map<string, string>();
  for (const { name, created } of rows) {
    const author = authorIn(name);
    const first = firstOf.get(author);
    if (created !== '' && (first === undefined || created < first)) firstOf.set(author, created);
  }
  const { advisories } = source;
  return {
    modules: rows.length,
    versions: rows.reduce((sum, row) => sum + row.versions.length, 0),
    authors: plan.authors.size,
    growth: growthOf(rows.map(({ created }) => created)),
    authorGrowth: growthOf([...firstOf.values()]),
    evidence: evidenceNames.map((label, level) => ({
      label,
      value: rows.filter((row) => row.evidence === level).length,
    })),
    needs: counted(rows.flatMap(({ needs }) => (needs.length === 0 ? ['nothing'] : [...needs]))),
    licences: counted(rows.map(({ license }) => license)),
    tags: countedTags(plan, 10).map(({ tag, count }) => ({ label: tag, value: count })),
    advisories: counted(advisories.map(({ state }) => state)),
    response: spans(advisories.map(({ responseMinutes }) => responseMinutes)),
    resolution: resolutions(advisories),
    sources: sourceStates.map(([state, label]) => ({
      label,
      value: rows.filter(({ checked }) => checked === state).length,
    })),
    health: [
      { label: 'open advisory', value: rows.filter((row) => row.advisories.length > 0).length },
      { label: 'deprecated', value: rows.filter((row) => row.deprecated).length },
      { label: 'every version yanked', value: rows.filter((row) => row.yanked).length },
    ],
    installs: source.installs,
  };
}

const sourceStates = [
  ['match', 'as published'],
  ['mismatch', 'other bytes'],
  ['unreachable', 'not reached'],
  ['unchecked', 'not asked'],
] as const;

const day = 24 * 60;
const steps = [
  ['a day', day],
  ['3 days', 3 * day],
  ['a week', 7 * day],
  ['a month', 30 * day],
] as const;

/** How many took up to a day, three days, …; `undefined` has not happened yet. */
function spans(minutes: readonly (number | undefined)[], notYet = 'not yet'): Bar[] {
  if (minutes.length === 0) return [];
  const known = minutes.filter((one) => one !== undefined);
  let from = -1;
  const bars = steps.map(([label, to]) => {
    const value = known.filter((one) => one > from && one <= to).length;
    from = to;
    return { label: `within ${label}`, value };
  });
  const open = minutes.length - known.length;
  return [
    ...bars,
    { label: 'longer', value: known.filter((one) => one > from).length },
    ...(open > 0 ? [{ label: notYet, value: open }] : []),
  ];
}

/** Malware is not mended, and a withdrawn advisory needs nothing. */
function resolutions(advisories: readonly AdvisoryView[]): Bar[] {
  const meant = advisories.filter(({ malware, state }) => !malware && state === 'published');
  return spans(meant.map(({ resolvedMinutes }) => resolvedMinutes));
}

/** How many there were at the end of each month, at most the last 24. */
function growthOf(times: readonly string[]): Bar[] {
  const byMonth = new Map<string, number>();
  for (const at of times) if (at !== '') byMonth.set(at.slice(0, 7), (byMonth.get(at.slice(0, 7)) ?? 0) + 1);
  const months = [...byMonth.keys()].sort();
  const [first, last] = [months[0], months.at(-1)];
  if (first === undefined || last === undefined) return [];
  const bars: Bar[] = [];
  let value = 0;
  for (let month = first; month <= last; month = monthAfter(month)) {
    value += byMonth.get(month) ?? 0;
    bars.push({ label: month, value });
    // What an author writes as time may lie anywhere.
    if (bars.length > 1200) break;
  }
  return bars.slice(-24);
}

function monthAfter(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}

function counted(values: readonly string[]): Bar[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([label, value]) => ({ label, value }))
    .sort((a, b) => b.value - a.value || (a.label < b.label ? -1 : 1))
    .slice(0, 10);
}
