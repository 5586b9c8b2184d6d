/**
 * Bytes of a known hash, from whichever source has them (docs/spec/resolve.md §5). Sources back each other up: the next
 * one is asked when one fails, and as well when one takes long. Bytes that don't hash right are dropped here, before
 * anyone sees them.
 */
import { isRegistryError, printable, RegistryError } from '@mlld/format';
import type { Downloaded } from './download.ts';
import type { Net } from './net.ts';

export interface Source {
  /** URL, for messages and reports. */
  readonly url: string;
  readonly get: (options: GetOptions) => Promise<Downloaded | undefined>;
}

export interface GetOptions {
  /** There if the answer may be no longer needed before it comes. */
  readonly signal?: AbortSignal | undefined;
  /** To be called when the source has been asked: until then it is not the source that is slow. */
  readonly onTurn: () => void;
}

export interface Wanted {
  /** What the bytes are, for messages: `@alice/strings@1.0.0 index.mld`. */
  readonly what: string;
  readonly sha256: string;
  /** Bytes, if they are known. */
  readonly size?: number;
}

export interface Fetched {
  readonly bytes: Uint8Array;
  /** URL of the source that gave them. */
  readonly from: string;
}

/**
 * Asks the sources in order, the next one after a failure or `limits.hedgeMs` after it was asked, and returns the first
 * right bytes.
 * @throws RegistryError HASH_MISMATCH, SIZE_MISMATCH when a source gave wrong bytes and none the right ones; OFFLINE; UNREACHABLE
 */
export function fetchVerified(net: Net, wanted: Wanted, sources: readonly Source[]): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const cancel = sources.length > 1 ? new AbortController() : undefined;
    const failures: Failure[] = [];
    let started = 0;
    let settled = false;
    const settle = (finish: () => void) => {
      if (settled) return;
      settled = true;
      finish();
      // Others are still at it only where one was slow or failed; an abort that nobody hears is not free.
      if (started > failures.length + 1) cancel?.abort();
    };
    const startNext = () => {
      const source = sources[started++];
      if (source === undefined || settled) return;
      let overtaken = false;
      const next = () => {
        if (!overtaken) startNext();
        overtaken = true;
      };
      const hedge = started < sources.length ? patience(net.limits.hedgeMs, next) : undefined;
      attempt(net, wanted, { source, signal: cancel?.signal, onTurn: () => hedge?.begin() }).then(
        (bytes) => {
          hedge?.end();
          settle(() => resolve({ bytes, from: source.url }));
        },
        (error: unknown) => {
          hedge?.end();
          failures.push({ url: source.url, error });
          if (failures.length === sources.length) settle(() => reject(allFailed(wanted, failures)));
          else next();
        },
      );
    };
    if (sources.length === 0) reject(allFailed(wanted, failures));
    else startNext();
  });
}

/**
 * Runs `over` when `ms` have passed since `begin`, unless `end` comes first. An answer that arrived while this program was busy
 * is read before it counts as late: timers come before the network in a turn of the event loop.
 */
function patience(ms: number, over: () => void): { begin(): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  let last: NodeJS.Immediate | undefined;
  return {
    begin() {
      timer ??= setTimeout(() => {
        last = setImmediate(over);
      }, ms);
    },
    end() {
      clearTimeout(timer);
      clearImmediate(last);
    },
  };
}

interface Failure {
  readonly url: string;
  readonly error: unknown;
}

async function attempt(
  net: Net,
  wanted: Wanted,
  { source, ...options }: GetOptions & { readonly source: Source },
): Promise<Uint8Array> {
  const { url, get } = source;
  let answer: Downloaded | undefined;
  try {
    answer = await get(options);
  } catch (error) {
    if (wanted.size !== undefined && isRegistryError(error, 'TOO_LARGE'))
      throw new RegistryError('SIZE_MISMATCH', `wanted ${wanted.size} bytes, found more`, { cause: error });
    throw error;
  }
  if (answer === undefined) throw new RegistryError('FILE_NOT_FOUND', `${url}: not there`);
  if (wanted.size !== undefined && answer.bytes.length !== wanted.size)
    throw new RegistryError('SIZE_MISMATCH', `wanted ${wanted.size} bytes, found ${answer.bytes.length}`);
  const found = net.ops.sha256(answer.bytes);
  if (found !== wanted.sha256)
    throw new RegistryError('HASH_MISMATCH', `wanted sha256 ${wanted.sha256}, found ${found}`, {
      data: { found },
    });
  return answer.bytes;
}

/** §5.6: wrong bytes are said first; otherwise every source is listed with its reason. */
function allFailed({ what, sha256 }: Wanted, failures: readonly Failure[]): RegistryError {
  const sources = failures.map(({ url, error }) => ({
    url,
    code: isRegistryError(error) ? error.code : 'INTERNAL',
    reason: error instanceof Error ? error.message.replace(`${url}: `, '') : String(error),
  }));
  const list = sources
    .map(({ url, reason }) => `\n  ${printable(url, 300)}: ${printable(reason, 300)}`)
    .join('');
  const wrong = sources.find(({ code }) => code === 'HASH_MISMATCH' || code === 'SIZE_MISMATCH');
  const cause = failures.find(({ url }) => url === (wrong ?? sources[0])?.url)?.error;
  const data = { what, sha256, sources };
  if (wrong !== undefined) {
    return new RegistryError(wrong.code as 'HASH_MISMATCH', `${what}: no source has the right bytes${list}`, {
      hint: 'The source changed after the release, or lies. Nothing of it was kept. Tell the author, or use another version.',
      cause,
      data,
    });
  }
  if (sources.length > 0 && sources.every(({ code }) => code === 'OFFLINE')) {
    return new RegistryError('OFFLINE', `${what}: not in the cache, and --offline asks no network`, {
      hint: 'Run mlld install once with a network.',
      cause,
      data,
    });
  }
  const none = sources.length === 0 ? ' (it names no source)' : '';
  return new RegistryError('UNREACHABLE', `${what}: no source can be reached${none}${list}`, {
    hint: 'Run the command again with a network, or add a registry or mirror that keeps blobs.',
    cause,
    data,
  });
}
