/** Bundles of MCP (`.mcpb`): a zip with a manifest that says how its server is started (docs/spec/mcp.md §3.5). */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type JsonObject,
  layout,
  limits,
  type McpArtefact,
  parseJson,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import { download } from './npm.ts';
import { unzip } from './tarball.ts';
import { type Tree, treeDigest } from './tree.ts';

export type BundleArtefact = McpArtefact & { readonly kind: 'mcpb' };

/** How a manifest names the folder that it is unpacked to. */
const bundleFolder = `$\u007b__dirname}`;

export interface BundleSource {
  readonly cacheDir: string;
  readonly offline?: boolean | undefined;
}

/** @throws RegistryError HASH_MISMATCH, OFFLINE, UNREACHABLE, TOO_LARGE, BAD_SHAPE */
export async function bundleTree(
  { url, sha256 }: { readonly url: string; readonly sha256: Sha256Hex },
  { cacheDir, offline }: BundleSource,
): Promise<Tree> {
  const kept = path.join(cacheDir, layout.blob(sha256));
  const have = existsSync(kept) ? readFileSync(kept) : undefined;
  if (have !== undefined && hash(have) === sha256) return unzip(have);
  if (offline === true)
    throw new RegistryError('OFFLINE', `${url} is not at hand, and no network is asked`, {
      hint: 'Run mlld mcp install once with a network.',
    });
  const bytes = await download(new URL(url));
  if (hash(bytes) !== sha256)
    throw new RegistryError('HASH_MISMATCH', `${url}: wanted sha256 ${sha256}, found ${hash(bytes)}`);
  mkdirSync(path.dirname(kept), { recursive: true });
  writeFileSync(`${kept}.${process.pid}`, bytes);
  renameSync(`${kept}.${process.pid}`, kept);
  return unzip(bytes);
}

const hash = (bytes: Uint8Array): Sha256Hex => createHash('sha256').update(bytes).digest('hex') as Sha256Hex;

/** How a bundle is started, by its manifest. @throws RegistryError BAD_SHAPE, MCP_NOT_RUNNABLE */
export function bundleArtefact(
  tree: Tree,
  { url, sha256 }: { readonly url: string; readonly sha256: Sha256Hex },
): BundleArtefact {
  const bytes = tree.get('manifest.json');
  if (bytes === undefined) throw new RegistryError('BAD_SHAPE', `${url}: a bundle has a manifest.json`);
  const manifest = parseJson(bytes, {
    where: 'manifest.json',
    maxBytes: limits.mcpServerJsonBytes,
  }) as JsonObject;
  const server = (manifest.server ?? {}) as JsonObject;
  const config = (server.mcp_config ?? {}) as JsonObject;
  const words = [config.command, ...((config.args ?? []) as readonly unknown[])];
  if (
    !['node', 'python', 'binary'].includes(String(server.type)) ||
    words.some((one) => typeof one !== 'string')
  ) {
    throw new RegistryError(
      'MCP_NOT_RUNNABLE',
      `${url}: wanted a server of the type node, python or binary with a command`,
    );
  }
  const command = (words as string[]).map((word) => word.replaceAll(bundleFolder, '{artefact}'));
  const named = command.find((word) => /\$\{/.test(word));
  if (named !== undefined)
    throw new RegistryError(
      'MCP_NOT_RUNNABLE',
      `${url}: '${named}' stands in its command, which is configured by the environment only`,
    );
  const env = Object.entries((config.env ?? {}) as Record<string, unknown>).map(
    ([name, value]) => [name, String(value).replaceAll(bundleFolder, '{artefact}')] as const,
  );
  return { kind: 'mcpb', tree: treeDigest(tree), command, env: new Map(env), url, sha256 };
}
