import { parseModuleName, RegistryError } from '@mlld/format';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { printHits } from '../search-report.ts';

export const command = defineCommand({
  args: [{ name: 'module' }],
  flags: {
    ...clientFlags,
    refresh: { type: 'boolean', about: 'Ask the registry for its newest index first' },
  },
  details:
    'Modules that are about the same things: that share rare words of names, keywords, descriptions and symbols.',
  async run(context) {
    const { args, flags, report } = context;
    const name = parseModuleName(args[0] ?? '');
    const records = await withClient(context, async (client) => {
      const search = await client.search({ refresh: flags.refresh });
      const found = await search.similar(name);
      if (found.length > 0) return found;
      const { hits } = await search.search(name, { limit: 1 });
      if (hits[0]?.record.name === name) return [];
      throw new RegistryError('MODULE_NOT_FOUND', `${search.registry} has no module ${name}`, {
        hint: `mlld search ${name.slice(name.indexOf('/') + 1)}`,
      });
    });
    if (flags.json) report.json(records);
    else if (records.length === 0) report.note(`Nothing is much like ${name}.`);
    else printHits(report, records);
    return 0;
  },
});
