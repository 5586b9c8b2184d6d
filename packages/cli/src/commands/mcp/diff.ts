import { describeChanges, diffListings, diffPermissions, listingOfModule } from '@mlld/mcp';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';
import { findServer } from '../../mcp/server-module.ts';

export const command = defineCommand({
  args: [{ name: 'before' }, { name: 'after' }],
  flags: clientFlags,
  details: `
What one version of an MCP server has that another has not: tools, prompts, templates, instructions, permissions. Ends with 1 if
anything was added or widened: + added, ! takes more or acts more freely, ~ changed, - dropped.

  mlld mcp diff @tools/github-mcp@1.0.0 @tools/github-mcp@2.0.0
  mlld mcp diff @tools/github-mcp ./github-mcp`,
  run: (context) =>
    withClient(context, async (client) => {
      const { args, flags, cwd, report } = context;
      const [before, after] = await Promise.all(
        [args[0] ?? '', args[1] ?? ''].map((target) => findServer(client, target, { cwd })),
      );
      const [old, now] = [before!.module, after!.module];
      const changes = [
        ...diffPermissions(old.manifest.permissions, now.manifest.permissions),
        ...diffListings(listingOfModule(old.name, old.manifest), listingOfModule(now.name, now.manifest)),
      ];
      const more = changes.some(({ weight }) => weight === 'added' || weight === 'widened');
      if (flags.json) report.json({ before: old.name, after: now.name, changes });
      else if (changes.length === 0) report.print(`${old.name} and ${now.name} offer the same.`);
      else for (const line of describeChanges(changes)) report.print(line);
      return more ? 1 : 0;
    }),
});
