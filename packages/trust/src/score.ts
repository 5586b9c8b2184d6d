/**
 * The trust score of one version: 0 to 100, explained part by part (docs/spec/score.md). It ranks and explains; it gates
 * nothing by itself. Builder and client compute the same number from the same facts. Nothing that money buys is a fact here.
 */
import type { Author, Evidence, Review, Severity } from '@mlld/format';
import { capacityAt, fullCapacity, type Reach, support } from './reputation.ts';

export interface ScoreFacts {
  readonly evidence: Evidence;
  readonly author: Author;
  /** Owners and maintainers: their reviews of their own module don't count. */
  readonly owners: readonly Author[];
  /** Newest review of each reviewer of exactly this digest. */
  readonly reviews: readonly Pick<Review, 'by' | 'rating'>[];
  readonly reach: Reach;
  /** Whole days since the module's first release, by the log's time. */
  readonly ageDays: number;
  /** Versions released. */
  readonly versions: number;
  /** People with a keyset who like the module. */
  readonly stars: number;
  /** Share of the builder's quality points, 0 to 1. */
  readonly quality: number;
  /** Open, published advisories that name this version. */
  readonly advisories: readonly {
    readonly id: string;
    readonly severity: Severity;
    readonly malware: boolean;
  }[];
  readonly yanked: boolean;
  readonly deprecated: boolean;
  /** The sources hold other bytes than the record says. */
  readonly mismatch: boolean;
}

export interface ScorePart {
  readonly name: 'evidence' | 'reviews' | 'history' | 'author' | 'quality' | 'liked';
  readonly points: number;
  readonly most: number;
  readonly reason: string;
}

export interface ScoreCap {
  readonly most: number;
  readonly reason: string;
}

export interface TrustScore {
  /** 0 to 100, after the caps. */
  readonly value: number;
  readonly parts: readonly ScorePart[];
  readonly caps: readonly ScoreCap[];
  /** What is missing, where there is too little to say anything: the value then only ranks (score.md §4). */
  readonly insufficient?: string;
}

/** Computes the score (score.md §1–§4). */
export function trustScore(facts: ScoreFacts): TrustScore {
  const counted = countReviews(facts);
  const parts = [
    evidencePart(facts),
    reviewsPart(counted),
    historyPart(facts),
    authorPart(facts),
    qualityPart(facts),
    likedPart(facts),
  ];
  const caps = capsOf(facts);
  const sum = parts.reduce((total, part) => total + part.points, 0);
  const value = Math.max(0, Math.min(sum, 100, ...caps.map((cap) => cap.most)));
  const insufficient = insufficientOf(facts, counted);
  return insufficient === undefined ? { value, parts, caps } : { value, parts, caps, insufficient };
}

const evidencePoints: Readonly<Record<Evidence, readonly [number, string]>> = {
  0: [0, 'only a hash'],
  1: [8, 'in the log, not signed by its author'],
  2: [24, 'signed by its author'],
  3: [34, 'signed, and reproduced from its commit'],
  4: [40, 'signed, reproduced, and reviewed by people you trust'],
};

function evidencePart({ evidence }: ScoreFacts): ScorePart {
  const [points, reason] = evidencePoints[evidence];
  return { name: 'evidence', points, most: 40, reason };
}

interface CountedReviews {
  readonly positive: number;
  readonly negative: number;
  readonly reviewers: number;
}

function countReviews({ reviews, owners, author, reach }: ScoreFacts): CountedReviews {
  const own = new Set<Author>([...owners, author]);
  const others = reviews.filter((review) => !own.has(review.by) && reach.distance.has(review.by));
  const by = (...wanted: readonly Review['rating'][]) =>
    others.filter((review) => wanted.includes(review.rating)).map((review) => review.by);
  return {
    positive: support(reach, by('positive', 'strong')),
    negative: support(reach, by('negative', 'dangerous')) + support(reach, by('dangerous')),
    reviewers: others.length,
  };
}

/** Saturates: the first trusted review says most, the tenth little more. */
function reviewsPart({ positive, negative, reviewers }: CountedReviews): ScorePart {
  const saturate = (units: number) => Math.round((30 * units) / (units + fullCapacity));
  const points = saturate(positive) - 2 * saturate(negative);
  const reason =
    reviewers === 0
      ? 'no review by anyone you trust'
      : `${reviewers} reviews that count ${positive} for, ${negative} against`;
  return { name: 'reviews', points: Math.max(-40, points), most: 30, reason };
}

function historyPart({ ageDays, versions }: ScoreFacts): ScorePart {
  const age = Math.floor((8 * Math.min(Math.max(ageDays, 0), 365)) / 365);
  const releases = Math.min(4, Math.max(0, versions - 1));
  return {
    name: 'history',
    points: age + releases,
    most: 12,
    reason: `first released ${ageDays} days ago, ${versions} versions`,
  };
}

function authorPart({ author, reach }: ScoreFacts): ScorePart {
  const distance = reach.distance.get(author);
  const points = distance === undefined ? 0 : Math.ceil((8 * capacityAt(distance)) / fullCapacity);
  const reason = reach.banned.has(author)
    ? 'distrusted by people you trust'
    : distance === undefined
      ? 'nobody you trust speaks for the author'
      : `the author is ${distance} steps from people you trust`;
  return { name: 'author', points: reach.banned.has(author) ? -20 : points, most: 8, reason };
}

function qualityPart({ quality }: ScoreFacts): ScorePart {
  const share = Math.min(1, Math.max(0, quality));
  return {
    name: 'quality',
    points: Math.round(5 * share),
    most: 5,
    reason: `${Math.round(100 * share)} of 100 quality points`,
  };
}

/** At most less than one step of evidence: liking is cheap. */
function likedPart({ stars }: ScoreFacts): ScorePart {
  return {
    name: 'liked',
    points: Math.min(5, Math.floor(Math.log2(1 + Math.max(0, stars)))),
    most: 5,
    reason: `${stars} stars`,
  };
}

const severityCap: Readonly<Record<Severity, number>> = { critical: 10, high: 30, medium: 60, low: 80 };

function capsOf({ advisories, yanked, deprecated, mismatch }: ScoreFacts): ScoreCap[] {
  const caps: ScoreCap[] = advisories.map(({ id, severity, malware }) =>
    malware
      ? { most: 0, reason: `${id}: malware` }
      : { most: severityCap[severity], reason: `${id}: ${severity}` },
  );
  if (mismatch) caps.push({ most: 0, reason: 'the sources hold other bytes than the record says' });
  if (yanked) caps.push({ most: 30, reason: 'yanked' });
  if (deprecated) caps.push({ most: 60, reason: 'deprecated' });
  return caps;
}

function insufficientOf(
  { evidence, ageDays, author, reach }: ScoreFacts,
  { reviewers }: CountedReviews,
): string | undefined {
  if (reviewers > 0 || reach.distance.has(author)) return undefined;
  if (evidence < 2)
    return 'not signed, not reviewed by anyone you trust, and nobody you trust speaks for the author';
  if (ageDays < 30) return 'less than 30 days old, not reviewed, and nobody you trust speaks for the author';
  return undefined;
}
