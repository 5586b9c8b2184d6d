import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mcpFiles } from '@mlld/format';
import { listingOfModule } from '@mlld/mcp';
import { defineCommand } from '../../command.ts';
import { cacheFolder } from '../../mcp/cache-folder.ts';
import { readServerFolder, writeManifest } from '../../mcp/server-folder.ts';
import { settings } from '../../mcp/server-install.ts';
import { permissionLines, printListing, runsAs } from '../../mcp/server-report.ts';
import { type TestReport, testServer } from '../../mcp/server-test.ts';
import type { Report } from '../../report.ts';

export const command = defineCommand({
  args: [{ name: 'folder', optional: true }],
  flags: {
    write: { type: 'boolean', about: 'Write mcp.json: what is run, what it may do, what it lists' },
    relock: { type: 'boolean', about: 'Ask npm anew for the packages that the server needs' },
    set: { type: 'string', value: 'name=value', multiple: true, about: 'Configure an input of the server' },
    'cache-dir': {
      type: 'string',
      value: 'folder',
      about: 'Where verified things are kept (also: MLLD_CACHE_DIR)',
    },
  },
  details: `
Runs the MCP server of a folder (default: this folder) as its users will: unpacked, in the sandbox of its permissions, offline. Lists
all that it offers, to two clients that must be told the same; runs the cases of mcp.test.json; compares with mcp.json. Ends with 1 if
anything differs. docs/guides/mcp.md shows how a server is described.

  mlld mcp test
  mlld mcp test servers/weather --write`,
  async run({ args, flags, cwd, env, report }) {
    const folder = path.resolve(cwd, args[0] ?? '.');
    const module = await readServerFolder(folder);
    const project = mkdtempSync(path.join(tmpdir(), 'mlld-project-'));
    const progress = report.progress('running the server …');
    try {
      const cacheDir =
        flags['cache-dir'] === undefined ? cacheFolder(env) : path.resolve(cwd, flags['cache-dir']);
      const tested = await testServer(module, {
        source: { cacheDir, env },
        project,
        config: settings(flags.set, { cwd }),
        relock: flags.relock,
      });
      progress.done();
      const { cases, manifest } = tested;
      const stale = flags.write ? [] : tested.stale;
      if (flags.write && tested.stale.length > 0) writeManifest(folder, manifest);
      const failed = cases.some((one) => one.problem !== undefined);
      if (flags.json) report.json({ server: tested.module.name, manifest, cases, stale, failed });
      else show(report, { ...tested, stale });
      if (flags.write && !flags.json)
        report.print(
          tested.stale.length > 0
            ? `${mcpFiles.manifest} is written.`
            : `${mcpFiles.manifest} says so already.`,
        );
      return failed || stale.length > 0 ? 1 : 0;
    } finally {
      progress.done();
      rmSync(project, { recursive: true, force: true });
    }
  },
});

function show(report: Report, { module, manifest, cases, stale }: TestReport): void {
  const { observed } = manifest;
  report.print(`${report.style('bold', module.name)}  ${runsAs(manifest.artefact)}`);
  for (const line of permissionLines(manifest)) report.print(`  may ${line}`);
  if (observed !== undefined) {
    report.print(
      `  ${observed.era} era (${observed.protocolVersion}), listed after ${observed.startMs} ms, the same for every client`,
    );
    printListing(report, listingOfModule(module.name, manifest));
  }
  for (const { name, ms, problem } of cases)
    report.print(
      problem === undefined
        ? `${report.style('green', '✓')} ${name} (${ms} ms)`
        : `${report.style('red', '✗')} ${name}\n    ${problem}`,
    );
  for (const line of stale) report.print(report.style('red', line));
  if (stale.length > 0) report.print('Where that is what you meant: mlld mcp test --write');
}
