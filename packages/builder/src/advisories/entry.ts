/** What the index of advisories says of one (docs/spec/advisories.md §6). */
import { type AdvisoryEntry, decode as d } from '@mlld/format';
import { gateOf } from '@mlld/trust';
import type { ReadAdvisory } from './history.ts';

/** Undefined for one of which no revision counts. */
export function entryOf(read: ReadAdvisory): AdvisoryEntry | undefined {
  const { status, revisions, textOf } = read;
  if (status === undefined) return undefined;
  const { advisory, sha256, reporter, official, officialRevision, answer, votes } = status;
  const { id, n, state, malware, severity, title, summary, affected, patches, aliases } = advisory;
  const gate = gateOf({ state, official, malware, severity });
  const isGate = gate === 'locked' || gate === 'new';
  return d.compact({
    id,
    n,
    revisions,
    statement: sha256,
    state,
    official,
    malware,
    severity,
    title,
    summary,
    affected,
    patches,
    aliases,
    by: reporter,
    reportedAt: advisory.reportedAt,
    publishedAt: advisory.publishedAt,
    withdrawnAt: advisory.withdrawnAt,
    responseMinutes: status.responseMinutes,
    reviewUntil: status.reviewUntil,
    votes,
    answer,
    signed: isGate && officialRevision !== undefined ? textOf(officialRevision) : undefined,
  });
}
