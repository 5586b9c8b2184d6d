import { printable } from '@mlld/format';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';

export const command = defineCommand({
  args: [],
  flags: clientFlags,
  details: `
The modules that the program asks for and that have newer versions. «Wanted» is the newest that mlld-config.json allows:
mlld update goes there. Exit status 1 when there are any, as with npm.`,
  async run(context) {
    const { flags, report } = context;
    const rows = await withClient(context, (client) => client.outdated());
    if (flags.json) report.json(rows);
    else if (rows.length === 0) report.print('Everything is at its newest.');
    else {
      report.table(
        [
          { title: 'Module' },
          { title: 'Current' },
          { title: 'Wanted' },
          { title: 'Latest' },
          { title: 'Remark', shrink: true },
        ],
        rows.map(({ name, current, wanted, latest, deprecated, yanked }) => [
          name,
          current ?? 'missing',
          wanted,
          latest,
          yanked !== undefined
            ? `yanked: ${printable(yanked)}`
            : deprecated !== undefined
              ? `deprecated: ${printable(deprecated)}`
              : '',
        ]),
      );
    }
    return rows.length > 0 ? 1 : 0;
  },
});
