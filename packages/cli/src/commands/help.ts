import { printable, RegistryError } from '@mlld/format';
import { defineCommand } from '../command.ts';
import { commandHelp, overview } from '../help-text.ts';
import { commandAt } from './index.ts';

export const command = defineCommand({
  args: [{ name: 'command', optional: true, rest: true }],
  flags: {},
  async run({ args, report }) {
    const typed = args.join(' ');
    if (typed === '') return report.write(overview());
    const called = commandAt(args);
    if (called === undefined || called.length < args.length) {
      throw new RegistryError('USAGE', `there is no command '${printable(typed)}'`, {
        hint: 'mlld help lists the commands.',
      });
    }
    report.write(commandHelp(called.name, (await called.load()).command));
  },
});
