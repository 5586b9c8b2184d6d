import { type Author, type Judged, ratings, type Sha256Hex } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reach, type TrustEdge } from '../src/reputation.ts';
import { judge, type ReviewFact } from '../src/reviews.ts';

const hash = (letter: string) => letter.repeat(64) as Sha256Hex;
const [one, two, three] = [hash('1'), hash('2'), hash('3')];
const edge = (by: string, about: string, level: TrustEdge['level'] = 'high'): TrustEdge => ({
  by: by as Author,
  about: about as Author,
  level,
});
const graph = reach(['root'] as Author[], [
  edge('root', 'bob'),
  edge('root', 'carol'),
  edge('bob', 'dave', 'medium'),
]);
const own = new Set(['alice'] as Author[]);

const review = (by: string, digest: Sha256Hex, more: Partial<ReviewFact> = {}): ReviewFact => ({
  by: by as Author,
  digest,
  rating: 'positive',
  thoroughness: 'medium',
  understanding: 'medium',
  ...more,
});
const judged = (digest: Sha256Hex, ...reviews: ReviewFact[]): Judged =>
  judge(digest, { reviews, reach: graph, own });

const anyReview = fc
  .record({
    by: fc.constantFrom('root', 'bob', 'carol', 'dave', 'alice', 'mallory'),
    digest: fc.constantFrom(one, two, three),
    from: fc.option(fc.constantFrom(one, two, three), { nil: undefined }),
    rating: fc.constantFrom(...ratings),
  })
  .map(({ by, digest, from, rating }) =>
    review(by, digest, { rating, ...(from === undefined ? {} : { from }) }),
  );

describe('reputation.md §4: what reviews count', () => {
  test('of this digest, and of no other', () => {
    expect(judged(one, review('bob', one))).toEqual({ positive: 64, negative: 0, reviewers: 1 });
    expect(judged(two, review('bob', one))).toEqual({ positive: 0, negative: 0, reviewers: 0 });
  });

  test('who did not look vouches for nothing, and warns all the same', () => {
    const careless = { thoroughness: 'none' } as const;
    expect(judged(one, review('bob', one, careless)).positive).toBe(0);
    expect(judged(one, review('bob', one, { understanding: 'none' })).positive).toBe(0);
    expect(judged(one, review('bob', one, { ...careless, rating: 'dangerous' })).negative).toBe(128);
  });

  test('a delta carries over what it starts from', () => {
    const reviews = [
      review('bob', one),
      review('carol', two, { from: one }),
      review('bob', three, { from: two }),
    ];
    expect(judged(three, ...reviews)).toEqual({ positive: 64, negative: 0, reviewers: 1 });
    expect(judged(three, ...reviews.slice(1)).positive).toBe(0);
  });

  test('a delta counts no more than the least of its chain', () => {
    const reviews = [review('dave', one), review('bob', two, { from: one })];
    expect(judged(one, ...reviews).positive).toBe(16);
    expect(judged(two, ...reviews).positive).toBe(16);
    expect(judged(two, review('bob', one), review('dave', two, { from: one })).positive).toBe(16);
  });

  test('deltas in a circle vouch for nothing', () => {
    const circle = [review('bob', one, { from: two }), review('carol', two, { from: one })];
    expect(judged(one, ...circle).positive).toBe(0);
    expect(judged(two, ...circle, review('dave', one)).positive).toBe(16);
  });

  test('reviews by oneself, and by whom nobody reaches, change nothing, exactly', () => {
    fc.assert(
      fc.property(fc.array(anyReview), fc.array(anyReview), (reviews, more) => {
        const strangers = more.map((each, i) => ({ ...each, by: (i % 2 ? 'alice' : `sybil${i}`) as Author }));
        for (const digest of [one, two, three])
          expect(judged(digest, ...reviews, ...strangers)).toEqual(judged(digest, ...reviews));
      }),
    );
  });

  test('one more good word never lowers, one more warning never raises, and order is nothing', () => {
    fc.assert(
      fc.property(fc.array(anyReview, { maxLength: 8 }), anyReview, fc.nat(), (reviews, another, seed) => {
        for (const digest of [one, two, three]) {
          const before = judged(digest, ...reviews);
          const after = judged(digest, ...reviews, another);
          expect(after.positive).toBeGreaterThanOrEqual(before.positive);
          expect(after.negative).toBeGreaterThanOrEqual(before.negative);
          const at = seed % (reviews.length + 1);
          expect(judged(digest, ...reviews.slice(at), ...reviews.slice(0, at))).toEqual(before);
          expect(before.positive).toBeLessThanOrEqual(64);
        }
      }),
    );
  });
});
