/** All MCP servers of a distribution in memory, sorted as they are paged through; read again when its list says so. */
import {
  layout,
  limits,
  type McpServerEntry,
  mcpMeta,
  parseMcpList,
  parseMcpShard,
  RegistryError,
} from '@mlld/format';
import type { FileStore } from './file-store.ts';

export interface KnownServer {
  readonly name: string;
  readonly lowerName: string;
  readonly version: string;
  readonly status: 'active' | 'deprecated' | 'deleted';
  readonly isLatest: boolean;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
  readonly updatedAt: number;
  /** The entry as the build wrote it. */
  readonly json: string;
}

export interface McpCatalog {
  /** By name, then by version, as code units compare. @throws RegistryError */
  readonly load: () => Promise<readonly KnownServer[]>;
}

export function mcpCatalog(store: FileStore): McpCatalog {
  let known: { readonly state: string; readonly servers: readonly KnownServer[] } | undefined;
  let reading: Promise<readonly KnownServer[]> | undefined;
  const read = async (): Promise<readonly KnownServer[]> => {
    // A build may replace shards while they are read: its list is written last, and has changed then.
    for (let tries = 0; tries < 5; tries++) {
      const list = await listOf(store);
      if (list === undefined) return [];
      if (known?.state === list.state) return known.servers;
      const servers = await readShards(store, list.depth);
      if ((await listOf(store))?.state === list.state) {
        known = { state: list.state, servers };
        return servers;
      }
    }
    if (known !== undefined) return known.servers;
    throw new RegistryError('IO', 'the list of servers changes faster than it can be read');
  };
  return {
    load: () => {
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
  };
}

async function listOf(store: FileStore) {
  const bytes = await bytesOf(store, layout.mcpList);
  return bytes === undefined ? undefined : parseMcpList(bytes, layout.mcpList);
}

/** Shards read at the same time. */
const atOnce = 16;

async function readShards(store: FileStore, depth: number): Promise<KnownServer[]> {
  const servers: KnownServer[] = [];
  for (let first = 0; first < 16 ** depth; first += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, 16 ** depth) }, (_, i) => first + i);
    const read = await Promise.all(some.map((n) => readShard(store, depth, n)));
    for (const entries of read) for (const entry of entries) servers.push(knownServer(entry));
  }
  return servers.sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

async function readShard(store: FileStore, depth: number, n: number): Promise<readonly McpServerEntry[]> {
  const path = layout.mcpShard(depth === 0 ? '' : n.toString(16).padStart(depth, '0'));
  const bytes = await bytesOf(store, path);
  return bytes === undefined ? [] : parseMcpShard(bytes, path);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function bytesOf(store: FileStore, path: string): Promise<Uint8Array | undefined> {
  const stored = await store.get(path);
  if (stored === undefined || stored.bytes !== undefined) return stored?.bytes;
  if (stored.size > limits.mcpShardBytes)
    throw new RegistryError('TOO_LARGE', `${path} has ${stored.size} bytes`);
  const handle = await store.openContent(stored);
  try {
    return await handle?.readFile();
  } finally {
    await handle?.close();
  }
}

function knownServer(entry: McpServerEntry): KnownServer {
  const { server } = entry;
  const { status, isLatest, publishedAt, updatedAt } = entry._meta[mcpMeta.official];
  return {
    name: server.name,
    lowerName: server.name.toLowerCase(),
    version: server.version,
    status,
    isLatest,
    publishedAt: Date.parse(publishedAt),
    updatedAt: Date.parse(updatedAt),
    json: JSON.stringify(entry),
  };
}
