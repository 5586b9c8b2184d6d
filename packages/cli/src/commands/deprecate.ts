import { parseModuleName } from '@mlld/format';
import { deprecateSaying } from '@mlld/publish';
import { defineCommand } from '../command.ts';
import { runSaying, sayFlags } from '../say.ts';

export const command = defineCommand({
  args: [{ name: 'module' }, { name: 'message', optional: true }],
  flags: {
    ...sayFlags,
    'replaced-by': { type: 'string', value: 'module', about: 'What to use instead' },
    undo: { type: 'boolean', about: 'Take it back: the module is looked after again' },
  },
  details: `
Says that a module of yours is no longer looked after, and what replaces it. What uses it still works; mlld info, add, install and its page
say so, and search puts it below others.

  mlld deprecate @alice/old 'strings does all of it now' --replaced-by @alice/strings`,
  run: async (context) => {
    const { args, flags } = context;
    const name = parseModuleName(args[0] ?? '');
    const given = flags['replaced-by'];
    const replacedBy = given === undefined ? undefined : parseModuleName(given);
    const message = flags.undo ? '' : (args[1] ?? 'no longer looked after');
    await runSaying(context, (speaker) =>
      deprecateSaying(speaker, { name, message, replacedBy: flags.undo ? undefined : replacedBy }),
    );
  },
});
