/** What a distribution holds of what people say about one module (docs/spec/reputation.md §6). */
import {
  type Author,
  authorOf,
  type CommunityHint,
  compareBytes,
  compareVersions,
  encodeCommunityFile,
  limits,
  type ModuleName,
  type Review,
  type Sha256Hex,
  type SignedText,
} from '@mlld/format';
import { judge, type Reach, type ReviewFact, reviewFact, sha256, support } from '@mlld/trust';
import type { EarlyFacts } from '../outputs/output.ts';
import { ownersOf } from '../repository/read.ts';
import type { Statements } from '../repository/statements.ts';
import { subjectProblem } from './subject.ts';

/** What is kept of a module from build to build: enough to weigh it anew when the graph of trust changes. */
export interface ModuleRow {
  readonly sha256: Sha256Hex;
  readonly reviews: readonly (ReviewFact & { readonly version: string })[];
  readonly stars: readonly Author[];
  readonly starCount: number;
  /** Author, owners and maintainers. */
  readonly own: readonly Author[];
  readonly at: string;
}

/** Who likes a module, since when. */
export type Stars = readonly (readonly [by: Author, at: string])[];

export interface MadeModule {
  readonly text: string;
  readonly row: ModuleRow;
}

/** Undefined for a module of which nobody says anything. */
export function makeModule(
  name: ModuleName,
  stars: Stars,
  facts: Pick<EarlyFacts, 'statements' | 'repository' | 'read'>,
): MadeModule | undefined {
  const { statements, repository } = facts;
  const module = facts.read(name);
  if (module.releases.length === 0) return undefined;
  const reviews = newestReviews(name, facts);
  const reports = newestOf(statements, `reports/modules/${name.slice(1)}`, 'report').size;
  if (reviews.length + stars.length + reports === 0) return undefined;
  const listed = bounded(reviews);
  const reviewers = [...new Set(listed.map(({ said }) => said.by))];
  const people = [
    authorOf(name),
    ...ownersOf(name, module.metadata),
    ...(module.metadata?.maintainers ?? []),
  ];
  const own = [...new Set(people)].slice(0, 200) as Author[];
  const text = encodeCommunityFile({
    v: 1,
    name,
    reviews: listed.map(({ statement, signatures }) => ({ statement, signatures })),
    stars: { count: stars.length, by: stars.slice(0, limits.starsListed).map(([by]) => by) },
    own,
    reports,
    keysets: new Map(reviewers.map((by) => [by, repository.keysOf(by).chain])),
  });
  const times = [...listed.map(({ said }) => said.at), ...stars.map(([, at]) => at)];
  const row: ModuleRow = {
    sha256: sha256(text),
    reviews: listed.map(({ said }) => ({ ...reviewFact(said), version: said.version })),
    stars: stars.slice(0, limits.starsListed).map(([by]) => by),
    own,
    starCount: stars.length,
    at:
      times
        .map((at) => new Date(at).toISOString())
        .sort()
        .at(-1) ?? new Date(0).toISOString(),
  };
  return { text, row };
}

interface SignedReview extends SignedText {
  readonly said: Review;
}

/** Newest versions first; a version that is there with the digest that was read. */
function newestReviews(
  name: ModuleName,
  { statements, read }: Pick<EarlyFacts, 'statements' | 'read'>,
): SignedReview[] {
  const found: SignedReview[] = [];
  for (const file of newestOf(statements, `reviews/${name.slice(1)}`, 'review').values()) {
    const one = statements.read(file);
    if (one?.said.type !== 'review') continue;
    if (subjectProblem(one.said, { read, isAuthor: () => true }) !== undefined) continue;
    found.push({ said: one.said, statement: one.text, signatures: one.signatures });
  }
  return found.sort(
    (a, b) => compareVersions(b.said.version, a.said.version) || compareBytes(a.said.by, b.said.by),
  );
}

/** The newest statement that counts in each folder of numbers below `folder`: folder → file. */
export function newestOf(statements: Statements, folder: string, type: string): Map<string, string> {
  const numbers = new Map<string, { readonly n: number; readonly file: string }>();
  for (const file of statements.list(folder)) {
    const said = statements.read(file)?.said;
    if (said?.type !== type) continue;
    const at = file.slice(0, file.lastIndexOf('/'));
    if ((numbers.get(at)?.n ?? 0) < said.n) numbers.set(at, { n: said.n, file });
  }
  return new Map([...numbers].map(([at, { file }]) => [at, file]));
}

/** As many as a client reads: of the newest versions. */
function bounded(reviews: readonly SignedReview[]): SignedReview[] {
  const listed: SignedReview[] = [];
  let size = 0;
  for (const one of reviews.slice(0, limits.reviewsListed)) {
    size += one.statement.length + one.signatures.join('').length;
    // The other half is for keysets, and for the escapes of JSON.
    if (size > limits.communityBytes / 2) break;
    listed.push(one);
  }
  return listed;
}

/** What all of it counts by these roots. */
export function hintOf(
  { sha256: hash, reviews, stars, starCount, own, at }: ModuleRow,
  reach: Reach,
): CommunityHint {
  const mine = new Set(own);
  const digests = new Map(reviews.map(({ version, digest }) => [version, digest]));
  const judged = [...digests].flatMap(([version, digest]) => {
    const one = judge(digest, { reviews, reach, own: mine });
    return one.reviewers + one.positive + one.negative === 0 ? [] : [{ version, ...one }];
  });
  return {
    sha256: hash,
    reviews: reviews.length,
    stars: starCount,
    liked: support(
      reach,
      stars.filter((by) => !mine.has(by)),
    ),
    judged,
    at,
  };
}
