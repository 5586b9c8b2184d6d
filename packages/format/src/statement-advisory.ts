/**
 * Advisories and votes on them (docs/spec/advisories.md). An advisory is a folder of numbered revisions; each is a whole
 * statement, and the newest counts. Versions are named by range and by full digest, never by a prefix of one.
 */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import type { JsonObject } from './json.ts';
import { limits } from './limits.ts';
import { type Author, type ModuleName, parseAuthor, parseModuleName, parseRegistryName } from './name.ts';
import { openStatement, type ParseOptions, versionDecoder } from './statement.ts';
import { isRange } from './version-syntax.ts';

export const advisoryStates = ['reported', 'reviewing', 'published', 'withdrawn'] as const;
export type AdvisoryState = (typeof advisoryStates)[number];
export const severities = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

export interface AffectedModule {
  readonly name: ModuleName;
  /** Semver ranges. */
  readonly ranges: readonly string[];
  /** Content digests, for versions that no range names. */
  readonly digests: readonly Sha256Hex[];
  /** The exports that are vulnerable; empty: all of the module. */
  readonly exports: readonly string[];
}

export interface Patch {
  readonly name: ModuleName;
  readonly version: string;
  readonly notes?: string;
}

export interface Advisory {
  readonly type: 'advisory';
  readonly v: 1;
  readonly registry: string;
  /** `MLLD-<year>-<number>`. */
  readonly id: string;
  /** Revision: 1, 2, 3, … */
  readonly n: number;
  readonly by: Author;
  readonly at: string;
  readonly state: AdvisoryState;
  /** The module means harm: a gate even for what is locked. */
  readonly malware: boolean;
  readonly severity: Severity;
  readonly title: string;
  readonly summary: string;
  readonly details: string;
  readonly cwe: readonly string[];
  readonly aliases: readonly string[];
  readonly affected: readonly AffectedModule[];
  readonly patches: readonly Patch[];
  readonly workarounds?: string;
  readonly references: readonly string[];
  /** Who found it, as they want to be named. */
  readonly credits: readonly string[];
  readonly reportedAt: string;
  readonly publishedAt?: string;
  readonly withdrawnAt?: string;
  /** The report was kept private until then: nothing dated earlier counts (advisories.md §4). */
  readonly embargoUntil?: string;
  /** What the author of the module answers. */
  readonly response?: string;
}

export interface AdvisoryVote {
  readonly type: 'advisory-vote';
  readonly v: 1;
  readonly registry: string;
  readonly id: string;
  readonly n: number;
  readonly by: Author;
  readonly at: string;
  readonly vote: 'confirm' | 'dispute';
  readonly text: string;
}

/** @throws RegistryError BAD_SHAPE */
export function parseAdvisoryId(text: string): string {
  if (!/^MLLD-\d{4}-\d{4,6}$/.test(text)) throw d.badShape('id', 'an id such as MLLD-2026-0001', text);
  return text;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseAdvisory(
  bytes: Uint8Array | string,
  { where = 'advisory' }: ParseOptions = {},
): Advisory {
  const { value, $ } = openStatement(bytes, ['advisory'], where);
  const advisory: Advisory = d.compact({
    type: 'advisory' as const,
    ...base(value, $),
    state: d.literal(...advisoryStates)(value.state, `${$}.state`),
    malware: d.boolean(value.malware, `${$}.malware`),
    severity: d.literal(...severities)(value.severity, `${$}.severity`),
    title: d.text(100)(value.title, `${$}.title`),
    summary: d.text(1000)(value.summary, `${$}.summary`),
    details: d.text(20_000)(value.details, `${$}.details`),
    cwe: d.array(cwe, 20)(value.cwe, `${$}.cwe`),
    aliases: d.array(d.text(60), 20)(value.aliases, `${$}.aliases`),
    affected: d.array(affectedModule, 100)(value.affected, `${$}.affected`),
    patches: d.array(patch, 100)(value.patches, `${$}.patches`),
    workarounds: d.optional(d.text(5000))(value.workarounds, `${$}.workarounds`),
    references: d.array(d.url, 50)(value.references, `${$}.references`),
    credits: d.array(d.text(200), 20)(value.credits, `${$}.credits`),
    reportedAt: d.instant(value.reportedAt, `${$}.reportedAt`),
    publishedAt: d.optional(d.instant)(value.publishedAt, `${$}.publishedAt`),
    withdrawnAt: d.optional(d.instant)(value.withdrawnAt, `${$}.withdrawnAt`),
    embargoUntil: d.optional(d.instant)(value.embargoUntil, `${$}.embargoUntil`),
    response: d.optional(d.text(5000))(value.response, `${$}.response`),
  });
  d.onlyMembers(value, advisoryMembers, $);
  if (advisory.state === 'published' && advisory.publishedAt === undefined)
    throw d.badShape(`${$}.publishedAt`, 'a time, because the state is published', undefined);
  if (advisory.state === 'withdrawn' && advisory.withdrawnAt === undefined)
    throw d.badShape(`${$}.withdrawnAt`, 'a time, because the state is withdrawn', undefined);
  return advisory;
}

const baseMembers = ['type', 'v', 'registry', 'id', 'n', 'by', 'at'] as const;
/** What an advisory says, in the order of its text; what its author may write. */
export const advisoryContentMembers = [
  'malware',
  'severity',
  'title',
  'summary',
  'details',
  'cwe',
  'aliases',
  'affected',
  'patches',
  'workarounds',
  'references',
  'credits',
] as const satisfies readonly (keyof Advisory)[];

/** All members in the order in which they are written: the same words give the same bytes. */
export const advisoryMembers = [
  ...baseMembers,
  'state',
  ...advisoryContentMembers,
  'reportedAt',
  'publishedAt',
  'withdrawnAt',
  'embargoUntil',
  'response',
] as const satisfies readonly (keyof Advisory)[];

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseAdvisoryVote(
  bytes: Uint8Array | string,
  { where = 'vote' }: ParseOptions = {},
): AdvisoryVote {
  const { value, $ } = openStatement(bytes, ['advisory-vote'], where);
  d.onlyMembers(value, [...baseMembers, 'vote', 'text'], $);
  return {
    type: 'advisory-vote',
    ...base(value, $),
    vote: d.literal('confirm', 'dispute')(value.vote, `${$}.vote`),
    text: d.text(limits.reviewChars)(value.text, `${$}.text`),
  };
}

/** The bytes of an advisory or a vote as this project writes them. */
export function encodeAdvisory(statement: Advisory | AdvisoryVote): string {
  return `${JSON.stringify(statement, null, 2)}\n`;
}

function base(value: JsonObject, $: string) {
  return {
    v: 1 as const,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    id: d.parsed(parseAdvisoryId)(value.id, `${$}.id`),
    n: d.integer(1, limits.changesPerModule)(value.n, `${$}.n`),
    by: d.parsed(parseAuthor)(value.by, `${$}.by`),
    at: d.instant(value.at, `${$}.at`),
  };
}

const cwe: d.Decoder<string> = (value, path) => {
  const found = d.string(value, path);
  if (!/^CWE-\d{1,5}$/.test(found)) throw d.badShape(path, 'an id such as CWE-79', found);
  return found;
};

const rangeText: d.Decoder<string> = (value, path) => {
  const found = d.string(value, path);
  if (!isRange(found)) throw d.badShape(path, 'a semver range', found);
  return found;
};

export const affectedModule: d.Decoder<AffectedModule> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['name', 'ranges', 'digests', 'exports'], path);
  return {
    name: d.parsed(parseModuleName)(found.name, `${path}.name`),
    ranges: d.array(rangeText, 50)(found.ranges, `${path}.ranges`),
    digests: d.array(d.parsed(parseSha256), 200)(found.digests ?? [], `${path}.digests`),
    exports: d.array(d.text(100), 200)(found.exports ?? [], `${path}.exports`),
  };
};

export const patch: d.Decoder<Patch> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['name', 'version', 'notes'], path);
  return d.compact({
    name: d.parsed(parseModuleName)(found.name, `${path}.name`),
    version: versionDecoder(found.version, `${path}.version`),
    notes: d.optional(d.text(1000))(found.notes, `${path}.notes`),
  });
};
