/** What rises, and when what is shown of modules changes: from sums alone. */
import { daysBefore, type Series, weekEnd } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shownKey } from '../src/stats/output.ts';

import { riseOf, trendingModules, trendingText } from '../src/stats/trending.ts';

const newest = '2026-03-15';
/** Installs a day of the seven days before, and of the last seven. */
type Pace = readonly [before: number, now: number];

function seriesOf([before, now]: Pace): Series {
  return Object.fromEntries(
    Array.from({ length: 14 }, (_, i) => [daysBefore(newest, 13 - i), [i < 7 ? before : now, 0, 0] as const]),
  );
}

interface Counted {
  readonly all: Pace;
  readonly modules: Readonly<Record<string, Pace>>;
  /** Days that each source counted, the newest being the last. */
  readonly sources?: Readonly<Record<string, number>>;
}

function rowsOf({ all, modules, sources = { main: 14 } }: Counted): Map<string, string> {
  const days = Object.entries(sources).flatMap(([source, count]) =>
    Array.from(
      { length: count },
      (_, i) => [`~statistics/${source}/${daysBefore(newest, i)}`, `${source} ${i}`] as const,
    ),
  );
  return new Map([
    ...days,
    ['~all', JSON.stringify({ newest, days: seriesOf(all), weeks: {}, counted: {}, sources: {} })],
    ...Object.entries(modules).map(
      ([name, pace]) => [name, JSON.stringify({ days: seriesOf(pace), weeks: {}, versions: {} })] as const,
    ),
  ]);
}

function trending(counted: Counted) {
  const rows = rowsOf(counted);
  const text = trendingText(rows);
  return text === undefined ? [] : trendingModules(new Map([['~trending', text]]));
}

describe('trending', () => {
  test('is what rises more than chance, and more than everything does', () => {
    const modules = {
      '@alice/large': [500, 510],
      '@alice/rises': [20, 60],
      '@bob/new': [0, 15],
      '@bob/few': [0, 3],
    } as const;
    expect(trending({ all: [1000, 1010], modules })).toEqual([
      ['@alice/rises', 420, 140],
      ['@bob/new', 105, 0],
    ]);
    // All of the registry has tripled: that module did what the others did.
    expect(trending({ all: [1000, 3000], modules }).map(([name]) => name)).toEqual(['@bob/new']);
  });

  test('is nothing where two weeks can not be compared, or nobody counts', () => {
    const modules = { '@alice/rises': [20, 60] } as const;
    expect(trending({ all: [100, 100], modules, sources: { main: 13 } })).toEqual([]);
    expect(trending({ all: [100, 100], modules, sources: { main: 14, cdn: 5 } })).toEqual([]);
    expect(trending({ all: [100, 100], modules, sources: { main: 14, cdn: 14 } })).toHaveLength(1);
    expect(trendingText(new Map())).toBeUndefined();
    expect(trendingModules(undefined)).toEqual([]);
  });

  test('grows with what is now and falls with what was', () => {
    const count = fc.integer({ min: 0, max: 1_000_000 });
    const growth = fc.double({ min: 0.1, max: 10, noNaN: true });
    fc.assert(
      fc.property(count, count, growth, (now, before, by) => {
        expect(riseOf(now + 1, before, by)).toBeGreaterThanOrEqual(riseOf(now, before, by) - 1e-9);
        expect(riseOf(now, before + 1, by)).toBeLessThanOrEqual(riseOf(now, before, by) + 1e-9);
      }),
    );
  });
});

test('what is shown of modules ends with a week, and differs only when something of such a week does', () => {
  expect(
    ['2026-03-14', '2026-03-15', '2026-03-16', '2026-03-21', '2026-03-22'].map((day) => weekEnd(day)),
  ).toEqual(['2026-03-08', '2026-03-15', '2026-03-15', '2026-03-15', '2026-03-22']);
  const rows = rowsOf({ all: [1, 1], modules: {} });
  const before = shownKey(rows);
  const later = (day: string) =>
    new Map([
      ...rows,
      [`~statistics/main/${day}`, 'x'],
      ['~all', JSON.stringify({ newest: day, days: {}, weeks: {}, counted: {}, sources: {} })],
    ]);
  expect(shownKey(later('2026-03-16'))).toBe(before);
  expect(shownKey(later('2026-03-22'))).not.toBe(before);
  expect(shownKey(new Map([...rows, ['~statistics/main/2026-03-10', 'corrected']]))).not.toBe(before);
});
