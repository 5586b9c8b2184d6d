import path from 'node:path';
import type { MonitorReport } from '@mlld/builder';
import { exitStatus, printable } from '@mlld/format';
import { type Context, defineCommand, type Flags } from '../command.ts';

const flags = {
  state: { type: 'string', value: 'file', about: 'What was seen so far (default: mlld-monitor.json)' },
} as const satisfies Flags;

export const command = defineCommand({
  args: [{ name: 'url|folder' }],
  flags,
  details: `
Reads what is new in a registry's log since the last time, and checks it: policies, signature, that the log has only grown,
that entries, tiles and checkpoint agree, one digest for each version, chains of keysets and advisories without gaps, the author's
signature of each release and each keyset, no advisory that is gone, recoveries of keys by the newest policy and not dated back. A fork
ends it with LOG_FORK, and both signed notes are kept as the proof. The exit status is 4 if something must not be.

  mlld monitor https://registry.example.org/ --state ~/monitor.json`,
  async run(context) {
    const { args, cwd, report } = context;
    const { monitorLog, openSource } = await import('@mlld/builder');
    const where = args[0] ?? '';
    const source = openSource(/^https?:\/\//.test(where) ? where : path.resolve(cwd, where));
    const stateFile = path.resolve(cwd, context.flags.state ?? 'mlld-monitor.json');
    const found = await monitorLog({ source, stateFile });
    if (context.flags.json) report.json(found);
    else print(context, found);
    return found.findings.length > 0 ? exitStatus.untrusted : undefined;
  },
});

function print({ report }: Context<typeof flags>, found: MonitorReport): void {
  const { registry, size, from, cosigned, quorum, entries, findings, head } = found;
  for (const { index, type, about } of entries) report.print(`${index} ${type} ${printable(about)}`);
  for (const { index, rule, message } of findings)
    report.warn(`entry ${index} ${rule}: ${printable(message, 400)}`);
  if (head !== undefined) report.warn(`clients refuse its head: ${printable(head, 400)}`);
  const witnesses = quorum === 0 ? '' : `, ${cosigned} of ${quorum} cosignatures`;
  report.note(
    `${registry}: ${size} entries, ${size - from} of them new, ${findings.length} problems${witnesses}`,
  );
}
