/**
 * Advisories for tools that read OSV (docs/spec/advisories.md §7), in two forms: with an ecosystem and an id prefix of our own, and
 * by the letter of the schema, which knows neither. Only what the role has published, withdrawn or not.
 */
import {
  type Advisory,
  type AffectedModule,
  compareVersions,
  decode as d,
  type Json,
  type VersionInterval,
  versionIntervals,
} from '@mlld/format';
import { affectedBy } from '@mlld/trust';
import { publishedAt, type ReadRelease } from '../repository/model.ts';
import type { AdvisorySources, ReadAdvisory } from './history.ts';

/** The version of the schema that this is written by, and validated against. */
const schemaVersion = '1.7.5';

/** A document in either form; `id` is its file's name. */
export interface OsvDocument {
  readonly id: string;
  readonly document: Json;
}

export interface OsvForms {
  readonly native: OsvDocument;
  readonly strict: OsvDocument;
}

/** Undefined for what was never published. */
export function osvOf(
  { status, id }: ReadAdvisory,
  { read }: Pick<AdvisorySources, 'read'>,
): OsvForms | undefined {
  const advisory = status?.advisory;
  if (status?.official !== true || advisory?.publishedAt === undefined) return undefined;
  const parts = advisory.affected.map((affected) => ({
    affected,
    releases: releasesOf(affected, read(affected.name).releases),
    patched: patchedIn(advisory, affected, read(affected.name).releases),
  }));
  const modified = newest([
    advisory.at,
    ...parts.flatMap(({ releases }) => releases.map((release) => publishedAt(release))),
  ]);
  const strictId = `x_${id.replace(/^MLLD-/, advisory.malware ? 'MLLD-MAL-' : 'MLLD-')}`;
  const document = (own: string, affected: readonly Json[], aliases: readonly string[]): OsvDocument => ({
    id: own,
    document: { ...headOf(advisory, { id: own, modified, aliases }), affected, ...tailOf(advisory) },
  });
  return {
    native: document(id, parts.map(nativeAffected), advisory.aliases),
    strict: document(strictId, parts.map(strictAffected), [...advisory.aliases, id]),
  };
}

interface Part {
  readonly affected: AffectedModule;
  /** Releases that are there and affected, oldest first. */
  readonly releases: readonly ReadRelease[];
  /** The lowest release without it, if it is there. */
  readonly patched: ReadRelease | undefined;
}

function releasesOf(affected: AffectedModule, releases: readonly ReadRelease[]): ReadRelease[] {
  return releases
    .filter((one) => {
      const digest = one.kind === 'signed' ? one.release.digest : undefined;
      return affectedBy([affected], { name: affected.name, version: one.version, digest }) !== undefined;
    })
    .sort((a, b) => compareVersions(a.version, b.version));
}

function patchedIn(
  { patches }: Advisory,
  { name }: AffectedModule,
  releases: readonly ReadRelease[],
): ReadRelease | undefined {
  const wanted = patches.filter((one) => one.name === name).map(({ version }) => version);
  return releases
    .filter(({ version }) => wanted.includes(version))
    .sort((a, b) => compareVersions(a.version, b.version))[0];
}

function headOf(
  { title, summary, details, publishedAt: published, withdrawnAt }: Advisory,
  { id, modified, aliases }: { id: string; modified: string; aliases: readonly string[] },
) {
  return d.compact({
    schema_version: schemaVersion,
    id,
    modified: instant(modified),
    published: published && instant(published),
    withdrawn: withdrawnAt && instant(withdrawnAt),
    aliases,
    summary: title,
    details: details === '' ? summary : `${summary}\n\n${details}`,
  });
}

function tailOf({ references, credits, severity, cwe, malware, registry, workarounds }: Advisory) {
  return {
    references: references
      .filter((url) => /^https?:/.test(url))
      .map((url) => ({ type: /\/(?:commit|pull)s?\//.test(url) ? 'FIX' : 'WEB', url })),
    credits: credits.map((name) => ({ name })),
    database_specific: d.compact({
      registry,
      severity: severity.toUpperCase(),
      malicious: malware,
      cwe_ids: cwe,
      workarounds,
    }),
  };
}

function nativeAffected({ affected, releases }: Part): Json {
  return {
    package: { ecosystem: 'mlld', name: affected.name as string },
    ranges: affected.ranges.flatMap(versionIntervals).map((interval) => ({
      type: 'SEMVER',
      events: eventsOf(interval),
    })),
    versions: releases.map(({ version }) => version),
    ecosystem_specific: specific(affected),
  };
}

/** §7.2: one of `fixed` and `last_affected`, and an interval of its own for each. */
function eventsOf({ from = '0', before, last }: VersionInterval): Json[] {
  const end =
    last !== undefined ? [{ last_affected: last }] : before !== undefined ? [{ fixed: before }] : [];
  return [{ introduced: from }, ...end];
}

/** No `package`: the schema knows no ecosystem for it. Commits where the sources name them. */
function strictAffected({ affected, releases, patched }: Part): Json {
  const first = releases[0];
  const repo = first && repositoryOf(first);
  const to = patched && repositoryOf(patched);
  const last = releases.at(-1);
  const end = last && repositoryOf(last);
  const isSame = (one: Place | undefined) => one?.url === repo?.url && one?.commit !== undefined;
  const events = [
    { introduced: repo?.commit ?? '0' },
    ...(isSame(to)
      ? [{ fixed: to!.commit! }]
      : isSame(end) && end!.commit !== repo?.commit
        ? [{ last_affected: end!.commit! }]
        : []),
  ];
  return d.compact({
    ranges: repo === undefined ? undefined : [{ type: 'GIT', repo: repo.url, events }],
    versions: releases.map(({ version }) => version),
    ecosystem_specific: {
      mlld: { name: affected.name as string, ranges: affected.ranges, ...specific(affected) },
    },
  }) as Json;
}

interface Place {
  readonly url: string;
  readonly commit?: string | undefined;
}

/** Where a release was made, if it says so and by a name of the commit that OSV reads. */
function repositoryOf(read: ReadRelease): Place | undefined {
  const { source, repo } = read.kind === 'signed' ? read.release : read.record;
  const url = source.repository?.url ?? repo;
  if (url === undefined || !/^https?:/.test(url)) return undefined;
  const commit = source.repository?.commit;
  return { url, commit: /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit ?? '') ? commit : undefined };
}

function specific({ digests, exports }: AffectedModule): { [name: string]: Json } {
  return d.compact({
    sha256: digests.length > 0 ? (digests as readonly string[]) : undefined,
    exports: exports.length > 0 ? exports : undefined,
  }) as { [name: string]: Json };
}

function newest(times: readonly string[]): string {
  return (
    times
      .filter((one) => one !== '')
      .sort((a, b) => Date.parse(a) - Date.parse(b))
      .at(-1) ?? ''
  );
}

function instant(text: string): string {
  return new Date(text).toISOString();
}
