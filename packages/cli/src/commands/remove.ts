import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { installedSummary } from '../installed.ts';

export const command = defineCommand({
  args: [{ name: 'module', rest: true }],
  flags: clientFlags,
  details: `
Takes modules out of mlld-config.json and mlld-lock.json, with everything that only they needed. The cache keeps
their bytes until mlld cache gc.`,
  async run(context) {
    const { args, flags, report } = context;
    const removed = await withClient(context, (client) => client.remove(args));
    if (flags.json) return report.json(installedSummary(removed));
    for (const key of removed.removed) report.print(`removed ${key}`);
    const kept = args.filter((name) => !removed.removed.some((key) => key.startsWith(`${name}@`)));
    for (const name of kept) report.note(`${name} stays, because other modules import it: mlld why ${name}`);
  },
});
