/** Calls over HTTP (docs/spec/call.md §4): what the OpenAPI document promises. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RegistryError } from '@mlld/format';
import { type Arguments, type Callable, callFunction } from '../callable.ts';
import { openApi } from '../openapi.ts';
import { callLimits, errorOf, parsePlain } from './lines.ts';

export interface HttpOptions {
  readonly module: Callable;
  /** An address of this machine. */
  readonly host: string;
  readonly port: number;
}

export interface HttpServing {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const statuses: ReadonlyMap<string, number> = new Map([
  ['EXPORT_NOT_FOUND', 404],
  ['BAD_REQUEST', 400],
  ['BAD_JSON', 400],
  ['TOO_LARGE', 413],
  ['MEDIA_TYPE', 415],
  ['METHOD_NOT_ALLOWED', 405],
  ['ADDRESS_REFUSED', 421],
  ['NEED_NOT_GRANTED', 403],
  ['NEED_NOT_DECLARED', 403],
  ['NO_SANDBOX', 403],
  ['CAPABILITY_DENIED', 403],
]);

/** Listens, and answers until it is closed. @throws RegistryError PORT_BUSY, IO */
export async function serveHttp({ module, host, port }: HttpOptions): Promise<HttpServing> {
  const server = createServer((request, response) => void respond(module, request, response));
  server.requestTimeout = 30_000;
  await listening(server, { host, port });
  const address = server.address() as AddressInfo;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new RegistryError(
          cause.code === 'EADDRINUSE' ? 'PORT_BUSY' : 'IO',
          `can't listen on ${host}:${port}: ${cause.message}`,
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
}

async function respond(module: Callable, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    assertLocal(request);
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname.slice(1));
    if (name === 'openapi.json' && request.method === 'GET') {
      send(response, 200, openApi(module, `http://${request.headers.host}/`));
      return;
    }
    if (request.method !== 'POST') {
      throw new RegistryError('METHOD_NOT_ALLOWED', 'functions are called with POST', {
        hint: 'GET /openapi.json tells which there are.',
      });
    }
    send(response, 200, { value: await callFunction(module, name, await bodyOf(request)) });
  } catch (error) {
    const told = error instanceof URIError ? { code: 'BAD_REQUEST', message: error.message } : errorOf(error);
    send(response, statuses.get(told.code) ?? 500, { error: told });
  }
}

/** A page in a browser can ask this machine too: by a name of its own, which is refused, or as a form, which is not JSON. */
function assertLocal({ headers: { host = '', origin } }: IncomingMessage): void {
  const name = host.replace(/:\d+$/, '');
  const isOwn = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(name);
  const isPage =
    origin !== undefined && !/^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(origin);
  if (!isOwn || isPage) throw new RegistryError('ADDRESS_REFUSED', 'only programs of this machine may call');
}

async function bodyOf(request: IncomingMessage): Promise<Arguments> {
  const type = request.headers['content-type'] ?? '';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > callLimits.lineBytes)
      throw new RegistryError('TOO_LARGE', `a call has at most ${callLimits.lineBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  if (!/^application\/json(?:\s*;.*)?$/i.test(type))
    throw new RegistryError('MEDIA_TYPE', `wanted application/json, found '${type.slice(0, 100)}'`);
  const value = size === 0 ? {} : parsePlain(Buffer.concat(chunks).toString('utf8'));
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new RegistryError('BAD_REQUEST', 'wanted an object with the arguments by name');
}

function send(response: ServerResponse, status: number, value: object): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
