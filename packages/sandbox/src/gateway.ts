/**
 * The only way out of a sandbox: a socket in the file system, on which the sandbox asks for connections by name. The gateway looks
 * at what was granted, finds the address itself, and passes bytes on. What is inside can't go around it: it has no network.
 */
import { lookup } from 'node:dns/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { BlockList, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hostRule, isAllowed } from './policy.ts';

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly allowed: boolean;
}

export interface GatewayOptions {
  /** As in a policy. */
  readonly hosts: readonly string[];
  /** Told of each connection that was asked for. */
  readonly onConnection?: ((connection: Connection) => void) | undefined;
}

export interface Gateway {
  /** The socket's path. */
  readonly path: string;
  readonly ports: readonly number[];
  readonly close: () => void;
}

const maxRequest = 300;
const requestMs = 10_000;

/** @throws RegistryError BAD_CONFIG */
export async function openGateway({ hosts, onConnection }: GatewayOptions): Promise<Gateway> {
  const rules = hosts.map(hostRule);
  const folder = mkdtempSync(path.join(tmpdir(), 'mlld-gate-'));
  const sockets = new Set<Socket>();
  const server = createServer((inside) => {
    sockets.add(inside);
    inside.on('close', () => sockets.delete(inside)).on('error', () => inside.destroy());
    void serve(inside, sockets, (host, port) => {
      const allowed = isAllowed(rules, host, port);
      onConnection?.({ host, port, allowed });
      return allowed;
    });
  });
  const file = path.join(folder, 'gate');
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(file, resolve));
  return {
    path: file,
    ports: [...new Set(rules.flatMap((rule) => rule.ports))],
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function serve(
  inside: Socket,
  sockets: Set<Socket>,
  mayConnect: (host: string, port: number) => boolean,
): Promise<void> {
  const request = await firstLine(inside);
  const [, host = '', port = '0'] = /^([a-z0-9._-]{1,253}) (\d{1,5})$/.exec(request ?? '') ?? [];
  const address = mayConnect(host, Number(port)) ? await addressOf(host) : undefined;
  if (address === undefined || inside.destroyed) {
    inside.end('no\n');
    return;
  }
  const outside = connect(Number(port), address);
  sockets.add(outside);
  outside.on('close', () => {
    sockets.delete(outside);
    inside.destroy();
  });
  inside.on('close', () => outside.destroy());
  outside.on('error', () => inside.destroy());
  outside.on('connect', () => {
    inside.write('ok\n');
    inside.pipe(outside).pipe(inside);
  });
}

/** The first line, if it comes soon and is short. What follows it waits in the socket. */
function firstLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const done = (line: string | undefined): void => {
      clearTimeout(timer);
      socket.off('readable', read).off('close', gone);
      resolve(line);
    };
    const gone = (): void => done(undefined);
    const timer = setTimeout(gone, requestMs);
    const read = (): void => {
      while (!text.endsWith('\n') && text.length <= maxRequest) {
        const byte = socket.read(1) as Buffer | null;
        if (byte === null) return;
        text += byte.toString('latin1');
      }
      done(text.endsWith('\n') ? text.slice(0, -1) : undefined);
    };
    socket.on('readable', read).on('close', gone);
  });
}

/**
 * An address in the public internet. A name that leads to this machine or into its network is refused, whoever owns it: only who
 * declares `localhost` means that.
 */
async function addressOf(host: string): Promise<string | undefined> {
  const found = await lookup(host, { all: true, verbatim: true }).catch(() => []);
  const isMeant = host === 'localhost';
  return found.find(({ address, family }) => isMeant || !isPrivate(address, family))?.address;
}

/** RFC 6890: addresses that are not global. */
const privateNetworks = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  privateNetworks.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  privateNetworks.addSubnet(net, bits, 'ipv6');

function isPrivate(address: string, family: number): boolean {
  return privateNetworks.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
