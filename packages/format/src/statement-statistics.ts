/**
 * `statistics`: how often modules were installed on one day, as one source of access logs shows it (docs/spec/statistics.md).
 * The statement is small and logged; the counts are in a file beside it that it names by size and sha256.
 */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import { RegistryError } from './errors.ts';
import { decodeUtf8 } from './json.ts';
import { limits } from './limits.ts';
import { type Author, isModuleName, type ModuleName, parseAuthor, parseRegistryName } from './name.ts';
import { openStatement, type ParseOptions } from './statement.ts';
import { isVersion } from './version-syntax.ts';

/** A rounded count (statistics.md §4.3): 0, `<5` for 1 to 4, else a multiple of 5. */
export type Count = number | '<5';

/** Who asked, told apart by what their program calls itself (statistics.md §2.4). */
export interface Counts {
  readonly people: Count;
  readonly ci: Count;
  readonly robots: Count;
}

export interface StatisticsStatement {
  readonly type: 'statistics';
  readonly v: 1;
  readonly registry: string;
  /** 1; a correction of the day has the next number. */
  readonly n: number;
  /** Who counted. */
  readonly by: Author;
  readonly at: string;
  /** Which logs: `[a-z0-9-]`, for instance `cdn`. */
  readonly source: string;
  /** A day in UTC, `2026-03-01`. */
  readonly day: string;
  /** Whether all of the day's requests in these logs were counted: not if there were more than the limit. */
  readonly complete: boolean;
  /** Different addresses that installed anything. */
  readonly total: Counts;
  readonly data: { readonly sha256: Sha256Hex; readonly size: number; readonly lines: number };
}

/** One line of the data: of all versions of a module together, or of one. */
export interface StatisticsLine extends Counts {
  readonly name: ModuleName;
  /** `*`: all versions together, each address once. */
  readonly version: string;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseStatistics(
  bytes: Uint8Array | string,
  { where = 'statistics' }: ParseOptions = {},
): StatisticsStatement {
  const { value, $ } = openStatement(bytes, ['statistics'], where);
  d.onlyMembers(value, members, $);
  const data = d.object(value.data, `${$}.data`);
  d.onlyMembers(data, ['sha256', 'size', 'lines'], `${$}.data`);
  return {
    type: 'statistics',
    v: 1,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    n: d.integer(1, limits.changesPerModule)(value.n, `${$}.n`),
    by: d.parsed(parseAuthor)(value.by, `${$}.by`),
    at: d.instant(value.at, `${$}.at`),
    source: d.parsed(parseStatisticsSource)(value.source, `${$}.source`),
    day: d.parsed(parseDay)(value.day, `${$}.day`),
    complete: d.boolean(value.complete, `${$}.complete`),
    total: countsDecoder(value.total, `${$}.total`),
    data: {
      sha256: d.parsed(parseSha256)(data.sha256, `${$}.data.sha256`),
      size: d.integer(0, limits.statisticsBytes)(data.size, `${$}.data.size`),
      lines: d.integer(0)(data.lines, `${$}.data.lines`),
    },
  };
}

const members = ['type', 'v', 'registry', 'n', 'by', 'at', 'source', 'day', 'complete', 'total', 'data'];

export function encodeStatistics(statement: StatisticsStatement): string {
  return `${JSON.stringify(statement, null, 2)}\n`;
}

const countsDecoder: d.Decoder<Counts> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['people', 'ci', 'robots'], path);
  return {
    people: countDecoder(found.people, `${path}.people`),
    ci: countDecoder(found.ci, `${path}.ci`),
    robots: countDecoder(found.robots, `${path}.robots`),
  };
};

const countDecoder: d.Decoder<Count> = (value, path) => {
  if (value === '<5') return value;
  const count = d.integer(0)(value, path);
  if (count % 5 !== 0) throw d.badShape(path, '0, "<5" or a multiple of 5', value);
  return count;
};

/** What is said of a number (statistics.md §4.3). */
export function roundCount(count: number): Count {
  if (count === 0) return 0;
  return count < 5 ? '<5' : Math.round(count / 5) * 5;
}

/** The least that a count stands for: sums are sums of these, and so say «at least». */
export function leastOf(count: Count): number {
  return count === '<5' ? 0 : count;
}

/** @throws RegistryError BAD_NAME */
export function parseStatisticsSource(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(text)) return text;
  throw new RegistryError('BAD_NAME', 'a source of statistics is 1 to 32 of a-z, 0-9 and inner hyphens');
}

/** A day of the calendar, `2026-03-01`. @throws RegistryError BAD_SHAPE */
export function parseDay(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text) return text;
  throw new RegistryError('BAD_SHAPE', 'wanted a day like 2026-03-01');
}

/** The data as text: lines `name version people ci robots` between tabs, in the order of their bytes. */
export function encodeStatisticsData(lines: readonly StatisticsLine[]): string {
  return lines
    .map(({ name, version, people, ci, robots }) => `${name}\t${version}\t${people}\t${ci}\t${robots}\n`)
    .sort()
    .join('');
}

/** @throws RegistryError TOO_LARGE, BAD_JSON for what is no UTF-8, BAD_SHAPE for any other line than this program would write */
export function* parseStatisticsData(
  bytes: Uint8Array | string,
  where = 'statistics data',
): Generator<StatisticsLine> {
  const text = typeof bytes === 'string' ? bytes : decodeUtf8(bytes, where);
  if (text.length > limits.statisticsBytes)
    throw new RegistryError('TOO_LARGE', `${where}: wanted at most ${limits.statisticsBytes} bytes`);
  let before = '';
  let number = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end === -1 ? text.length : end);
    number++;
    const found = end === -1 ? undefined : lineOf(line);
    // The order is part of the format: no line stands twice.
    const key = line.slice(0, line.indexOf('\t', line.indexOf('\t') + 1) + 1);
    if (found === undefined || key <= before)
      throw new RegistryError(
        'BAD_SHAPE',
        `${where}, line ${number}: wanted name, version, people, ci and robots between tabs, in order, once each`,
      );
    before = key;
    from = end + 1;
    yield found;
  }
}

function lineOf(line: string): StatisticsLine | undefined {
  const [name = '', version = '', people, ci, robots, ...rest] = line.split('\t');
  const counts = [people, ci, robots].map(countOf);
  const [p, c, r] = counts;
  if (p === undefined || c === undefined || r === undefined || rest.length > 0) return undefined;
  if (!isModuleName(name) || !(version === '*' || isVersion(version))) return undefined;
  return counts.every((one) => one === 0) ? undefined : { name, version, people: p, ci: c, robots: r };
}

function countOf(text: string | undefined): Count | undefined {
  if (text === '<5') return text;
  return text !== undefined && /^(?:0|[1-9]\d{0,14})$/.test(text) && Number(text) % 5 === 0
    ? Number(text)
    : undefined;
}
