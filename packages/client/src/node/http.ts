/** One HTTP exchange on Node, bounded in bytes and time. Contract: `HttpRequest` in ../ops.ts. */
import { RegistryError } from '@mlld/format';
import { isPrivateAddress, literalAddress } from '../dns/address.ts';
import type { HttpAnswer, HttpRequest } from '../ops.ts';
import type { Job } from './http/connection.ts';
import { addressRefused, dial, proxyAuthorization } from './http/dial.ts';
import { openPool, type Pool } from './http/pool.ts';
import type { ResponseHead } from './http/response.ts';
import { tick } from './tick.ts';

export interface HttpClient {
  exchange(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** Connections to one host: what browsers open as well. */
const mostConnections = 6;

/** Connections are pooled apart: what one registry may connect to, another may not reuse. */
export function httpClient(): HttpClient {
  const pools = new Map<string, Pool>();
  const poolFor = ({ url, pool, proxy, limits, mayBePrivate }: HttpRequest): Pool => {
    // Plain requests to any host share the connections to their proxy.
    const host = proxy !== undefined && url.protocol === 'http:' ? '' : url.host;
    const key = `${url.protocol} ${host} ${proxy?.href ?? ''} ${pool}`;
    const way = { url, proxy, mayBePrivate, timeoutMs: limits.firstByteMs };
    const connections = Math.min(mostConnections, limits.downloadsPerHost);
    const found = pools.get(key) ?? openPool({ dial: () => dial(way), connections });
    pools.set(key, found);
    return found;
  };
  return {
    async exchange(request) {
      await refuseLiteral(request);
      const pool = poolFor(request);
      const answer = await send(request, pool);
      return decoded(answer, request);
    },
    close() {
      for (const pool of pools.values()) pool.close();
      pools.clear();
    },
  };
}

async function refuseLiteral({ url, proxy, mayBePrivate }: HttpRequest): Promise<void> {
  const address = literalAddress(url.hostname);
  const isPrivate = address !== undefined && isPrivateAddress(address);
  // A proxy looks the name up itself: what this name always means is known all the same.
  const isOwn = proxy !== undefined && /(?:^|\.)localhost\.?$/.test(url.hostname);
  if ((isPrivate || isOwn) && !(await mayBePrivate())) throw addressRefused(url, address ?? url.hostname);
}

interface Raw extends HttpAnswer {
  readonly coding: string | undefined;
}

function send(request: HttpRequest, pool: Pool): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const { url, maxBytes, signal } = request;
    const chunks: Buffer[] = [];
    let head: ResponseHead | undefined;
    let cancelled = false;
    const watched: Watched = {
      request,
      pool,
      begun: undefined,
      answered: false,
      bytes: 0,
      fail: (error) => stop(error),
    };
    const over = () => {
      underWay.delete(watched);
      signal?.removeEventListener('abort', abort);
    };
    const stop = (error: Error) => {
      if (cancelled) return;
      cancelled = true;
      over();
      reject(toError(error, url));
      pool.cancelled(job);
    };
    const abort = () => stop(new RegistryError('CANCELLED', `${url.href}: no longer needed`));
    const job: Job = {
      text: textOf(request),
      get isCancelled() {
        return cancelled;
      },
      begin() {
        if (cancelled) return;
        if (watched.begun === undefined) request.onTurn?.();
        watched.begun = tick();
      },
      onHead(found) {
        head = found;
        watched.answered = true;
        const { framing } = found;
        if (found.status === 200 && framing.kind === 'length' && framing.bytes > maxBytes)
          throw tooLarge(url, maxBytes, `${framing.bytes}`);
      },
      onBody(chunk) {
        watched.bytes += chunk.length;
        // A small body that nobody wants is read to its end so that the connection can be used again.
        if (head?.status !== 200 && watched.bytes > unwantedBytes) throw tooLarge(url, unwantedBytes, 'more');
        if (head?.status !== 200) return;
        if (watched.bytes > maxBytes) throw tooLarge(url, maxBytes, 'more');
        chunks.push(chunk);
      },
      onEnd() {
        over();
        const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        resolve(answerOf(head!, { body, address: pool.addressOf(job) }));
      },
      fail(error) {
        over();
        // What came of a body that isn't complete is said: it tells a cut from a refusal.
        reject(
          watched.answered && !(error instanceof RegistryError)
            ? cut(url, watched.bytes)
            : toError(error, url),
        );
      },
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
    watch(watched);
    if (request.follows !== undefined) pool.prepare(request.follows);
    pool.submit(job);
    // Most answers are compressed: what unpacks them is loaded while the first one is on its way.
    if (loaded === undefined) setImmediate(unpackers);
  });
}

/** Bytes of a body that is read only for the sake of its connection. */
const unwantedBytes = 64 * 1024;

function answerOf({ status, headers }: ResponseHead, rest: Pick<HttpAnswer, 'body' | 'address'>): Raw {
  const location = headers.get('location');
  const etag = headers.get('etag');
  const cacheControl = headers.get('cache-control');
  return {
    status,
    ...rest,
    ...(location === undefined ? {} : { location }),
    ...(etag === undefined ? {} : { etag }),
    ...(cacheControl === undefined ? {} : { cacheControl }),
    coding: headers.get('content-encoding'),
  };
}

/** Says whether it is a CI, so that hosts who count can tell; and nothing else about anybody (docs/spec/statistics.md §2.4). */
const userAgent = ['', 'false', undefined].includes(process.env.CI) ? 'mlld' : 'mlld (ci)';

function textOf(request: HttpRequest): string {
  const { url, accept, etag, authorization, proxy } = request;
  const viaProxy = proxy !== undefined && url.protocol === 'http:';
  const path = `${url.pathname}${url.search}`;
  const lines = [
    `GET ${viaProxy ? `${url.origin}${path}` : path} HTTP/1.1`,
    `host: ${url.host}`,
    `user-agent: ${userAgent}`,
    'accept-encoding: br, gzip',
    field('accept', accept),
    field('if-none-match', etag),
    field('authorization', authorization),
    field('proxy-authorization', viaProxy ? proxyAuthorization(proxy) : undefined),
  ];
  return `${lines.filter((line) => line !== undefined).join('\r\n')}\r\n\r\n`;
}

/** A value that would end its line is no value. */
function field(name: string, value: string | undefined): string | undefined {
  return value === undefined || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? undefined : `${name}: ${value}`;
}

/** An exchange under way, as its limits of time see it. */
interface Watched {
  readonly request: HttpRequest;
  readonly pool: Pool;
  /** When it was the server's turn to answer it: waiting behind others does not count. */
  begun: number | undefined;
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
  if (timer !== undefined) return;
  let last = tick();
  timer = setInterval(() => {
    const now = tick();
    const wasBusy = now - last > 3 * watchEveryMs;
    last = now;
    if (underWay.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    // This program was busy itself: what has arrived meanwhile is read before anyone is blamed.
    if (wasBusy) return;
    for (const watched of underWay) {
      const problem = tooSlow(watched, now);
      if (problem !== undefined)
        watched.fail(new RegistryError('TIMEOUT', `${watched.request.url.href}: ${problem}`));
    }
    for (const pool of new Set([...underWay].map((watched) => watched.pool))) pool.unblock();
  }, watchEveryMs);
  timer.unref();
}

function tooSlow({ request: { limits }, begun, answered, bytes }: Watched, now: number): string | undefined {
  if (begun === undefined) return undefined;
  const elapsed = now - begun;
  if (!answered)
    return elapsed > limits.firstByteMs ? `no answer within ${limits.firstByteMs} ms` : undefined;
  if (elapsed > limits.answerMs) return `not complete within ${limits.answerMs} ms`;
  if (elapsed < limits.slowAfterMs || (bytes * 1000) / elapsed >= limits.leastBytesPerSecond)
    return undefined;
  return `${bytes} bytes in ${Math.round(elapsed)} ms, wanted at least ${limits.leastBytesPerSecond} a second`;
}

type Unpack = (data: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer;
let loaded: Promise<ReadonlyMap<string, Unpack>> | undefined;

function unpackers(): Promise<ReadonlyMap<string, Unpack>> {
  loaded ??= import('node:zlib').then(
    (zlib) =>
      new Map<string, Unpack>([
        ['gzip', zlib.gunzipSync],
        ['br', zlib.brotliDecompressSync],
        ['deflate', zlib.inflateSync],
      ]),
  );
  return loaded;
}

/** Decodes one coding, never to more than the cap: a bomb costs no more than an honest answer. */
async function decoded({ coding, ...answer }: Raw, { url, maxBytes }: HttpRequest): Promise<HttpAnswer> {
  const { body } = answer;
  if (coding === undefined || coding === 'identity' || body.length === 0) return answer;
  const unpack = (await unpackers()).get(coding.trim().toLowerCase());
  if (unpack === undefined)
    throw new RegistryError('HTTP_STATUS', `${url.href}: unknown content-encoding`, { data: { coding } });
  try {
    return { ...answer, body: unpack(body, { maxOutputLength: Math.max(1, maxBytes) }) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(url, maxBytes, 'more after decoding');
    throw new RegistryError('UNREACHABLE', `${url.href}: the body can't be decoded as ${coding}`, { cause });
  }
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

function toError(error: Error, url: URL): RegistryError {
  if (error instanceof RegistryError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new RegistryError('UNREACHABLE', `${url.href}: ${code ?? message}`, { cause: error });
}
