import { parseRef, RegistryError } from '@mlld/format';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';
import { agreeTo, keepAgreement, settings } from '../../mcp/server-install.ts';
import { findServer, isFolder } from '../../mcp/server-module.ts';
import { confirmer } from '../../prompt.ts';

export const command = defineCommand({
  args: [{ name: 'module' }],
  flags: {
    ...clientFlags,
    set: { type: 'string', value: 'name=value', multiple: true, about: 'Configure an input of the server' },
    yes: { type: 'boolean', short: 'y', about: 'Agree to its tools and permissions' },
  },
  details: `
Shows the tools and permissions of an MCP server and asks whether this project may use it. On yes it is locked in mlld-lock.json, and
all that it runs from is brought into the cache, verified: from then on it is used offline, in a sandbox, and held to what you saw.
Secrets are never written down: set them in the environment of your program.

  mlld mcp install @tools/github-mcp
  mlld mcp install @tools/files --set folder=./data --yes`,
  run: (context) =>
    withClient(
      context,
      async (client) => {
        const { args, flags, cwd, env, report } = context;
        const target = args[0] ?? '';
        if (isFolder(target))
          throw new RegistryError('BAD_REF', `wanted a module such as @tools/github-mcp, found a folder`, {
            hint: 'A folder at hand needs no agreement: mlld mcp call ./folder …',
          });
        const found = await findServer(client, target, { cwd });
        const mcp = await agreeTo(found.module, {
          report,
          confirm: confirmer(context),
          agreed: flags.yes,
          config: settings(flags.set, { cwd }),
          before: found.locked?.mcp,
        });
        if (found.isNew) await client.add([target]);
        const now = found.isNew ? await findServer(client, parseRef(target).name, { cwd }) : found;
        if (now.module.name !== found.module.name)
          throw new RegistryError(
            'VERSION_CONFLICT',
            `${found.module.name} was shown, and ${now.module.name} is locked`,
            {
              hint: 'Something else changed the lock file, or the registry. Run it again.',
            },
          );
        await keepAgreement(client, now, { mcp, env, report });
        if (flags.json)
          return report.json({ server: now.module.name, granted: mcp.granted, config: mcp.config });
        report.print(
          `${now.module.name} is installed. Use it: import mcp server from ${parseRef(target).name}`,
        );
      },
      { agreed: true },
    ),
});
