import { createSocket, type RemoteInfo } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface LatencyProxyOptions {
  /** `host:port`, or a URL whose host and port are taken. */
  readonly target: string;
  /** Milliseconds of a round trip: half of it is spent on the way there, half on the way back. */
  readonly delayMs: number;
  /** Port to listen on; any free one by default. DNS needs one port for UDP and TCP. */
  readonly port?: number;
}

/** What went through a proxy. Bytes are those of the application, without headers of the network. */
export interface Traffic {
  readonly connections: number;
  /** Bursts from the client after which the server spoke: what a caller waited for, one after the other or at once. */
  readonly roundTrips: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
}

export interface LatencyProxy {
  readonly host: string;
  readonly port: number;
  readonly traffic: Traffic;
  reset(): void;
  close(): Promise<void>;
}

interface Counters {
  connections: number;
  roundTrips: number;
  bytesToTarget: number;
  bytesToClient: number;
}

const zero = (): Counters => ({ connections: 0, roundTrips: 0, bytesToTarget: 0, bytesToClient: 0 });

/**
 * A TCP proxy on the loopback that is `delayMs` away from its target. Every byte is held for half of the delay in
 * each direction, so that a request and its answer cost one round trip however the bytes are cut. Setting a connection up
 * costs one more: the kernel accepts at once, so the first bytes of a client are held for a whole delay longer.
 */
export async function startLatencyProxy(options: LatencyProxyOptions): Promise<LatencyProxy> {
  const { host, port } = parseTarget(options.target);
  const counters = zero();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    counters.connections++;
    const target = connect({ host, port, noDelay: true });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
    }
    let asking = false;
    const handshakeOver = performance.now() + options.delayMs;
    delayed({ from: client, to: target, delayMs: options.delayMs / 2, notBefore: handshakeOver }, (bytes) => {
      counters.bytesToTarget += bytes;
      asking = true;
    });
    delayed({ from: target, to: client, delayMs: options.delayMs / 2, notBefore: handshakeOver }, (bytes) => {
      counters.bytesToClient += bytes;
      if (asking) counters.roundTrips++;
      asking = false;
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    traffic: counters,
    reset: () => Object.assign(counters, zero()),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Direction {
  readonly from: Socket;
  readonly to: Socket;
  readonly delayMs: number;
  /** Moment (of `performance.now()`) until which the connection is still being set up. */
  readonly notBefore: number;
}

/** Passes chunks on in order, each `delayMs` after it came; an end or a loss of the connection travels as slowly. */
function delayed(direction: Direction, count: (bytes: number) => void): void {
  const { from, to, delayMs, notBefore } = direction;
  const later = (run: () => void): void => {
    const due = Math.max(performance.now(), notBefore) + delayMs;
    setTimeout(run, Math.max(0, due - performance.now()));
  };
  from.on('data', (chunk: Buffer) => {
    count(chunk.length);
    later(() => {
      if (!to.destroyed && !to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
  });
  from.on('end', () => later(() => to.end()));
  from.on('close', (failed) => {
    if (failed) later(() => to.destroy());
  });
}

/** As `startLatencyProxy` for UDP, such as DNS: each datagram is held for half of the delay in each direction. */
export async function startUdpLatencyProxy(options: LatencyProxyOptions): Promise<LatencyProxy> {
  const target = parseTarget(options.target);
  const counters = zero();
  const server = createSocket('udp4');
  const clients = new Map<string, ReturnType<typeof createSocket>>();
  const upstreamOf = (client: RemoteInfo) => {
    const id = `${client.address}:${client.port}`;
    let upstream = clients.get(id);
    if (upstream === undefined) {
      counters.connections++;
      upstream = createSocket('udp4');
      upstream.on('error', () => {});
      upstream.on('message', (message) => {
        counters.roundTrips++;
        counters.bytesToClient += message.length;
        setTimeout(
          () => send(server, message, { host: client.address, port: client.port }),
          options.delayMs / 2,
        );
      });
      clients.set(id, upstream);
    }
    return upstream;
  };
  server.on('message', (message, client) => {
    counters.bytesToTarget += message.length;
    const upstream = upstreamOf(client);
    setTimeout(() => send(upstream, message, target), options.delayMs / 2);
  });
  await new Promise<void>((resolve) => server.bind(options.port ?? 0, '127.0.0.1', resolve));
  let closed = false;
  return {
    host: '127.0.0.1',
    port: server.address().port,
    traffic: counters,
    reset: () => Object.assign(counters, zero()),
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(
        [server, ...clients.values()].map((socket) => new Promise<void>((done) => socket.close(done))),
      );
    },
  };
}

function send(
  socket: ReturnType<typeof createSocket>,
  message: Buffer,
  to: { host: string; port: number },
): void {
  try {
    socket.send(message, to.port, to.host, () => {});
  } catch {
    // Closed while the datagram was on its way: it is lost, as datagrams may be.
  }
}

function parseTarget(target: string): { host: string; port: number } {
  const url = new URL(target.includes('://') ? target : `tcp://${target}`);
  const port = Number(url.port);
  if (url.hostname === '' || !Number.isInteger(port) || port < 1)
    throw new Error(`'${target}' names no host and port`);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}
