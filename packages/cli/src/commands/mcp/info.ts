import { printable } from '@mlld/format';
import { inputsOf, permissionWords } from '@mlld/mcp';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';
import { approvedListing, findServer } from '../../mcp/server-module.ts';
import { inputLines, permissionLines, printListing, runsAs } from '../../mcp/server-report.ts';

export const command = defineCommand({
  args: [{ name: 'module|folder' }],
  flags: clientFlags,
  details:
    'An MCP server as its module describes it: what it offers, what it may do, how it is configured, what it runs from. Starts nothing.',
  run: (context) =>
    withClient(context, async (client) => {
      const { args, flags, cwd, report } = context;
      const { module, locked } = await findServer(client, args[0] ?? '', { cwd });
      const { manifest, server, name } = module;
      const { observed, artefact } = manifest;
      if (flags.json)
        return report.json({ server: name, description: server, manifest, agreed: locked?.mcp ?? null });
      report.print(
        `${report.style('bold', name)}  ${printable(server.title ?? server.name)} ${printable(server.version)}`,
      );
      report.print(printable(server.description));
      report.print();
      report.print(`runs from    ${runsAs(artefact)}`);
      if (observed !== undefined)
        report.print(
          `protocol     ${observed.era} era, ${printable(observed.protocolVersion)}; ${observed.startMs} ms to start; surface ${observed.surface.slice(0, 12)}`,
        );
      report.print(`agreed       ${agreement(locked?.mcp?.granted, permissionWords(manifest.permissions))}`);
      for (const line of permissionLines(manifest, locked?.mcp?.granted))
        report.print(`may          ${line}`);
      for (const line of inputLines(inputsOf(server, artefact))) report.print(`takes        ${line}`);
      if (observed === undefined) return;
      report.print();
      printListing(report, approvedListing(client, module, locked?.mcp).listing);
    }),
});

function agreement(granted: readonly string[] | undefined, wanted: readonly string[]): string {
  if (granted === undefined) return 'no: mlld mcp install asks';
  return wanted.every((word) => granted.includes(word))
    ? 'yes'
    : 'not to all that it may do now: mlld mcp install asks';
}
