/**
 * Sockets to a host: directly, by TLS, through a proxy. Every address is checked in the same step in which it is connected to
 * (docs/spec/resolve.md §5.4).
 */
import { lookup } from 'node:dns';
import { isIP, type LookupFunction, connect as netConnect, type Socket } from 'node:net';
import { RegistryError } from '@mlld/format';
import { isPrivateAddress } from '../../dns/address.ts';
import type { HttpRequest } from '../../ops.ts';
import { parseHead } from './response.ts';

/** What decides how a connection is made. */
export type Way = Pick<HttpRequest, 'url' | 'mayBePrivate'> & {
  readonly proxy: URL | undefined;
  readonly timeoutMs: number;
};

/** A socket that is set up. @throws RegistryError ADDRESS_REFUSED, TIMEOUT, UNREACHABLE, HTTP_STATUS */
export async function dial(way: Way): Promise<Socket> {
  const { url, proxy, timeoutMs } = way;
  let socket: Socket | undefined;
  let late: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    late = setTimeout(() => {
      reject(new RegistryError('TIMEOUT', `${url.href}: no connection within ${timeoutMs} ms`));
      socket?.destroy();
    }, timeoutMs);
  });
  const keep = (made: Socket) => {
    socket = made;
  };
  try {
    return await Promise.race([open(way, keep), deadline]);
  } catch (error) {
    socket?.destroy();
    throw proxy === undefined || error instanceof RegistryError ? error : viaProxy(error, url, proxy);
  } finally {
    clearTimeout(late);
  }
}

async function open(way: Way, keep: (made: Socket) => void): Promise<Socket> {
  const { url, proxy } = way;
  const first = proxy ?? url;
  // Where a proxy is, the user said; what it connects to is looked up by it.
  const plain = netConnect({
    host: hostOf(first),
    port: portOf(first),
    noDelay: true,
    ...(proxy === undefined ? { lookup: guardedLookup(way) } : {}),
  });
  keep(plain);
  await ready(plain, 'connect');
  const toFirst = first.protocol === 'https:' ? await secured(plain, first, keep) : plain;
  if (proxy === undefined || url.protocol !== 'https:') return toFirst;
  await tunnel(toFirst, way);
  return secured(toFirst, url, keep);
}

async function secured(socket: Socket, url: URL, keep: (made: Socket) => void): Promise<Socket> {
  const { connect } = await import('node:tls');
  const host = hostOf(url);
  const made = connect({
    socket,
    host,
    ALPNProtocols: ['http/1.1'],
    // A server name is a name (RFC 6066 §3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  keep(made);
  await ready(made, 'secureConnect');
  return made;
}

function ready(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(error);
    const closed = () => reject(new Error('the connection was closed while it was set up'));
    socket.once('error', fail).once('close', closed);
    socket.once(event, () => {
      socket.off('error', fail).off('close', closed);
      resolve();
    });
  });
}

/** A tunnel through a proxy (RFC 9110 §9.3.6). */
async function tunnel(socket: Socket, { url, proxy }: Way): Promise<void> {
  const target = `${url.hostname}:${portOf(url)}`;
  const authorization = proxy === undefined ? undefined : proxyAuthorization(proxy);
  const auth = authorization === undefined ? '' : `proxy-authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${auth}\r\n`, 'latin1');
  const text = await headOf(socket);
  const { status } = parseHead(text);
  if (status >= 200 && status < 300) return;
  throw new RegistryError('HTTP_STATUS', `${url.href}: the proxy ${proxy?.host} answers with ${status}`, {
    hint:
      status === 407 ? 'The proxy wants credentials: HTTPS_PROXY=http://user:password@host:port.' : undefined,
    data: { status },
  });
}

function headOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const done = (finish: () => void) => {
      socket.off('data', take).off('error', reject).off('close', closed);
      socket.pause();
      finish();
    };
    const closed = () => done(() => reject(new Error('the proxy closed the connection')));
    const take = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      // TLS speaks first from this side: nothing can stand behind the head yet.
      if (text.endsWith('\r\n\r\n')) done(() => resolve(text.slice(0, -4)));
      else if (text.length > 16 * 1024) done(() => reject(new Error('the proxy talks too much')));
    };
    socket.on('data', take).once('error', reject).once('close', closed);
  });
}

/** `Basic …` of the credentials in a proxy's URL. */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(plain).toString('base64')}`;
}

function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** Resolves a host and refuses addresses that aren't public, in the same step that the connection uses. */
function guardedLookup({ url, mayBePrivate }: Way): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, async (error, found) => {
      if (error !== null) return callback(error, []);
      const refused = found.find(({ address }) => isPrivateAddress(address));
      if (refused !== undefined && !(await mayBePrivate()))
        return callback(addressRefused(url, refused.address), []);
      if (options.all) return callback(null, found);
      const first = found[0];
      if (first === undefined) return callback(new Error(`no address for ${hostname}`), []);
      callback(null, first.address, first.family ?? isIP(first.address));
    });
  };
}

export function addressRefused(url: URL, address: string): RegistryError {
  return new RegistryError('ADDRESS_REFUSED', `${url.href}: ${address} is not a public address`, {
    hint: 'A public registry may not send its users to addresses of their own network.',
  });
}

function viaProxy(cause: unknown, url: URL, proxy: URL): RegistryError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new RegistryError('UNREACHABLE', `${url.href}: the proxy ${proxy.host}: ${code ?? message}`, {
    cause,
    hint: 'HTTPS_PROXY, HTTP_PROXY and NO_PROXY say which proxy is used for what.',
  });
}
