/**
 * Statistics in a distribution (docs/spec/statistics.md §5): the statements and their counts as they were signed, and sums for pages
 * and programs. A day that is new is added to what is kept; one that was corrected makes all of it be added up anew.
 */
import {
  type AllInstalls,
  type Author,
  daysBefore,
  layout,
  type ModuleInstalls,
  type ModuleName,
  type StatisticsLine,
  type StatisticsStatement,
  shownWeeks,
  since,
  weekEnd,
  weekOf,
} from '@mlld/format';
import { sha256 } from '@mlld/trust';
import type { Changed, LateFacts, Output, OutputFile, Rows } from '../outputs/output.ts';
import type { SaidStatement } from '../repository/statements.ts';
import { dataPath, parseData, readData } from './data.ts';
import { plus, shownSeries, sumsOf, trimmed } from './series.ts';
import { trendingModules, trendingRow, trendingText } from './trending.ts';

export const statistics: Output = {
  name: 'statistics',
  version: 2,
  owns: ['statistics/', 'installs/'],
  reads: ['statistics'],
  late: (facts, changed) => statisticsFiles(facts, changed),
};

/** What is kept about all: by day its sums over all sources, and who counted. */
export interface AllSeries extends Omit<AllInstalls, 'sources'> {
  /** Each with its newest day and who counted that. */
  readonly sources: Readonly<Record<string, readonly [day: string, by: Author]>>;
}

/** `shownKey` of what was written last. */
const shownRow = '~shown';

const nothing: AllSeries = { newest: '', days: {}, weeks: {}, counted: {}, sources: {} };

function allSeries(rows: Pick<Rows, 'get'>): AllSeries | undefined {
  const text = rows.get('~all');
  return text === undefined ? undefined : (JSON.parse(text) as AllSeries);
}

/** Of all modules together, as it is published. */
export function allInstalls(rows: Pick<Rows, 'get'> | undefined): AllInstalls | undefined {
  const all = rows === undefined ? undefined : allSeries(rows);
  return all && { ...all, sources: sourcesOf(all) };
}

function sourcesOf({ sources }: AllSeries): AllInstalls['sources'] {
  return Object.fromEntries(Object.entries(sources).map(([source, [, by]]) => [source, by]));
}

/** Of one module, up to the end of the last whole week. */
export function moduleSeries(
  rows: Pick<Rows, 'get'>,
  name: string,
  newest: string,
): ModuleInstalls | undefined {
  const text = rows.get(name);
  return text === undefined ? undefined : shownSeries(JSON.parse(text) as ModuleInstalls, weekEnd(newest));
}

/**
 * Differs when what is shown of modules may differ: when a week is over, or something of an older one came or was corrected. All
 * days of the week that runs change nothing but what is shown of all modules together.
 */
export function shownKey(rows: Pick<Rows, 'get' | 'entries'>): string {
  const all = allSeries(rows);
  if (all === undefined) return '';
  const until = weekEnd(all.newest);
  const days = [...rows.entries()].filter(([key]) => {
    const day = /^~statistics\/[^/]+\/(.+)$/.exec(key)?.[1];
    return day !== undefined && day <= until;
  });
  const by = Object.entries(all.sources).map(([source, [, name]]) => [source, name]);
  return sha256(JSON.stringify([until, by, days.sort()])).slice(0, 32);
}

export function countedModules(rows: Pick<Rows, 'entries'>): ModuleName[] {
  return [...rows.entries()].flatMap(([key]) => (key.startsWith('@') ? (key as ModuleName) : [])).sort();
}

/** Whether a change is about statistics: all sums may differ then. */
export function touchesStatistics({ all, paths }: Changed): boolean {
  return all || [...paths].some((file) => file.startsWith('statistics/'));
}

interface Day {
  readonly read: SaidStatement & { readonly said: StatisticsStatement };
  readonly data: Uint8Array;
  readonly lines: readonly StatisticsLine[];
}

async function* statisticsFiles(facts: LateFacts, changed: Changed): AsyncGenerator<OutputFile> {
  if (!touchesStatistics(changed)) return;
  const { rows, statements } = facts;
  const touched = changed.all
    ? statements.list('statistics')
    : [...changed.paths]
        .filter((file) => file.startsWith('statistics/'))
        .map((file) => file.replace(/\.tsv$/, '.json'));
  const folders = [...new Set(touched.map((file) => file.slice(0, file.lastIndexOf('/'))))].sort();
  let isCorrected = false;
  for (const folder of folders) {
    const { days, files } = readFolder(folder, facts);
    yield* files;
    const newest = days.at(-1);
    const kept = rows.get(`~${folder}`);
    if (kept === newest?.read.sha256) continue;
    isCorrected ||= kept !== undefined || newest === undefined;
    if (!isCorrected && newest !== undefined) add(newest, folder, rows);
  }
  const before = countedModules(rows);
  const shownBefore = rows.get(shownRow);
  if (isCorrected) addAll(facts);
  setOrDelete(rows, trendingRow, trendingText(rows));
  yield ofAllFile(facts);
  const shown = shownKey(rows);
  rows.set(shownRow, shown);
  if (changed.all || shown !== shownBefore) yield* moduleSums(facts);
  for (const name of before) if (rows.get(name) === undefined) yield [layout.installs(name), undefined];
}

/** The revisions of one day of one source, as far as they are to be believed, and what is published of them. */
function readFolder(
  folder: string,
  facts: LateFacts,
): { readonly days: Day[]; readonly files: OutputFile[] } {
  const { statements, repository } = facts;
  const days: Day[] = [];
  const files: OutputFile[] = [];
  const byNumber = [...statements.list(folder)].sort((a, b) => numberIn(a) - numberIn(b));
  for (const file of byNumber) {
    const day = readDay(file, { statements, repository });
    files.push(
      [file, day?.read.text],
      [layout.signature(file), day?.read.signatures.join('')],
      [dataPath(file), day?.data],
    );
    if (day !== undefined) days.push(day);
  }
  return { days, files };
}

function numberIn(file: string): number {
  return Number(/(\d+)\.json$/.exec(file)?.[1] ?? 0);
}

/** Undefined for what is not to be believed: the check of the repository says why. */
function readDay(
  file: string,
  { statements, repository }: Pick<LateFacts, 'statements' | 'repository'>,
): Day | undefined {
  const read = statements.read(file);
  if (read?.said.type !== 'statistics') return undefined;
  const { said } = read;
  try {
    const data = readData(repository.tree, file, said);
    return { read: { ...read, said }, data, lines: parseData(data, file, said) };
  } catch {
    return undefined;
  }
}

/** Everything anew: the order in which days came leaves no trace. */
function addAll(facts: LateFacts): void {
  const { rows, statements } = facts;
  for (const [key] of [...rows.entries()]) rows.delete(key);
  const folders = new Set(statements.list('statistics').map((file) => file.slice(0, file.lastIndexOf('/'))));
  for (const folder of [...folders].sort()) {
    const newest = readFolder(folder, facts).days.at(-1);
    if (newest !== undefined) add(newest, folder, rows);
  }
}

function add({ read, lines }: Day, folder: string, rows: Rows): void {
  const { said } = read;
  const { day } = said;
  rows.set(`~${folder}`, read.sha256);
  const before = allSeries(rows) ?? nothing;
  const isFirst = before.days[day] === undefined;
  const newest = day > before.newest ? day : before.newest;
  const week = weekOf(day);
  const all: AllSeries = {
    newest,
    days: plus(before.days, day, sumsOf(said.total)),
    weeks: plus(before.weeks, week, sumsOf(said.total)),
    counted: isFirst ? { ...before.counted, [week]: (before.counted[week] ?? 0) + 1 } : before.counted,
    sources: withSource(before.sources, said),
  };
  rows.set('~all', JSON.stringify(all));
  const modules = new Map<string, ModuleInstalls>();
  for (const line of lines) {
    const known = modules.get(line.name) ?? keptSeries(rows, line.name);
    modules.set(line.name, withLine(known, day, line));
  }
  for (const [name, series] of modules) rows.set(name, JSON.stringify(trimmed(series, newest)));
}

function withSource(
  sources: AllSeries['sources'],
  { source, day, by }: StatisticsStatement,
): AllSeries['sources'] {
  return (sources[source]?.[0] ?? '') > day
    ? sources
    : since({ ...sources, [source]: [day, by] as const }, '');
}

function keptSeries(rows: Rows, name: string): ModuleInstalls {
  const text = rows.get(name);
  return text === undefined ? { days: {}, weeks: {}, versions: {} } : (JSON.parse(text) as ModuleInstalls);
}

function withLine(series: ModuleInstalls, day: string, line: StatisticsLine): ModuleInstalls {
  const sums = sumsOf(line);
  if (line.version === '*')
    return { ...series, days: plus(series.days, day, sums), weeks: plus(series.weeks, weekOf(day), sums) };
  const ofDay = series.versions[day] ?? {};
  const versions = {
    ...series.versions,
    [day]: { ...ofDay, [line.version]: (ofDay[line.version] ?? 0) + sums[0] },
  };
  return { ...series, versions };
}

function ofAllFile({ rows, info }: LateFacts): OutputFile {
  const all = allSeries(rows);
  if (all === undefined) return [layout.installsOfAll, undefined];
  const { newest } = all;
  const first = daysBefore(weekOf(newest), (shownWeeks - 1) * 7);
  const ofAll = {
    days: since(all.days, first),
    weeks: since(all.weeks, first),
    counted: since(all.counted, first),
  };
  const sources = sourcesOf(all);
  return [
    layout.installsOfAll,
    `${JSON.stringify({ v: 1, registry: info.name, newest, sources, ...ofAll, trending: trendingModules(rows) })}\n`,
  ];
}

/** Of modules with whole weeks only: each of them is written anew once a week, not once a day. */
function* moduleSums({ rows }: LateFacts): Generator<OutputFile> {
  const newest = allSeries(rows)?.newest;
  if (newest === undefined) return;
  for (const name of countedModules(rows)) {
    const series = moduleSeries(rows, name, newest);
    const isNew = series === undefined || Object.keys(series.weeks).length === 0;
    const text = `${JSON.stringify({ v: 1, name, newest: weekEnd(newest), ...series })}\n`;
    yield [layout.installs(name), isNew ? undefined : text];
  }
}

function setOrDelete(rows: Rows, key: string, text: string | undefined): void {
  if (text === undefined) rows.delete(key);
  else rows.set(key, text);
}
