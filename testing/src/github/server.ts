import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { authenticate } from './auth.ts';
import { ApiError, forbidden, notFound } from './errors.ts';
import type { Fault, FaultTable, LoggedRequest, Surface } from './faults.ts';
import { serveGit } from './git-http.ts';
import { limitFault, limitHeaders, spend } from './limits.ts';
import { type Answer, type Context, isRecord, type Json, type Router, type Urls } from './router.ts';
import { fullName, type State, type Token } from './state.ts';

/** Bytes of a request body. */
const BODY_LIMIT = 100_000_000;
/** Longest wait of a fault, in milliseconds: a test that forgets to end it must end all the same. */
const MAX_DELAY = 60_000;

export interface Parts {
  readonly state: State;
  readonly routers: Readonly<Record<Exclude<Surface, 'git'>, Router>>;
  readonly gitRouter: Router;
  readonly faults: FaultTable;
  readonly log: LoggedRequest[];
}

/** Surfaces by the prefix of their path; what has none of them is git, or a page. */
const PREFIXES: readonly (readonly [prefix: string, surface: Surface])[] = [
  ['/api/v3', 'api'],
  ['/gist-raw', 'gist-raw'],
  ['/raw', 'raw'],
];

interface Running {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly entry: LoggedRequest;
  readonly url: URL;
  token: Token | undefined;
}

/** Listens on the loopback. `close` cuts the connections that are still open. */
export async function listen(parts: Parts): Promise<{ urls: Urls; close(): Promise<void> }> {
  const server = createServer({ keepAliveTimeout: 5_000 });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const urls: Urls = { web, api: `${web}/api/v3`, raw: `${web}/raw`, gistRaw: `${web}/gist-raw` };
  // Changes follow one another, so that no two of them interleave between their git commands.
  let writing: Promise<unknown> = Promise.resolve();
  const inOrder = <T>(run: () => Promise<T>): Promise<T> => {
    const turn = writing.then(run, run);
    writing = turn.catch(() => undefined);
    return turn;
  };
  server.on('request', (request, response) => {
    const running = begin(parts, { request, response, urls });
    serve(parts, { running, urls, inOrder }).catch((cause: unknown) => {
      response.destroy(cause instanceof Error ? cause : undefined);
    });
  });
  return {
    urls,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function begin(
  parts: Parts,
  arrived: { request: IncomingMessage; response: ServerResponse; urls: Urls },
): Running {
  const { request, response, urls } = arrived;
  const url = new URL(request.url ?? '/', urls.web);
  const [prefix, surface] = PREFIXES.find(([start]) => url.pathname.startsWith(`${start}/`)) ?? [
    '',
    surfaceOf(url),
  ];
  url.pathname = url.pathname.slice(prefix.length);
  const entry: LoggedRequest = {
    index: parts.log.length,
    method: request.method ?? 'GET',
    path: url.pathname + url.search,
    surface,
    login: undefined,
    status: 0,
  };
  parts.log.push(entry);
  return { request, response, entry, url, token: undefined };
}

const surfaceOf = (url: URL): Surface =>
  url.pathname.startsWith('/login/')
    ? 'login'
    : /\.git\/|\/(info\/refs|git-(upload|receive)-pack)$/.test(url.pathname)
      ? 'git'
      : 'web';

async function serve(
  parts: Parts,
  of: { running: Running; urls: Urls; inOrder: <T>(run: () => Promise<T>) => Promise<T> },
): Promise<void> {
  const { running, urls, inOrder } = of;
  const fault = parts.faults.take(running.entry);
  if (fault?.delay !== undefined)
    await new Promise((resolve) => setTimeout(resolve, Math.min(fault.delay ?? 0, MAX_DELAY)));
  if (fault?.dropConnection === 'before') return drop(running);
  let answer: Answer;
  try {
    const body = await readBody(running.request);
    if (fault !== undefined) injected(parts.state, fault);
    const handle = () => dispatch(parts, { running, urls, body });
    answer =
      running.entry.method === 'GET' || running.entry.method === 'HEAD'
        ? await handle()
        : await inOrder(handle);
  } catch (cause) {
    answer = failure(cause);
  }
  if (fault?.dropConnection === 'after') return drop(running);
  send(parts.state, running, answer);
}

/** Throws the answer that a fault wants instead of the real one. */
function injected(state: State, fault: Fault): void {
  if (fault.rateLimit !== undefined) throw limitFault(state, fault);
  if (fault.status === undefined) return;
  const error = new ApiError(fault.status, `Injected ${fault.status}`, { headers: { ...fault.headers } });
  throw fault.body === undefined ? error : Object.assign(error, { body: () => fault.body });
}

function drop(running: Running): void {
  running.request.socket.destroy();
}

async function dispatch(parts: Parts, of: { running: Running; urls: Urls; body: Buffer }): Promise<Answer> {
  const { running, urls, body } = of;
  const { state } = parts;
  const { entry, url, request } = running;
  const { user, token } = authenticate(state, request.headers.authorization);
  Object.assign(entry, { login: user?.login });
  running.token = token;
  if (entry.surface === 'api') {
    if (request.headers['user-agent'] === undefined)
      throw forbidden(
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
      );
    if (url.pathname !== '/rate_limit') spend(state, token);
  }
  const path = entry.surface === 'api' ? byName(state, url.pathname) : url.pathname;
  const method = entry.method === 'HEAD' ? 'GET' : entry.method;
  const router = entry.surface === 'git' ? parts.gitRouter : parts.routers[entry.surface];
  const found = router.find(method, path);
  if (found === undefined) throw notFound();
  const context: Context = {
    state,
    urls,
    method,
    path,
    params: found.params,
    query: url.searchParams,
    headers: request.headers,
    body: entry.surface === 'git' ? {} : parseBody(request, body),
    user,
    token,
  };
  return entry.surface === 'git' ? serveGit(context, { raw: request, body }) : found.handler(context);
}

/** `/repositories/{id}/…` is another spelling of `/repos/{owner}/{name}/…`. */
function byName(state: State, path: string): string {
  const match = /^\/repositories\/(\d+)(\/.*)$/.exec(path);
  const repo = match === null ? undefined : state.repos.get(Number(match[1]));
  return repo === undefined ? path : `/repos/${fullName(state, repo)}${match?.[2] ?? ''}`;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new ApiError(413, 'Payload Too Large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseBody(request: IncomingMessage, body: Buffer): Json {
  if (body.length === 0) return {};
  const text = body.toString('utf8');
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiError(400, 'Problems parsing JSON');
  }
  if (!isRecord(value)) throw new ApiError(400, 'Body should be a JSON object');
  return value;
}

function failure(cause: unknown): Answer {
  if (cause instanceof ApiError) return { status: cause.status, json: cause.body(), headers: cause.headers };
  // Loud: an unforeseen failure here is a defect of the double, not of what is tested.
  console.error(cause);
  return {
    status: 500,
    json: { message: cause instanceof Error ? cause.message : 'Server Error', status: '500' },
  };
}

function send(state: State, running: Running, answer: Answer): void {
  const { entry, request, response } = running;
  const body =
    answer.json === undefined ? Buffer.from(answer.bytes ?? []) : Buffer.from(JSON.stringify(answer.json));
  const headers: Record<string, string> = {
    'content-type':
      answer.json === undefined ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    ...(entry.surface === 'api' ? apiHeaders(state, running.token) : {}),
    ...(entry.surface === 'raw' || entry.surface === 'gist-raw'
      ? { 'cache-control': 'max-age=300', 'access-control-allow-origin': '*' }
      : {}),
  };
  let { status } = answer;
  if (status === 200 && (request.method === 'GET' || request.method === 'HEAD') && entry.surface !== 'git') {
    headers.etag = `${entry.surface === 'api' ? 'W/' : ''}"${createHash('sha256').update(body).digest('hex')}"`;
    if (matchesTag(request.headers['if-none-match'], headers.etag)) {
      status = 304;
      // An unchanged answer is free.
      if (entry.surface === 'api') refund(state, running.token, headers);
    }
  }
  Object.assign(headers, answer.headers);
  entry.status = status;
  const empty = status === 304 || status === 204;
  if (!empty) headers['content-length'] = String(body.length);
  response.writeHead(status, headers).end(empty || request.method === 'HEAD' ? undefined : body);
}

const matchesTag = (given: string | undefined, tag: string): boolean =>
  given?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag.replace(/^W\//, '')) ?? false;

function refund(state: State, token: Token | undefined, headers: Record<string, string>): void {
  (token ?? state.anonymous).used--;
  Object.assign(headers, limitHeaders(state, token));
}

function apiHeaders(state: State, token: Token | undefined): Record<string, string> {
  return {
    'cache-control':
      token === undefined ? 'public, max-age=60, s-maxage=60' : 'private, max-age=60, s-maxage=60',
    'x-github-media-type': 'github.v3; format=json',
    'x-github-request-id': 'LOOP:BACK',
    ...(token === undefined
      ? {}
      : { 'x-oauth-scopes': token.scopes.filter((scope) => scope !== 'fine-grained').join(', ') }),
    ...limitHeaders(state, token),
  };
}
