import { printable } from '@mlld/format';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { installedSummary, progressOf } from '../installed.ts';

export const command = defineCommand({
  args: [{ name: 'module', optional: true, rest: true }],
  flags: clientFlags,
  details: `
Raises modules to the newest version that mlld-config.json and the modules' own releases allow. Without names: all of
them. Needs that a new version brings are shown, and asked for when its code wants to use them.`,
  async run(context) {
    const { args, flags, report } = context;
    const { onReady, done } = progressOf(report);
    const updated = await withClient(context, (client) => client.update(args, { onReady })).finally(done);
    if (flags.json) return report.json({ ...installedSummary(updated), changes: updated.changes });
    if (updated.changes.length === 0) return report.print('Everything is as new as it may be.');
    report.table(
      [{ title: 'Module' }, { title: 'From' }, { title: 'To' }, { title: 'New needs' }],
      updated.changes.map(({ name, from, to, newNeeds }) => [
        name,
        from ?? '-',
        to,
        newNeeds.map((need) => printable(need)).join(', ') || '-',
      ]),
    );
  },
});
