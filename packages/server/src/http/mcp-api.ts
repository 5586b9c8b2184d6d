/**
 * The registry API of MCP with its parameters (docs/spec/mcp-api.md §4): pages, searches and filters what the build wrote in shards.
 * A distribution without MCP servers answers empty lists.
 */
import { isServerName, limits, printable, RegistryError } from '@mlld/format';
import type { FileStore } from './file-store.ts';
import { type KnownServer, type McpCatalog, mcpCatalog } from './mcp-catalog.ts';
import type { HttpRequest, Reply } from './reply.ts';

export interface McpApi {
  /** The answer to what is below `/v0.1/` and to what says that the server lives; undefined for any other target. */
  readonly answer: (request: HttpRequest) => Promise<Reply | undefined>;
}

export function mcpApi(store: FileStore, version: string): McpApi {
  const catalog = mcpCatalog(store);
  // Read before the first question; what is wrong with it, that question's answer tells.
  void catalog.load().catch(() => {});
  return {
    async answer(request) {
      const origin = request.target.replace(/^https?:\/\/[^/?#]*/i, '');
      const [path = '', query = ''] = splitOnce(origin.split('#')[0] ?? '', '?');
      if (!isOurs(path)) return undefined;
      try {
        return await dispatch({ request, path, query, catalog, version });
      } catch (error) {
        if (error instanceof ApiError) return failure(error.status, error.title, error.message);
        if (error instanceof RegistryError)
          return failure(500, 'Internal Server Error', 'the list of servers can not be read');
        throw error;
      }
    },
  };
}

/** Not the shards, which are files: `/v0.1/x/`. */
function isOurs(path: string): boolean {
  return /^\/(?:v0\.1\/(?:servers|publish|validate|health|ping|version)(?:\/|%|$)|(?:health|ping|version)\/?$)/.test(
    path,
  );
}

class ApiError extends Error {
  readonly status: number;
  readonly title: string;
  constructor(status: number, title: string, message: string) {
    super(message);
    this.status = status;
    this.title = title;
  }
}

const badRequest = (message: string) => new ApiError(400, 'Bad Request', message);
const unprocessable = (message: string) => new ApiError(422, 'Unprocessable Entity', message);
const notFound = (message: string) => new ApiError(404, 'Not Found', message);

interface Asked {
  readonly request: HttpRequest;
  readonly path: string;
  readonly query: string;
  readonly catalog: McpCatalog;
  readonly version: string;
}

async function dispatch({ request, path, query, catalog, version }: Asked): Promise<Reply> {
  const { method } = request;
  if (method === 'OPTIONS')
    return {
      status: 204,
      headers: { ...cors, allow: 'GET, HEAD, OPTIONS', 'access-control-max-age': 86_400 },
    };
  if (/%00|\u0000/i.test(path + query)) throw badRequest('a NUL byte can stand in no name');
  if (method !== 'GET' && method !== 'HEAD')
    throw new ApiError(
      501,
      'Not Implemented',
      'this registry is read here, and published to with mlld publish',
    );
  if (path.length > 1 && path.endsWith('/')) {
    const location = `${path.replace(/\/+$/, '')}${query === '' ? '' : `?${query}`}`;
    return { status: 308, headers: { ...cors, location, 'content-length': 0 } };
  }
  const parameters = new URLSearchParams(query);
  const [, api, ...rest] = path.split('/').map(decoded);
  const parts = api === 'v0.1' ? rest : [api, ...rest];
  if (parts[0] !== 'servers') return about(parts.join('/'), version);
  const servers = await catalog.load();
  if (parts.length === 1) return ok(listServers(servers, parameters));
  return ok(oneServer(servers, parts.slice(1) as string[], parameters));
}

function about(what: string, version: string): Reply {
  if (what === 'health') return ok({ status: 'ok' });
  if (what === 'ping') return ok({ pong: true });
  if (what === 'version') return ok({ version });
  throw notFound('there is nothing of that name');
}

/** @throws ApiError 400 for what is no percent-encoded UTF-8 */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest('the path is not percent-encoded UTF-8');
  }
}

/** `{name}/versions[/{version}]`, the name in one part or, as some clients send it, in two. */
function oneServer(
  servers: readonly KnownServer[],
  parts: readonly string[],
  parameters: URLSearchParams,
): unknown {
  const inOne = parts[0]?.includes('/') === true;
  const [name, word, version, ...more] = inOne ? parts : [`${parts[0]}/${parts[1] ?? ''}`, ...parts.slice(2)];
  if (word !== 'versions' || more.length > 0)
    throw notFound('wanted /v0.1/servers/{name}/versions[/{version}]');
  const withDeleted = flag(parameters, 'include_deleted') ?? false;
  const found = isServerName(name ?? '') ? within(servers, name ?? '') : [];
  const shown = found.filter((one) => withDeleted || one.status !== 'deleted');
  if (shown.length === 0) throw notFound('Server not found');
  if (version === undefined) return list(shown.sort(newestFirst), undefined);
  const wanted = version === 'latest' ? latestOf(shown) : shown.find((one) => one.version === version);
  if (wanted === undefined) throw notFound('Server version not found');
  return raw(wanted.json);
}

function latestOf(shown: readonly KnownServer[]): KnownServer | undefined {
  return shown.find(({ isLatest }) => isLatest) ?? [...shown].sort(newestFirst)[0];
}

function newestFirst(a: KnownServer, b: KnownServer): number {
  return b.publishedAt - a.publishedAt || (a.version < b.version ? 1 : -1);
}

interface Filter {
  readonly search: string;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly version: string | undefined;
  readonly withDeleted: boolean;
}

function listServers(servers: readonly KnownServer[], parameters: URLSearchParams): unknown {
  const filter = filterOf(parameters);
  const limit = limitOf(parameters);
  const shown: KnownServer[] = [];
  let more = false;
  for (let i = after(servers, parameters.get('cursor')); i < servers.length; i++) {
    const one = servers[i]!;
    if (!passes(one, filter)) continue;
    if (shown.length === limit) {
      more = true;
      break;
    }
    shown.push(one);
  }
  const last = shown.at(-1);
  return list(shown, more && last !== undefined ? `${last.name}:${last.version}` : undefined);
}

function passes(one: KnownServer, { search, since, version, withDeleted }: Filter): boolean {
  if (!withDeleted && one.status === 'deleted') return false;
  if (since !== undefined && one.updatedAt < since) return false;
  if (version !== undefined && !(version === 'latest' ? one.isLatest : one.version === version)) return false;
  return search === '' || one.lowerName.includes(search);
}

function filterOf(parameters: URLSearchParams): Filter {
  const since = parameters.get('updated_since');
  const asked = flag(parameters, 'include_deleted');
  if (since !== null && asked === false)
    throw badRequest(
      'include_deleted=false can not stand beside updated_since, which tells what was deleted',
    );
  return {
    search: (parameters.get('search') ?? '').toLowerCase().slice(0, 200),
    since: since === null ? undefined : timeOf(since),
    version: parameters.get('version') ?? undefined,
    withDeleted: since !== null || (asked ?? false),
  };
}

/** RFC 3339. */
function timeOf(text: string): number {
  // A plus that was not encoded is a space by now.
  const time = text.replace(/ (\d\d:\d\d)$/, '+$1');
  const found = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/.test(time)
    ? Date.parse(time.toUpperCase())
    : Number.NaN;
  if (Number.isNaN(found))
    throw badRequest(
      `updated_since: wanted a time such as 2026-01-31T12:00:00Z, found '${printable(text, 60)}'`,
    );
  return found;
}

function limitOf(parameters: URLSearchParams): number {
  const text = parameters.get('limit');
  if (text === null || text === '') return limits.mcpPageServers;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= limits.mcpPageMostServers) return limit;
  throw unprocessable(`limit: wanted 1 to ${limits.mcpPageMostServers}, found '${printable(text, 60)}'`);
}

function flag(parameters: URLSearchParams, name: string): boolean | undefined {
  const text = parameters.get(name);
  if (text === null || text === '') return undefined;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw unprocessable(`${name}: wanted true or false, found '${printable(text, 60)}'`);
}

/** The place behind a cursor, `name:version`: it need not be there any more. */
function after(servers: readonly KnownServer[], cursor: string | null): number {
  if (cursor === null || cursor === '') return 0;
  const [name, version] = splitOnce(cursor, ':');
  if (!isServerName(name) || version === undefined)
    throw badRequest('cursor: wanted the nextCursor of an answer');
  let [low, high] = [0, servers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = servers[middle]!;
    if (one.name < name || (one.name === name && one.version <= version)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function within(servers: readonly KnownServer[], name: string): KnownServer[] {
  const found: KnownServer[] = [];
  for (let i = after(servers, `${name}:`); servers[i]?.name === name; i++) found.push(servers[i]!);
  return found;
}

function splitOnce(text: string, at: string): [string, string?] {
  const mark = text.indexOf(at);
  return mark < 0 ? [text] : [text.slice(0, mark), text.slice(mark + 1)];
}

/** JSON that was written by the build: put into an answer as it stands. */
interface Raw {
  readonly text: string;
}

const raw = (text: string): Raw => ({ text });

function list(shown: readonly KnownServer[], nextCursor: string | undefined): Raw {
  const metadata = JSON.stringify({
    ...(nextCursor === undefined ? {} : { nextCursor }),
    count: shown.length,
  });
  return raw(`{"servers":[${shown.map(({ json }) => json).join(',')}],"metadata":${metadata}}`);
}

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, OPTIONS',
  'access-control-allow-headers': 'Authorization, Content-Type',
} as const;

function ok(value: unknown): Reply {
  const text =
    typeof value === 'object' && value !== null && 'text' in value
      ? String(value.text)
      : JSON.stringify(value);
  const body = Buffer.from(`${text}\n`);
  return {
    status: 200,
    headers: {
      ...cors,
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'public, max-age=60',
    },
    body,
  };
}

/** Both shapes: `error` as the specification says, the rest as the official registry answers (RFC 9457). */
function failure(status: number, title: string, detail: string): Reply {
  const body = Buffer.from(
    `${JSON.stringify({ error: detail, title, status, detail, errors: [{ message: detail }] })}\n`,
  );
  return {
    status,
    headers: {
      ...cors,
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'no-store',
    },
    body,
  };
}
