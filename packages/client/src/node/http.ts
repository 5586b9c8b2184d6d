/** One HTTP exchange on Node, bounded in bytes and time. Contract: `HttpRequest` in ../ops.ts. */
import { lookup } from 'node:dns';
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { RegistryError } from '@mlld/format';
import { isPrivateAddress, literalAddress } from '../dns/address.ts';
import type { HttpAnswer, HttpRequest } from '../ops.ts';

export interface HttpClient {
  exchange(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** Keep-alive connections, pooled apart: what one registry may connect to, another may not reuse. */
export function httpClient(): HttpClient {
  const agents = new Map<string, HttpAgent | HttpsAgent>();
  const agentFor = ({ url, pool, limits }: HttpRequest): HttpAgent | HttpsAgent => {
    const key = `${url.protocol} ${pool}`;
    const options = { keepAlive: true, maxSockets: limits.downloadsPerHost, scheduling: 'lifo' as const };
    const agent =
      agents.get(key) ?? (url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options));
    agents.set(key, agent);
    return agent;
  };
  return {
    async exchange(request) {
      await refuseLiteral(request);
      try {
        return await send(request, agentFor(request));
      } catch (error) {
        // An idle connection may be closed by the server in the moment it is used again: that says nothing.
        if (!(error instanceof RegistryError && error.data?.reused === true)) throw error;
        return send(request, agentFor(request));
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

async function refuseLiteral({ url, mayBePrivate }: HttpRequest): Promise<void> {
  const address = literalAddress(url.hostname);
  if (address !== undefined && isPrivateAddress(address) && !(await mayBePrivate()))
    throw addressRefused(url, address);
}

function send(request: HttpRequest, agent: HttpAgent | HttpsAgent): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { url, signal } = request;
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = open(url, {
      agent,
      lookup: guardedLookup(request),
      headers: headersOf(request),
      maxHeaderSize: 32 * 1024,
      ...(signal === undefined ? {} : { signal }),
    });
    const fail = (error: unknown) => {
      unwatch(watched);
      reject(toError(error, url));
      outgoing.destroy();
    };
    const watched: Watched = { request, started: performance.now(), answered: false, bytes: 0, fail };
    watch(watched);
    outgoing.on('error', (error) => fail(outgoing.reusedSocket ? lostOnReuse(error, url) : error));
    outgoing.on('response', (incoming) => {
      watched.answered = true;
      readBody({ request, outgoing, incoming, received: watched }).then((answer) => {
        unwatch(watched);
        resolve(answer);
      }, fail);
    });
    outgoing.end();
  });
}

/** An exchange under way, as its limits of time see it. */
interface Watched {
  readonly request: HttpRequest;
  readonly started: number;
  answered: boolean;
  bytes: number;
  readonly fail: (error: RegistryError) => void;
}

/** One timer for all exchanges: two for each of a thousand small ones would cost more than the bytes. */
const underWay = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;
const watchEveryMs = 50;

function watch(one: Watched): void {
  underWay.add(one);
  timer ??= setInterval(() => {
    const now = performance.now();
    for (const { request, started, answered, bytes, fail } of underWay) {
      const problem = tooSlow(request.limits, { elapsed: now - started, answered, bytes });
      if (problem !== undefined) fail(new RegistryError('TIMEOUT', `${request.url.href}: ${problem}`));
    }
  }, watchEveryMs);
}

function unwatch(one: Watched): void {
  underWay.delete(one);
  if (underWay.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

interface Exchange {
  readonly request: HttpRequest;
  readonly outgoing: ClientRequest;
  readonly incoming: IncomingMessage;
  readonly received: { bytes: number };
}

async function readBody({ request, outgoing, incoming, received }: Exchange): Promise<HttpAnswer> {
  const { url, maxBytes } = request;
  const head = {
    status: incoming.statusCode ?? 0,
    address: incoming.socket.remoteAddress ?? '',
    ...(incoming.headers.location === undefined ? {} : { location: incoming.headers.location }),
    ...(incoming.headers.etag === undefined ? {} : { etag: incoming.headers.etag }),
  };
  if (head.status !== 200) {
    // A small body is read to its end so that the connection can be used again; a large one isn't worth it.
    if (Number(incoming.headers['content-length'] ?? 0) <= 64 * 1024) incoming.resume();
    else outgoing.destroy();
    return { ...head, body: new Uint8Array() };
  }
  const stated = Number(incoming.headers['content-length'] ?? 0);
  if (stated > maxBytes) throw tooLarge(url, maxBytes, `${stated}`);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    incoming.on('data', (chunk: Buffer) => {
      received.bytes += chunk.length;
      if (received.bytes > maxBytes) reject(tooLarge(url, maxBytes, 'more'));
      else chunks.push(chunk);
    });
    incoming.on('end', () => (incoming.complete ? resolve() : reject(cut(url, received.bytes))));
    incoming.on('error', () => reject(cut(url, received.bytes)));
    incoming.on('close', () => (incoming.complete ? resolve() : reject(cut(url, received.bytes))));
  });
  const raw = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  return { ...head, body: await decode(raw, incoming.headers['content-encoding'], request) };
}

/** Decodes one coding, never to more than the cap: a bomb costs no more than an honest answer. */
async function decode(
  raw: Buffer,
  coding: string | undefined,
  { url, maxBytes }: HttpRequest,
): Promise<Uint8Array> {
  if (coding === undefined || coding === 'identity' || raw.length === 0) return raw;
  const zlib = await import('node:zlib');
  const codings = new Map<string, (data: Buffer, options: { maxOutputLength: number }) => Buffer>([
    ['gzip', zlib.gunzipSync],
    ['br', zlib.brotliDecompressSync],
    ['deflate', zlib.inflateSync],
  ]);
  const unpack = codings.get(coding.trim().toLowerCase());
  if (unpack === undefined)
    throw new RegistryError('HTTP_STATUS', `${url.href}: unknown content-encoding`, { data: { coding } });
  try {
    return unpack(raw, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(url, maxBytes, 'more after decoding');
    throw new RegistryError('UNREACHABLE', `${url.href}: the body can't be decoded as ${coding}`, { cause });
  }
}

function headersOf({ accept, etag }: HttpRequest): Record<string, string> {
  return {
    'user-agent': 'mlld',
    'accept-encoding': 'br, gzip',
    ...(accept === undefined ? {} : { accept }),
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
  };
}

/** Resolves a host and refuses addresses that aren't public, in the same step that the connection uses. */
function guardedLookup({ url, mayBePrivate }: HttpRequest): LookupFunction {
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

function tooSlow(
  limits: HttpRequest['limits'],
  { elapsed, answered, bytes }: Pick<Watched, 'answered' | 'bytes'> & { readonly elapsed: number },
): string | undefined {
  if (!answered)
    return elapsed > limits.firstByteMs ? `no answer within ${limits.firstByteMs} ms` : undefined;
  if (elapsed > limits.answerMs) return `not complete within ${limits.answerMs} ms`;
  if (elapsed < limits.slowAfterMs || (bytes * 1000) / elapsed >= limits.leastBytesPerSecond)
    return undefined;
  return `${bytes} bytes in ${Math.round(elapsed)} ms, wanted at least ${limits.leastBytesPerSecond} a second`;
}

function cut(url: URL, bytes: number): RegistryError {
  return new RegistryError(
    'UNREACHABLE',
    `${url.href}: the connection was lost after ${bytes} bytes of the body`,
  );
}

function tooLarge(url: URL, maxBytes: number, found: string): RegistryError {
  return new RegistryError('TOO_LARGE', `${url.href}: wanted at most ${maxBytes} bytes, found ${found}`);
}

function addressRefused(url: URL, address: string): RegistryError {
  return new RegistryError('ADDRESS_REFUSED', `${url.href}: ${address} is not a public address`, {
    hint: 'A public registry may not send its users to addresses of their own network.',
  });
}

function lostOnReuse(error: Error, url: URL): Error {
  if (!['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')) return error;
  return new RegistryError('UNREACHABLE', `${url.href}: the connection was lost`, {
    cause: error,
    data: { reused: true },
  });
}

function toError(error: unknown, url: URL): RegistryError {
  if (error instanceof RegistryError) return error;
  const { code, message, name } = error as NodeJS.ErrnoException;
  if (name === 'AbortError') return new RegistryError('CANCELLED', `${url.href}: no longer needed`);
  return new RegistryError('UNREACHABLE', `${url.href}: ${code ?? message}`, { cause: error });
}
