import { expect, test } from 'vitest';
import { compareRecords, levelOf } from '../src/rank.ts';

const base = { name: '@a/b', about: '', keywords: ['x'], categories: [], quality: 50, score: 50 };

test('of a record, the ranking reads what is known of its bytes and of what people say, and nothing else', () => {
  const seen = new Set<string>();
  const watched = (record: object) =>
    new Proxy(record, {
      get(of, key) {
        seen.add(String(key));
        return Reflect.get(of, key);
      },
    }) as never;
  compareRecords(watched(base), watched({ ...base, name: '@a/c' }));
  expect([...seen].sort()).toEqual([
    'categories',
    'deprecated',
    'keywords',
    'name',
    'quality',
    'score',
    'yanked',
  ]);
});

test('no member that says who pays changes a level or an order', () => {
  const paid = {
    ...base,
    funding: 'https://example.org/',
    sponsor: 'x',
    promoted: true,
    tier: 'gold',
    paid: 1000,
  };
  expect(levelOf(paid as never)).toBe(levelOf(base as never));
  expect(compareRecords(paid as never, base as never)).toBe(0);
});
