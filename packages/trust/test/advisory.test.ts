/** docs/spec/advisories.md §3–§8: who may say what of an advisory, and what comes of it. */
import type { Advisory, AdvisoryVote, Author, ModuleName, Policy, Sha256Hex } from '@mlld/format';
import { encodeAdvisory } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  advisoryStats,
  affectedBy,
  evaluateAdvisory,
  gateOf,
  type SignedRevision,
  verifyAdvisoryIndex,
} from '../src/index.ts';
import { ed25519Signer } from './signer.ts';

const alice = 'alice' as Author;
const bob = 'bob' as Author;
const carol = 'carol' as Author;
const strings = '@alice/strings' as ModuleName;
const digest = 'a'.repeat(64) as Sha256Hex;
const hour = (n: number) => new Date(Date.UTC(2026, 2, 1, n)).toISOString();

const report: Advisory = {
  type: 'advisory',
  v: 1,
  registry: 'registry.test',
  id: 'MLLD-2026-0001',
  n: 1,
  by: bob,
  at: hour(0),
  state: 'reported',
  malware: false,
  severity: 'high',
  title: 'Commands in names',
  summary: 'A name can run a command.',
  details: '',
  cwe: ['CWE-78'],
  aliases: [],
  affected: [{ name: strings, ranges: ['<1.2.0'], digests: [digest], exports: ['shout'] }],
  patches: [{ name: strings, version: '1.2.0' }],
  references: [],
  credits: [],
  reportedAt: hour(0),
};

type Change = Partial<Advisory> & { readonly role?: boolean; readonly forged?: boolean };

/** Revisions one after the other, each as the one before but for its change. */
function history(...changes: readonly Change[]): SignedRevision[] {
  let said = report;
  return changes.map(({ role = false, forged = false, ...change }, i) => {
    said = { ...said, n: i + 1, at: hour(i), ...change };
    return { said, sha256: digest, byRole: role, byAuthor: !forged };
  });
}

function evaluate(revisions: readonly SignedRevision[], votes: readonly AdvisoryVote[] = []) {
  return evaluateAdvisory({ revisions, votes, ownersOf: () => [alice] });
}

const vote = (by: string, said: 'confirm' | 'dispute'): AdvisoryVote => ({
  type: 'advisory-vote',
  v: 1,
  registry: 'registry.test',
  id: report.id,
  n: 1,
  by: by as Author,
  at: hour(1),
  vote: said,
  text: 'I looked.',
});

const published = (at: string): Change => ({ role: true, at, state: 'published', publishedAt: at });

describe('the way of an advisory', () => {
  test('reported, reviewed, published after the community has looked, withdrawn', () => {
    const all = history({}, { role: true, state: 'reviewing' }, published(hour(72)), {
      role: true,
      at: hour(80),
      state: 'withdrawn',
      withdrawnAt: hour(80),
    });
    const states = all.map((_, i) => evaluate(all.slice(0, i + 1)).status!);
    expect(states.map(({ advisory }) => advisory.state)).toEqual([
      'reported',
      'reviewing',
      'published',
      'withdrawn',
    ]);
    expect(states.map(({ official }) => official)).toEqual([false, true, true, true]);
    expect(states.map(({ reviewUntil }) => reviewUntil)).toEqual([hour(72), hour(72), undefined, undefined]);
    expect(states.map(({ responseMinutes }) => responseMinutes)).toEqual([
      undefined,
      undefined,
      72 * 60,
      72 * 60,
    ]);
    expect(states.flatMap(({ refused }) => refused)).toEqual([]);
  });

  test('an answer by an owner changes nothing else, not even who vouches', () => {
    const all = history(
      {},
      { ...published(hour(1)), severity: 'critical' },
      { by: alice, at: hour(2), response: 'Fixed in 1.2.0.' },
    );
    const { status } = evaluate(all);
    expect(status).toMatchObject({
      official: true,
      answer: { by: alice, at: hour(2), text: 'Fixed in 1.2.0.' },
      officialRevision: { said: { n: 2 } },
    });
  });

  test('votes of the reporter and of owners do not count, others once', () => {
    const votes = [
      vote('bob', 'confirm'),
      vote('alice', 'dispute'),
      vote('carol', 'confirm'),
      vote('dave', 'dispute'),
    ];
    expect(evaluate(history({}), votes).status?.votes).toEqual({ confirm: 1, dispute: 1 });
  });
});

describe('what nobody may say', () => {
  const cases: Record<string, readonly [readonly Change[], string | RegExp]> = {
    'a first revision that is published already': [
      [{ state: 'published', publishedAt: hour(0) }],
      'published is for the advisories role to say',
    ],
    'a report that names itself reviewed': [
      [{}, { state: 'reviewing' }],
      'reviewing is for the advisories role to say',
    ],
    'a report changed by somebody else': [
      [{}, { by: carol, severity: 'critical' }],
      'only bob, who reported it, may change the report',
    ],
    'a report changed after the role took it over': [
      [{}, { role: true, state: 'reviewing' }, { severity: 'low' }],
      /^the advisories role has taken it over/,
    ],
    'a withdrawal by the reporter of what the role published': [
      [
        {},
        { ...published(hour(1)), malware: true },
        { state: 'withdrawn', withdrawnAt: hour(2), at: hour(2) },
      ],
      /^the advisories role has taken it over/,
    ],
    'an answer by somebody who owns nothing of it': [
      [{}, { by: carol, response: 'It is fine.' }],
      'carol owns none of the affected modules',
    ],
    'an answer that also changes the severity': [
      [{}, { role: true, state: 'reviewing' }, { by: alice, response: 'No.', severity: 'low' }],
      /^the advisories role has taken it over/,
    ],
    'too few keys of the role, in the name of somebody else': [[{ forged: true }], /^signed by fewer keys/],
    'a state that goes back': [
      [
        {},
        { ...published(hour(1)), severity: 'critical' },
        { role: true, state: 'reviewing', at: hour(2), publishedAt: undefined } as unknown as Change,
      ],
      "it was published, and can't be reviewing again",
    ],
    'a revision dated before the one that it follows': [
      [
        { at: hour(5), reportedAt: hour(5) },
        { role: true, at: hour(4), state: 'reviewing' },
      ],
      'dated before the revision that it follows',
    ],
    'a report dated back': [[{ reportedAt: hour(-900) }], 'a report is of the time at which it is made'],
    'a report time that changes': [
      [{}, { role: true, state: 'reviewing', reportedAt: hour(1) }],
      `reported at ${hour(0)}`,
    ],
    'a publication dated back': [
      [{}, { ...published(hour(80)), publishedAt: hour(1) }],
      `wanted publishedAt ${hour(80)}`,
    ],
    'a publication during the community review': [
      [{}, published(hour(71))],
      `community review runs until ${hour(72)}`,
    ],
    'anything under embargo': [[{ role: true, embargoUntil: hour(48) }], `under embargo until ${hour(48)}`],
    'an embargo without end': [
      [{ role: true, at: hour(24 * 365), embargoUntil: hour(24 * 365) }],
      'an embargo of more than 90 days',
    ],
    'an embargo that is set later': [
      [{}, { ...published(hour(1)), embargoUntil: hour(1) }],
      'an embargo is set once, at the start',
    ],
    'a number that is missing': [[{}, { n: 3 }], 'wanted number 2, found 3'],
    'nothing about any module': [[{ affected: [] }], 'it names no module'],
  };
  test.each(Object.entries(cases))('%s', (_name, [changes, reason]) => {
    const all = history(...changes);
    const { refused, status } = evaluate(all);
    const [last] = refused.slice(-1);
    expect(last?.n).toBe(all.at(-1)?.said.n);
    if (typeof reason === 'string') expect(last?.reason).toBe(reason);
    else expect(last?.reason).toMatch(reason);
    expect(status?.advisory.n).toBe(all.length === 1 ? undefined : all.at(-2)?.said.n);
  });

  test('what waits, waits not for malware, for what is critical, or behind an embargo', () => {
    for (const urgent of [{ malware: true }, { severity: 'critical' as const }])
      expect(evaluate(history({}, { ...published(hour(1)), ...urgent })).refused).toEqual([]);
    const quiet = history({ ...published(hour(48)), embargoUntil: hour(48) });
    expect(evaluate(quiet)).toMatchObject({ refused: [], status: { responseMinutes: 48 * 60 } });
  });

  test('whatever people without the role say, it is no gate, and takes none away', () => {
    const change = fc.record({
      by: fc.constantFrom(alice, bob, carol),
      state: fc.constantFrom(
        'reported' as const,
        'reviewing' as const,
        'published' as const,
        'withdrawn' as const,
      ),
      malware: fc.boolean(),
      severity: fc.constantFrom('low' as const, 'critical' as const),
      publishedAt: fc.constantFrom(hour(2), hour(90)),
      withdrawnAt: fc.constantFrom(hour(2), hour(90)),
      at: fc.constantFrom(hour(2), hour(90)),
      response: fc.constantFrom('yes', 'no'),
      forged: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), (changes) => {
        const judged = (revisions: readonly SignedRevision[]) => {
          const { status } = evaluate(revisions);
          return status === undefined ? 'warn' : gateOf({ ...status.advisory, official: status.official });
        };
        expect(['warn', 'none']).toContain(judged(history({}, ...changes)));
        const gate = history({}, { ...published(hour(1)), malware: true });
        const after = history({}, { ...published(hour(1)), malware: true }, ...changes);
        expect(judged(after)).toBe(judged(gate));
      }),
    );
  });
});

describe('what it stops', () => {
  test.each([
    ['published', true, true, 'low', 'locked'],
    ['published', true, false, 'critical', 'new'],
    ['published', true, false, 'high', 'warn'],
    ['published', false, true, 'critical', 'warn'],
    ['reviewing', true, true, 'critical', 'warn'],
    ['reported', false, true, 'critical', 'warn'],
    ['withdrawn', true, true, 'critical', 'none'],
  ] as const)('%s, by the role %s, malware %s, %s: %s', (state, official, malware, severity, gate) => {
    expect(gateOf({ state, official, malware, severity })).toBe(gate);
  });

  test('a version is named by its range, pre-releases too, or by its digest under any name', () => {
    const { affected } = report;
    const of = (name: string, version: string, found?: Sha256Hex) =>
      affectedBy(affected, { name: name as ModuleName, version, digest: found }) !== undefined;
    expect(of('@alice/strings', '1.1.9')).toBe(true);
    expect(of('@alice/strings', '1.2.0-beta.1')).toBe(true);
    expect(of('@alice/strings', '1.2.0')).toBe(false);
    expect(of('@mallory/copy', '9.9.9', digest)).toBe(true);
    expect(of('@mallory/copy', '1.0.0')).toBe(false);
  });
});

describe('an index is believed as far as it proves itself', () => {
  const key = ed25519Signer('advisories');
  const policy = {
    createdAt: hour(-1),
    roles: new Map([['advisories', { keys: [key.line], threshold: 1 }]]),
  } as unknown as Policy;
  const root = (name: string, at: string) =>
    ({
      createdAt: at,
      roles: new Map([['root', { keys: [ed25519Signer(name).line], threshold: 1 }]]),
    }) as unknown as Policy;
  const said: Advisory = { ...report, ...published(hour(0)), malware: true };
  const { role: _role, ...statementOf } = said as Advisory & { role?: boolean };
  const text = encodeAdvisory(statementOf);
  const signed = { statement: text, signatures: [key.sign(text, 'mlld-advisory@v1')] };
  const entry = {
    ...statementOf,
    revisions: 1,
    statement: digest,
    official: true,
    votes: { confirm: 0, dispute: 0 },
    signed,
  };
  const index = (change: object) => ({
    v: 1 as const,
    registry: 'registry.test',
    count: 1,
    stats: advisoryStats([]),
    advisories: [{ ...entry, ...change }],
  });
  const check = (change: object, by: readonly Policy[] = [policy]) => {
    const { entries, refused } = verifyAdvisoryIndex(index(change), by);
    return [gateOf(entries[0]!), refused.map(({ code }) => code)];
  };

  test('a gate with its statement', () => {
    expect(check({})).toEqual(['locked', []]);
  });
  test('a gate without one', () => {
    expect(check({ signed: undefined })).toEqual(['warn', ['BAD_SIGNATURE']]);
  });
  test('a gate in a registry without a policy', () => {
    expect(check({}, [])).toEqual(['warn', ['BAD_SIGNATURE']]);
  });
  test('the keys of the policy that counted then: rotated ones do not take it back', () => {
    expect(check({}, [policy, root('other', hour(1))])).toEqual(['locked', []]);
    expect(check({}, [policy, root('other', hour(0))])).toEqual(['warn', ['BAD_SIGNATURE']]);
  });
  test('a policy without the role leaves it to its root', () => {
    expect(check({}, [root('advisories', hour(-1))])).toEqual(['locked', []]);
  });
  test('a statement that somebody else signed', () => {
    const signatures = [ed25519Signer('mallory').sign(text, 'mlld-advisory@v1')];
    expect(check({ signed: { statement: text, signatures } })).toEqual(['warn', ['BAD_SIGNATURE']]);
  });
  test('the statement of another advisory', () => {
    expect(check({ id: 'MLLD-2026-0002' })).toEqual(['warn', ['WRONG_SUBJECT']]);
  });
  test('an entry that says more than its statement', () => {
    const wider = [{ name: '@bob/fine' as ModuleName, ranges: ['*'], digests: [], exports: [] }];
    const { entries } = verifyAdvisoryIndex(index({ affected: wider, title: 'Other' }), [policy]);
    expect(entries[0]).toMatchObject({ title: report.title, affected: report.affected });
  });
});

test('response times', () => {
  const dealt = (...minutes: number[]) =>
    advisoryStats(minutes.map((responseMinutes) => ({ state: 'published' as const, responseMinutes })));
  expect(dealt().response).toBeUndefined();
  expect(dealt(30, 10, 50).response).toEqual({
    count: 3,
    medianMinutes: 30,
    slowestMinutes: 50,
    within48Hours: 3,
  });
  expect(dealt(10, 20, 48 * 60, 48 * 60 + 1).response).toMatchObject({
    medianMinutes: 1450,
    within48Hours: 3,
  });
});
