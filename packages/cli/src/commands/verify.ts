import type { VerifyReport } from '@mlld/client';
import { printable } from '@mlld/format';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { evidenceText } from '../installed.ts';
import { printScore } from '../opinion-report.ts';
import type { Report } from '../report.ts';

export const command = defineCommand({
  args: [{ name: 'module', optional: true, rest: true }],
  flags: clientFlags,
  details: `
Verifies modules again from nothing, step by step: what the registry says, who signed it, the bytes, and that the lock file
says the same; with its trust score part by part. Without names: everything that is locked. Steps are clauses of
docs/spec/resolve.md.`,
  async run(context) {
    const { args, flags, report } = context;
    const reports = await withClient(context, (client) =>
      client.verifyAll(args.length > 0 ? args : undefined),
    );
    if (flags.json) {
      report.json(
        reports.map(({ error, ...rest }) => ({
          ...rest,
          ...(error === undefined
            ? {}
            : { error: { code: error.code, message: error.message, hint: error.hint } }),
        })),
      );
    } else {
      for (const one of reports) print(report, one);
      if (reports.length === 0) report.print('Nothing is locked yet.');
    }
    return reports.find(({ error }) => error !== undefined)?.error?.exit ?? 0;
  },
});

function print(
  report: Report,
  { name, version, registry, steps, evidence, from, error, opinion }: VerifyReport,
): void {
  report.print(report.style('bold', `${name}@${version}`));
  const marks = {
    passed: report.style('green', '✓'),
    failed: report.style('red', '✗'),
    none: report.style('dim', '·'),
  };
  for (const { clause, title, result, detail } of steps)
    report.print(`  ${marks[result]} §${clause} ${title}: ${printable(detail, 400)}`);
  if (error === undefined)
    report.print(
      `  evidence ${evidenceText(evidence)}, registry ${registry}, bytes from ${printable(from ?? '', 300)}`,
    );
  else
    report.print(
      `  ${report.style('red', `${error.code}: ${error.message}`)}${error.hint ? `\n  ${error.hint}` : ''}`,
    );
  if (opinion !== undefined) printScore(report, opinion, '  ');
}
