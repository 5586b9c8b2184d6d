/** docs/spec/advisories.md §6, §7.2: the index of advisories, and ranges as intervals. */
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AdvisoryEntry,
  type AdvisoryIndex,
  compareVersions,
  covers,
  encodeAdvisoryIndex,
  parseAdvisoryIndex,
  parseConfig,
  type VersionInterval,
  versionIntervals,
} from '../src/index.ts';

const entry: AdvisoryEntry = {
  id: 'MLLD-2026-0001',
  n: 2,
  revisions: 3,
  statement: 'a'.repeat(64) as never,
  state: 'published',
  official: true,
  malware: true,
  severity: 'critical',
  title: 'It takes your keys',
  summary: 'On import.',
  affected: [
    { name: '@alice/a' as never, ranges: ['<1'], digests: ['b'.repeat(64) as never], exports: ['x'] },
  ],
  patches: [{ name: '@alice/a' as never, version: '1.0.0' }],
  aliases: ['CVE-2026-1'],
  by: 'bob' as never,
  reportedAt: '2026-01-01T00:00:00Z',
  publishedAt: '2026-01-02T00:00:00Z',
  responseMinutes: 1440,
  votes: { confirm: 1, dispute: 0 },
  answer: { by: 'alice' as never, at: '2026-01-03T00:00:00Z', text: 'Yes.' },
  signed: { statement: '{}', signatures: ['-----'] },
};
const index: AdvisoryIndex = {
  v: 1,
  registry: 'registry.test',
  count: 2,
  stats: {
    reported: 0,
    reviewing: 0,
    published: 1,
    withdrawn: 0,
    response: { count: 1, medianMinutes: 1440, slowestMinutes: 1440, within48Hours: 1 },
  },
  advisories: [
    entry,
    { ...entry, id: 'MLLD-2026-0002', state: 'withdrawn', withdrawnAt: '2026-02-01T00:00:00Z' },
  ],
};

describe('the index', () => {
  test('is read back as it was written, a line an advisory', () => {
    const text = encodeAdvisoryIndex(index);
    expect(parseAdvisoryIndex(text)).toEqual(index);
    expect(text.split('\n')).toHaveLength(5);
    const none = { ...index, count: 0, advisories: [] };
    expect(parseAdvisoryIndex(encodeAdvisoryIndex(none))).toEqual(none);
  });

  const twisted = (change: object) =>
    encodeAdvisoryIndex({ ...index, advisories: [{ ...entry, ...change } as AdvisoryEntry] });
  test.each([
    ['another schema', () => encodeAdvisoryIndex(index).replace('{"v":1', '{"v":2')],
    ['a bad id', () => twisted({ id: '../../x' })],
    ['a bad state', () => twisted({ state: 'done' })],
    ['a prefix of a digest', () => twisted({ affected: [{ ...entry.affected[0], digests: ['abcd1234'] }] })],
    ['a name that leads elsewhere', () => twisted({ affected: [{ ...entry.affected[0], name: '@a/../b' }] })],
    ['control characters', () => twisted({ title: 'a\u001b[2J' })],
    ['a count below zero', () => encodeAdvisoryIndex({ ...index, count: -1 })],
    ['a member twice', () => encodeAdvisoryIndex(index).replace('"count":2', '"count":2,"count":1')],
    ['something else', () => '[]'],
  ])('with %s is refused', (_name, text) => {
    const refused = ['BAD_SHAPE', 'BAD_JSON', 'BAD_NAME', 'BAD_DIGEST', 'UNSUPPORTED_VERSION'];
    expect(refused).toContain(codeOf(() => parseAdvisoryIndex(text())));
  });
});

describe('ranges as intervals', () => {
  test.each<[string, VersionInterval[]]>([
    ['*', [{}]],
    ['<1.2.0', [{ before: '1.2.0' }]],
    ['<=1.2.0', [{ last: '1.2.0' }]],
    ['1.2.3', [{ from: '1.2.3', last: '1.2.3' }]],
    ['^1.2.3 || >=2.0.0-0 <2.1.0', [{ from: '1.2.3', before: '2.1.0' }]],
    ['<=0.9.0 || 1.x', [{ last: '0.9.0' }, { from: '1.0.0-0', before: '2.0.0-0' }]],
    ['>1.0.0', [{ from: '1.0.1-0' }]],
    ['>2 <1', []],
  ])('%s', (range, intervals) => {
    expect(versionIntervals(range)).toEqual(intervals);
  });

  const number = fc.integer({ min: 0, max: 3 });
  const version = fc
    .tuple(number, number, number, fc.constantFrom('', '-0', '-beta.1', '-rc'))
    .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`);
  const comparator = fc.oneof(
    fc.tuple(fc.constantFrom('<', '<=', '>', '>=', '^', '~', ''), version).map((parts) => parts.join('')),
    fc.constantFrom('*', '1.x', '2'),
  );
  const range = fc
    .array(
      fc.array(comparator, { minLength: 1, maxLength: 2 }).map((parts) => parts.join(' ')),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((parts) => parts.join(' || '));
  const isIn = (of: string, { from, before, last }: VersionInterval) =>
    (from === undefined || compareVersions(of, from) >= 0) &&
    (before === undefined || compareVersions(of, before) < 0) &&
    (last === undefined || compareVersions(of, last) <= 0);

  test('hold exactly the versions that the range covers, ascending, and none twice', () => {
    fc.assert(
      fc.property(range, version, (text, one) => {
        const intervals = versionIntervals(text);
        expect(intervals.filter((interval) => isIn(one, interval))).toHaveLength(covers(text, one) ? 1 : 0);
        for (const { before, last } of intervals) expect([before, last]).toContain(undefined);
      }),
      { numRuns: 2000 },
    );
  });
});

test('advisories that a user accepts are named by id', () => {
  const config = (ids: unknown) => JSON.stringify({ policy: { acceptedAdvisories: ids } });
  expect(parseConfig(config(['MLLD-2026-0001'])).policy?.acceptedAdvisories).toEqual(['MLLD-2026-0001']);
  for (const ids of ['MLLD-2026-0001', ['*'], [1]])
    expect(codeOf(() => parseConfig(config(ids)))).toBe('BAD_SHAPE');
});
