/** docs/spec/config.md §3. */
import { codeOf } from '@mlld/testing';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseConfig, parseDuration } from '../src/index.ts';

const policyOf = (policy: object) => parseConfig(JSON.stringify({ policy })).policy;

describe('the policy of a user', () => {
  it('is read whole', () => {
    expect(
      policyOf({
        evidence: 2,
        minimumAge: '7d',
        noDowngrade: true,
        requireFresh: '1d',
        capabilities: ['code:js', 'network:*.example.org'],
        authors: { trusted: ['@alice', 'bob'], blocked: ['mallory'], onlyTrusted: true },
        reviewers: { trusted: ['bob'] },
        scopes: { '@alice': { minimumAge: '0s' }, '@bob/lists': { blocked: true } },
      }),
    ).toEqual({
      evidence: 2,
      minimumAge: 7 * 86_400_000,
      noDowngrade: true,
      requireFresh: 86_400_000,
      capabilities: ['code:js', 'network:*.example.org'],
      authors: { trusted: ['alice', 'bob'], blocked: ['mallory'], onlyTrusted: true },
      reviewers: { trusted: ['bob'] },
      scopes: new Map([
        ['@alice', { minimumAge: 0 }],
        ['@bob/lists', { blocked: true }],
      ]),
    });
    expect(parseConfig('{}').policy).toBeUndefined();
  });

  it.each([
    ['a member that is not known', { minimumage: '7d' }, 'BAD_SHAPE'],
    ['a level that there is not', { evidence: 5 }, 'BAD_SHAPE'],
    ['a length of time without a unit', { minimumAge: '7' }, 'BAD_CONFIG'],
    ['a capability without a kind', { capabilities: ['git'] }, 'BAD_CONFIG'],
    ['a kind that there is not', { capabilities: ['shell:git'] }, 'BAD_CONFIG'],
    ['a scope that is no name', { scopes: { '@Alice!': {} } }, 'BAD_NAME'],
    ['people in the policy of a scope', { scopes: { '@alice': { authors: {} } } }, 'BAD_SHAPE'],
    ['a name that is none', { authors: { blocked: ['-'] } }, 'BAD_NAME'],
  ])('is refused with %s', (_what, policy, wanted) => {
    expect(codeOf(() => policyOf(policy))).toBe(wanted);
  });
});

describe('lengths of time', () => {
  it('are read and written', () => {
    expect(['30s', '5m', '1h', '7d', '2w'].map(parseDuration)).toEqual([
      30_000, 300_000, 3_600_000, 604_800_000, 1_209_600_000,
    ]);
    expect([0, 59_000, 90_000, 26 * 3_600_000, 3 * 86_400_000].map(formatDuration)).toEqual([
      '0s',
      '59s',
      '90s',
      '26h',
      '3d',
    ]);
    for (const text of ['', 'd', '-1d', '1.5d', '1y', '9999999d'])
      expect(codeOf(() => parseDuration(text))).toBe('BAD_CONFIG');
  });
});
