import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';

export const command = defineCommand({
  args: [{ name: 'module' }],
  flags: clientFlags,
  details:
    'Who brings a module into the program: each chain of imports from what the program asks for down to it.',
  async run(context) {
    const { args, flags, report } = context;
    const found = await withClient(context, (client) => client.why(args[0] ?? ''));
    if (flags.json) return report.json(found);
    for (const { name, version, chains } of found) {
      report.print(report.style('bold', `${name}@${version}`));
      for (const chain of chains)
        report.print(
          `  ${chain.length === 1 ? 'the program itself asks for it' : ['program', ...chain].join(' → ')}`,
        );
    }
  },
});
