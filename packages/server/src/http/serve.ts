/** Serves a distribution over HTTP (docs/guides/serving.md). */
import { realpath } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { limits, RegistryError } from '@mlld/format';
import { createFileStore } from './file-store.ts';
import { type AnyRequest, type AnyResponse, type Listener, listenHttp, type TlsFiles } from './listener.ts';
import { mcpApi } from './mcp-api.ts';
import { commonHeaders, errorReply, type FileBody, type Reply, refusal } from './reply.ts';
import { type RouteContext, route } from './routes.ts';

/** Where a registry is served if nobody says otherwise; the first free port from here. */
export const defaultHttpPort = 7373;

export interface RequestSeen {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  /** Bytes of the answer's body as sent. */
  readonly bytes: number;
  readonly protocol: 'HTTP/1.1' | 'HTTP/2';
  /** Milliseconds from the request's headers to the end of the answer. */
  readonly ms: number;
}

export interface ServeOptions {
  /** The distribution. */
  readonly folder: string;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Demanded; 0 is any free one. Absent: the first free one from `defaultHttpPort`. */
  readonly port?: number | undefined;
  /** Serves HTTPS instead of HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** What `/v0.1/version` says. */
  readonly version?: string | undefined;
  /** Answers DNS messages at `/dns-query` (RFC 8484). */
  readonly answerDns?: ((message: Buffer) => Buffer | undefined) | undefined;
  /** Called after each answer. */
  readonly onRequest?: ((seen: RequestSeen) => void) | undefined;
  /** Called with what nobody expected: a bug, or a disk that fails. The client sees INTERNAL. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

export interface HttpService {
  /** Base URL, ends in `/`. */
  readonly url: string;
  readonly port: number;
  /** Requests answered so far. */
  readonly requests: () => number;
  /** Takes no more connections and resolves when the running answers have ended. */
  readonly close: () => Promise<void>;
}

/** @throws RegistryError FILE_NOT_FOUND if there is no such folder, PORT_BUSY, IO */
export async function serveDistribution(options: ServeOptions): Promise<HttpService> {
  const { folder, host = '127.0.0.1' } = options;
  await assertFolder(folder);
  const store = createFileStore(folder);
  const context: RouteContext = {
    store,
    mcp: mcpApi(store, options.version ?? 'unknown'),
    answerDns: options.answerDns,
    onError: options.onError,
  };
  let requests = 0;
  let closing = false;
  const answering = new WeakSet<Socket>();
  const listener: Listener = await listenHttp({
    host,
    port: options.port,
    preferredPort: defaultHttpPort,
    tls: options.tls,
    onBroken: (error, socket) => refuseBroken(error, socket, answering),
    onRequest: (request, response) => {
      requests++;
      const started = performance.now();
      answering.add(request.socket);
      void answer(context, request, { response, closing }).then(({ status, bytes }) => {
        answering.delete(request.socket);
        options.onRequest?.({
          method: request.method ?? '',
          target: request.url ?? '',
          status,
          bytes,
          protocol: request.httpVersionMajor === 2 ? 'HTTP/2' : 'HTTP/1.1',
          ms: performance.now() - started,
        });
      });
    },
  });
  const scheme = options.tls === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${listener.port}/`,
    port: listener.port,
    requests: () => requests,
    close: () => {
      closing = true;
      return listener.close();
    },
  };
}

async function assertFolder(folder: string): Promise<void> {
  try {
    await realpath(folder);
  } catch (cause) {
    throw new RegistryError('FILE_NOT_FOUND', `there is no folder '${folder}' to serve`, {
      cause,
      hint: 'mlld registry build makes a distribution from a registry repository.',
    });
  }
}

interface Exchange {
  readonly response: AnyResponse;
  readonly closing: boolean;
}

async function answer(
  context: RouteContext,
  request: AnyRequest,
  exchange: Exchange,
): Promise<{ status: number; bytes: number }> {
  const reply = await route(context, {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: request.headers,
    body: () => readBody(request),
  });
  const bytes = await send(reply, request, exchange).catch(() => {
    cut(exchange.response);
    return 0;
  });
  return { status: reply.status, bytes };
}

async function send(reply: Reply, request: AnyRequest, { response, closing }: Exchange): Promise<number> {
  const { body } = reply;
  try {
    response.statusCode = reply.status;
    for (const [name, value] of Object.entries({ ...commonHeaders, ...reply.headers }))
      response.setHeader(name, value);
    // A body that nobody read would be taken for the next request.
    const unread = !request.complete && request.method !== 'GET' && request.method !== 'HEAD';
    if (request.httpVersionMajor < 2 && (closing || unread)) response.setHeader('connection', 'close');
    if (body === undefined || request.method === 'HEAD') {
      response.end();
      return 0;
    }
    if (Buffer.isBuffer(body)) {
      response.end(body);
      return body.length;
    }
    return await sendPart(body, response);
  } finally {
    if (body !== undefined && !Buffer.isBuffer(body)) await body.handle.close();
  }
}

/** Streams a part of a file. One that shrank meanwhile ends the connection: the length was promised. */
async function sendPart({ handle, start, end }: FileBody, response: AnyResponse): Promise<number> {
  let sent = 0;
  await pipeline(
    handle.createReadStream({ start, end, autoClose: false }),
    async function* count(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        sent += chunk.length;
        yield chunk;
      }
      if (sent !== end - start + 1)
        throw new RegistryError('IO', 'the file became shorter while it was sent');
    },
    response,
  );
  return sent;
}

function cut(response: AnyResponse): void {
  if ('stream' in response) response.stream.close();
  else response.destroy();
}

async function readBody(request: AnyRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > limits.httpBodyBytes) {
      throw refusal('TOO_LARGE', `wanted a body of at most ${limits.httpBodyBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Bytes that are no HTTP/1.1 request get a last answer on the bare socket. */
function refuseBroken(error: NodeJS.ErrnoException, socket: Socket, answering: WeakSet<Socket>): void {
  if (error.code === 'ECONNRESET' || !socket.writable || answering.has(socket)) {
    socket.destroy();
    return;
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const reply = errorReply(
    tooLarge
      ? refusal('HEADERS_TOO_LARGE', `wanted headers of at most ${limits.httpHeaderBytes} bytes`)
      : refusal('BAD_REQUEST', 'this is no HTTP request'),
  );
  const reason = tooLarge ? 'Request Header Fields Too Large' : 'Bad Request';
  const head = Object.entries({ ...commonHeaders, ...reply.headers, connection: 'close' });
  socket.end(
    `HTTP/1.1 ${reply.status} ${reason}\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${String(reply.body)}`,
  );
}
