/** A version of a module of the kind `mcp-server`, as the registry API of MCP answers it (docs/spec/mcp-api.md §3). */
import {
  authorOf,
  type IndexVersion,
  isRegistryError,
  isServerName,
  type Json,
  type JsonObject,
  layout,
  type McpServerEntry,
  type ModuleName,
  mcpFiles,
  mcpMeta,
  parseServerJson,
  type RegistryInfo,
  shortName,
} from '@mlld/format';
import type { LateFacts, ModuleFacts } from '../outputs/output.ts';

/** What claims a server name. */
export interface Claim {
  /** The name that it would have, if its namespace is proven. */
  readonly wanted: string | undefined;
  /** The name that is its own in any case. */
  readonly own: string;
  /** Who was first has the name; ISO time. */
  readonly since: string;
  readonly entries: readonly McpServerEntry[];
}

/** Undefined for what is no MCP server, or none of whose versions can be read. */
export function claimOf({ header, versions, read }: ModuleFacts, facts: LateFacts): Claim | undefined {
  const latest = header.tags.get('latest');
  const entries: McpServerEntry[] = [];
  let declared: string | undefined;
  for (const line of versions) {
    if (line.kind !== 'mcp-server') continue;
    const server = serverOf(line, facts);
    if (server === undefined) continue;
    declared ??= server.name as string;
    entries.push(
      entryOf(line, {
        server,
        header,
        changes: read.changes,
        isLatest: line.version === latest,
        info: facts.info,
      }),
    );
  }
  if (entries.length === 0) return undefined;
  const since = versions.flatMap(({ publishedAt }) => publishedAt ?? []).sort()[0] ?? '';
  const proven = declared !== undefined && isServerName(declared) && isProven(declared, header.name, facts);
  return { wanted: proven ? declared : undefined, own: ownName(header.name, facts.info), since, entries };
}

function serverOf({ files }: IndexVersion, facts: LateFacts): JsonObject | undefined {
  const hash = files.find(({ path }) => path === mcpFiles.server)?.sha256;
  const bytes = hash === undefined ? undefined : facts.bytes(hash);
  if (bytes === undefined) return undefined;
  try {
    return parseServerJson(bytes) as unknown as JsonObject;
  } catch (error) {
    if (isRegistryError(error)) return undefined;
    throw error;
  }
}

/** A namespace is its author's: their GitHub login, which their keyset is anchored to, or the DNS name that it is. */
function isProven(server: string, name: ModuleName, { repository }: LateFacts): boolean {
  const author = authorOf(name);
  const anchors = repository.keysOf(author).keysets.at(-1)?.keyset.anchors;
  const namespace = server.slice(0, server.indexOf('/')).toLowerCase();
  if (anchors?.github?.login.toLowerCase() === author && namespace === `io.github.${author}`) return true;
  const reversed = anchors?.dns?.toLowerCase().split('.').reverse().join('.');
  return reversed !== undefined && (namespace === reversed || namespace.startsWith(`${reversed}.`));
}

/** In the namespace of the registry: `org.example.registry/alice.weather`. */
export function ownName(name: ModuleName, info: RegistryInfo): string {
  return `${info.name.split('.').reverse().join('.')}/${authorOf(name)}.${shortName(name)}`;
}

interface EntryInput {
  readonly server: JsonObject;
  readonly header: ModuleFacts['header'];
  readonly changes: ModuleFacts['read']['changes'];
  readonly isLatest: boolean;
  readonly info: RegistryInfo;
}

function entryOf(line: IndexVersion, input: EntryInput): McpServerEntry {
  const { server, header, info, isLatest } = input;
  const { name: _name, ...rest } = server;
  const proof =
    line.statement === undefined ? {} : { statement: line.statement, proof: layout.proof(line.statement) };
  const file = line.files.find(({ path }) => path === mcpFiles.server);
  const about = {
    registry: info.name,
    module: header.name,
    version: line.version,
    evidence: line.evidence,
    ...(line.digest === undefined ? {} : { digest: line.digest }),
    ...proof,
    serverJson: file?.sha256 ?? null,
    declaredName: server.name ?? null,
    sources: [...line.sources],
    install: `mlld mcp install ${header.name}@${line.version}`,
  };
  return {
    server: { ...rest, name: server.name as string, version: line.version },
    _meta: {
      [mcpMeta.official]: statusOf(line, input, isLatest),
      [mcpMeta.module]: about as JsonObject,
    } as unknown as McpServerEntry['_meta'],
  };
}

function statusOf(
  { version, publishedAt = '1970-01-01T00:00:00.000Z' }: IndexVersion,
  { header, changes }: EntryInput,
  isLatest: boolean,
) {
  const published = new Date(publishedAt).toISOString();
  const since = (type: 'yank' | 'deprecate') =>
    changes
      .filter(
        ({ change }) =>
          change.type === type &&
          (type === 'deprecate' || ('version' in change && change.version === version)),
      )
      .map(({ change }) => new Date(change.at).toISOString())
      .sort()
      .at(-1) ?? published;
  const yanked = header.yanked.get(version);
  const { deprecated } = header;
  const [status, message, changed] =
    yanked !== undefined
      ? (['deleted', yanked, since('yank')] as const)
      : deprecated !== undefined
        ? (['deprecated', deprecated.message, since('deprecate')] as const)
        : (['active', undefined, [since('yank'), since('deprecate')].sort().at(-1) ?? published] as const);
  return {
    status,
    ...(message === undefined || message === '' ? {} : { statusMessage: message.slice(0, 500) }),
    statusChangedAt: changed,
    publishedAt: published,
    updatedAt: changed > published ? changed : published,
    isLatest,
  };
}

/** An entry under the name that it is served by. */
export function named(entry: McpServerEntry, name: string): Json {
  const { $schema, name: _name, ...rest } = entry.server;
  return { server: { ...($schema === undefined ? {} : { $schema }), name, ...rest }, _meta: entry._meta };
}
