import { RegistryError } from '@mlld/format';
import { describeChanges, diffListings, surfaceOf } from '@mlld/mcp';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';
import { approvedListing, findServer, keepListing } from '../../mcp/server-module.ts';
import { notAgreed, openFound } from '../../mcp/server-session.ts';
import { confirmer } from '../../prompt.ts';

export const command = defineCommand({
  args: [{ name: 'module' }],
  flags: { ...clientFlags, yes: { type: 'boolean', short: 'y', about: 'Approve what is shown' } },
  details: `
Starts an MCP server of this project, shows what it lists now beside what you approved, and asks. On yes, the new listing is what the
server is held to. What hides something (escapes, invisible letters, names that look alike) can't be approved.`,
  run: (context) =>
    withClient(context, async (client) => {
      const { args, flags, cwd, env, report } = context;
      const found = await findServer(client, args[0] ?? '', { cwd });
      const { module, locked } = found;
      if (locked?.mcp === undefined) throw notAgreed(module.name);
      const before = approvedListing(client, module, locked.mcp);
      const session = openFound(found, { client, env, report, offline: flags.offline }, { held: false });
      const listing = await session.listing().finally(() => session.close());
      const surface = surfaceOf(listing);
      const changes = diffListings(before.listing, listing);
      if (surface === before.surface) {
        if (flags.json) return report.json({ server: module.name, changes, approved: true });
        return report.print(`${module.name} lists what you approved.`);
      }
      for (const line of describeChanges(changes)) report.note(line);
      const confirm = confirmer(context);
      if (!flags.yes && (confirm === undefined || !(await confirm(`Approve that of ${module.name}?`))))
        throw new RegistryError(
          'MCP_NOT_APPROVED',
          `${module.name} stays blocked: nobody approved what it lists`,
          {
            hint: confirm === undefined ? 'Read the above, then: mlld mcp approve … --yes' : undefined,
          },
        );
      keepListing(client, listing, surface);
      await client.recordMcp(locked, { ...locked.mcp, surface });
      if (flags.json) return report.json({ server: module.name, changes, approved: true });
      report.print(`Approved: ${module.name} is held to that from now on.`);
    }),
});
