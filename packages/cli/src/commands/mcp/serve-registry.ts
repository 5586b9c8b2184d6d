import { serveRegistry, serverFactory } from '@mlld/mcp';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';
import { listenFlags, serveMcp } from '../../mcp/listen.ts';
import { registryDesk } from '../../mcp/registry-desk.ts';
import { ownVersion } from '../../version.ts';

export const command = defineCommand({
  args: [],
  flags: { ...clientFlags, ...listenFlags },
  details: `
The registry as an MCP server, so that an assistant finds modules and checks them before it recommends one. Tools: search, info,
docs, versions, similar, verify, audit, install_plan. They read and verify; nothing is installed. What authors wrote is marked as such.

  mlld mcp serve-registry                          over stdio, as clients start it
  mlld mcp serve-registry --http --port 7375       over streamable HTTP, at /mcp
  mlld mcp export --registry-server --client claude-code --merge`,
  run: (context) =>
    withClient(
      context,
      (client) => {
        const options = { version: ownVersion(), ownProject: !context.flags.http };
        const served = serveRegistry(registryDesk(client), options);
        return serveMcp(context, {
          title: served.title,
          factory: (how) => serverFactory(served, how),
          guarded: false,
        });
      },
      { confirm: undefined },
    ),
});
