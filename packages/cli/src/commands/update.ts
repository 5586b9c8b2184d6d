import type { UpdateChange } from '@mlld/client';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { capabilityText, installedSummary, progressOf } from '../installed.ts';
import { asking } from '../prompt.ts';
import { agreeing } from './add.ts';

export const command = defineCommand({
  args: [{ name: 'module', optional: true, rest: true }],
  flags: { ...clientFlags, yes: agreeing },
  details: `
Raises modules to the newest version that mlld-config.json and the modules' own releases allow. Without names: all of
them. What a new version can do beyond the old one is shown first, and wants your yes: on a terminal, or with --yes.`,
  async run(context) {
    const { args, flags, report } = context;
    const { onReady, done } = progressOf(report);
    const updated = await withClient(context, (client) => client.update(args, { onReady }), {
      agreed: flags.yes,
      ...asking(context, done),
    }).finally(done);
    if (flags.json) return report.json({ ...installedSummary(updated), changes: updated.changes });
    if (updated.changes.length === 0) return report.print('Everything is as new as it may be.');
    report.table(
      [{ title: 'Module' }, { title: 'From' }, { title: 'To' }, { title: 'Can do', shrink: true }],
      updated.changes.map((one) => [one.name, one.from ?? '-', one.to, changeText(one)]),
    );
  },
});

/** `+ command git, - network api.example.org`. */
function changeText({ newCapabilities = [], goneCapabilities = [] }: UpdateChange): string {
  const lines = [
    ...(newCapabilities.length > 0 ? [`+ ${capabilityText(newCapabilities)}`] : []),
    ...(goneCapabilities.length > 0 ? [`- ${capabilityText(goneCapabilities)}`] : []),
  ];
  return lines.join(', ') || 'the same';
}
