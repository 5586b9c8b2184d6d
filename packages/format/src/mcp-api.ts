/** What the registry API of MCP answers (docs/spec/mcp-api.md): entries, the list that programs page through, servers taken over. */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import { type Json, type JsonObject, parseJson, parseNdjson } from './json.ts';
import { limits } from './limits.ts';

/** Keys of `_meta`: the official one, and our own. */
export const mcpMeta = {
  official: 'io.modelcontextprotocol.registry/official',
  module: 'ai.mlld.registry/module',
  origin: 'ai.mlld.registry/origin',
} as const;

export const mcpStatuses = ['active', 'deprecated', 'deleted'] as const;

export interface McpOfficialMeta {
  readonly status: (typeof mcpStatuses)[number];
  readonly statusMessage?: string;
  readonly statusChangedAt: string;
  readonly publishedAt: string;
  readonly updatedAt: string;
  readonly isLatest: boolean;
}

/** One version of one server, as the API answers it. */
export interface McpServerEntry {
  readonly server: JsonObject & { readonly name: string; readonly version: string };
  readonly _meta: JsonObject & {
    readonly 'io.modelcontextprotocol.registry/official': McpOfficialMeta & JsonObject;
  };
}

const serverName = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?\/[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?$/;

/** `namespace/name`, each beginning and ending with a letter or digit: also safe as a path (mcp-api.md §1.3). */
export function isServerName(text: string): boolean {
  return text.length <= 200 && serverName.test(text) && !text.includes('..');
}

const time: d.Decoder<string> = (value, path) => new Date(d.instant(value, path)).toISOString();

/** An entry by its shape; what else the server says is kept as it stands. @throws RegistryError BAD_SHAPE */
export const mcpServerEntry: d.Decoder<McpServerEntry> = (value, path) => {
  const found = d.object(value, path);
  const server = d.object(found.server, `${path}.server`);
  const name = d.text(200)(server.name, `${path}.server.name`);
  if (!isServerName(name)) throw d.badShape(`${path}.server.name`, 'namespace/name', name);
  const version = d.text(255)(server.version, `${path}.server.version`);
  d.text(100)(server.description, `${path}.server.description`);
  const meta = d.object(found._meta, `${path}._meta`);
  return {
    server: { ...server, name, version },
    _meta: {
      ...meta,
      [mcpMeta.official]: official(meta[mcpMeta.official], `${path}._meta.official`),
    } as McpServerEntry['_meta'],
  };
};

const official: d.Decoder<McpOfficialMeta> = (value, path) => {
  const found = d.object(value, path);
  const publishedAt = time(found.publishedAt, `${path}.publishedAt`);
  const updatedAt = found.updatedAt === undefined ? publishedAt : time(found.updatedAt, `${path}.updatedAt`);
  return d.compact({
    status: d.literal(...mcpStatuses)(found.status ?? 'active', `${path}.status`),
    statusMessage: d.optional(d.text(500))(found.statusMessage, `${path}.statusMessage`),
    statusChangedAt:
      found.statusChangedAt === undefined
        ? publishedAt
        : time(found.statusChangedAt, `${path}.statusChangedAt`),
    publishedAt,
    updatedAt,
    isLatest: d.boolean(found.isLatest ?? false, `${path}.isLatest`),
  });
};

/** What leads to the shards. */
export interface McpApiList {
  readonly v: 1;
  /** Hex digits of sha256(name) that name a shard; 0: all servers are in one. */
  readonly depth: number;
  readonly servers: number;
  readonly versions: number;
  /** sha256 of the shards' hashes, each behind its prefix: another one if anything is. */
  readonly state: Sha256Hex;
}

export function encodeMcpList({ v, depth, servers, versions, state }: McpApiList): string {
  return `${JSON.stringify({ v, depth, servers, versions, state })}\n`;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE */
export function parseMcpList(bytes: Uint8Array | string, where = 'list.json'): McpApiList {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where }), $);
  return {
    v: d.literal(1)(value.v, `${$}.v`),
    depth: d.integer(0, 4)(value.depth, `${$}.depth`),
    servers: d.integer(0)(value.servers, `${$}.servers`),
    versions: d.integer(0)(value.versions, `${$}.versions`),
    state: d.parsed(parseSha256)(value.state, `${$}.state`),
  };
}

/** The entries of a shard, by server name, then newest first. @throws RegistryError BAD_JSON, BAD_SHAPE */
export function parseMcpShard(bytes: Uint8Array | string, where = 'shard'): McpServerEntry[] {
  return parseNdjson(bytes, { where, maxBytes: limits.mcpShardBytes }).map((line, i) =>
    mcpServerEntry(line, `${where}, line ${i + 1}: $`),
  );
}

/** A server taken over from another registry: what that one says, and nothing that anybody here has verified. */
export interface ImportedServer {
  readonly v: 1;
  readonly name: string;
  readonly origin: {
    /** Base URL of the registry that it was taken from, or `file:` for a document at hand. */
    readonly registry: string;
    readonly importedAt: string;
  };
  /** Newest first, as they were answered. */
  readonly versions: readonly McpServerEntry[];
}

export function encodeImportedServer(server: ImportedServer): string {
  return `${JSON.stringify(server, null, 1)}\n`;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE */
export function parseImportedServer(bytes: Uint8Array | string, where = 'imported server'): ImportedServer {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where, maxBytes: limits.mcpImportPageBytes }), $);
  d.onlyMembers(value, ['v', 'name', 'origin', 'versions'], $);
  const origin = d.object(value.origin, `${$}.origin`);
  const versions = d.array(mcpServerEntry, limits.mcpImportVersions)(value.versions, `${$}.versions`);
  const name = d.text(200)(value.name, `${$}.name`);
  const other = versions.find(({ server }) => server.name !== name);
  if (other !== undefined || versions.length === 0)
    throw d.badShape(`${$}.versions`, `versions of ${name}`, other?.server.name as Json);
  const seen = new Set(versions.map(({ server }) => server.version));
  if (seen.size < versions.length) throw d.badShape(`${$}.versions`, 'each version once', name);
  return {
    v: d.literal(1)(value.v, `${$}.v`),
    name,
    origin: {
      registry: d.text(2000)(origin.registry, `${$}.origin.registry`),
      importedAt: time(origin.importedAt, `${$}.origin.importedAt`),
    },
    versions,
  };
}
