/** How a server is reached: a process in the sandbox of what was granted, or a URL (docs/spec/mcp.md §7). */
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import {
  type LockedMcp,
  type McpArtefact,
  type McpManifest,
  type McpPermissions,
  type McpServerJson,
  RegistryError,
} from '@mlld/format';
import { type Connection, launch, nodePermissionFlags, type SandboxPolicy } from '@mlld/sandbox';
import {
  argumentsOf,
  type ConfigInput,
  environmentOf,
  headersOf,
  packageOf,
  remoteOf,
  urlOf,
  type ValueOf,
} from '../config/inputs.ts';
import { folderWord } from '../config/permissions.ts';
import type { Endpoint } from './connect.ts';

export interface StartOptions {
  readonly manifest: Pick<McpManifest, 'artefact' | 'permissions'>;
  readonly server: McpServerJson;
  readonly locked: LockedMcp;
  /** The unpacked artefact; none for a remote server. */
  readonly folder: string | undefined;
  /** The project that folders are relative to. */
  readonly project: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onConnection?: ((connection: Connection) => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** @throws RegistryError BAD_CONFIG, MCP_NOT_RUNNABLE, MCP_NOT_APPROVED */
export function endpointOf(options: StartOptions): Endpoint {
  const { artefact } = options.manifest;
  const given = givenBy(options);
  if (artefact.kind === 'remote') return remoteEndpoint(options, given);
  if (artefact.kind === 'command') throw notRunnable(artefact);
  const { folder } = options;
  if (folder === undefined) throw new RegistryError('INTERNAL', 'an artefact without a folder');
  const root = realpathSync(folder);
  const pack = packageOf(options.server, artefact);
  const command = [...artefact.command.map((word) => placed(word, root)), ...argumentsOf(pack, given)];
  const fixed = artefact.kind === 'mcpb' ? bundleEnvironment(artefact.env, root, given) : {};
  const policy = policyOf(options, { root, env: { ...fixed, ...environmentOf(pack, given) } });
  return {
    kind: 'process',
    start: () =>
      launch({
        command: withNodeFlags(command, options.manifest.permissions, policy),
        policy,
        onConnection: options.onConnection,
      }),
  };
}

function remoteEndpoint({ manifest, server, locked, fetch }: StartOptions, given: ValueOf): Endpoint {
  const remote = remoteOf(server, manifest.artefact);
  if (remote === undefined)
    throw new RegistryError('MCP_NOT_RUNNABLE', 'server.json has no remote of the URL that mcp.json names');
  const url = urlOf(remote, given);
  const host = url.port === '' ? url.hostname : `${url.hostname}:${url.port}`;
  const isLocal = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
  if (url.protocol !== 'https:' && !isLocal)
    throw new RegistryError('MCP_NOT_RUNNABLE', `${url.origin}: a remote server is reached by https: only`);
  if (!locked.granted.some((word) => word === `host:${host}` || hostMatches(word, host)))
    throw new RegistryError('MCP_NOT_APPROVED', `you have not granted connections to ${host}`, {
      hint: 'mlld mcp install asks for it.',
    });
  return { kind: 'http', url, headers: headersOf(remote, given), fetch };
}

/** A rule `*.example.org` of a remote whose tenant is configured. */
function hostMatches(word: string, host: string): boolean {
  return word.startsWith('host:*.') && host.endsWith(word.slice('host:*'.length));
}

export function notRunnable({ registryType, command }: McpArtefact & { kind: 'command' }): RegistryError {
  return new RegistryError(
    'MCP_NOT_RUNNABLE',
    `a server from ${registryType} is described here, and not run: its files are not locked`,
    { hint: `Run it yourself, outside of the sandbox: ${command.join(' ')}` },
  );
}

/** What was configured; a secret, and what the user lets it know, from the environment. */
function givenBy({ locked, env }: StartOptions): ValueOf {
  return ({ name, kind, secret }: ConfigInput) => {
    const configured = locked.config.get(name);
    if (configured !== undefined && !secret) return configured;
    if (kind !== 'environment' && !secret) return undefined;
    return locked.granted.includes(`env:${name}`) ? env[name] : undefined;
  };
}

function placed(word: string, root: string): string {
  return word.replaceAll('{artefact}', root);
}

function bundleEnvironment(
  env: ReadonlyMap<string, string>,
  root: string,
  given: ValueOf,
): Record<string, string> {
  const input = { kind: 'environment', secret: false, required: false, format: 'string' } as const;
  const nothing = { description: undefined, preset: undefined, choices: undefined };
  const configured = (name: string) => given({ ...input, ...nothing, name }) ?? '';
  return Object.fromEntries(
    [...env].map(([name, value]) => [
      name,
      placed(value, root).replaceAll(/\$\{user_config\.([A-Za-z0-9_]+)\}/g, (_whole, one: string) =>
        configured(one),
      ),
    ]),
  );
}

function policyOf(
  { manifest, locked, project }: StartOptions,
  { root, env }: { readonly root: string; readonly env: Record<string, string> },
): SandboxPolicy {
  const { permissions } = manifest;
  const granted = new Set(locked.granted);
  const folders = permissions.folders
    .filter((folder) => granted.has(folderWord(folder)))
    .flatMap(({ path: place, access }) =>
      placesOf(place, locked.config, project).map((folder) => ({ folder, access })),
    );
  return {
    readable: [root, ...folders.filter(({ access }) => access === 'read').map(({ folder }) => folder)],
    writable: folders.filter(({ access }) => access === 'write').map(({ folder }) => folder),
    hosts: permissions.hosts.filter((host) => granted.has(`host:${host}`)),
    env,
    cwd: permissions.folders.some((one) => one.path === 'project' && granted.has(folderWord(one)))
      ? realpathSync(project)
      : root,
  };
}

/** The folders that a rule means: the project, or what the user configured, line by line. @throws RegistryError BAD_CONFIG */
function placesOf(place: string, config: ReadonlyMap<string, string>, project: string): string[] {
  const root = realpathSync(project);
  if (place === 'project') return [root];
  const value = config.get(place.slice(1, -1));
  if (value === undefined) return [];
  return value
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const folder = path.resolve(root, line);
      if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
      return realpathSync(folder);
    });
}

/** Code for Node runs under Node's own permissions besides: no programs that were not granted, no native code. */
function withNodeFlags(
  [program = '', ...args]: readonly string[],
  { commands, hosts }: McpPermissions,
  { writable = [] }: SandboxPolicy,
): string[] {
  if (program !== 'node') return [program, ...args];
  const flags = nodePermissionFlags({
    programs: commands.length > 0,
    network: hosts.length > 0,
    writable: ['/tmp', ...writable],
  });
  return [program, ...flags, ...args];
}
