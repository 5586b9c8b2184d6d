/** The `mcp.json` of a new MCP server: it says what the server lists, so it is run for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isRegistryError } from '@mlld/format';
import type { Report } from '../report.ts';
import { cacheFolder } from './cache-folder.ts';
import { readServerFolder, writeManifest } from './server-folder.ts';
import type { Environment } from './server-module.ts';
import { testServer } from './server-test.ts';

export async function describeNewServer(
  folder: string,
  { env, report }: { readonly env: Environment; readonly report: Report },
): Promise<void> {
  const project = mkdtempSync(path.join(tmpdir(), 'mlld-project-'));
  try {
    const source = { cacheDir: cacheFolder(env), env };
    const module = await readServerFolder(folder);
    const { manifest } = await testServer(module, { source, project, config: new Map() });
    writeManifest(folder, manifest);
  } catch (error) {
    if (!isRegistryError(error, 'NO_SANDBOX')) throw error;
    report.warn(`${error.message}: mcp.json is still to be written, by mlld mcp test --write`);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}
