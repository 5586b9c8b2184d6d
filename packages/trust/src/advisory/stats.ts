/** How fast reports are dealt with (docs/spec/advisories.md §6.4): over all advisories, computed from what they say. */
import type { AdvisoryState, AdvisoryStats } from '@mlld/format';

export interface Dealt {
  readonly state: AdvisoryState;
  readonly responseMinutes?: number | undefined;
}

export function advisoryStats(all: readonly Dealt[]): AdvisoryStats {
  const count = (wanted: AdvisoryState) => all.filter(({ state }) => state === wanted).length;
  const times = all.flatMap(({ responseMinutes }) => responseMinutes ?? []).sort((a, b) => a - b);
  return {
    reported: count('reported'),
    reviewing: count('reviewing'),
    published: count('published'),
    withdrawn: count('withdrawn'),
    ...(times.length === 0
      ? {}
      : {
          response: {
            count: times.length,
            medianMinutes: median(times),
            slowestMinutes: times.at(-1) ?? 0,
            within48Hours: times.filter((minutes) => minutes <= 48 * 60).length,
          },
        }),
  };
}

/** Of an even number the mean of the two in the middle, whole minutes. */
function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? 0;
  const high = sorted[Math.floor(middle)] ?? 0;
  return Math.round((low + high) / 2);
}
