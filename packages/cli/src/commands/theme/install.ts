import { homedir } from 'node:os';
import path from 'node:path';
import { RegistryError } from '@mlld/format';
import { install, installed, type Machine, places, planInstall, uninstall } from '@mlld/theme';
import { type Context, clientFlags, defineCommand } from '../../command.ts';
import { confirmer } from '../../prompt.ts';
import { openTheme } from './source.ts';

function machineOf(env: Context['env']): Machine {
  const home = env.HOME ?? env.USERPROFILE ?? homedir();
  return { home: path.resolve(home), platform: process.platform, env };
}

export const installTheme = defineCommand({
  args: [{ name: 'theme', optional: true }],
  flags: {
    ...clientFlags,
    for: {
      type: 'string',
      multiple: true,
      value: 'program',
      about: `One of ${places.map(({ id }) => id).join(', ')} (those that are here)`,
    },
    yes: { type: 'boolean', short: 'y', about: 'Do not ask' },
    'dry-run': { type: 'boolean', about: 'Say what would be written, and stop' },
  },
  details: `
Puts a theme where the programs of this machine read it: all of its files or none. What stood there before comes back with
mlld theme uninstall.

  mlld theme install @themes/harbour
  mlld theme install . --for nvim`,
  async run(context) {
    const { flags, env, report } = context;
    const { theme, info } = await openTheme(context);
    const plan = planInstall(theme, info, { machine: machineOf(env), names: flags.for });
    const files = plan.files.map(({ path: file }) => file);
    if (!flags.json) {
      for (const { title, folder } of plan.places) report.note(`${title}: ${folder}`);
      if (flags['dry-run']) for (const file of files) report.print(file);
    }
    if (!flags['dry-run']) {
      const question = `Write ${files.length} files for ${plan.places.map(({ title }) => title).join(', ')}?`;
      if (!flags.yes && (await confirmer(context)?.(question)) !== true)
        throw new RegistryError('CANCELLED', 'nothing was installed', { hint: 'Say yes with --yes.' });
      await install(plan);
    }
    if (flags.json)
      return report.json({ name: plan.name, installed: !flags['dry-run'], places: plan.places, files });
    if (!flags['dry-run']) for (const { title, next } of plan.places) report.print(`${title}: ${next}`);
  },
});

export const uninstallTheme = defineCommand({
  args: [{ name: 'name' }],
  flags: {},
  details:
    'Takes an installed theme away; what stood in its places before stands there again. What others changed since stays.',
  async run({ args, flags, env, report }) {
    const undone = await uninstall(args[0] ?? '', machineOf(env));
    if (flags.json) return report.json(undone);
    report.print(`${undone.removed.length} files removed, ${undone.restored.length} brought back`);
    for (const file of undone.kept) report.warn(`${file} was changed since, and stays`);
  },
});

export const listThemes = defineCommand({
  args: [],
  flags: {},
  details: 'Shows the themes that were installed here.',
  async run({ flags, env, report }) {
    const found = await installed(machineOf(env));
    if (flags.json) return report.json(found);
    for (const { name, files, done } of found)
      report.print(
        `${name}  ${files.length} files${done ? '' : '  (interrupted: install or uninstall it again)'}`,
      );
    if (found.length === 0) report.note('No theme was installed.');
  },
});
