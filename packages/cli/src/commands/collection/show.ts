import { type Collection, printable, RegistryError } from '@mlld/format';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';

export const listCollections = defineCommand({
  args: [],
  flags: clientFlags,
  details: 'Shows the lists of modules that people of the registry recommend, as they signed them.',
  async run(context) {
    const { report } = context;
    const found = await withClient(context, (client) => client.collections());
    if (context.flags.json) return report.json({ collections: found });
    for (const one of found)
      report.print(
        `${report.style('bold', `@${one.by}/${one.slug}`)}  ${one.modules.length}  ${printable(one.title)}`,
      );
    if (found.length === 0) report.note('The registry has no collections.');
  },
});

export const showCollection = defineCommand({
  args: [{ name: 'name' }],
  flags: clientFlags,
  details: `
Shows a collection: its modules, each with the reason.

  mlld collection show @alice/first-steps`,
  async run(context) {
    const { args, flags, report } = context;
    const name = (args[0] ?? '').replace(/^@/, '');
    const all = await withClient(context, (client) => client.collections());
    const found = all.filter((one) => `${one.by}/${one.slug}` === name || one.slug === name);
    const [only] = found;
    if (only === undefined || found.length > 1) throw notOne(name, found.length > 1 ? found : all);
    if (flags.json) return report.json(only);
    report.print(`${report.style('bold', printable(only.title))}  by @${only.by}, ${only.at.slice(0, 10)}`);
    report.print(printable(only.about, 300));
    for (const one of only.modules) report.print(`\n${one.name}\n  ${printable(one.reason, 500)}`);
  },
});

function notOne(name: string, among: readonly Collection[]): RegistryError {
  const names = among.slice(0, 10).map(({ by, slug }) => `@${by}/${slug}`);
  return new RegistryError('FILE_NOT_FOUND', `there is no one collection '${printable(name)}'`, {
    hint: names.length === 0 ? 'The registry has no collections.' : `There are: ${names.join(', ')}.`,
  });
}
