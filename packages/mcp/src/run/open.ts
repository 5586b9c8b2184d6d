/** A server from what describes it: unpacked, checked, and started when it is first used. */
import {
  type LockedMcp,
  type McpManifest,
  type McpServerJson,
  mcpFiles,
  parseMcpManifest,
  parseServerJson,
  RegistryError,
} from '@mlld/format';
import type { Connection } from '@mlld/sandbox';
import type { NpmSource } from '../artefact/npm.ts';
import { assertGranted } from '../config/permissions.ts';
import { type Listing, sha256, storedListing } from '../surface/definitions.ts';
import type { Endpoint } from './connect.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';

/** A module of the kind `mcp-server`, read. */
export interface ServerModule {
  /** For messages: `@tools/github-mcp@1.2.0`. */
  readonly name: string;
  readonly manifest: McpManifest;
  readonly server: McpServerJson;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** @throws RegistryError BAD_SHAPE, BAD_JSON, HASH_MISMATCH (`server.json` is another one than the manifest was made for) */
export function readServerModule(name: string, files: ReadonlyMap<string, Uint8Array>): ServerModule {
  const [manifest, server] = [files.get(mcpFiles.manifest), files.get(mcpFiles.server)];
  if (manifest === undefined || server === undefined)
    throw new RegistryError('MCP_NOT_RUNNABLE', `${name} is no MCP server: it has no ${mcpFiles.manifest}`, {
      hint: 'A module in mlld is served by mlld mcp serve.',
    });
  const read = parseMcpManifest(manifest, { where: `${name}/${mcpFiles.manifest}` });
  if (read.server !== sha256(server))
    throw new RegistryError(
      'HASH_MISMATCH',
      `${name}: ${mcpFiles.manifest} was made for another ${mcpFiles.server}`,
      { hint: 'Its author makes it anew: mlld mcp test --write' },
    );
  const where = `${name}/${mcpFiles.server}`;
  return { name, manifest: read, server: parseServerJson(server, { where }), files };
}

/** What the module itself brings as approved. @throws RegistryError MCP_NOT_RUNNABLE, MCP_BAD_LISTING, HASH_MISMATCH */
export function listingOfModule(name: string, { observed, artefact }: McpManifest): Listing {
  if (observed !== undefined) return storedListing(observed, observed.surface);
  const hint = artefact.kind === 'command' ? `It is run like this: ${artefact.command.join(' ')}` : undefined;
  throw new RegistryError('MCP_NOT_RUNNABLE', `${name}: nobody has observed what it lists`, { hint });
}

export interface OpenOptions {
  readonly locked: LockedMcp;
  readonly project: string;
  readonly source: NpmSource;
  readonly approved?: SessionOptions['approved'];
  readonly relistMs?: number | undefined;
  readonly onConnection?: ((connection: Connection) => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** Starts nothing yet. @throws RegistryError MCP_NOT_APPROVED */
export function openServer(module: ServerModule, options: OpenOptions): Session {
  const { name, manifest } = module;
  const { observed } = manifest;
  assertGranted(name, manifest.permissions, options.locked);
  return openSession({
    name,
    endpoint: () => endpointOfModule(module, options),
    known: observed && { era: observed.era, protocolVersion: observed.protocolVersion },
    approved: options.approved,
    relistMs: options.relistMs,
  });
}

/** Unpacks what is run, if it is not there. @throws what unpacking throws, BAD_CONFIG, MCP_NOT_RUNNABLE, MCP_NOT_APPROVED */
export async function endpointOfModule(
  module: ServerModule,
  options: Omit<OpenOptions, 'approved' | 'relistMs'>,
): Promise<Endpoint> {
  const [{ endpointOf }, { unpackedFolder }] = await Promise.all([
    import('./start.ts'),
    import('../artefact/unpack.ts'),
  ]);
  const folder = await unpackedFolder(module.manifest.artefact, module.files, options.source);
  return endpointOf({
    manifest: module.manifest,
    server: module.server,
    locked: options.locked,
    folder,
    project: options.project,
    env: options.source.env,
    onConnection: options.onConnection,
    fetch: options.fetch,
  });
}
