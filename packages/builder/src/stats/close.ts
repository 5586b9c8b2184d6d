/** From an open day to what is said of it (docs/spec/statistics.md §3, §4). */
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  type Author,
  type Counts,
  encodeStatistics,
  encodeStatisticsData,
  layout,
  roundCount,
  type StatisticsLine,
} from '@mlld/format';
import { sha256 } from '@mlld/trust';
import { writeDurable } from '../follow/durable.ts';
import type { AgentKind } from './agent.ts';
import { type Days, entryOf, type OpenDay } from './day.ts';

export interface Closing {
  readonly registry: string;
  readonly source: string;
  readonly by: Author;
  /** When it is closed: the time of the statement. */
  readonly at: string;
}

/** What is to be signed. */
export interface ClosedDay {
  readonly day: string;
  readonly file: string;
  readonly statement: string;
  readonly dataFile: string;
  readonly data: string;
  readonly total: Counts;
}

export function closedDay(open: OpenDay, { registry, source, by, at }: Closing): ClosedDay {
  const { day } = open;
  const total = tally();
  const byLine = new Map<string, Tally>();
  for (const entry of open.seen) {
    const { address, kind, name, version } = entryOf(entry);
    total.add(kind, address);
    for (const key of version === '-' ? [`${name}\t*`] : [`${name}\t*`, `${name}\t${version}`]) {
      const known = byLine.get(key) ?? tally();
      known.add(kind, address);
      byLine.set(key, known);
    }
  }
  const lines = [...byLine].map(([key, counted]): StatisticsLine => {
    const [name = '', version = ''] = key.split('\t');
    return { name: name as StatisticsLine['name'], version, ...counted.counts() };
  });
  const data = encodeStatisticsData(lines);
  const bytes = Buffer.from(data);
  const statement = encodeStatistics({
    type: 'statistics',
    v: 1,
    registry,
    n: 1,
    by,
    at,
    source,
    day,
    complete: !open.full,
    total: total.counts(),
    data: { sha256: sha256(bytes), size: bytes.length, lines: lines.length },
  });
  return {
    day,
    statement,
    data,
    file: layout.statistics(source, day, 1),
    dataFile: layout.statisticsData(source, day, 1),
    total: total.counts(),
  };
}

interface Tally {
  readonly add: (kind: AgentKind, address: string) => void;
  readonly counts: () => Counts;
}

/** Different addresses of each kind. */
function tally(): Tally {
  const sets = { people: new Set<string>(), ci: new Set<string>(), robots: new Set<string>() };
  return {
    add: (kind, address) => void sets[kind].add(address),
    counts: () => ({
      people: roundCount(sets.people.size),
      ci: roundCount(sets.ci.size),
      robots: roundCount(sets.robots.size),
    }),
  };
}

/** The days that ended long enough ago for the last logs to have come; and those that are closed, but whose salt is still there. */
export function daysToClose(
  days: Days,
  {
    repository,
    source,
    now,
    waitHours,
  }: { repository: string; source: string; now: number; waitHours: number },
): { readonly due: readonly string[]; readonly closed: readonly string[] } {
  const isClosed = (day: string) => existsSync(path.join(repository, layout.statistics(source, day, 1)));
  const isOver = (day: string) => Date.parse(`${day}T00:00:00Z`) + 86_400_000 + waitHours * 3_600_000 <= now;
  const all = days.list();
  return { due: all.filter((day) => !isClosed(day) && isOver(day)), closed: all.filter(isClosed) };
}

/** Writes what was signed, the statement last: while it is not there, the day is open. Then the salt goes. */
export function writeClosed(
  closed: ClosedDay,
  { repository, signatures, days }: { repository: string; signatures: string; days: Days },
): void {
  const write = (file: string, text: string) => writeDurable(path.join(repository, file), text);
  write(closed.dataFile, closed.data);
  write(layout.signature(closed.file), signatures);
  write(closed.file, closed.statement);
  days.forget(closed.day);
}
