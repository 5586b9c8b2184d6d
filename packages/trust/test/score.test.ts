import type { Author, Evidence, Sha256Hex } from '@mlld/format';
import { ratings, severities } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reach, standingOf, support, type TrustEdge } from '../src/reputation.ts';
import { judge, type ReviewFact } from '../src/reviews.ts';
import { nothingJudged, reviewedEvidence, type ScoreFacts, trustScore } from '../src/score.ts';

const trusts = (about: string): TrustEdge => ({
  by: 'root' as Author,
  about: about as Author,
  level: 'high',
});
const alice = 'alice' as Author;
const digest = 'd'.repeat(64) as Sha256Hex;
const graph = reach(['root' as Author], [trusts('bob'), trusts('carol'), trusts('alice')]);
const nobody = reach(['root' as Author], []);

const review = (by: string, rating: ReviewFact['rating']): ReviewFact => ({
  by: by as Author,
  rating,
  digest,
  thoroughness: 'high',
  understanding: 'high',
});

/** What a registry knows before it is weighed. */
interface Told extends Partial<Omit<ScoreFacts, 'judged' | 'standing' | 'liked'>> {
  readonly reach?: typeof graph;
  readonly owners?: readonly string[];
  readonly reviews?: readonly ReviewFact[];
  readonly likedBy?: readonly string[];
}

function facts({ reach: by = nobody, owners = ['alice'], reviews = [], likedBy = [], ...told }: Told = {}) {
  const own = new Set([...owners, alice] as Author[]);
  return {
    evidence: 2,
    ageDays: 100,
    versions: 3,
    stars: likedBy.length,
    quality: ['has a licence', 'lists its exports'],
    advisories: [],
    yanked: false,
    deprecated: false,
    mismatch: false,
    judged: judge(digest, { reviews, reach: by, own }),
    standing: standingOf(by, alice),
    liked: support(by, likedBy.filter((one) => !own.has(one as Author)) as Author[]),
    ...told,
  } satisfies ScoreFacts;
}

const anyFacts: fc.Arbitrary<Told> = fc.record({
  evidence: fc.constantFrom<Evidence>(0, 1, 2, 3),
  reviews: fc.array(
    fc
      .tuple(fc.constantFrom('bob', 'carol', 'alice', 'mallory'), fc.constantFrom(...ratings))
      .map(([by, rating]) => review(by, rating)),
  ),
  ageDays: fc.nat(5000),
  versions: fc.nat(100),
  stars: fc.nat(),
  likedBy: fc.array(fc.constantFrom('bob', 'carol', 'mallory', 'peggy')),
  quality: fc.array(fc.constant('good'), { maxLength: 5 }),
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
});

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

  test('§2: liking never outweighs one step of evidence, by however many', () => {
    fc.assert(
      fc.property(
        anyFacts,
        fc.nat(),
        fc.nat(),
        fc.constantFrom<Evidence>(0, 1, 2),
        (some, stars, liked, evidence) => {
          const base = {
            ...some,
            advisories: [],
            yanked: false,
            deprecated: false,
            mismatch: false,
            reviews: [],
          };
          const popular = { ...facts({ ...base, evidence, stars }), liked };
          const proven = { ...facts({ ...base, evidence: (evidence + 1) as Evidence, stars: 0 }), liked: 0 };
          expect(trustScore(proven).value).toBeGreaterThanOrEqual(trustScore(popular).value);
        },
      ),
    );
  });

  test('§2: stars of people whom nobody reaches change nothing, exactly', () => {
    fc.assert(
      fc.property(anyFacts, fc.array(fc.nat(10_000).map((i) => `sybil${i}`)), (some, sybils) => {
        const before = trustScore(facts({ ...some, reach: graph }));
        const after = trustScore(
          facts({ ...some, reach: graph, likedBy: [...(some.likedBy ?? []), ...sybils] }),
        );
        expect(after.value).toBe(before.value);
      }),
    );
  });

  test('§2.2: nothing that is bought is a fact: what the score does not know, it can’t count', () => {
    fc.assert(
      fc.property(anyFacts, fc.nat(), fc.boolean(), (some, downloads, sponsored) => {
        const plain = facts({ ...some, reach: graph });
        const bought = { ...plain, downloads, sponsored, paid: downloads, featured: sponsored };
        expect(trustScore(bought)).toEqual(trustScore(plain));
      }),
    );
    expect(Object.keys(facts()).sort()).toEqual(
      [
        'advisories',
        'ageDays',
        'deprecated',
        'evidence',
        'judged',
        'liked',
        'mismatch',
        'quality',
        'standing',
        'stars',
        'versions',
        'yanked',
      ].sort(),
    );
  });

  test('§1.2: evidence 4 is a signature, and reviews by people who count', () => {
    const judged = { ...nothingJudged, positive: 16, reviewers: 1 };
    expect([0, 1, 2, 3].map((one) => reviewedEvidence(one as Evidence, judged))).toEqual([0, 1, 4, 4]);
    expect(reviewedEvidence(2, { ...judged, positive: 15 })).toBe(2);
    expect(reviewedEvidence(2, { ...judged, negative: 2 })).toBe(2);
  });

  test('§2: a review by oneself, a co-owner or a stranger counts nothing', () => {
    const plain = trustScore(facts({ reach: graph, owners: ['alice', 'carol'] })).value;
    for (const by of ['alice', 'carol', 'mallory']) {
      const reviewed = facts({
        reach: graph,
        owners: ['alice', 'carol'],
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

  test('§2: a ring that praises, likes and trusts itself gains nothing unreached, and the same at any size behind one edge', () => {
    const ring = (size: number) => Array.from({ length: size }, (_, i) => `ring${i}`);
    const scoreWith = (members: readonly string[], door: readonly TrustEdge[]) => {
      const inside = members.flatMap((member, i) => [
        { by: 'ring0' as Author, about: member as Author, level: 'high' as const },
        { by: member as Author, about: `ring${(i + 1) % members.length}` as Author, level: 'high' as const },
      ]);
      const by = reach(['root' as Author], [trusts('bob'), ...door, ...inside]);
      const reviews = [review('bob', 'positive'), ...members.map((member) => review(member, 'strong'))];
      return trustScore(facts({ reach: by, reviews, likedBy: ['bob', ...members], stars: 1 }));
    };
    const without = scoreWith([], []);
    expect(scoreWith(ring(100), []).value).toBe(without.value);
    expect(scoreWith(ring(1000), []).value).toBe(without.value);
    const door: TrustEdge[] = [{ by: 'bob' as Author, about: 'ring0' as Author, level: 'high' }];
    const small = scoreWith(ring(100), door);
    const large = scoreWith(ring(1000), door);
    expect(large.value).toBe(small.value);
    expect(large.parts.map(({ points }) => points)).toEqual(small.parts.map(({ points }) => points));
  });
});
