import { printable } from '@mlld/format';
import { type Capability, type CapabilityChange, diffCapabilities, threatRules } from '@mlld/lang';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import type { Report } from '../report.ts';
import { type ScanResult, scanTarget } from '../scan-target.ts';

export const command = defineCommand({
  args: [{ name: 'path|module', optional: true }],
  flags: {
    ...clientFlags,
    diff: {
      type: 'string',
      value: 'path|module',
      about: 'Show which capabilities are new since this one, and which are gone',
    },
    strict: { type: 'boolean', about: 'End with 1 on a grave finding, or on a new capability with --diff' },
    rules: { type: 'boolean', about: 'List the rules' },
  },
  details: `
Shows what a module can do (programs, code, hosts, files, variables, MCP servers) and what looks dangerous in it: a file, a
folder (default: this one) or a module of the registry. Nothing is run. It advises: that it finds nothing proves nothing.
Rules and limits: docs/spec/scan.md.

  mlld scan
  mlld scan @alice/strings
  mlld scan @alice/strings@2.0.0 --diff @alice/strings@1.0.0`,
  async run(context) {
    const { args, flags, cwd, report } = context;
    if (flags.rules) {
      showRules(report, flags.json);
      return 0;
    }
    const { after, before } = await withClient(context, async (client) => {
      const options = { cwd, read: client.read };
      const scanned = await scanTarget(args[0] ?? '.', options);
      return {
        after: scanned,
        before: flags.diff === undefined ? undefined : await scanTarget(flags.diff, options),
      };
    });
    const change = before && diffCapabilities(before.capabilities, after.capabilities);
    if (flags.json) report.json({ ...after, ...(change && before ? { since: before.of, ...change } : {}) });
    else show(report, { after, before, change });
    const grave = after.findings.some(({ severity }) => severity === 'high' || severity === 'medium');
    return flags.strict && (grave || (change?.added.length ?? 0) > 0) ? 1 : 0;
  },
});

interface Shown {
  readonly after: ScanResult;
  readonly before: ScanResult | undefined;
  readonly change: CapabilityChange | undefined;
}

function show(report: Report, { after, before, change }: Shown): void {
  report.print(report.style('bold', printable(after.of)));
  if (change !== undefined && before !== undefined) showChange(report, before.of, change);
  else showNeeds(report, after.capabilities.needs);
  for (const file of after.capabilities.unread)
    report.warn(`${printable(file)} could not be read whole: it may need more`);
  showFindings(report, after);
}

function showNeeds(report: Report, needs: readonly Capability[]): void {
  if (needs.length === 0) report.print('Reaches for nothing outside of itself.');
  else
    report.table([{ title: 'Kind' }, { title: 'Name' }, { title: 'Where', shrink: true }], needs.map(rowOf));
}

function rowOf({ kind, name, places }: Capability): string[] {
  const [first] = places;
  const where = first === undefined ? '' : `${printable(first.file)}:${first.line}:${first.column}`;
  const more = places.length > 1 ? ` and ${places.length - 1} more` : '';
  return [kind, name === '*' ? '* (told by running it only)' : printable(name), where + more];
}

function showChange(report: Report, since: string, { added, removed }: CapabilityChange): void {
  if (added.length + removed.length === 0) {
    report.print(`The same capabilities as ${printable(since)}.`);
    return;
  }
  report.print(`Since ${printable(since)}:`);
  for (const one of added) report.print(`  ${report.style('red', '+')} ${rowOf(one).join('  ')}`);
  for (const one of removed) report.print(`  ${report.style('green', '-')} ${rowOf(one).join('  ')}`);
}

const colors = { high: 'red', medium: 'yellow', low: 'blue', note: 'dim' } as const;

function showFindings(report: Report, { findings, files }: ScanResult): void {
  for (const { rule, severity, place, message, reason } of findings) {
    const where = `${printable(place.file)}:${place.line}:${place.column}`;
    const head = `${report.style(colors[severity], severity)} ${report.style('bold', where)} ${printable(message, 300)}`;
    report.print(`${head} ${report.style('dim', `[${rule}]`)}`);
    report.print(`    ${reason}`);
  }
  const count = findings.length === 1 ? '1 finding' : `${findings.length || 'no'} findings`;
  report.print(`${count} in ${files === 1 ? '1 file' : `${files} files`}`);
}

function showRules(report: Report, json: boolean): void {
  if (json) {
    report.json(threatRules);
    return;
  }
  const rows = Object.entries(threatRules).map(([id, { severity, what }]) => [id, severity, what]);
  report.table(
    [{ title: 'rule' }, { title: 'severity' }, { title: 'what it looks for', shrink: true }],
    rows,
  );
}
