import { printable, RegistryError } from '@mlld/format';
import { defineCommand } from '../command.ts';
import { commandHelp, overview } from '../help-text.ts';
import { aliases, commands } from './index.ts';

export const command = defineCommand({
  args: [{ name: 'command', optional: true, rest: true }],
  flags: {},
  async run({ args, report }) {
    const typed = args.join(' ');
    if (typed === '') return report.write(overview());
    const name = commands.has(typed) ? typed : aliases.get(typed);
    const entry = name === undefined ? undefined : commands.get(name);
    if (name === undefined || entry === undefined) {
      throw new RegistryError('USAGE', `there is no command '${printable(typed)}'`, {
        hint: 'mlld help lists the commands.',
      });
    }
    report.write(commandHelp(name, (await entry.load()).command));
  },
});
