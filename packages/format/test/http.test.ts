/** What everybody who reads an answer over HTTP has to do. */
import { limits, readBounded, retryAfterMs } from '@mlld/format';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const now = Date.UTC(1994, 10, 6, 8, 49, 30);

const waits: readonly (readonly [header: string, ms: number])[] = [
  ['120', 120_000],
  [' 0 ', 0],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 7000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 7000],
  ['Sun Nov  6 08:49:37 1994', 7000],
  ['Sat, 05 Nov 1994 08:49:37 GMT', 0],
  ['Mon, 06 Nov 2094 08:49:37 GMT', limits.retryAfterMs],
  ['99999999999999999999999', limits.retryAfterMs],
];

test.each(waits)('Retry-After: %s', (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});

const others = [
  '',
  'soon',
  '-1',
  '1.5',
  '0x10',
  '1e3',
  'Infinity',
  'Sunday',
  'Sun, 32 Nov 1994 25:49:37 GMT',
];

test.each(others)('Retry-After: «%s» says nothing', (header) => {
  expect(retryAfterMs(header, now)).toBeUndefined();
});

test('whatever a header says, the wait is bounded', () => {
  fc.assert(
    fc.property(fc.option(fc.string()), (header) => {
      const ms = retryAfterMs(header, now);
      expect(ms === undefined || (ms >= 0 && ms <= limits.retryAfterMs)).toBe(true);
    }),
  );
});

test('a stream is read whole, or no further than its bound', async () => {
  let given = 0;
  async function* parts(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
    for (const size of sizes) yield new Uint8Array(size).fill(++given);
  }
  expect(await readBounded(parts([1, 0, 2]), 3)).toEqual(new Uint8Array([1, 3, 3]));
  given = 0;
  expect(await readBounded(parts([2, 2, 2, 2]), 3)).toBeUndefined();
  expect(given).toBe(2);
  expect(await readBounded(null, 3)).toEqual(new Uint8Array());
});
