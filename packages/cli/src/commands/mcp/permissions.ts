import { permissionWords } from '@mlld/mcp';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';
import { findServer } from '../../mcp/server-module.ts';
import { permissionLines } from '../../mcp/server-report.ts';

export const command = defineCommand({
  args: [{ name: 'module|folder' }],
  flags: clientFlags,
  details: 'What an MCP server may do, and what of it this project has granted. Starts nothing.',
  run: (context) =>
    withClient(context, async (client) => {
      const { args, flags, cwd, report } = context;
      const { module, locked } = await findServer(client, args[0] ?? '', { cwd });
      const granted = locked?.mcp?.granted;
      if (flags.json)
        return report.json({
          server: module.name,
          wants: permissionWords(module.manifest.permissions),
          granted: granted ?? null,
        });
      for (const line of permissionLines(module.manifest, granted ?? [])) report.print(line);
    }),
});
