/** Semver ranges as intervals of versions, for formats that know no ranges. */

import Range from 'semver/classes/range.js';
import compareSemver from 'semver/functions/compare.js';
import incSemver from 'semver/functions/inc.js';
import prereleaseOf from 'semver/functions/prerelease.js';

/** From `from` on (undefined: from the first version), before `before` or up to `last` itself; neither: without end. */
export interface VersionInterval {
  readonly from?: string;
  readonly before?: string;
  readonly last?: string;
}

/** The versions that `covers` finds in a range, as intervals that don't overlap, ascending. */
export function versionIntervals(range: string): VersionInterval[] {
  const parsed = new Range(range, { includePrerelease: true });
  const intervals = parsed.set.flatMap((comparators) => intervalOf(comparators) ?? []);
  intervals.sort((a, b) => compareStart(a.from, b.from));
  const merged: VersionInterval[] = [];
  for (const next of intervals) {
    const current = merged.at(-1);
    if (current === undefined || isBehind(next, current)) merged.push(next);
    else if (compareEnd(endOf(next), endOf(current)) > 0) merged[merged.length - 1] = withEnd(current, next);
  }
  return merged;
}

function intervalOf(comparators: Range['set'][number]): VersionInterval | undefined {
  let interval: VersionInterval = {};
  for (const { operator, semver } of comparators) {
    const { version } = semver;
    // `*` is a comparator of no version.
    if (typeof version !== 'string') continue;
    if (operator === '>=' || operator === '>' || operator === '') {
      const from = operator === '>' ? after(version) : version;
      if (compareStart(from, interval.from) > 0) interval = { ...interval, from };
    }
    const end = operator === '<' ? { before: version } : operator.startsWith('>') ? {} : { last: version };
    if (compareEnd(endOf(end), endOf(interval)) < 0) interval = withEnd(interval, end);
  }
  return isEmpty(interval) ? undefined : interval;
}

/** The version directly behind another (semver 2.0.0 §11). */
function after(version: string): string {
  return prereleaseOf(version) === null ? `${incSemver(version, 'patch')}-0` : `${version}.0`;
}

/** The first version that is not in the interval any more. */
function endOf({ before, last }: VersionInterval): string | undefined {
  return last === undefined ? before : after(last);
}

function withEnd({ from }: VersionInterval, { before, last }: VersionInterval): VersionInterval {
  return {
    ...(from === undefined ? {} : { from }),
    ...(before === undefined ? {} : { before }),
    ...(last === undefined ? {} : { last }),
  };
}

const first = '0.0.0-0';

function isEmpty(interval: VersionInterval): boolean {
  const end = endOf(interval);
  return end !== undefined && compareSemver(interval.from ?? first, end) >= 0;
}

function isBehind({ from }: VersionInterval, before: VersionInterval): boolean {
  const end = endOf(before);
  return end !== undefined && compareSemver(from ?? first, end) > 0;
}

function compareStart(a: string | undefined, b: string | undefined): number {
  return compareSemver(a ?? first, b ?? first);
}

/** No end comes after any. */
function compareEnd(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  return compareSemver(a, b);
}
