/** What the reviews of a module count for one digest (docs/spec/reputation.md §4). */
import type { Artifact, Author, Judged, Review, Sha256Hex } from '@mlld/format';
import { type Reach, support } from './reputation.ts';

/** The newest review of one person of one version. */
export interface ReviewFact
  extends Pick<Review, 'by' | 'digest' | 'rating' | 'thoroughness' | 'understanding'> {
  /** Of a delta review: the digest that it starts from. */
  readonly from?: Sha256Hex;
}

export interface JudgeContext {
  readonly reviews: readonly ReviewFact[];
  readonly reach: Reach;
  /** The author, owners and maintainers: what they say of their own module counts nothing. */
  readonly own: ReadonlySet<Author>;
}

export function reviewFact({ by, digest, from, rating, thoroughness, understanding }: Review): ReviewFact {
  const fact = { by, digest, rating, thoroughness, understanding };
  return from === undefined ? fact : { ...fact, from: from.digest };
}

/**
 * The digest by which a version is reviewed. None for an unsigned folder: what is in it only its sources tell, and they may tell
 * others another thing (digests.md §2).
 */
export function reviewableDigest({ digest, statement, shape }: Artifact): Sha256Hex | undefined {
  return statement !== undefined || shape === 'file' ? digest : undefined;
}

/**
 * What is said of one digest by people who count. Reviews of the whole count what their reviewers count together. A delta review
 * carries over what the digest it starts from counts, and never more (reputation.md §4.4).
 */
export function judge(digest: Sha256Hex, { reviews, reach, own }: JudgeContext): Judged {
  const counted = reviews.filter(({ by }) => !own.has(by) && reach.distance.has(by));
  const here = counted.filter((one) => one.digest === digest);
  const by = (...ratings: readonly Review['rating'][]) =>
    here.filter(({ rating }) => ratings.includes(rating)).map((one) => one.by);
  return {
    positive: positiveSupport(counted.filter(isPositive), reach).get(digest) ?? 0,
    negative: support(reach, by('negative', 'dangerous')) + support(reach, by('dangerous')),
    reviewers: new Set(here.map((one) => one.by)).size,
  };
}

/** Who did not look, or did not understand, vouches for nothing. A warning counts all the same. */
function isPositive({ rating, thoroughness, understanding }: ReviewFact): boolean {
  return (
    (rating === 'positive' || rating === 'strong') && thoroughness !== 'none' && understanding !== 'none'
  );
}

/** Support of each digest: the widest chain of deltas down to reviews of the whole. */
function positiveSupport(reviews: readonly ReviewFact[], reach: Reach): Map<Sha256Hex, number> {
  const full = new Map<Sha256Hex, Author[]>();
  for (const { by, digest, from } of reviews)
    if (from === undefined) full.set(digest, [...(full.get(digest) ?? []), by]);
  const best = new Map([...full].map(([digest, people]) => [digest, support(reach, people)]));
  const deltas = deltasOf(reviews, { full, reach });
  // Each round carries over one more step; nothing changes after as many rounds as there are deltas.
  for (let round = 0; round < deltas.length; round++) {
    let changed = false;
    for (const { from, to, most } of deltas) {
      const carried = Math.min(best.get(from) ?? 0, most);
      if (carried <= (best.get(to) ?? 0)) continue;
      best.set(to, carried);
      changed = true;
    }
    if (!changed) break;
  }
  return best;
}

interface Delta {
  readonly from: Sha256Hex;
  readonly to: Sha256Hex;
  /** What those who read it count, with those who read the whole. */
  readonly most: number;
}

function deltasOf(
  reviews: readonly ReviewFact[],
  { full, reach }: { readonly full: ReadonlyMap<Sha256Hex, readonly Author[]>; readonly reach: Reach },
): Delta[] {
  const readers = new Map<string, { readonly from: Sha256Hex; readonly to: Sha256Hex; by: Author[] }>();
  for (const { by, digest, from } of reviews) {
    if (from === undefined) continue;
    const key = `${from} ${digest}`;
    const known = readers.get(key) ?? { from, to: digest, by: [] };
    known.by.push(by);
    readers.set(key, known);
  }
  return [...readers.values()].map(({ from, to, by }) => ({
    from,
    to,
    most: support(reach, [...by, ...(full.get(to) ?? [])]),
  }));
}
