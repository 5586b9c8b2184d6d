/** Access logs into open days (docs/spec/statistics.md §1, §2). Reading the same log again changes nothing. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { layout, RegistryError } from '@mlld/format';
import { kindOfAgent } from './agent.ts';
import { type Days, note, type OpenDay } from './day.ts';
import { formatOf, type LogFormat, parserOf } from './formats.ts';
import type { InstallTable } from './installs.ts';
import { type LogLine, linesOf } from './lines.ts';
import type { LineProblem, LogRequest } from './request.ts';

export interface IngestOptions {
  /** Files, gzip or not; `-` is the standard input. */
  readonly logs: readonly string[];
  /** Where it is not given, each file's first lines tell. */
  readonly format?: LogFormat | undefined;
  readonly repository: string;
  readonly source: string;
  readonly table: InstallTable;
  readonly days: Days;
  /** Milliseconds since 1970: what is later than in a day is no time. */
  readonly now: number;
  readonly onProgress?: (lines: number, log: string) => void;
}

export interface IngestReport {
  readonly lines: number;
  /** Requests that install something. */
  readonly installs: number;
  /** Of these, pairs of address and version that no log had shown before. */
  readonly fresh: number;
  /** Requests of browsers to files that install something. */
  readonly browsers: number;
  /** Of days that are closed. */
  readonly late: number;
  /** Lines that can't be read, by what is wrong with them. */
  readonly unread: Readonly<Record<LineProblem, number>>;
  readonly logs: readonly { readonly log: string; readonly format: LogFormat; readonly cut: boolean }[];
  readonly days: readonly string[];
}

/** Lines by which the format of a file is told. */
const firstLines = 200;
/** Days that are open at the same time: a log is mostly in order, and each has a set in memory. */
const mostOpen = 400;

type Counting = { -readonly [K in 'lines' | 'installs' | 'fresh' | 'browsers' | 'late']: number } & {
  readonly unread: Record<LineProblem, number>;
};

interface Job extends IngestOptions {
  readonly counting: Counting;
  readonly open: Map<string, OpenDay>;
  readonly closed: Map<string, boolean>;
}

/** @throws RegistryError USAGE for a log whose format can't be told, FILE_NOT_FOUND */
export async function ingest(options: IngestOptions): Promise<IngestReport> {
  const unread = { form: 0, long: 0, time: 0, address: 0, agent: 0, other: 0 };
  const counting: Counting = { lines: 0, installs: 0, fresh: 0, browsers: 0, late: 0, unread };
  const job: Job = { ...options, counting, open: new Map(), closed: new Map() };
  const logs: IngestReport['logs'][number][] = [];
  for (const log of options.logs) {
    if (log !== '-' && !existsSync(log))
      throw new RegistryError('FILE_NOT_FOUND', `${log}: there is no such log`);
    logs.push({ log, ...(await ingestLog(log, job)) });
    // What was read is kept, whatever the next one does.
    for (const day of job.open.values()) options.days.save(day);
  }
  return { ...counting, logs, days: [...job.open.keys()].sort() };
}

async function ingestLog(log: string, job: Job): Promise<{ format: LogFormat; cut: boolean }> {
  const first: LogLine[] = [];
  let take: ((line: LogLine) => void) | undefined;
  let format = job.format;
  let cut = false;
  const begin = (): void => {
    format ??= formatOf(first.filter((line) => line !== undefined));
    if (format === undefined)
      throw new RegistryError(
        'USAGE',
        `${log}: its first ${first.length} lines are of no format that is known`,
        {
          hint: 'Say which one it has: --format combined, caddy, cloudfront, cloudflare or fastly.',
        },
      );
    take = taker(format, log, job);
    for (const line of first) take(line);
  };
  try {
    for await (const line of linesOf(log)) {
      if (take !== undefined) take(line);
      else if (first.push(line) === firstLines || format !== undefined) begin();
    }
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    // A file that is still being written, or was cut off: what came before counts.
    cut = true;
  }
  if (take === undefined && first.length > 0) begin();
  return { format: format ?? 'combined', cut };
}

function taker(format: LogFormat, log: string, job: Job): (line: LogLine) => void {
  const parse = parserOf(format);
  const { counting, onProgress } = job;
  return (line) => {
    if (++counting.lines % 50_000 === 0) onProgress?.(counting.lines, log);
    if (line === '') return;
    const found = line === undefined ? 'long' : parse(line);
    if (typeof found === 'string') counting.unread[found]++;
    else if (found !== undefined) takeRequest(found, job);
  };
}

function takeRequest(request: LogRequest, job: Job): void {
  const { counting, table, now } = job;
  const installed = table.read(request);
  if (installed === undefined) return;
  if (request.at > now + 86_400_000) return void counting.unread.time++;
  if (request.agent === undefined) return void counting.unread.agent++;
  const kind = kindOfAgent(request.agent);
  if (kind === undefined) return void counting.browsers++;
  const day = dayOf(new Date(request.at).toISOString().slice(0, 10), job);
  if (day === undefined) return void counting.late++;
  counting.installs++;
  if (note(day, { address: request.address, kind, installed })) counting.fresh++;
}

/** Undefined for a day that is closed. */
function dayOf(day: string, { open, closed, days, repository, source }: Job): OpenDay | undefined {
  const known = open.get(day);
  if (known !== undefined) return known;
  let isClosed = closed.get(day);
  if (isClosed === undefined) {
    isClosed = existsSync(path.join(repository, layout.statistics(source, day, 1)));
    closed.set(day, isClosed);
  }
  if (isClosed) return undefined;
  if (open.size >= mostOpen)
    throw new RegistryError('TOO_LARGE', `wanted at most ${mostOpen} open days at the same time`, {
      hint: 'Close days before you read more: mlld registry stats close.',
    });
  const opened = days.open(day);
  open.set(day, opened);
  return opened;
}
