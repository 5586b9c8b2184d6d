/** The score that line 1 of an index carries: of the newest version, by the registry's own reviewers (docs/spec/score.md §5). */
import type { IndexHeader, IndexVersion, ScoreHint } from '@mlld/format';
import { affectedBy, nothingJudged, scoreFacts, trustScore } from '@mlld/trust';
import type { AdvisoryNote } from '../outputs/output.ts';

/** The header with its score; as it was where no time is known. A build has no clock: the score is of the newest that was said. */
export function withScore(
  header: IndexHeader,
  versions: readonly IndexVersion[],
  open: readonly AdvisoryNote[] = [],
): IndexHeader {
  const line = versions.find(({ version }) => version === header.tags.get('latest'));
  const times = [
    ...versions.flatMap(({ publishedAt }) => publishedAt ?? []),
    header.community?.at ?? [],
  ].flat();
  if (line === undefined || times.length === 0) return header;
  const at = new Date(Math.max(...times.map((time) => Date.parse(time)))).toISOString();
  const { community } = header;
  const facts = scoreFacts({ header, versions }, line, {
    evidence: line.evidence,
    judged: community?.judged.find(({ version }) => version === line.version) ?? nothingJudged,
    standing: header.standing ?? { banned: false },
    stars: community?.stars ?? 0,
    liked: community?.liked ?? 0,
    advisories: open.filter(({ affected }) => affectedBy(affected, line) !== undefined),
    at,
  });
  const { value, insufficient } = trustScore(facts);
  const score: ScoreHint = { version: line.version, value, insufficient: insufficient !== undefined, at };
  return { ...header, score };
}
