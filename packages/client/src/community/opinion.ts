/**
 * What people say about a version, weighed by the user's own roots (docs/spec/reputation.md, docs/spec/score.md): computed here, from
 * what those people have signed, and believed of nobody.
 */
import path from 'node:path';
import {
  type Author,
  authorOf,
  type Evidence,
  type IndexHeader,
  type IndexVersion,
  isRegistryError,
  type Judged,
  layout,
  limits,
  type ModuleIndex,
  type ModuleName,
  RegistryError,
  type Review,
  type Standing,
} from '@mlld/format';
import {
  capacityAt,
  judge,
  nothingJudged,
  type OpenAdvisory,
  type Reach,
  type ReadCommunity,
  readCommunityFile,
  reviewableDigest,
  reviewedEvidence,
  reviewFact,
  type ScoreFacts,
  scoreFacts,
  sha256,
  standingOf,
  support,
  type TrustScore,
  trustScore,
} from '@mlld/trust';
import { advisoriesOn } from '../advisories/gate.ts';
import type { Registry } from '../fetch/registry.ts';
import { namedPeople } from '../policy/rules.ts';
import type { Session } from '../session.ts';
import type { Logged } from '../verify/log-check.ts';
import { firstKnown } from './first-known.ts';
import { type Roots, reachOf } from './people.ts';

/** A review with what its reviewer counts by the user's roots. */
export interface WeighedReview extends Review {
  /** Units of support; 0 for whom no root reaches, and for owners of the module. */
  readonly weight: number;
  /** Its reviewer is an owner or maintainer. */
  readonly own: boolean;
}

export interface Opinion {
  readonly name: ModuleName;
  readonly version: string;
  /** Whose trust counts. */
  readonly roots: Roots;
  /** With what reviews prove. */
  readonly evidence: Evidence;
  readonly judged: Judged;
  /** Of the module's author. */
  readonly standing: Standing;
  readonly stars: number;
  readonly reports: number;
  /** Of all versions, newest first. */
  readonly reviews: readonly WeighedReview[];
  readonly score: TrustScore;
  /** The time that the score is of. */
  readonly at: string;
  /** What could not be read, and is missing in all of this. */
  readonly missing?: string;
}

export interface OpinionSubject {
  readonly index: ModuleIndex;
  readonly line: IndexVersion;
  /** As it was verified, or as the index says. */
  readonly evidence: Evidence;
}

/** Never throws for what the network does: what is missing is said, and there is no score then (score.md §4.2). */
export async function opinionOf(
  session: Session,
  { index, line, evidence }: OpinionSubject,
): Promise<Opinion> {
  const { name } = index.header;
  const registry = session.registryOf(name);
  const logged = await registry.proven(name);
  const roots = rootsOf(session, name, logged);
  const missing: string[] = [];
  const orElse = async <T>(what: string, asked: Promise<T>, instead: T): Promise<T> => {
    try {
      return await asked;
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      missing.push(`${what}: ${error.message}`);
      return instead;
    }
  };
  const [said, reached, witnessedAt, advisories] = await Promise.all([
    orElse('what people say', readCommunity(session, registry, index.header), nobodySaid),
    orElse('whom you trust', reachOf(session, registry, roots), nobodyReached),
    orElse('since when it is public', firstKnown(session, index, logged), undefined),
    orElse('advisories', openAdvisories(session, line), []),
  ]);
  const own = new Set([authorOf(name), ...index.header.owners, ...said.own]);
  const judged = judgedOf(line, said, { reach: reached, own });
  const at = new Date(logged?.asOf.at ?? session.net.ops.now()).toISOString();
  const facts = scoreFacts(index, line, {
    evidence,
    judged,
    standing: standingOf(reached, authorOf(name)),
    stars: said.stars.count,
    liked: support(
      reached,
      said.stars.by.filter((by) => !own.has(by)),
    ),
    advisories,
    at,
    witnessedAt,
  });
  return {
    name,
    version: line.version,
    roots,
    evidence: reviewedEvidence(evidence, judged),
    judged,
    standing: facts.standing,
    stars: said.stars.count,
    reports: said.reports,
    reviews: said.reviews.map((one) => ({
      ...one,
      own: own.has(one.by),
      weight: weightOf(one.by, reached, own),
    })),
    score: scoreOf(facts, missing),
    at,
    ...(missing.length === 0 ? {} : { missing: missing.join('; ') }),
  };
}

/** A warning may be in what could not be read: without it no number is more than a rank. */
function scoreOf(facts: ScoreFacts, missing: readonly string[]): TrustScore {
  const score = trustScore(facts);
  return missing.length === 0
    ? score
    : { ...score, insufficient: 'not all that is said of it could be read' };
}

const nobodySaid: ReadCommunity = { reviews: [], stars: { count: 0, by: [] }, own: [], reports: 0, left: [] };
const nobodyReached: Reach = { distance: new Map(), banned: new Set(), edges: new Map() };

/** The user's own people; who names nobody begins with the registry's reviewers (reputation.md §1). */
function rootsOf({ settings }: Session, name: ModuleName, logged: Logged | undefined): Roots {
  const { trusted, blocked } = namedPeople(settings.policies, name).reviewers;
  const theirs = logged?.policy.reviewers ?? [];
  const people = trusted.size > 0 ? [...trusted] : theirs;
  const from = trusted.size > 0 ? 'you' : theirs.length > 0 ? 'registry' : 'nobody';
  return { people, from, blocked: [...blocked] };
}

function judgedOf(
  line: IndexVersion,
  { reviews }: ReadCommunity,
  context: { readonly reach: Reach; readonly own: ReadonlySet<Author> },
): Judged {
  const digest = reviewableDigest(line);
  return digest === undefined
    ? nothingJudged
    : judge(digest, { reviews: reviews.map(reviewFact), ...context });
}

function weightOf(by: Author, { distance }: Reach, own: ReadonlySet<Author>): number {
  const at = distance.get(by);
  return at === undefined || own.has(by) ? 0 : capacityAt(at);
}

/** The file that line 1 of the index commits to. */
async function readCommunity(
  session: Session,
  registry: Registry,
  { name, community }: IndexHeader,
): Promise<ReadCommunity> {
  if (community === undefined) return nobodySaid;
  const { net, cache } = session;
  const identity = await registry.identity();
  const where = layout.community(name);
  const kept = path.join(cache.dir, identity, where);
  const before = net.ops.files.read(kept, limits.communityBytes);
  const isKept = before !== undefined && sha256(before) === community.sha256;
  const bytes = isKept ? before : await registry.file(where, limits.communityBytes);
  if (bytes === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `${where}: the index speaks of it, and it is not there`);
  const found = sha256(bytes);
  if (found !== community.sha256)
    throw new RegistryError('HASH_MISMATCH', `${where}: wanted sha256 ${community.sha256}, found ${found}`, {
      hint: 'Something was said in between, or a mirror shows an old state. Try again.',
    });
  const read = readCommunityFile(bytes, { registry: identity, name, where });
  for (const one of read.left) net.warn(`${where}: ${one}`);
  if (!isKept) keep(session, kept, bytes);
  return read;
}

/** A cache that can't be written only forgets. */
function keep({ net }: Session, file: string, bytes: Uint8Array): void {
  try {
    net.ops.files.write(file, bytes);
  } catch (error) {
    if (!isRegistryError(error)) throw error;
  }
}

/** Published by the role that may: what others report only warns. */
async function openAdvisories(session: Session, line: IndexVersion): Promise<OpenAdvisory[]> {
  const book = await session.advisoriesOf(line.name).current();
  return advisoriesOn(book?.entries ?? [], line)
    .filter(({ official, state }) => official && state === 'published')
    .map(({ id, severity, malware }) => ({ id, severity, malware }));
}
