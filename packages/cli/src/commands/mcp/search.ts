import { RegistryError } from '@mlld/format';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';
import { printHits, printNotes } from '../../search-report.ts';

export const command = defineCommand({
  args: [{ name: 'query', rest: true }],
  flags: {
    ...clientFlags,
    limit: { type: 'string', short: 'n', value: 'number', about: 'How many servers to show (20)' },
    refresh: { type: 'boolean', about: 'Ask the registry for its newest index first' },
  },
  details: `
Finds MCP servers among the modules of the registry: mlld search with kind:mcp-server. Servers that the registry took over from
another one are no modules; its API lists them, with their origin (docs/spec/mcp-api.md §5).

  mlld mcp search issues github
  mlld mcp search weather needs:network`,
  async run(context) {
    const { args, flags, report } = context;
    const limit = flags.limit === undefined ? 20 : Number(flags.limit);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100)
      throw new RegistryError('USAGE', `mlld mcp search --limit: wanted 1 to 100, found '${flags.limit}'`);
    return withClient(context, async (client) => {
      const search = await client.search({ refresh: flags.refresh });
      const query = args.join(' ');
      const answer = await search.search(`${query} kind:mcp-server`.trim(), { limit });
      if (flags.json) report.json({ registry: search.registry, ...answer });
      else {
        printNotes(report, answer);
        if (answer.hits.length === 0) report.note(`No MCP server fits '${query}'.`);
        else
          printHits(
            report,
            answer.hits.map(({ record }) => record),
          );
        if (answer.total > answer.hits.length)
          report.note(`${answer.total - answer.hits.length} more (--limit, or more words)`);
      }
      return answer.total === 0 ? 1 : 0;
    });
  },
});
