/** From what an author wrote (`server.json`, `mcp:` in module.yml) to `mcp.json` (docs/spec/mcp.md §3). */
import {
  type Json,
  type JsonObject,
  type McpArtefact,
  type McpManifest,
  type McpPackage,
  type McpPermissions,
  type McpServerJson,
  mcpFiles,
  mcpPermissionsShape,
  parseServerJson,
  printable,
  RegistryError,
} from '@mlld/format';
import { bundleArtefact, bundleTree } from './artefact/bundle.ts';
import { commandOf } from './artefact/command.ts';
import { binOf, closureTree, lockClosure, type NpmSource } from './artefact/npm.ts';
import { ownTree } from './artefact/own.ts';
import { type Tree, treeDigest } from './artefact/tree.ts';
import { inputsOf } from './config/inputs.ts';
import { sha256 } from './surface/definitions.ts';

export interface ModuleFolder {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** `mcp:` of module.yml. */
  readonly settings: Json | undefined;
}

export interface Prepared {
  readonly server: McpServerJson;
  /** Without what is observed. */
  readonly manifest: McpManifest;
  /** The files that it runs from. */
  readonly tree: Tree | undefined;
}

/**
 * What would be run, and what it asks for. The closure of an npm package is taken over from `locked` if that is of the same package.
 * @throws RegistryError BAD_SHAPE, BAD_JSON, MCP_NOT_RUNNABLE, and what npm and downloads throw
 */
export async function prepare(
  { files, settings }: ModuleFolder,
  source: NpmSource,
  locked?: McpManifest,
): Promise<Prepared> {
  const bytes = files.get(mcpFiles.server);
  if (bytes === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `an MCP server is described by a ${mcpFiles.server}`, {
      hint: 'mlld new mcp-server writes one; docs/guides/mcp.md explains it.',
    });
  const server = parseServerJson(bytes);
  const mcp = (settings ?? {}) as JsonObject;
  const { artefact, tree } = await artefactOf({ server, files, mcp }, source, locked);
  return {
    server,
    tree,
    manifest: { v: 1, server: sha256(bytes), artefact, permissions: permissionsOf(server, artefact, mcp) },
  };
}

interface Described {
  readonly server: McpServerJson;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly mcp: JsonObject;
}

async function artefactOf(
  { server, files, mcp }: Described,
  source: NpmSource,
  locked: McpManifest | undefined,
): Promise<{ artefact: McpArtefact; tree: Tree | undefined }> {
  if (mcp.run !== undefined) return ownArtefact(files, mcp.run);
  const packages = server.packages ?? [];
  const pack = ['npm', 'mcpb'].flatMap((kind) => packages.filter((one) => one.registryType === kind))[0];
  if (pack?.registryType === 'npm') return npmArtefact(pack, source, locked);
  if (pack?.registryType === 'mcpb') {
    const from = { url: pack.identifier, sha256: (pack.fileSha256 ?? '') as never };
    const tree = await bundleTree(from, source);
    return { artefact: bundleArtefact(tree, from), tree };
  }
  const remote = server.remotes?.find(({ type }) => type === 'streamable-http');
  if (remote?.url !== undefined) return { artefact: { kind: 'remote', url: remote.url }, tree: undefined };
  const other = packages[0];
  if (other !== undefined) {
    const { registryType } = other;
    return { artefact: { kind: 'command', registryType, command: commandOf(other) }, tree: undefined };
  }
  throw new RegistryError('BAD_SHAPE', 'nothing says how the server is run', {
    hint: 'Write mcp: with run: [node, server.mjs] into module.yml, or packages or remotes into server.json.',
  });
}

/** Words that name a file of the module lead into the folder that it is unpacked to. */
function ownArtefact(
  files: ReadonlyMap<string, Uint8Array>,
  run: Json,
): { artefact: McpArtefact; tree: Tree } {
  const tree = ownTree(files);
  const words = Array.isArray(run) ? (run as Json[]) : [];
  if (words.length === 0 || words.some((word) => typeof word !== 'string' || word === ''))
    throw new RegistryError(
      'BAD_SHAPE',
      'module.yml: mcp.run: wanted a list of words such as [node, server.mjs]',
    );
  const command = (words as string[]).map((word) => (tree.has(word) ? `{artefact}/${word}` : word));
  if (!command.some((word) => word.startsWith('{artefact}/')))
    throw new RegistryError(
      'BAD_SHAPE',
      `module.yml: mcp.run: '${printable(words.join(' '))}' names no file of the module`,
      {
        hint: 'A server of the kind «files» is the files of its module; programs of the system only start it.',
      },
    );
  return { artefact: { kind: 'files', tree: treeDigest(tree), command }, tree };
}

async function npmArtefact(
  pack: McpPackage,
  source: NpmSource,
  locked: McpManifest | undefined,
): Promise<{ artefact: McpArtefact; tree: Tree }> {
  const wanted = { name: pack.identifier, version: pack.version ?? '' };
  const before = locked?.artefact.kind === 'npm' ? locked.artefact.packages : [];
  const same = before.some(
    (one) => one.path === `node_modules/${wanted.name}` && one.version === wanted.version,
  );
  const registry = source.registry ?? pack.registryBaseUrl;
  const packages = same ? before : await lockClosure(wanted, { ...source, registry: source.registry });
  const tree = await closureTree(packages, { ...source, registry });
  const command = ['node', `{artefact}/${binOf(tree, wanted.name)}`];
  return { artefact: { kind: 'npm', tree: treeDigest(tree), command, packages }, tree };
}

/** What the author declares, and what server.json makes necessary: its variables, and the host of a remote. */
function permissionsOf(server: McpServerJson, artefact: McpArtefact, mcp: JsonObject): McpPermissions {
  const known = ['run', 'hosts', 'folders', 'commands'];
  const unknown = Object.keys(mcp).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new RegistryError(
      'BAD_SHAPE',
      `module.yml: mcp: wanted only ${known.join(', ')}, found '${printable(unknown)}'`,
    );
  const { hosts = [], folders = [], commands = [] } = mcp;
  const environment = inputsOf(server, artefact)
    .filter(({ kind, secret }) => kind === 'environment' || secret)
    .map(({ name, secret, required }) => ({ name, secret, required }));
  const remote = artefact.kind === 'remote' ? [hostOf(artefact.url)] : [];
  return mcpPermissionsShape(
    { hosts: [...new Set([...(hosts as string[]), ...remote])], folders, environment, commands } as never,
    'module.yml: mcp',
  );
}

function hostOf(template: string): string {
  const url = new URL(template.replaceAll(/\{[^{}]*\}/g, 'x'));
  const name = /^https?:\/\/[^/?#]*\{[^{}]*\}\.?([^/?#:]*)/.exec(template)?.[1];
  if (name !== undefined) return name === '' ? '*' : `*.${name}`;
  return url.port === '' ? url.hostname : `${url.hostname}:${url.port}`;
}
