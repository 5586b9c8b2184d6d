import { mcpFiles } from '@mlld/format';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';

export const command = defineCommand({
  args: [],
  flags: clientFlags,
  details: 'The MCP servers of this project, and what they were granted. Starts nothing.',
  run: (context) =>
    withClient(context, async (client) => {
      const { flags, report } = context;
      const servers = (await client.list()).flatMap(({ name, version, cached }) => {
        const found = client.resolveLocked(`${name}@${version}`);
        if (found?.origin.path !== mcpFiles.manifest) return [];
        return [{ name, version, cached, granted: found.mcp?.granted, surface: found.mcp?.surface }];
      });
      if (flags.json) return report.json(servers);
      if (servers.length === 0) return report.print('This project uses no MCP servers yet.');
      report.table(
        [{ title: 'Server' }, { title: 'Version' }, { title: 'Agreed' }, { title: 'Granted', shrink: true }],
        servers.map(({ name, version, granted, surface }) => [
          name,
          version,
          granted === undefined ? 'no' : surface === undefined ? 'yes' : 'yes, to a changed listing',
          granted?.join(', ') || '-',
        ]),
      );
    }),
});
