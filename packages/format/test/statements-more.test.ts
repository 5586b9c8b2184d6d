/** Policy, record, snapshot (statements.md §10), what people say (§11), advisories. */
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeAdvisory,
  encodeCommunity,
  parseAdvisory,
  parseAdvisoryVote,
  parseCommunity,
  parsePolicy,
  parseRecordStatement,
  parseSnapshot,
} from '../src/index.ts';
import { broken, swapped } from './fuzzing.ts';

const hash = 'ab'.repeat(32);
const registry = 'registry.example.org';
const at = '2026-01-31T12:00:00Z';
const key = (letter: string) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)}`;
const vkey = (name: string) => `${name}+00000000+${'A'.repeat(44)}`;

interface Case {
  readonly good: object;
  readonly parse: (text: string) => unknown;
  readonly encode?: (value: never) => string;
  readonly bad: readonly (readonly [string, object, string])[];
}

const said = { v: 1, registry, n: 1, by: 'alice', at };
const cases: Record<string, Case> = {
  policy: {
    parse: parsePolicy,
    good: {
      type: 'policy',
      v: 1,
      registry,
      n: 1,
      roles: { root: { keys: [key('A'), key('B')], threshold: 2 } },
      log: { origin: `${registry}/log`, keys: [vkey(`${registry}/log`)] },
      witnesses: [vkey('w1'), vkey('w2')],
      quorum: 1,
      reserved: ['admin'],
      recoveryDelayHours: 72,
      createdAt: at,
    },
    bad: [
      ['no root', { roles: {} }, 'BAD_SHAPE'],
      [
        'an unknown role',
        { roles: { root: { keys: [key('A')], threshold: 1 }, constructor: {} } },
        'BAD_SHAPE',
      ],
      [
        'a threshold above its keys',
        { roles: { root: { keys: [key('A')], threshold: 2 } } },
        'BAD_STATEMENT',
      ],
      [
        'a key twice',
        { roles: { root: { keys: [key('A'), `${key('A')} x`], threshold: 1 } } },
        'BAD_STATEMENT',
      ],
      ['a quorum above its witnesses', { quorum: 3 }, 'BAD_STATEMENT'],
      ['a witness twice', { witnesses: [vkey('w1'), vkey('w1')] }, 'BAD_STATEMENT'],
      ['no key of the log', { log: { origin: 'x', keys: [] } }, 'BAD_SHAPE'],
      ['number 0', { n: 0 }, 'BAD_SHAPE'],
      ['a later schema', { v: 2 }, 'UNSUPPORTED_VERSION'],
      ['another type', { type: 'snapshot' }, 'BAD_STATEMENT'],
    ],
  },
  record: {
    parse: parseRecordStatement,
    good: { type: 'record', v: 1, registry, name: '@alice/strings', version: '1.2.0', sha256: hash },
    bad: [['a bad version', { version: '1' }, 'BAD_SHAPE']],
  },
  snapshot: {
    parse: parseSnapshot,
    good: {
      type: 'snapshot',
      v: 1,
      registry,
      size: 100,
      root: hash,
      depth: 2,
      modules: 7,
      policy: 1,
      advisories: { sha256: hash, count: 0 },
      at,
    },
    bad: [
      ['a negative size', { size: -1 }, 'BAD_SHAPE'],
      ['a size that is not held exactly', { size: 2 ** 53 }, 'BAD_JSON'],
      ['a short root', { root: 'ab' }, 'BAD_DIGEST'],
    ],
  },
  review: {
    parse: parseCommunity,
    encode: encodeCommunity,
    good: {
      type: 'review',
      ...said,
      name: '@bob/lists',
      version: '1.0.0',
      digest: hash,
      from: { version: '0.9.0', digest: hash },
      rating: 'positive',
      thoroughness: 'high',
      understanding: 'medium',
      criteria: ['safe-to-run'],
      text: 'Read all of it.\nNothing hidden.',
    },
    bad: [
      ['a rating of its own', { rating: 'great' }, 'BAD_SHAPE'],
      ['a prefix for a digest', { digest: 'abababab' }, 'BAD_DIGEST'],
      ['a member of a star', { starred: true }, 'BAD_SHAPE'],
    ],
  },
  trust: {
    parse: parseCommunity,
    encode: encodeCommunity,
    good: { type: 'trust', ...said, about: 'bob', level: 'high' },
    bad: [['a number for a level', { level: 5 }, 'BAD_SHAPE']],
  },
  star: {
    parse: parseCommunity,
    encode: encodeCommunity,
    good: { type: 'star', ...said, name: '@bob/lists', starred: true },
    bad: [['a bad name', { name: 'lists' }, 'BAD_NAME']],
  },
  report: {
    parse: parseCommunity,
    encode: encodeCommunity,
    good: { type: 'report', ...said, about: '@bob/lists', reason: 'malware', text: 'It deletes files.' },
    bad: [['about nobody', { about: '' }, 'BAD_NAME']],
  },
  transfer: {
    parse: parseCommunity,
    encode: encodeCommunity,
    good: { type: 'transfer', ...said, name: '@alice/strings', to: 'bob' },
    bad: [['to nobody', { to: '' }, 'BAD_NAME']],
  },
  advisory: {
    parse: parseAdvisory,
    encode: encodeAdvisory,
    good: {
      type: 'advisory',
      ...said,
      id: 'MLLD-2026-0001',
      state: 'published',
      malware: false,
      severity: 'high',
      title: 'Shouting too loud',
      summary: 'Text is changed where it should not be.',
      details: '',
      cwe: ['CWE-20'],
      aliases: [],
      affected: [{ name: '@alice/strings', ranges: ['<1.2.1'], digests: [hash], exports: ['shout'] }],
      patches: [{ name: '@alice/strings', version: '1.2.1' }],
      references: ['https://example.org/advisory'],
      credits: ['Bob'],
      reportedAt: at,
      publishedAt: at,
    },
    bad: [
      ['an id of another form', { id: 'MLLD-26-1' }, 'BAD_SHAPE'],
      ['no time of publication', { publishedAt: undefined }, 'BAD_SHAPE'],
      ['no time of withdrawal', { state: 'withdrawn' }, 'BAD_SHAPE'],
      ['a range that is none', { affected: [{ name: '@a/b', ranges: ['old ones'] }] }, 'BAD_SHAPE'],
      ['a script for a reference', { references: ['javascript:x'] }, 'BAD_SHAPE'],
    ],
  },
  'advisory-vote': {
    parse: parseAdvisoryVote,
    encode: encodeAdvisory,
    good: { type: 'advisory-vote', ...said, id: 'MLLD-2026-0001', vote: 'confirm', text: 'Seen here too.' },
    bad: [['another vote', { vote: 'maybe' }, 'BAD_SHAPE']],
  },
};

describe.each(Object.keys(cases))('%s', (name) => {
  const { good, parse, encode, bad } = cases[name]!;

  it('is read', () => {
    const found = parse(JSON.stringify(good));
    expect(found).toMatchObject({ type: name, registry });
    if (encode !== undefined) expect(parse(encode(found as never))).toEqual(found);
  });

  const every: readonly (readonly [string, object, string])[] = [
    ['an unknown member', { extra: 1 }, 'BAD_SHAPE'],
    ['a registry that is no name', { registry: 'x' }, 'BAD_NAME'],
    ['no registry', { registry: undefined }, 'BAD_SHAPE'],
    ...bad,
  ];
  it.each(every)('with %s is refused', (_what, change, wanted) => {
    expect(codeOf(() => parse(JSON.stringify({ ...good, ...change })))).toBe(wanted);
  });

  it('fails only with codes', () => {
    const seeds = fc.constant(JSON.stringify(good));
    fc.assert(
      fc.property(fc.oneof(broken(seeds), swapped(seeds)), (text) => {
        expect(codeOf(() => parse(text))).toMatch(/^[A-Za-z_]+$/);
      }),
      { numRuns: 200 },
    );
  });
});
