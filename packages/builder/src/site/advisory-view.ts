/** Advisories as pages show them, from what the registry's repository says or from the index that clients hold. */
import type { Advisory, AdvisoryEntry } from '@mlld/format';
import type { AdvisoryView } from '@mlld/site';
import { affectedBy, type VersionFacts } from '@mlld/trust';

type Said = Pick<
  AdvisoryEntry,
  | 'id'
  | 'state'
  | 'severity'
  | 'malware'
  | 'title'
  | 'summary'
  | 'affected'
  | 'patches'
  | 'aliases'
  | 'reportedAt'
  | 'publishedAt'
  | 'votes'
> &
  Partial<Pick<Advisory, 'details' | 'workarounds' | 'references'>>;

type Times = Pick<AdvisoryView, 'modified' | 'responseMinutes' | 'resolvedMinutes'>;

export function advisoryView(said: Said, times: Times): AdvisoryView {
  const { id, state, severity, malware, aliases, patches, votes } = said;
  return {
    ...{ id, state, severity, malware, aliases },
    summary: said.title,
    details: [said.summary, said.details, said.workarounds].filter(Boolean).join('\n\n'),
    published: said.publishedAt ?? said.reportedAt,
    modules: said.affected.map((one) => ({
      ...one,
      fixed: patches.filter(({ name }) => name === one.name).map(({ version }) => version),
    })),
    references: said.references ?? [],
    confirmed: votes.confirm,
    disputed: votes.dispute,
    ...times,
  };
}

/** Those that are about a version and not withdrawn. */
export function advisoriesAbout(advisories: readonly AdvisoryView[], line: VersionFacts): AdvisoryView[] {
  return advisories.filter(
    ({ state, modules }) => state !== 'withdrawn' && affectedBy(modules, line) !== undefined,
  );
}
