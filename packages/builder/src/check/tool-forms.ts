/** What programs beside ours read of findings: SARIF 2.1.0 and the commands of GitHub Actions. */
import { printable } from '@mlld/format';

export interface SarifRun {
  /** The command that found it. */
  readonly tool: string;
  /** `reportingDescriptor` objects (SARIF 2.1.0 §3.49). */
  readonly rules: readonly object[];
  /** `result` objects (SARIF 2.1.0 §3.27). */
  readonly results: readonly object[];
}

/** A SARIF document of one run, for GitHub's code scanning and others. */
export function sarifDocument({ tool, rules, results }: SarifRun): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: { name: tool, rules } }, results }],
  };
}

export interface Annotation {
  readonly kind: 'error' | 'warning' | 'notice';
  readonly file: string;
  readonly line?: number | undefined;
  readonly title: string;
  readonly text: string;
}

/** A line that GitHub Actions makes an annotation of a file from. */
export function githubCommand({ kind, file, line, title, text }: Annotation): string {
  const at = line === undefined ? '' : `,line=${line}`;
  return `::${kind} file=${property(file)}${at},title=${property(title)}::${data(text)}\n`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(printable(text, 500)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
