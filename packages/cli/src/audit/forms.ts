/** An audit for other programs: JSON, SARIF 2.1.0, and annotations of GitHub Actions. */
import { githubCommand, sarifDocument } from '@mlld/builder';
import type { FixProposal } from '@mlld/client';
import { printable, userLayout } from '@mlld/format';
import type { Judged, JudgedAudit } from './judge.ts';

export function auditJson({ registries, modules, findings, ageDays, unread }: JudgedAudit): object {
  return {
    registries: registries.map(({ checkedAt, ...one }) => ({
      ...one,
      checkedAt: new Date(checkedAt).toISOString(),
    })),
    ageDays,
    modules,
    unread,
    findings: findings.map(({ entry, locked: _locked, ...one }) => ({
      ...one,
      id: entry.id,
      severity: entry.severity,
      malware: entry.malware,
      official: entry.official,
      advisoryState: entry.state,
      title: entry.title,
      summary: entry.summary,
      aliases: entry.aliases,
      patches: entry.patches.filter(({ name }) => name === one.name).map(({ version }) => version),
      votes: entry.votes,
    })),
  };
}

const levels = { critical: 'error', high: 'error', medium: 'warning', low: 'note' } as const;
/** As GitHub sorts them: 0 to 10. */
const scores = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0' } as const;

export function auditSarif({ findings }: JudgedAudit): object {
  const rules = [...new Map(findings.map(({ entry }) => [entry.id, entry])).values()];
  return sarifDocument({
    tool: 'mlld audit',
    rules: rules.map(({ id, title, summary, severity, malware }) => ({
      id,
      shortDescription: { text: title },
      fullDescription: { text: summary },
      defaultConfiguration: { level: malware ? 'error' : levels[severity] },
      properties: {
        'security-severity': malware ? '10.0' : scores[severity],
        tags: ['security', malware ? 'malware' : 'vulnerability'],
      },
    })),
    results: findings.map((one) => ({
      ruleId: one.entry.id,
      level: one.fails ? 'error' : one.state === 'unreachable' ? 'note' : 'warning',
      message: { text: messageOf(one) },
      locations: [{ physicalLocation: { artifactLocation: { uri: userLayout.lock } } }],
      ...(one.state === 'unreachable'
        ? { suppressions: [{ kind: 'external', justification: 'the vulnerable export is out of reach' }] }
        : {}),
    })),
  });
}

export function auditAnnotations({ findings }: JudgedAudit): string {
  return findings
    .map((one) =>
      githubCommand({
        kind: one.fails ? 'error' : one.state === 'unreachable' ? 'notice' : 'warning',
        file: userLayout.lock,
        title: one.entry.id,
        text: printable(messageOf(one), 2000),
      }),
    )
    .join('');
}

/** One line for people in other programs. */
function messageOf({ name, version, entry, state, because, path }: Judged): string {
  const what = entry.malware ? 'malware' : `${entry.severity} severity`;
  const reach = state === 'unreachable' ? 'not reachable from the program' : because;
  const via = path.length > 1 ? `, by way of ${path.slice(0, -1).join(' → ')}` : '';
  return `${name}@${version}: ${entry.title} (${entry.id}, ${what}; ${reach}${via})`;
}

export function fixText({ name, from, to, range, breaking, reason }: FixProposal): string {
  if (to === undefined) return `${name} ${from.join(', ')}: no fix, ${printable(reason ?? '', 300)}`;
  const notes = [
    ...(range === undefined ? [] : [`mlld-config.json asks for ${range}`]),
    ...(breaking ? ['may break what uses it'] : []),
  ];
  return `${name} ${from.join(', ')} → ${to}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}
