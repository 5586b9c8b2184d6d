/** What another registry answers, or a document at hand, as entries: hostile, so that each is checked, and what is bad is left out. */
import { isDeepStrictEqual } from 'node:util';
import {
  type ImportedServer,
  isRegistryError,
  type Json,
  type JsonObject,
  limits,
  type McpServerEntry,
  mcpMeta,
  mcpServerEntry,
  parseJson,
  printable,
  RegistryError,
  validateServerJson,
} from '@mlld/format';

export interface ReadAnswer {
  readonly entries: readonly McpServerEntry[];
  /** What was left out, and why. */
  readonly refused: readonly string[];
  readonly nextCursor: string | undefined;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A page of a list, one answer, a server.json, or a list of these. `now`: ISO time. @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE */
export function readAnswer(
  bytes: Uint8Array | string,
  { where, now }: { readonly where: string; readonly now: string },
): ReadAnswer {
  const value = parseJson(bytes, { where, maxBytes: limits.mcpImportPageBytes });
  const list = Array.isArray(value)
    ? value
    : isObject(value) && Array.isArray(value.servers)
      ? value.servers
      : [value];
  const entries: McpServerEntry[] = [];
  const refused: string[] = [];
  for (const [i, one] of list.entries()) {
    try {
      entries.push(readEntry(one, { where: `${where}: $[${i}]`, now }));
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      refused.push(error.message);
    }
  }
  const cursor = isObject(value) && isObject(value.metadata) ? value.metadata.nextCursor : undefined;
  if (cursor !== undefined && cursor !== null && (typeof cursor !== 'string' || cursor.length > 2000))
    throw new RegistryError('BAD_SHAPE', `${where}: metadata.nextCursor is no cursor`);
  return { entries, refused, nextCursor: typeof cursor === 'string' && cursor !== '' ? cursor : undefined };
}

function readEntry(
  value: Json,
  { where, now }: { readonly where: string; readonly now: string },
): McpServerEntry {
  const isPlain = isObject(value) && value.server === undefined;
  const server = isPlain ? value : isObject(value) ? value.server : undefined;
  const meta = isObject(value) && !isPlain && isObject(value._meta) ? value._meta : {};
  const name = isObject(server) && typeof server.name === 'string' ? printable(server.name, 200) : where;
  const [issue] = isObject(server) ? validateServerJson(server) : [];
  if (!isObject(server) || issue !== undefined)
    throw new RegistryError(
      'BAD_SHAPE',
      `${name}: ${issue === undefined ? 'no server' : `${issue.path}: ${printable(issue.message, 200)}`}`,
    );
  if (JSON.stringify(server).length > limits.mcpServerJsonBytes)
    throw new RegistryError('TOO_LARGE', `${name}: more than ${limits.mcpServerJsonBytes} bytes`);
  const official = meta[mcpMeta.official] ?? { status: 'active', publishedAt: now, isLatest: isPlain };
  const origin = meta[mcpMeta.origin];
  const from = isObject(origin) ? origin.registry : undefined;
  const upstream =
    typeof from === 'string' && from.length <= 2000 ? { [mcpMeta.origin]: { registry: from } } : {};
  return mcpServerEntry({ server, _meta: { [mcpMeta.official]: official, ...upstream } }, name);
}

/** What is known of a server with what was answered now; the same object if nothing is new. @throws RegistryError TOO_LARGE */
export function mergeEntries(
  before: ImportedServer | undefined,
  entries: readonly McpServerEntry[],
  origin: ImportedServer['origin'],
): ImportedServer {
  const versions = new Map(before?.versions.map((one) => [one.server.version, one]));
  for (const entry of entries) {
    const known = versions.get(entry.server.version);
    // A document at hand says of no time: it is of the first time that it was read.
    const isUndated = entry._meta[mcpMeta.official].publishedAt === origin.importedAt;
    if (known === undefined || !isUndated || !isDeepStrictEqual(known.server, entry.server))
      versions.set(entry.server.version, entry);
  }
  if (versions.size > limits.mcpImportVersions)
    throw new RegistryError(
      'TOO_LARGE',
      `${entries[0]?.server.name}: more than ${limits.mcpImportVersions} versions`,
    );
  const sorted = oneLatest([...versions.values()].sort(newestFirst), entries);
  if (before !== undefined && JSON.stringify(before.versions) === JSON.stringify(sorted)) return before;
  return { v: 1, name: entries[0]?.server.name ?? '', origin, versions: sorted };
}

function newestFirst(a: McpServerEntry, b: McpServerEntry): number {
  const at = (one: McpServerEntry) => one._meta[mcpMeta.official].publishedAt;
  return at(a) < at(b) ? 1 : at(a) > at(b) ? -1 : a.server.version < b.server.version ? 1 : -1;
}

/** What was answered last says which one is the latest. */
function oneLatest(sorted: readonly McpServerEntry[], answered: readonly McpServerEntry[]): McpServerEntry[] {
  const isLatest = (one: McpServerEntry) => one._meta[mcpMeta.official].isLatest;
  const latest = sorted.find((one) => isLatest(one) && answered.includes(one)) ?? sorted.find(isLatest);
  return sorted.map((one) =>
    isLatest(one) && one !== latest
      ? ({
          ...one,
          _meta: { ...one._meta, [mcpMeta.official]: { ...one._meta[mcpMeta.official], isLatest: false } },
        } as McpServerEntry)
      : one,
  );
}
