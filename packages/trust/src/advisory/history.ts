/**
 * What an advisory's revisions and votes come to (docs/spec/advisories.md §3–§5). Pure: the times are those that the
 * statements say, so that everybody finds the same at any time. A revision that breaks a rule counts for nothing and says why;
 * those behind it are judged as if it were not there.
 */
import {
  type Advisory,
  type AdvisoryVote,
  type AffectedModule,
  type Author,
  advisoryStates,
  authorOf,
  limits,
  type ModuleName,
  type Sha256Hex,
} from '@mlld/format';

export interface SignedRevision {
  readonly said: Advisory;
  readonly sha256: Sha256Hex;
  /** Signed by as many keys of the policy's `advisories` role as it wants. */
  readonly byRole: boolean;
  /** Signed by a key of the author that it names in `by`. */
  readonly byAuthor: boolean;
}

export interface AdvisoryHistory {
  /** In the order of their numbers. */
  readonly revisions: readonly SignedRevision[];
  /** Of each voter the newest, signed by them. */
  readonly votes: readonly AdvisoryVote[];
  /** Who may answer for a module. */
  readonly ownersOf: (name: ModuleName) => readonly Author[];
}

export interface AdvisoryStatus {
  /** What is said now: the newest revision that counts, with the newest answer. */
  readonly advisory: Advisory;
  readonly sha256: Sha256Hex;
  /** Who said it first. */
  readonly reporter: Author;
  /** Whether the role signed what is said, an answer apart. */
  readonly official: boolean;
  /** The newest revision that the role signed. */
  readonly officialRevision?: SignedRevision;
  readonly answer?: { readonly by: Author; readonly at: string; readonly text: string };
  readonly votes: { readonly confirm: number; readonly dispute: number };
  /** Community review ends then; absent once it is published or withdrawn. */
  readonly reviewUntil?: string;
  /** Whole minutes from the report to the publication, for one that the role published. */
  readonly responseMinutes?: number;
  /** Revisions that count for nothing. */
  readonly refused: readonly { readonly n: number; readonly reason: string }[];
}

interface Current {
  readonly first: Advisory;
  readonly newest: SignedRevision;
  readonly official?: SignedRevision;
  readonly answer?: AdvisoryStatus['answer'];
}

export interface Evaluated {
  /** Undefined where no revision counts. */
  readonly status?: AdvisoryStatus;
  readonly refused: AdvisoryStatus['refused'];
}

export function evaluateAdvisory(history: AdvisoryHistory): Evaluated {
  const refused: { n: number; reason: string }[] = [];
  let current: Current | undefined;
  for (const [i, revision] of history.revisions.entries()) {
    const { n } = revision.said;
    const reason =
      n === i + 1 ? reasonAgainst(revision, current, history) : `wanted number ${i + 1}, found ${n}`;
    if (reason !== undefined) refused.push({ n, reason });
    else current = next(revision, current);
  }
  return current === undefined ? { refused } : { status: statusOf(current, { history, refused }), refused };
}

/** Whether only the answer differs from what was said before: that is how an owner speaks. */
function isAnswer({ said, byRole }: SignedRevision, current: Current | undefined): boolean {
  if (current === undefined || byRole) return false;
  const rest = ({ n: _n, by: _by, at: _at, response: _response, ...kept }: Advisory) => JSON.stringify(kept);
  return rest(said) === rest(current.newest.said) && said.response !== current.newest.said.response;
}

function next(revision: SignedRevision, current: Current | undefined): Current {
  const { said, byRole } = revision;
  if (current === undefined)
    return { first: said, newest: revision, ...(byRole ? { official: revision } : {}) };
  if (!isAnswer(revision, current))
    return { ...current, newest: revision, ...(byRole ? { official: revision } : {}) };
  const answer = { by: said.by, at: said.at, text: said.response ?? '' };
  return { ...current, newest: { ...revision, byRole: current.newest.byRole }, answer };
}

type Rule = (
  revision: SignedRevision,
  current: Current | undefined,
  history: AdvisoryHistory,
) => string | undefined;

/** In this order; the first one that is broken is the reason. */
const rules: readonly Rule[] = [speaker, sequence, times, embargo, review];

function reasonAgainst(
  revision: SignedRevision,
  current: Current | undefined,
  history: AdvisoryHistory,
): string | undefined {
  for (const rule of rules) {
    const reason = rule(revision, current, history);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** §3: who may say what. */
function speaker(revision: SignedRevision, current: Current | undefined, { ownersOf }: AdvisoryHistory) {
  const { said, byRole, byAuthor } = revision;
  if (byRole) return undefined;
  if (!byAuthor)
    return `signed by fewer keys of the advisories role than it wants, and by no key of ${said.by}`;
  if (isAnswer(revision, current)) return answerer(said, ownersOf);
  if (current === undefined)
    return said.state === 'reported' ? undefined : `${said.state} is for the advisories role to say`;
  if (current.official !== undefined)
    return 'the advisories role has taken it over: others may only answer, or vote';
  if (said.by !== current.first.by) return `only ${current.first.by}, who reported it, may change the report`;
  return said.state === 'reported' || said.state === 'withdrawn'
    ? undefined
    : `${said.state} is for the advisories role to say`;
}

function answerer({ by, affected }: Advisory, ownersOf: AdvisoryHistory['ownersOf']): string | undefined {
  const owners = ownersOfAll(affected, ownersOf);
  return owners.has(by) ? undefined : `${by} owns none of the affected modules`;
}

function ownersOfAll(
  affected: readonly AffectedModule[],
  ownersOf: AdvisoryHistory['ownersOf'],
): Set<Author> {
  return new Set(affected.flatMap(({ name }) => [authorOf(name), ...ownersOf(name)]));
}

/** §3.5: states only go forward. */
function sequence({ said }: SignedRevision, current: Current | undefined): string | undefined {
  if (said.affected.length === 0) return 'it names no module';
  const before = current?.newest.said.state;
  if (before === undefined) return undefined;
  const [from, to] = [before, said.state].map((state) => advisoryStates.indexOf(state));
  return to! < from! ? `it was ${before}, and can't be ${said.state} again` : undefined;
}

/** §2.5: nothing is dated back. */
function times({ said, byRole }: SignedRevision, current: Current | undefined): string | undefined {
  const { at, reportedAt, state } = said;
  if (current === undefined) {
    if (later(reportedAt, at)) return 'reported after it was written';
    if (!byRole && reportedAt !== at) return 'a report is of the time at which it is made';
  } else {
    if (later(current.newest.said.at, at)) return 'dated before the revision that it follows';
    if (reportedAt !== current.first.reportedAt) return `reported at ${current.first.reportedAt}`;
  }
  const before = current?.newest.said;
  const since = (member: 'publishedAt' | 'withdrawnAt', states: readonly string[]) => {
    const wanted = before?.[member] ?? (states.includes(state) ? at : undefined);
    return said[member] === wanted ? undefined : `wanted ${member} ${wanted ?? 'nowhere'}`;
  };
  return since('publishedAt', ['published']) ?? since('withdrawnAt', ['withdrawn']);
}

function later(a: string, b: string): boolean {
  return Date.parse(a) > Date.parse(b);
}

const hourMs = 3_600_000;

/** §4: what is under embargo is said by nobody. */
function embargo({ said }: SignedRevision, current: Current | undefined): string | undefined {
  const { embargoUntil, at, reportedAt } = said;
  if (current !== undefined && embargoUntil !== current.first.embargoUntil)
    return 'an embargo is set once, at the start';
  if (embargoUntil === undefined) return undefined;
  if (later(embargoUntil, at)) return `under embargo until ${embargoUntil}`;
  const days = (Date.parse(embargoUntil) - Date.parse(reportedAt)) / (24 * hourMs);
  return days > limits.advisoryEmbargoDays
    ? `an embargo of more than ${limits.advisoryEmbargoDays} days`
    : undefined;
}

/** §5: the community looks first, but where waiting would harm, or where the embargo was for that. */
function review({ said }: SignedRevision, current: Current | undefined): string | undefined {
  const { state, malware, severity, embargoUntil, at } = said;
  if (state !== 'published' || current?.newest.said.state === 'published') return undefined;
  if (malware || severity === 'critical' || embargoUntil !== undefined) return undefined;
  const until = reviewEnd(current?.first ?? said);
  return later(until, at) ? `community review runs until ${until}` : undefined;
}

/** When the community has had its time: it begins with the first revision. */
export function reviewEnd({ at }: Pick<Advisory, 'at'>): string {
  return new Date(Date.parse(at) + limits.advisoryReviewHours * hourMs).toISOString();
}

function statusOf(
  { first, newest, official, answer }: Current,
  { history, refused }: { history: AdvisoryHistory; refused: AdvisoryStatus['refused'] },
): AdvisoryStatus {
  const { said, sha256, byRole } = newest;
  const { publishedAt, reportedAt, state } = said;
  const open = state === 'reported' || state === 'reviewing';
  return {
    advisory: said,
    sha256,
    reporter: first.by,
    official: byRole,
    ...(official === undefined ? {} : { officialRevision: official }),
    ...(answer === undefined || answer.text === '' ? {} : { answer }),
    votes: countVotes({ first, said }, history),
    ...(open ? { reviewUntil: reviewEnd(first) } : {}),
    ...(publishedAt === undefined || official === undefined
      ? {}
      : { responseMinutes: minutesBetween(reportedAt, publishedAt) }),
    refused,
  };
}

function minutesBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000));
}

/** §5.3: who reported it, and who owns what it is about, have their say elsewhere. */
function countVotes(
  { first, said }: { first: Advisory; said: Advisory },
  { votes, ownersOf }: AdvisoryHistory,
): AdvisoryStatus['votes'] {
  const out = ownersOfAll(said.affected, ownersOf).add(first.by);
  const counted = new Map(votes.filter(({ by }) => !out.has(by)).map(({ by, vote }) => [by, vote]));
  const count = (wanted: AdvisoryVote['vote']) =>
    [...counted.values()].filter((vote) => vote === wanted).length;
  return { confirm: count('confirm'), dispute: count('dispute') };
}
