/** Findings in the forms that people and tools read. */
import { printable } from '@mlld/format';
import type { Finding } from '../finding.ts';
import { rules, type Severity } from '../rules.ts';

/** Commands of GitHub Actions, one line each: they become annotations of the changed files. */
export function githubAnnotations(findings: readonly Finding[]): string {
  const command = { error: 'error', warning: 'warning', info: 'notice' } as const satisfies Record<
    Severity,
    string
  >;
  return findings
    .map(({ severity, file, line, rule, message, hint, path }) => {
      const at = line === undefined ? '' : `,line=${line}`;
      const text = `${path}: ${message}${hint === '' ? '' : `\n${hint}`}`;
      return `::${command[severity]} file=${property(file)}${at},title=${property(rule)}::${data(text)}\n`;
    })
    .join('');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(printable(text, 500)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** SARIF 2.1.0, for GitHub's code scanning and others. */
export function sarif(findings: readonly Finding[]): object {
  const level = { error: 'error', warning: 'warning', info: 'note' } as const;
  const used = [...new Set(findings.map(({ rule }) => rule))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'mlld registry check',
            rules: used.map((id) => ({
              id,
              shortDescription: { text: rules[id].what },
              help: { text: rules[id].hint },
              defaultConfiguration: { level: level[rules[id].severity] },
            })),
          },
        },
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
      },
    ],
  };
}
