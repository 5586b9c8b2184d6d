/** How a server of ours is reached: stdio, or streamable HTTP, in both protocol eras (docs/spec/mcp-api.md §6). */
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { limits, RegistryError } from '@mlld/format';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  originValidationResponse,
} from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { ServerOptions } from './server.ts';

/** Serves over this process's stdin and stdout until stdin ends. Nothing else may write to stdout. */
export function listenStdio(
  factory: McpServerFactory,
  options: ServerOptions,
): { readonly ended: Promise<void>; close(): Promise<void> } {
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: limits.mcpServedBodyBytes,
  });
  const handle = serveStdio(factory, {
    transport,
    onerror: (error) => options.onError(error),
  });
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'close'] as const) process.stdin.once(event, () => resolve());
  });
  return { ended, close: () => handle.close() };
}

export interface HttpListenOptions extends ServerOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string | undefined;
  /** 0: any free one. */
  readonly port: number;
  /** Names under which it may be asked for beside those of the loopback; a page of any other site is refused. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Asked for as `Authorization: Bearer …`. */
  readonly token?: string | undefined;
}

export interface HttpListener {
  /** Ends in `/mcp`. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** @throws RegistryError PORT_BUSY, IO */
export async function listenHttp(
  factory: McpServerFactory,
  options: HttpListenOptions,
): Promise<HttpListener> {
  const { host = '127.0.0.1', port, onError } = options;
  const handler = createMcpHandler(factory, {
    maxRequestBodySize: limits.mcpServedBodyBytes,
    onerror: (error) => onError(error),
  });
  const names = [...localhostAllowedHostnames(), ...(options.allowedHosts ?? [])];
  const server = createServer(
    { maxHeaderSize: limits.httpHeaderBytes, headersTimeout: limits.httpHeadersMs },
    (request, response) => {
      answer(request, response, async (asked) => {
        const refused =
          hostHeaderValidationResponse(asked, names) ??
          originValidationResponse(asked, names) ??
          refusal(asked, options.token);
        return refused ?? handler.fetch(asked);
      }).catch((error: unknown) => {
        if (!request.destroyed) onError(error);
        response.destroy();
      });
    },
  );
  server.maxConnections = limits.httpConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(cause, host, port)));
    server.listen({ host, port }, resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/mcp`,
    port: taken,
    async close() {
      await handler.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), limits.httpDrainMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

function cannotListen(cause: NodeJS.ErrnoException, host: string, port: number): RegistryError {
  const isBusy = cause.code === 'EADDRINUSE';
  return new RegistryError(isBusy ? 'PORT_BUSY' : 'IO', `can't listen on ${host}:${port}: ${cause.code}`, {
    cause,
    hint: isBusy ? 'Name another port: --port.' : undefined,
  });
}

function refusal(request: Request, token: string | undefined): Response | undefined {
  if (new URL(request.url).pathname !== '/mcp') return said(404, 'not_found', 'the server is at /mcp');
  if (token === undefined || isBearer(request.headers.get('authorization'), token)) return undefined;
  return said(401, 'invalid_token', 'wanted Authorization: Bearer <token>', { 'www-authenticate': 'Bearer' });
}

function isBearer(header: string | null, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function said(
  status: number,
  error: string,
  description: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ error, error_description: description }, { status, headers });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: Request) => Promise<Response>,
): Promise<void> {
  const aborted = new AbortController();
  response.once('close', () => aborted.abort());
  const asked = webRequest(request, aborted.signal);
  const reply =
    asked === undefined ? said(400, 'invalid_request', 'this is no request') : await handle(asked);
  response.statusCode = reply.status;
  for (const [name, value] of reply.headers) response.setHeader(name, value);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('cache-control', 'no-store');
  if (reply.body === null) response.end();
  else
    await pipeline(Readable.fromWeb(reply.body as import('node:stream/web').ReadableStream), response).catch(
      ended,
    );
}

/** Who no longer listens has not failed. */
function ended(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.name !== 'AbortError') throw error;
}

function webRequest(request: IncomingMessage, signal: AbortSignal): Request | undefined {
  const method = request.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  try {
    const headers = new Headers();
    for (let i = 0; i < request.rawHeaders.length; i += 2)
      headers.append(request.rawHeaders[i] ?? '', request.rawHeaders[i + 1] ?? '');
    return new Request(new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`), {
      method,
      headers,
      signal,
      ...(hasBody ? { body: Readable.toWeb(request) as ReadableStream, duplex: 'half' } : {}),
    } as RequestInit);
  } catch {
    return undefined;
  }
}
