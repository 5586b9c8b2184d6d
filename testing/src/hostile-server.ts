import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/**
 * What a source can do to a client:
 * - `ok`: the content, as the control.
 * - `truncate`: half of the content, then the connection is cut; `short`: half of it as if that were all.
 * - `endless`: never ends; `drip`: a byte each 50 ms; `silent`: accepts and says nothing; `stall`: half, then silence.
 * - `lie`: other bytes of the same length; `append`: the content and a byte more.
 * - `length-too-long`, `length-too-short`: a `content-length` that isn't true.
 * - `redirect-file`, `redirect-ftp`, `redirect-javascript`, `redirect-host` (to `redirectTo`), `redirect-loop`,
 *   `redirect-chain` (an endless one), `redirect-ok` (to the content), `redirect-nowhere` (no `location`).
 * - `gzip-bomb`: 1 KiB or so that unpacks to 64 MiB; `gzip-broken`: says gzip and isn't.
 * - `400`…`599`: that status; `html`: a page with status 200; `empty`: 200 without a body; `not-http`: other bytes than
 *   HTTP; `reset`: the connection is reset; `huge-headers`: 1 MiB of header.
 */
export type HostileMode =
  | 'ok'
  | 'truncate'
  | 'short'
  | 'endless'
  | 'drip'
  | 'silent'
  | 'stall'
  | 'lie'
  | 'append'
  | 'length-too-long'
  | 'length-too-short'
  | 'redirect-file'
  | 'redirect-ftp'
  | 'redirect-javascript'
  | 'redirect-host'
  | 'redirect-loop'
  | 'redirect-chain'
  | 'redirect-ok'
  | 'redirect-nowhere'
  | 'gzip-bomb'
  | 'gzip-broken'
  | 'html'
  | 'empty'
  | 'not-http'
  | 'reset'
  | 'huge-headers'
  | `${400 | 401 | 403 | 404 | 410 | 418 | 429 | 451 | 500 | 502 | 503 | 504}`;

export interface HostileOptions {
  /** The bytes that an honest server would give. */
  readonly content: Uint8Array;
  /** Mode of all requests. Without it the first segment of the path is the mode: `/truncate/anything`. */
  readonly mode?: HostileMode;
  /** Where `redirect-host` leads. */
  readonly redirectTo?: string;
}

export interface HostileServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** Paths asked for, in order. */
  readonly requests: readonly string[];
  /** Bytes of bodies handed to the network so far, to prove that a client stopped reading. */
  readonly sent: number;
  /** The address that gives this mode. */
  at(mode: HostileMode, path?: string): string;
  close(): Promise<void>;
}

interface Turn {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly content: Buffer;
  readonly redirectTo: string;
  readonly path: string;
  count(bytes: number): void;
  /** Runs until the client goes or the server closes. */
  every(milliseconds: number, run: () => void): void;
}

const BOMB_SIZE = 64 * 1024 * 1024;
/** A body that never ends stops at this all the same, so that a client without a limit fails a test and no machine. */
const ENDLESS_LIMIT = 256 * 1024 * 1024;

/** Starts a server on a free port of the loopback that misbehaves as it is told. */
export async function startHostileServer(options: HostileOptions): Promise<HostileServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let sent = 0;
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    const path = request.url ?? '/';
    requests.push(path);
    const mode = options.mode ?? path.split(/[/?]/)[1] ?? '';
    const turn: Turn = {
      request,
      response,
      content: Buffer.from(options.content),
      redirectTo: options.redirectTo ?? 'http://192.0.2.1/',
      path,
      count: (bytes) => {
        sent += bytes;
      },
      every(milliseconds, run) {
        const timer = setInterval(run, milliseconds);
        timers.add(timer);
        response.on('close', () => clearInterval(timer));
      },
    };
    act(mode, turn);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    get sent() {
      return sent;
    },
    at: (mode, path = 'm.mld') => `${url}/${mode}/${path}`,
    async close() {
      for (const timer of timers) clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function act(mode: string, turn: Turn): void {
  const { response } = turn;
  const action = MODES.get(mode);
  if (action !== undefined) {
    action(turn);
  } else if (/^[45]\d\d$/.test(mode)) {
    response.writeHead(Number(mode), { 'content-type': 'text/plain' }).end(`${mode}\n`);
  } else {
    response.writeHead(404).end(`'${mode}' is no mode of this server\n`);
  }
}

const text = { 'content-type': 'text/plain; charset=utf-8' };

function whole(turn: Turn, body: Buffer, headers: Record<string, string | number> = {}): void {
  turn.count(body.length);
  turn.response.writeHead(200, { ...text, 'content-length': body.length, ...headers }).end(body);
}

/** Writes raw bytes to the connection, past what the HTTP server would allow. */
function raw(turn: Turn, head: string, body: Buffer): void {
  const { socket } = turn.request;
  turn.count(body.length);
  socket.write(Buffer.concat([Buffer.from(head.replaceAll('\n', '\r\n'), 'latin1'), body]));
}

const half = (turn: Turn): Buffer => turn.content.subarray(0, Math.floor(turn.content.length / 2));

function redirect(turn: Turn, location: string | undefined): void {
  turn.response.writeHead(302, location === undefined ? {} : { location }).end();
}

function endless(turn: Turn): void {
  const chunk = Buffer.alloc(65_536, 'endless ');
  let given = 0;
  turn.response.writeHead(200, text);
  const more = (): void => {
    while (given < ENDLESS_LIMIT && !turn.response.destroyed) {
      given += chunk.length;
      turn.count(chunk.length);
      if (!turn.response.write(chunk)) return void turn.response.once('drain', more);
    }
  };
  more();
}

function drip(turn: Turn): void {
  let at = 0;
  turn.response.writeHead(200, { ...text, 'content-length': turn.content.length });
  turn.every(50, () => {
    turn.count(1);
    turn.response.write(turn.content.subarray(at, ++at));
    if (at >= turn.content.length) turn.response.end();
  });
}

let bomb: Buffer | undefined;

const MODES = new Map<string, (turn: Turn) => void>([
  ['ok', (turn) => whole(turn, turn.content)],
  ['append', (turn) => whole(turn, Buffer.concat([turn.content, Buffer.from('\n')]))],
  ['lie', (turn) => whole(turn, Buffer.from(turn.content.map((byte) => (byte === 0x20 ? 0x5f : byte ^ 1))))],
  ['short', (turn) => whole(turn, half(turn))],
  ['empty', (turn) => whole(turn, Buffer.alloc(0))],
  [
    'html',
    (turn) =>
      whole(turn, Buffer.from('<!doctype html><title>Not found</title><h1>Not found</h1>'), {
        'content-type': 'text/html',
      }),
  ],
  [
    'truncate',
    (turn) => {
      raw(
        turn,
        `HTTP/1.1 200 OK\ncontent-type: text/plain\ncontent-length: ${turn.content.length}\n\n`,
        half(turn),
      );
      turn.request.socket.end();
    },
  ],
  ['stall', (turn) => raw(turn, `HTTP/1.1 200 OK\ncontent-length: ${turn.content.length}\n\n`, half(turn))],
  ['silent', () => {}],
  ['endless', endless],
  ['drip', drip],
  [
    'length-too-long',
    (turn) => {
      raw(
        turn,
        `HTTP/1.1 200 OK\ncontent-length: ${turn.content.length + 10}\nconnection: close\n\n`,
        turn.content,
      );
      turn.request.socket.end();
    },
  ],
  [
    'length-too-short',
    (turn) => {
      const length = Math.max(0, turn.content.length - 10);
      raw(turn, `HTTP/1.1 200 OK\ncontent-length: ${length}\nconnection: close\n\n`, turn.content);
      turn.request.socket.end();
    },
  ],
  ['redirect-file', (turn) => redirect(turn, 'file:///etc/passwd')],
  ['redirect-ftp', (turn) => redirect(turn, 'ftp://127.0.0.1/m.mld')],
  ['redirect-javascript', (turn) => redirect(turn, 'javascript:alert(1)')],
  ['redirect-host', (turn) => redirect(turn, turn.redirectTo)],
  ['redirect-loop', (turn) => redirect(turn, turn.path)],
  ['redirect-chain', (turn) => redirect(turn, `${turn.path}x`)],
  ['redirect-ok', (turn) => redirect(turn, turn.path.replace('redirect-ok', 'ok'))],
  ['redirect-nowhere', (turn) => redirect(turn, undefined)],
  [
    'gzip-bomb',
    (turn) => {
      bomb ??= gzipSync(Buffer.alloc(BOMB_SIZE));
      whole(turn, bomb, { 'content-encoding': 'gzip' });
    },
  ],
  ['gzip-broken', (turn) => whole(turn, turn.content, { 'content-encoding': 'gzip' })],
  [
    'not-http',
    (turn) => {
      raw(turn, 'SSH-2.0-OpenSSH_9.2\n', Buffer.alloc(0));
      turn.request.socket.end();
    },
  ],
  ['reset', (turn) => turn.request.socket.resetAndDestroy()],
  [
    'huge-headers',
    (turn) => {
      raw(
        turn,
        `HTTP/1.1 200 OK\nx-padding: ${'x'.repeat(1_048_576)}\ncontent-length: 0\n\n`,
        Buffer.alloc(0),
      );
      turn.request.socket.end();
    },
  ],
]);
