/** How what was installed is shown and reported. */
import type { InstallReport } from '@mlld/client';
import { printable } from '@mlld/format';
import type { Report } from './report.ts';

/** The document of `--json` for install, add and remove. */
export function installedSummary({ modules, added, removed, ms }: InstallReport) {
  return {
    modules: modules.map(({ name, version, entry, from, direct, ms: took }) => ({
      name,
      version,
      direct,
      registry: entry.registry,
      evidence: entry.evidence,
      needs: entry.needs,
      ...(entry.capabilities === undefined ? {} : { capabilities: entry.capabilities }),
      from,
      ms: Math.round(took),
    })),
    added,
    removed,
    ms: Math.round(ms),
  };
}

/** What each evidence level means, in the words of the design. */
export function evidenceText(level: number): string {
  const texts = [
    'hash only',
    'logged',
    'signed by its author',
    'reproduced from its commit',
    'reviewed by people you trust',
  ];
  return `${level} ${texts[level] ?? ''}`.trim();
}

/** A table of modules that are there now. */
export function printInstalled(report: Report, { modules }: Pick<InstallReport, 'modules'>): void {
  report.table(
    [
      { title: 'Module' },
      { title: 'Version' },
      { title: 'Evidence' },
      { title: 'Needs' },
      { title: 'From', shrink: true },
    ],
    modules.map(({ name, version, entry, from, direct }) => [
      direct ? name : `  ${name}`,
      version,
      evidenceText(entry.evidence),
      entry.needs.map((need) => printable(need)).join(', ') || '-',
      printable(from, 300),
    ]),
  );
}

/** A line on the terminal while modules come in. */
export function progressOf(report: Report) {
  const line = report.progress('resolving …');
  return {
    onReady: (name: string, done: number, total: number) => line.update(`${done}/${total} ${name}`),
    done: () => line.done(),
  };
}

/** `command git, network api.example.org`. */
export function capabilityText(names: readonly string[]): string {
  return names.map((one) => printable(one.replace(':', ' '), 120)).join(', ');
}
