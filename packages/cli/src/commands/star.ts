import { parseModuleName } from '@mlld/format';
import { starSaying } from '@mlld/publish';
import { defineCommand } from '../command.ts';
import { runSaying, sayFlags } from '../say.ts';

export const star = defineCommand({
  args: [{ name: 'module' }],
  flags: sayFlags,
  details: `
Says in public, signed, that you like a module. Stars help to find modules; in the trust score they are worth less than one step
of evidence, and only those of people who are trusted (docs/spec/score.md).

  mlld star @alice/strings`,
  run: async (context) => {
    const name = parseModuleName(context.args[0] ?? '');
    await runSaying(context, (speaker) => starSaying(speaker, { name, starred: true }));
  },
});

export const unstar = defineCommand({
  args: [{ name: 'module' }],
  flags: sayFlags,
  details: 'Takes your star back.',
  run: async (context) => {
    const name = parseModuleName(context.args[0] ?? '');
    await runSaying(context, (speaker) => starSaying(speaker, { name, starred: false }));
  },
});
