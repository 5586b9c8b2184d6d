import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@mlld/client';
import { mcpFiles } from '@mlld/format';
import { serveModule, serverFactory } from '@mlld/mcp';
import { withClient } from '../../client.ts';
import { type Context, clientFlags, defineCommand, type Flags } from '../../command.ts';
import { listenFlags, serveMcp } from '../../mcp/listen.ts';
import { askForNeeds, moduleToServe, runnerFlags } from '../../mcp/module-runner.ts';

const flags = {
  ...clientFlags,
  ...listenFlags,
  project: {
    type: 'string',
    value: 'folder',
    about: 'Whose lock file counts (default: the project of this folder)',
  },
  only: {
    type: 'string',
    value: 'export',
    multiple: true,
    about: 'Offer this export alone; again for more',
  },
  ...runnerFlags,
} as const satisfies Flags;

export const command = defineCommand({
  args: [{ name: 'module|file' }],
  flags,
  details: `
Offers what a module exports as the tools of an MCP server: parameters and types become schemas, documentation and examples become
descriptions. A call runs as mlld run would run it: verified, locked, in the sandbox, with the needs that you granted. What was
not granted is asked for on a terminal before serving begins (mlld mcp serve --http), and is otherwise refused. An MCP server of the
registry is served as mlld runs it for programs: in its sandbox, held to the tools that you approved.

  mlld mcp serve @alice/strings
  mlld mcp serve ./tools.mld --only greet
  mlld mcp export @alice/strings --client claude-code --merge`,
  run: (context) => {
    const { project } = context.flags;
    const options = project === undefined ? {} : { cwd: path.resolve(context.cwd, project) };
    return withClient(context, (client) => serve(client, context), options);
  },
});

async function serve(client: Client, context: Context<typeof flags>): Promise<void> {
  const { args, cwd, env, report, flags: given } = context;
  const target = args[0] ?? '';
  if (await isServer(client, target, cwd)) {
    const { serveServer } = await import('../../mcp/proxy-server.ts');
    const { title, factory, close } = await serveServer(
      { client, env, report, offline: given.offline },
      target,
      cwd,
    );
    try {
      await serveMcp(context, { title, factory, guarded: true });
    } finally {
      await close();
    }
    return;
  }
  const module = await moduleToServe(client, context);
  if (target.startsWith('@')) await askForNeeds(client, context, target);
  const served = serveModule(module, given.only);
  await serveMcp(context, {
    title: served.title,
    factory: (how) => serverFactory(served, how),
    guarded: true,
  });
}

/** A module of the kind `mcp-server` brings a server of its own. */
async function isServer(client: Client, target: string, cwd: string): Promise<boolean> {
  if (!target.startsWith('@')) return existsSync(path.join(path.resolve(cwd, target), mcpFiles.manifest));
  const { entry } = await client.read(target);
  return entry === mcpFiles.manifest;
}
