/** MCP servers as the commands find them: a module of the registry, or a folder at hand. */
import { type Dirent, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@mlld/client';
import {
  type LockedMcp,
  layout,
  limits,
  type ModuleName,
  mcpFiles,
  parseJson,
  printable,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import {
  type Listing,
  listingOfModule,
  type NpmSource,
  readServerModule,
  type ServerModule,
  storedListing,
} from '@mlld/mcp';

export interface FoundServer {
  readonly module: ServerModule;
  /** In the lock file, with what the user agreed to; a folder at hand has none. */
  readonly locked?: {
    readonly name: ModuleName;
    readonly version: string;
    readonly mcp?: LockedMcp | undefined;
  };
  /** Of the registry, and not in the lock file. */
  readonly isNew: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function sourceOf(client: Client, env: Environment, more: Partial<NpmSource> = {}): NpmSource {
  return { cacheDir: client.cacheDir, env, ...more };
}

/** Whether a word of a user names a folder, and no module. */
export function isFolder(target: string): boolean {
  return !target.startsWith('@');
}

/** @throws RegistryError MODULE_NOT_FOUND, FILE_NOT_FOUND, MCP_NOT_RUNNABLE, BAD_SHAPE, HASH_MISMATCH, … */
export async function findServer(
  client: Client,
  target: string,
  { cwd }: { readonly cwd: string },
): Promise<FoundServer> {
  if (isFolder(target)) {
    return { module: serverOfFolder(path.resolve(cwd, target), target), isNew: false };
  }
  const { name, version, files } = await client.read(target);
  const module = readServerModule(`${name}@${version}`, files);
  const entry = client.resolveLocked(`${name}@${version}`);
  if (entry === undefined) return { module, isNew: true };
  return { module, locked: { name, version, mcp: entry.mcp }, isNew: false };
}

/** A server of a folder, as its mcp.json says. */
function serverOfFolder(folder: string, named: string): ServerModule {
  const files = filesBelow(folder);
  if (!files.has(mcpFiles.manifest))
    throw new RegistryError('FILE_NOT_FOUND', `'${printable(named)}' has no ${mcpFiles.manifest}`, {
      hint: `Is it a folder of an MCP server? Then: mlld mcp test ${printable(named)} --write`,
    });
  return readServerModule(path.basename(folder), files);
}

/** The files of a folder that a module has, as `mlld publish` takes them. @throws RegistryError FILE_NOT_FOUND, TOO_LARGE */
function filesBelow(folder: string): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const folders = [''];
  for (const inner of folders) {
    for (const entry of entriesOf(path.join(folder, inner))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const name = inner === '' ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile()) files.set(name, readFileSync(path.join(folder, name)));
      if (files.size > limits.filesPerModule)
        throw new RegistryError(
          'TOO_LARGE',
          `${printable(folder)}: more than ${limits.filesPerModule} files`,
        );
    }
  }
  return files;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new RegistryError('FILE_NOT_FOUND', `there is no folder '${printable(folder)}'`, { cause });
  }
}

// ---- what the user approved

/** The listing that a server is held to: the one that the user approved in place of the module's, or the module's. */
export function approvedListing(
  client: Pick<Client, 'cacheDir'>,
  { name, manifest }: Pick<ServerModule, 'name' | 'manifest'>,
  mcp: LockedMcp | undefined,
): { readonly listing: Listing; readonly surface: Sha256Hex } {
  const { surface } = mcp ?? {};
  if (surface === undefined || surface === manifest.observed?.surface) {
    const listing = listingOfModule(name, manifest);
    return { listing, surface: manifest.observed!.surface };
  }
  const file = path.join(client.cacheDir, layout.mcpListing(surface));
  if (!existsSync(file))
    throw new RegistryError('MCP_NOT_APPROVED', `${name}: what you approved is not in the cache any more`, {
      hint: `Look again at what it lists: mlld mcp approve ${name.replace(/(.)@[^@]*$/, '$1')}`,
    });
  const stored = parseJson(readFileSync(file), { where: file, maxBytes: limits.mcpListingBytes });
  return { listing: storedListing(stored as unknown as Listing, surface), surface };
}

export function keepListing(client: Pick<Client, 'cacheDir'>, listing: Listing, surface: Sha256Hex): void {
  const file = path.join(client.cacheDir, layout.mcpListing(surface));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(listing));
}
