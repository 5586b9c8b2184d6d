/** The folder of an MCP server, as its author has it at hand. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  encodeMcpManifest,
  isRegistryError,
  type McpManifest,
  mcpFiles,
  parseMcpManifest,
  printable,
  RegistryError,
} from '@mlld/format';
import { type NpmSource, prepare } from '@mlld/mcp';
import { type Module, readModule } from '@mlld/publish';

/** @throws RegistryError FILE_NOT_FOUND, BAD_SHAPE, MCP_NOT_RUNNABLE */
export async function readServerFolder(folder: string): Promise<Module> {
  const module = await readModule(folder);
  if (module.kind === 'mcp-server') return module;
  throw new RegistryError('MCP_NOT_RUNNABLE', `the module in '${printable(folder)}' is no MCP server`, {
    hint: 'Its module.yml would say kind: mcp-server. A module in mlld is served by mlld mcp serve.',
  });
}

export const filesOf = (module: Module): ReadonlyMap<string, Uint8Array> =>
  new Map(module.files.map((file) => [file.path, file.bytes]));

/** What a folder says, without what is observed. A closure that is locked already stays, unless it is to be locked anew. */
export function prepareFolder(module: Module, source: NpmSource, { relock = false } = {}) {
  const files = filesOf(module);
  const settings = module.manifest.data.mcp as never;
  return prepare({ files, settings }, source, relock ? undefined : writtenManifest(files));
}

/** What `mcp.json` says, if it can be read. */
export function writtenManifest(files: ReadonlyMap<string, Uint8Array>): McpManifest | undefined {
  const bytes = files.get(mcpFiles.manifest);
  if (bytes === undefined) return undefined;
  try {
    return parseMcpManifest(bytes);
  } catch (error) {
    if (isRegistryError(error)) return undefined;
    throw error;
  }
}

export function writeManifest(folder: string, manifest: McpManifest): void {
  writeFileSync(path.join(folder, mcpFiles.manifest), encodeMcpManifest(manifest));
}
