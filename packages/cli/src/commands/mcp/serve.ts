import { serveModule } from '@mlld/mcp';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';
import { listenFlags, serveMcp } from '../../mcp/listen.ts';
import { askForNeeds, moduleToServe, runnerFlags } from '../../mcp/module-runner.ts';

export const command = defineCommand({
  args: [{ name: 'module|file' }],
  flags: {
    ...clientFlags,
    ...listenFlags,
    only: {
      type: 'string',
      value: 'export',
      multiple: true,
      about: 'Offer this export alone; again for more',
    },
    ...runnerFlags,
  },
  details: `
Offers what a module exports as the tools of an MCP server: parameters and types become schemas, documentation and examples become
descriptions. A call runs as mlld run would run it: verified, locked, in the sandbox, with the needs that you granted. What was
not granted is asked for on a terminal before serving begins (mlld mcp serve --http), and is otherwise refused.

  mlld mcp serve @alice/strings
  mlld mcp serve ./tools.mld --only greet
  mlld mcp export @alice/strings --client claude-code --merge`,
  run: (context) =>
    withClient(context, async (client) => {
      const module = await moduleToServe(client, context);
      const target = context.args[0] ?? '';
      if (target.startsWith('@')) await askForNeeds(client, context, target);
      await serveMcp(context, { served: serveModule(module, context.flags.only), guarded: true });
    }),
});
