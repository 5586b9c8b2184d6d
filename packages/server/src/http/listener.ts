/** One port for HTTP/1.1 and HTTP/2, with and without TLS; takes a free port, ends in order. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2, {
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { limits } from '@mlld/format';
import { takePort } from '../take-port.ts';

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

export interface TlsFiles {
  /** Certificate chain and private key, PEM. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface ListenOptions {
  readonly host: string;
  /** Demanded; 0 is any. Absent: the first free one from `preferredPort`. */
  readonly port?: number | undefined;
  readonly preferredPort: number;
  readonly tls?: TlsFiles | undefined;
  readonly onRequest: (request: AnyRequest, response: AnyResponse) => void;
  /** A request that is no HTTP; the socket is still writable. */
  readonly onBroken: (error: NodeJS.ErrnoException, socket: Socket) => void;
}

export interface Listener {
  readonly port: number;
  /** Takes no more connections, lets running answers end, then cuts what is left. */
  readonly close: () => Promise<void>;
}

const settings = { maxConcurrentStreams: limits.httpStreams, maxHeaderListSize: limits.httpHeaderBytes };

/** @throws RegistryError PORT_BUSY, IO */
export async function listenHttp(options: ListenOptions): Promise<Listener> {
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  const server = options.tls === undefined ? plainServer(options, sessions) : tlsServer(options, options.tls);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  if (options.tls !== undefined) followSessions(server as Http2SecureServer, sessions);
  const port = await takePort(options, (wanted) => listenOn(server, wanted, options.host));
  return { port, close: () => closeAll(server, sessions, sockets) };
}

function plainServer(options: ListenOptions, sessions: Set<ServerHttp2Session>): http.Server {
  const server = http.createServer(
    {
      maxHeaderSize: limits.httpHeaderBytes,
      headersTimeout: limits.httpHeadersMs,
      requestTimeout: limits.httpHeadersMs * 3,
      keepAliveTimeout: limits.httpIdleMs,
      connectionsCheckingInterval: 1000,
    },
    options.onRequest,
  );
  server.maxConnections = limits.httpConnections;
  server.on('clientError', options.onBroken);
  const h2 = http2.createServer({ settings }, options.onRequest);
  followSessions(h2, sessions);
  dispatchByPreface(server, (socket) => h2.emit('connection', socket));
  return server;
}

function tlsServer(options: ListenOptions, { cert, key }: TlsFiles): Http2SecureServer {
  const server = http2.createSecureServer(
    { cert, key, allowHTTP1: true, minVersion: 'TLSv1.2', settings },
    options.onRequest,
  );
  Object.assign(server, {
    headersTimeout: limits.httpHeadersMs,
    requestTimeout: limits.httpHeadersMs * 3,
    keepAliveTimeout: limits.httpIdleMs,
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: TLSSocket) =>
    options.onBroken(error, socket),
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

/** Bytes that open an HTTP/2 connection without TLS, by prior knowledge (RFC 9113 §3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Puts a look at the first bytes before the server's own handling of a connection. */
function dispatchByPreface(server: http.Server, toHttp2: (socket: Socket) => void): void {
  const own = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const toHttp1 = () => {
      for (const listener of own) listener.call(server, socket);
    };
    const timer = setTimeout(() => socket.destroy(), limits.httpHeadersMs);
    socket.on('close', () => clearTimeout(timer));
    let seen = Buffer.alloc(0);
    const look = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      seen = Buffer.concat([seen, chunk]);
      const known = Math.min(seen.length, preface.length);
      const same = preface.subarray(0, known).equals(seen.subarray(0, known));
      if (same && known < preface.length) return;
      clearTimeout(timer);
      socket.removeListener('readable', look);
      socket.unshift(seen);
      if (same) toHttp2(socket);
      else toHttp1();
    };
    socket.on('readable', look);
  });
}

function followSessions(
  server: http2.Http2Server | Http2SecureServer,
  sessions: Set<ServerHttp2Session>,
): void {
  server.on('session', (session) => {
    sessions.add(session);
    session.setTimeout(limits.httpIdleMs, () => session.close());
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  server.on('sessionError', () => {});
}

function listenOn(server: http.Server | Http2SecureServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** How often connections that have become idle are looked for while the server ends. */
const idleCheckMs = 20;

async function closeAll(
  server: http.Server | Http2SecureServer,
  sessions: ReadonlySet<ServerHttp2Session>,
  sockets: ReadonlySet<Socket>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const session of sessions) session.close();
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  const idle = setInterval(() => {
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  }, idleCheckMs);
  const cut = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, limits.httpDrainMs);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
