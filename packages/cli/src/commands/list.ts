import { printable } from '@mlld/format';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { evidenceText } from '../installed.ts';

export const command = defineCommand({
  args: [],
  flags: {
    ...clientFlags,
    all: { type: 'boolean', short: 'a', about: 'Also modules that only other modules import' },
  },
  details: 'What is locked, and whether it is in the cache, undamaged. Asks no network.',
  async run(context) {
    const { flags, report } = context;
    const all = await withClient(context, (client) => client.list());
    const rows = flags.all ? all : all.filter(({ direct }) => direct);
    if (flags.json) return report.json(rows);
    if (all.length === 0) return report.print('This project uses no modules yet.');
    report.table(
      [
        { title: 'Module' },
        { title: 'Version' },
        { title: 'Wanted' },
        { title: 'Evidence' },
        { title: 'Needs' },
        { title: 'Cached' },
      ],
      rows.map(({ name, version, wanted, evidence, needs, granted, cached, direct }) => [
        direct ? name : `  ${name}`,
        version,
        direct ? wanted : '',
        evidenceText(evidence),
        needs
          .map((need) => (granted.includes(need) ? `${printable(need)} (granted)` : printable(need)))
          .join(', ') || '-',
        cached ? 'yes' : 'no',
      ]),
    );
    const hidden = all.length - rows.length;
    if (hidden > 0) report.note(`and ${hidden} that they import (mlld list --all)`);
  },
});
