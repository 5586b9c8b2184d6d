/** Findings in the forms that people and tools read. */
import type { Finding } from '../finding.ts';
import { rules } from '../rules.ts';
import { githubCommand, sarifDocument } from './tool-forms.ts';

/** Commands of GitHub Actions, one line each: they become annotations of the changed files. */
export function githubAnnotations(findings: readonly Finding[]): string {
  const kind = { error: 'error', warning: 'warning', info: 'notice' } as const;
  return findings
    .map(({ severity, file, line, rule, message, hint, path }) => {
      const text = `${path}: ${message}${hint === '' ? '' : `\n${hint}`}`;
      return githubCommand({ kind: kind[severity], file, line, title: rule, text });
    })
    .join('');
}

export function sarif(findings: readonly Finding[]): object {
  const level = { error: 'error', warning: 'warning', info: 'note' } as const;
  const used = [...new Set(findings.map(({ rule }) => rule))].sort();
  return sarifDocument({
    tool: 'mlld registry check',
    rules: used.map((id) => ({
      id,
      shortDescription: { text: rules[id].what },
      help: { text: rules[id].hint },
      defaultConfiguration: { level: level[rules[id].severity] },
    })),
    results: findings.map(({ rule, severity, message, file, line, path }) => ({
      ruleId: rule,
      level: level[severity],
      message: { text: `${path}: ${message}` },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: file },
            ...(line === undefined ? {} : { region: { startLine: line } }),
          },
        },
      ],
    })),
  });
}
