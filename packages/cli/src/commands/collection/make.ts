import path from 'node:path';
import { parseModuleName, parseSlug, printable, RegistryError } from '@mlld/format';
import { collectionSaying } from '@mlld/publish';
import { defineCommand } from '../../command.ts';
import { runSaying, sayFlags } from '../../say.ts';
import { readDraft, writeDraft } from './draft.ts';

const wanted = (value: string | undefined, flag: string): string => {
  if (value !== undefined && value.trim() !== '') return value;
  throw new RegistryError('USAGE', `wanted --${flag}`);
};

export const newCollection = defineCommand({
  args: [{ name: 'name' }],
  flags: {
    title: { type: 'string', value: 'text', about: 'Its title' },
    about: { type: 'string', value: 'text', about: 'What it is for, in one line' },
  },
  details: `
Starts a list of modules that you recommend, as a file in this folder.

  mlld collection new first-steps --title 'First steps' --about 'What to have in the first week'
  mlld collection add first-steps @alice/strings --reason 'Small, tested, needs nothing'
  mlld collection sign first-steps`,
  async run({ args, flags, cwd, report }) {
    const slug = parseSlug(args[0] ?? '');
    const draft = {
      slug,
      title: wanted(flags.title, 'title'),
      about: wanted(flags.about, 'about'),
      modules: [],
    };
    const file = writeDraft(cwd, draft, 'wx');
    if (flags.json) return report.json({ file, ...draft });
    report.print(
      `${path.basename(file)}: put modules into it with mlld collection add ${slug} <module> --reason '…'`,
    );
  },
});

export const addToCollection = defineCommand({
  args: [{ name: 'name' }, { name: 'module' }],
  flags: {
    reason: { type: 'string', short: 'r', value: 'text', about: 'Why it is in the list' },
    remove: { type: 'boolean', about: 'Take it out again' },
  },
  details: 'Puts a module into a collection that is being made, with the reason; again to change the reason.',
  async run({ args, flags, cwd, report }) {
    const draft = readDraft(cwd, args[0] ?? '');
    const name = parseModuleName(args[1] ?? '');
    const others = draft.modules.filter((one) => one.name !== name);
    const reason = flags.remove ? '' : wanted(flags.reason, 'reason');
    const modules = flags.remove
      ? others
      : draft.modules.some((one) => one.name === name)
        ? draft.modules.map((one) => (one.name === name ? { name, reason } : one))
        : [...others, { name, reason }];
    writeDraft(cwd, { ...draft, modules });
    if (flags.json) return report.json({ ...draft, modules });
    for (const one of modules) report.print(`${one.name}  ${printable(one.reason, 500)}`);
  },
});

export const signCollection = defineCommand({
  args: [{ name: 'name' }],
  flags: { ...sayFlags, withdraw: { type: 'boolean', about: 'Take the collection back' } },
  details: `
Signs a collection and sends it to the registry. It names you and each reason in public; a newer one replaces it, and --withdraw takes it
back.`,
  run: async (context) => {
    const draft = readDraft(context.cwd, context.args[0] ?? '');
    if (draft.modules.length === 0 && !context.flags.withdraw)
      throw new RegistryError('USAGE', `the collection ${draft.slug} has no modules`, {
        hint: `mlld collection add ${draft.slug} <module> --reason '…'`,
      });
    const modules = context.flags.withdraw ? [] : draft.modules;
    await runSaying(context, (speaker) => collectionSaying(speaker, { ...draft, modules }));
  },
});
