/** An authoritative name server for one zone, UDP and TCP on one port (RFC 1035, RFC 7766). */
import dgram from 'node:dgram';
import net, { type AddressInfo, type Socket } from 'node:net';
import { limits, type RegistryError } from '@mlld/format';
import { takePort } from '../take-port.ts';
import { type AnswerFacts, answerFacts, askByTcp, respond } from './message.ts';
import { rateLimit } from './rate.ts';
import type { Zone } from './zone.ts';
import { followZone, type ZoneSource } from './zone-source.ts';

/** Where a zone is served if nobody says otherwise; the first free port from here. */
export const defaultDnsPort = 5300;

export interface ServeDnsOptions {
  /** A zone file, which is followed when it changes, or a zone. */
  readonly zone: string | Zone;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Demanded; 0 is any free one. Absent: the first free one from `defaultDnsPort`. */
  readonly port?: number | undefined;
  /** Called after each answer. */
  readonly onQuery?: ((seen: QuerySeen) => void) | undefined;
  /** A changed zone file that can't be served. */
  readonly onProblem?: (problem: RegistryError) => void;
}

export interface QuerySeen extends AnswerFacts {
  readonly over: 'udp' | 'tcp' | 'other';
}

export interface DnsService {
  readonly address: string;
  readonly port: number;
  /** Messages answered so far, over UDP, TCP and `answer`. */
  readonly queries: () => number;
  /** Answers a message that came another way, for instance over HTTPS. */
  readonly answer: (message: Buffer) => Buffer | undefined;
  readonly close: () => Promise<void>;
}

/** @throws RegistryError FILE_NOT_FOUND, BAD_ZONE, PORT_BUSY, IO */
export async function serveDns(options: ServeDnsOptions): Promise<DnsService> {
  const { zone, host = '127.0.0.1' } = options;
  const source: ZoneSource =
    typeof zone === 'string'
      ? await followZone(zone, options.onProblem ?? (() => {}))
      : { current: () => zone, close: () => {} };
  let queries = 0;
  const answer = (message: Buffer, over: QuerySeen['over']) => {
    const response = respond(source.current(), message, { over: over === 'udp' ? 'udp' : 'stream' });
    if (response === undefined) return undefined;
    queries++;
    options.onQuery?.({ ...answerFacts(response), over });
    return response;
  };
  let sockets: Sockets | undefined;
  try {
    const port = await takePort(
      { host, port: options.port, preferredPort: defaultDnsPort },
      async (wanted) => {
        sockets = await openSockets(host, wanted);
        return sockets.port;
      },
    );
    const open = sockets as Sockets | undefined;
    if (open === undefined) throw new Error('no socket after a port was taken');
    const connections = answerTcp(open.tcp, (message) => answer(message, 'tcp'));
    answerUdp(open.udp, (message) => answer(message, 'udp'));
    return {
      address: host,
      port,
      queries: () => queries,
      answer: (message) => answer(message, 'other'),
      close: async () => {
        source.close();
        await closeSockets(open, connections);
      },
    };
  } catch (error) {
    source.close();
    throw error;
  }
}

interface Sockets {
  readonly udp: dgram.Socket;
  readonly tcp: net.Server;
  readonly port: number;
}

/** Both on the same port; any free one if `port` is 0. */
async function openSockets(host: string, port: number): Promise<Sockets> {
  for (let attempt = 0; ; attempt++) {
    const tcp = net.createServer();
    await started(tcp, () => tcp.listen({ host, port }));
    const own = (tcp.address() as AddressInfo).port;
    const udp = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
    try {
      await started(udp, () => udp.bind({ address: host, port: own, exclusive: true }));
      return { udp, tcp, port: own };
    } catch (error) {
      udp.close();
      tcp.close();
      // The system gave a port that is free for TCP alone: ask for another.
      if (port !== 0 || attempt === 20) throw error;
    }
  }
}

function started(socket: dgram.Socket | net.Server, start: () => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const emitter = socket as NodeJS.EventEmitter;
    emitter.once('error', reject);
    emitter.once('listening', () => {
      emitter.removeListener('error', reject);
      resolve();
    });
    start();
  });
}

type AnswerMessage = (message: Buffer) => Buffer | undefined;

function answerUdp(udp: dgram.Socket, answer: AnswerMessage): void {
  const limit = rateLimit();
  udp.on('error', () => {});
  udp.on('message', (message, from) => {
    // Nobody can hear an answer on port 0: the address is forged.
    if (message.length > limits.dnsQueryBytes || from.port === 0) return;
    const response = limit.allows(from.address) ? answer(message) : askByTcp(message);
    if (response !== undefined) udp.send(response, from.port, from.address, () => {});
  });
}

function answerTcp(tcp: net.Server, answer: AnswerMessage): Set<Socket> {
  const connections = new Set<Socket>();
  tcp.maxConnections = limits.dnsConnections;
  tcp.on('error', () => {});
  tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(limits.dnsIdleMs, () => socket.destroy());
    socket.setNoDelay(true);
    void answerStream(socket, answer).catch(() => socket.destroy());
  });
  return connections;
}

/** Messages with two octets of length before each, any number of them in a row (RFC 7766 §6.2.1.1). */
async function answerStream(socket: Socket, answer: AnswerMessage): Promise<void> {
  let waiting: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2) {
      const length = waiting.readUInt16BE(0);
      if (length < 12 || length > limits.dnsQueryBytes) return void socket.destroy();
      if (waiting.length < 2 + length) break;
      const response = answer(waiting.subarray(2, 2 + length));
      waiting = waiting.subarray(2 + length);
      if (response === undefined) return void socket.destroy();
      if (!socket.write(withLength(response))) await drained(socket);
    }
  }
  socket.end();
}

function withLength(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(message.length + 2);
  framed.writeUInt16BE(message.length, 0);
  message.copy(framed, 2);
  return framed;
}

/** Until the other side has read: who asks and does not read is not asked on. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('drain', resolve);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}

async function closeSockets({ udp, tcp }: Sockets, connections: ReadonlySet<Socket>): Promise<void> {
  const closed = Promise.all([
    new Promise<void>((resolve) => udp.close(() => resolve())),
    new Promise<void>((resolve) => tcp.close(() => resolve())),
  ]);
  for (const socket of connections) socket.destroy();
  await closed;
}
