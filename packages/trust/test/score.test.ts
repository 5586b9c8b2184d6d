import { type Author, type Evidence, ratings, severities } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reach, type TrustEdge } from '../src/reputation.ts';
import { type ScoreFacts, trustScore } from '../src/score.ts';

const trusts = (about: string): TrustEdge => ({
  by: 'root' as Author,
  about: about as Author,
  level: 'high',
});
const graph = reach(['root' as Author], [trusts('bob'), trusts('carol'), trusts('alice')]);
const nobody = reach(['root' as Author], []);

const facts = (changes: Partial<ScoreFacts> = {}): ScoreFacts => ({
  evidence: 2,
  author: 'alice' as Author,
  owners: ['alice' as Author],
  reviews: [],
  reach: nobody,
  ageDays: 100,
  versions: 3,
  stars: 0,
  quality: 0.5,
  advisories: [],
  yanked: false,
  deprecated: false,
  mismatch: false,
  ...changes,
});
const review = (by: string, rating: (typeof ratings)[number]) => ({ by: by as Author, rating });

const anyFacts = fc.record({
  evidence: fc.constantFrom<Evidence>(0, 1, 2, 3, 4),
  reviews: fc.array(
    fc.record({
      by: fc.constantFrom('bob', 'carol', 'alice', 'mallory'),
      rating: fc.constantFrom(...ratings),
    }),
  ),
  ageDays: fc.nat(5000),
  versions: fc.nat(100),
  stars: fc.nat(),
  quality: fc.double({ min: 0, max: 1, noNaN: true }),
  advisories: fc.array(
    fc.record({
      id: fc.constant('MLLD-2026-0001'),
      severity: fc.constantFrom(...severities),
      malware: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  yanked: fc.boolean(),
  deprecated: fc.boolean(),
  mismatch: fc.boolean(),
}) as unknown as fc.Arbitrary<Partial<ScoreFacts>>;

describe('score.md', () => {
  test('§1: the value is the sum of its parts, within its caps and 0 to 100', () => {
    fc.assert(
      fc.property(anyFacts, (some) => {
        const { value, parts, caps } = trustScore(facts({ ...some, reach: graph }));
        const sum = parts.reduce((total, part) => total + part.points, 0);
        expect(value).toBe(Math.max(0, Math.min(100, sum, ...caps.map((cap) => cap.most))));
        for (const part of parts) expect(part.points).toBeLessThanOrEqual(part.most);
      }),
    );
  });

  test('§1: the greatest sum is 100', () => {
    expect(trustScore(facts()).parts.reduce((sum, part) => sum + part.most, 0)).toBe(100);
  });

  test('§2: stars never outweigh one step of evidence', () => {
    fc.assert(
      fc.property(anyFacts, fc.nat(), fc.constantFrom<Evidence>(0, 1, 2, 3), (some, stars, evidence) => {
        const base = { ...some, advisories: [], yanked: false, deprecated: false, mismatch: false };
        const liked = trustScore(facts({ ...base, evidence, stars }));
        const proven = trustScore(facts({ ...base, evidence: (evidence + 1) as Evidence, stars: 0 }));
        expect(proven.value).toBeGreaterThanOrEqual(liked.value);
      }),
    );
  });

  test('§2: a review by oneself, a co-owner or a stranger counts nothing', () => {
    const plain = trustScore(facts({ reach: graph, owners: ['alice', 'carol'] as Author[] })).value;
    for (const by of ['alice', 'carol', 'mallory']) {
      const reviewed = facts({
        reach: graph,
        owners: ['alice', 'carol'] as Author[],
        reviews: [review(by, 'strong')],
      });
      expect(trustScore(reviewed).value).toBe(plain);
    }
  });

  test('§2: a trusted review raises, a warning lowers more', () => {
    const value = (...reviews: ReturnType<typeof review>[]) =>
      trustScore(facts({ reach: graph, reviews })).value;
    expect(value(review('bob', 'positive'))).toBeGreaterThan(value());
    expect(value(review('bob', 'dangerous'))).toBeLessThan(value());
    expect(value(review('bob', 'positive'), review('carol', 'dangerous'))).toBeLessThan(value());
  });

  test('§3: an open critical advisory caps the score at 10, malware and other bytes at 0', () => {
    fc.assert(
      fc.property(anyFacts, (some) => {
        const critical = { id: 'MLLD-2026-0001', severity: 'critical' as const, malware: false };
        expect(
          trustScore(facts({ ...some, reach: graph, advisories: [critical] })).value,
        ).toBeLessThanOrEqual(10);
        expect(trustScore(facts({ ...some, advisories: [{ ...critical, malware: true }] })).value).toBe(0);
        expect(trustScore(facts({ ...some, mismatch: true })).value).toBe(0);
      }),
    );
  });

  test('§4: says so when there is too little to know', () => {
    expect(trustScore(facts({ evidence: 0 })).insufficient).toBeDefined();
    expect(trustScore(facts({ ageDays: 3 })).insufficient).toBeDefined();
    expect(trustScore(facts({ ageDays: 300 })).insufficient).toBeUndefined();
    expect(trustScore(facts({ evidence: 0, reach: graph })).insufficient).toBeUndefined();
  });
});
