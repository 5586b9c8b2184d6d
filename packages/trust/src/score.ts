/**
 * The trust score of one version: 0 to 100, explained part by part (docs/spec/score.md). It ranks and explains; it gates
 * nothing by itself. Builder and client compute the same number from the same facts. Nothing that money buys is a fact here.
 */
import type {
  Evidence,
  IndexHeader,
  IndexVersion,
  Judged,
  ModuleIndex,
  Severity,
  Standing,
} from '@mlld/format';
import { capacityAt, fullCapacity } from './reputation.ts';

/** An open, published advisory that names this version. */
export interface OpenAdvisory {
  readonly id: string;
  readonly severity: Severity;
  readonly malware: boolean;
}

export interface ScoreFacts {
  /** Without reviews: `reviewedEvidence` adds what they prove. */
  readonly evidence: Evidence;
  /** Of the author. */
  readonly standing: Standing;
  /** What the reviews of exactly this digest count. */
  readonly judged: Judged;
  /** Whole days since the module's first release. */
  readonly ageDays: number;
  /** Versions released. */
  readonly versions: number;
  /** People who like the module; what they count is `liked`, in units of support. */
  readonly stars: number;
  readonly liked: number;
  /** Of `qualityOf`. */
  readonly quality: readonly string[];
  readonly advisories: readonly OpenAdvisory[];
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

/** Units of support from which on a version counts as reviewed: one person at distance 3, or several farther away (score.md §1.2). */
export const reviewedFrom = 16;

/** Evidence 4 for what its author signed, and people who count have read and vouch for (score.md §1.2). */
export function reviewedEvidence(evidence: Evidence, { positive, negative }: Judged): Evidence {
  return evidence >= 2 && positive - negative >= reviewedFrom ? 4 : evidence;
}

export const nothingJudged: Judged = { positive: 0, negative: 0, reviewers: 0 };

/** Computes the score (score.md §1–§4). */
export function trustScore(facts: ScoreFacts): TrustScore {
  const parts = [
    evidencePart(facts),
    reviewsPart(facts.judged),
    historyPart(facts),
    authorPart(facts.standing),
    qualityPart(facts),
    likedPart(facts),
  ];
  const caps = capsOf(facts);
  const sum = parts.reduce((total, part) => total + part.points, 0);
  const value = Math.max(0, Math.min(sum, 100, ...caps.map((cap) => cap.most)));
  const insufficient = insufficientOf(facts);
  return insufficient === undefined ? { value, parts, caps } : { value, parts, caps, insufficient };
}

/** What is known of a version beside its index. */
export interface KnownOfVersion {
  readonly evidence: Evidence;
  readonly judged: Judged;
  readonly standing: Standing;
  readonly stars: number;
  readonly liked: number;
  readonly advisories: readonly OpenAdvisory[];
  /** The time that the score is of: of a snapshot of the log, or of the newest statement about the module. */
  readonly at: string;
  /** Until when witnesses have known the first release; else what it says itself counts. */
  readonly witnessedAt?: string | undefined;
}

const dayMs = 24 * 60 * 60 * 1000;

/** The facts of a version: whoever has the same index and knows the same gets the same (score.md §5). */
export function scoreFacts(
  { header, versions }: Pick<ModuleIndex, 'header' | 'versions'>,
  line: Omit<IndexVersion, 'closure'>,
  known: KnownOfVersion,
): ScoreFacts {
  const { at, witnessedAt, ...rest } = known;
  const times = versions.flatMap(({ publishedAt }) => publishedAt ?? []).map((one) => Date.parse(one));
  const first = witnessedAt === undefined ? Math.min(...times) : Date.parse(witnessedAt);
  const age = Math.floor((Date.parse(at) - first) / dayMs);
  return {
    ...rest,
    ageDays: Number.isFinite(age) ? Math.max(0, age) : 0,
    versions: versions.length,
    quality: qualityOf(header, line),
    yanked: header.yanked.has(line.version),
    deprecated: header.deprecated !== undefined,
    mismatch: line.checked.state === 'mismatch',
  };
}

/** What is good about a version as its index shows it: one point each (score.md §1.3). */
export function qualityOf(header: IndexHeader, line: Omit<IndexVersion, 'closure'>): string[] {
  const checks: readonly (readonly [string, boolean])[] = [
    ['says what it is for', header.about.length >= 10],
    ['has a licence', line.license !== ''],
    ['lists its exports', (line.exports ?? []).length > 0],
    ['its sources hold its bytes', line.checked.state === 'match'],
    ['says which mlld it needs', line.mlldVersion !== undefined],
  ];
  return checks.flatMap(([what, good]) => (good ? [what] : []));
}

const evidencePoints: Readonly<Record<Evidence, readonly [number, string]>> = {
  0: [0, 'only a hash'],
  1: [8, 'in the log, not signed by its author'],
  2: [24, 'signed by its author'],
  3: [34, 'signed, and reproduced from its commit'],
  4: [40, 'signed by its author, and reviewed by people you trust'],
};

function evidencePart({ evidence, judged }: ScoreFacts): ScorePart {
  const [points, reason] = evidencePoints[reviewedEvidence(evidence, judged)];
  return { name: 'evidence', points, most: 40, reason };
}

/** Saturates: the first trusted review says most, the tenth little more. */
function reviewsPart({ positive, negative, reviewers }: Judged): ScorePart {
  const saturate = (units: number) => Math.round((30 * units) / (units + fullCapacity));
  const points = saturate(positive) - 2 * saturate(negative);
  const counted = `${positive} for it, ${negative} against it`;
  const reason =
    reviewers + positive === 0
      ? 'no review by anyone you trust'
      : `${plural(reviewers, 'review')}: ${counted}`;
  return { name: 'reviews', points: Math.max(-40, points), most: 30, reason };
}

function historyPart({ ageDays, versions }: ScoreFacts): ScorePart {
  const age = Math.floor((8 * Math.min(Math.max(ageDays, 0), 365)) / 365);
  const releases = Math.min(4, Math.max(0, versions - 1));
  return {
    name: 'history',
    points: age + releases,
    most: 12,
    reason: `first released ${plural(ageDays, 'day')} ago, ${plural(versions, 'version')}`,
  };
}

function authorPart({ distance, banned }: Standing): ScorePart {
  const points = distance === undefined ? 0 : Math.ceil((8 * capacityAt(distance)) / fullCapacity);
  const reason = banned
    ? 'distrusted by people you trust'
    : distance === undefined
      ? 'nobody you trust speaks for the author'
      : distance === 0
        ? 'you trust the author'
        : `the author is ${plural(distance, 'step')} from people you trust`;
  return { name: 'author', points: banned ? -20 : points, most: 8, reason };
}

function qualityPart({ quality }: ScoreFacts): ScorePart {
  const reason = quality.length === 0 ? 'nothing of what makes it easy to judge' : quality.join(', ');
  return { name: 'quality', points: Math.min(5, quality.length), most: 5, reason };
}

/** Less than one step of evidence: liking is cheap. A point for 32, 96, 224, 480 and 992 units of support. */
function likedPart({ liked, stars }: ScoreFacts): ScorePart {
  const points = [1, 2, 3, 4, 5].filter((k) => liked >= (fullCapacity / 2) * (2 ** k - 1)).length;
  const reason = `${plural(stars, 'star')}, those of people you trust count ${liked}`;
  return { name: 'liked', points, most: 5, reason };
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
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

function insufficientOf({ evidence, ageDays, standing, judged }: ScoreFacts): string | undefined {
  if (judged.reviewers + judged.positive > 0 || standing.banned || standing.distance !== undefined)
    return undefined;
  if (evidence < 2)
    return 'not signed, not reviewed by anyone you trust, and nobody you trust speaks for the author';
  if (ageDays < 30) return 'less than 30 days old, not reviewed, and nobody you trust speaks for the author';
  return undefined;
}
