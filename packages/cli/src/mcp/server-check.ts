/** The rules of `mlld check` about MCP servers: described well, runs, passes its tests, and lists what `mcp.json` says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isRegistryError, mcpFiles } from '@mlld/format';
import { type Finding, finding, type Module } from '@mlld/publish';
import { cacheFolder } from './cache-folder.ts';
import type { Environment } from './server-module.ts';
import { testServer } from './server-test.ts';

export async function checkServer(module: Module, env: Environment): Promise<readonly Finding[]> {
  // A server in mlld is checked as any module in mlld.
  if (module.entry !== mcpFiles.manifest) return [];
  const project = mkdtempSync(path.join(tmpdir(), 'mlld-project-'));
  try {
    const source = { cacheDir: cacheFolder(env), env };
    const { cases, stale, manifest } = await testServer(module, { source, project, config: new Map() });
    return [
      ...cases.flatMap(({ name, problem }) =>
        problem === undefined ? [] : [finding('mcp/test', { file: 'mcp.test.json' }, `${name}: ${problem}`)],
      ),
      ...(cases.length === 0 && manifest.artefact.kind !== 'command'
        ? [finding('test/none', { file: module.manifestFile }, 'there is no mcp.test.json')]
        : []),
      ...(stale.length === 0 ? [] : [finding('mcp/stale', { file: mcpFiles.manifest }, stale.join('; '))]),
    ];
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    if (error.code === 'NO_SANDBOX' || error.code === 'OFFLINE' || error.code === 'UNREACHABLE')
      return [finding('mcp/not-run', { file: module.manifestFile, hint: error.hint }, error.message)];
    const file = error.message.startsWith('module.yml') ? module.manifestFile : mcpFiles.server;
    return [finding('mcp/server', { file, hint: error.hint }, error.message)];
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}
