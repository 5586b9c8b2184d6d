/**
 * The compact index of advisories that clients keep and audit against (docs/spec/advisories.md §6). An advisory that is a gate
 * carries its signed statement: a client believes the `advisories` role of the policy, not whoever wrote the index.
 */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import { RegistryError } from './errors.ts';
import { type Json, type JsonObject, parseJson } from './json.ts';
import { limits } from './limits.ts';
import { type Author, parseAuthor, parseRegistryName } from './name.ts';
import { type SignedText, signedTextDecoder } from './proof.ts';
import {
  type AdvisoryState,
  type AffectedModule,
  advisoryStates,
  affectedModule,
  type Patch,
  parseAdvisoryId,
  patch,
  type Severity,
  severities,
} from './statement-advisory.ts';

export interface AdvisoryEntry {
  readonly id: string;
  /** The revision that counts, and the highest one there is. */
  readonly n: number;
  readonly revisions: number;
  /** sha256 of the revision that counts. */
  readonly statement: Sha256Hex;
  readonly state: AdvisoryState;
  /** Whether the `advisories` role of the policy signed it; otherwise it is somebody's report. */
  readonly official: boolean;
  readonly malware: boolean;
  readonly severity: Severity;
  readonly title: string;
  readonly summary: string;
  readonly affected: readonly AffectedModule[];
  readonly patches: readonly Patch[];
  readonly aliases: readonly string[];
  /** Who reported it. */
  readonly by: Author;
  readonly reportedAt: string;
  readonly publishedAt?: string;
  readonly withdrawnAt?: string;
  /** Whole minutes from the report to the publication. */
  readonly responseMinutes?: number;
  /** Community review ends then, while the advisory is not published. */
  readonly reviewUntil?: string;
  readonly votes: { readonly confirm: number; readonly dispute: number };
  /** What an owner of an affected module answers. */
  readonly answer?: { readonly by: Author; readonly at: string; readonly text: string };
  /** The newest revision by the role, with its signatures: only of what is a gate. */
  readonly signed?: SignedText;
}

/** How fast reports are dealt with, over all advisories that were published. */
export interface AdvisoryStats {
  readonly reported: number;
  readonly reviewing: number;
  readonly published: number;
  readonly withdrawn: number;
  /** Of the published ones; absent without any. */
  readonly response?: {
    readonly count: number;
    readonly medianMinutes: number;
    readonly slowestMinutes: number;
    readonly within48Hours: number;
  };
}

export interface AdvisoryIndex {
  readonly v: 1;
  readonly registry: string;
  /** Advisories that were ever logged, the withdrawn ones too: as many as the log's snapshot says. */
  readonly count: number;
  readonly stats: AdvisoryStats;
  /** By id. */
  readonly advisories: readonly AdvisoryEntry[];
}

/** The bytes of an index: a line an advisory, deterministic. */
export function encodeAdvisoryIndex({ registry, count, stats, advisories }: AdvisoryIndex): string {
  const head = JSON.stringify({ v: 1, registry, count, stats });
  const lines = advisories.map((one) => `\n${JSON.stringify(plainEntry(one))}`);
  return `${head.slice(0, -1)},"advisories":[${lines.join(',')}\n]}\n`;
}

function plainEntry(entry: AdvisoryEntry): Json {
  const { id, n, revisions, statement, state, official, malware, severity, title, summary } = entry;
  const { affected, patches, aliases, by, reportedAt, publishedAt, withdrawnAt, responseMinutes } = entry;
  const { reviewUntil, votes, answer, signed } = entry;
  const head = { id, n, revisions, statement, state, official, malware, severity, title, summary };
  const body = { affected: affected.map(plainAffected), patches, aliases, by, reportedAt, publishedAt };
  return d.compact({
    ...head,
    ...body,
    withdrawnAt,
    responseMinutes,
    reviewUntil,
    votes,
    answer,
    signed,
  }) as unknown as Json;
}

function plainAffected({ name, ranges, digests, exports }: AffectedModule): Json {
  return d.compact({
    name: name as string,
    ranges,
    digests: digests.length > 0 ? (digests as readonly string[]) : undefined,
    exports: exports.length > 0 ? exports : undefined,
  }) as unknown as Json;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseAdvisoryIndex(bytes: Uint8Array | string, where = 'advisories'): AdvisoryIndex {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where, maxBytes: limits.advisoryIndexBytes }), $);
  if (value.v !== 1)
    throw new RegistryError('UNSUPPORTED_VERSION', `${$}.v: this program reads advisories of schema 1`, {
      hint: 'Update mlld.',
    });
  return {
    v: 1,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    count: d.integer(0)(value.count, `${$}.count`),
    stats: stats(value.stats, `${$}.stats`),
    advisories: d.array(entry, 1_000_000)(value.advisories, `${$}.advisories`),
  };
}

const stats: d.Decoder<AdvisoryStats> = (value, path) => {
  const found = d.object(value, path);
  const count = (name: string) => d.integer(0)(found[name], `${path}.${name}`);
  const response: d.Decoder<NonNullable<AdvisoryStats['response']>> = (one, at) => {
    const said = d.object(one, at);
    const whole = (name: string) => d.integer(0)(said[name], `${at}.${name}`);
    return {
      count: whole('count'),
      medianMinutes: whole('medianMinutes'),
      slowestMinutes: whole('slowestMinutes'),
      within48Hours: whole('within48Hours'),
    };
  };
  return d.compact({
    reported: count('reported'),
    reviewing: count('reviewing'),
    published: count('published'),
    withdrawn: count('withdrawn'),
    response: d.optional(response)(found.response, `${path}.response`),
  });
};

const entry: d.Decoder<AdvisoryEntry> = (value, path) => {
  const found = d.object(value, path);
  const votes = d.object(found.votes, `${path}.votes`);
  return d.compact({
    id: d.parsed(parseAdvisoryId)(found.id, `${path}.id`),
    n: d.integer(1, limits.changesPerModule)(found.n, `${path}.n`),
    revisions: d.integer(1, limits.changesPerModule)(found.revisions, `${path}.revisions`),
    statement: d.parsed(parseSha256)(found.statement, `${path}.statement`),
    ...saidIn(found, path),
    by: d.parsed(parseAuthor)(found.by, `${path}.by`),
    reportedAt: d.instant(found.reportedAt, `${path}.reportedAt`),
    publishedAt: d.optional(d.instant)(found.publishedAt, `${path}.publishedAt`),
    withdrawnAt: d.optional(d.instant)(found.withdrawnAt, `${path}.withdrawnAt`),
    responseMinutes: d.optional(d.integer(0))(found.responseMinutes, `${path}.responseMinutes`),
    reviewUntil: d.optional(d.instant)(found.reviewUntil, `${path}.reviewUntil`),
    votes: {
      confirm: d.integer(0)(votes.confirm, `${path}.votes.confirm`),
      dispute: d.integer(0)(votes.dispute, `${path}.votes.dispute`),
    },
    answer: d.optional(answer)(found.answer, `${path}.answer`),
    signed: d.optional(signedTextDecoder)(found.signed, `${path}.signed`),
  });
};

function saidIn(found: JsonObject, path: string) {
  return {
    state: d.literal(...advisoryStates)(found.state, `${path}.state`),
    official: d.boolean(found.official, `${path}.official`),
    malware: d.boolean(found.malware, `${path}.malware`),
    severity: d.literal(...severities)(found.severity, `${path}.severity`),
    title: d.text(100)(found.title, `${path}.title`),
    summary: d.text(1000)(found.summary, `${path}.summary`),
    affected: d.array(affectedModule, 100)(found.affected, `${path}.affected`),
    patches: d.array(patch, 100)(found.patches, `${path}.patches`),
    aliases: d.array(d.text(60), 20)(found.aliases, `${path}.aliases`),
  };
}

const answer: d.Decoder<NonNullable<AdvisoryEntry['answer']>> = (value, path) => {
  const found = d.object(value, path);
  return {
    by: d.parsed(parseAuthor)(found.by, `${path}.by`),
    at: d.instant(found.at, `${path}.at`),
    text: d.text(5000)(found.text, `${path}.text`),
  };
};
