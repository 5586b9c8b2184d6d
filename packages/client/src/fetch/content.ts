/** The files of modules: from the cache, else from the sources, each at most once in a process (docs/spec/resolve.md §5, §7). */
import { isRegistryError, layout, limits, type ModuleTxt, RegistryError } from '@mlld/format';
import type { Cache, CacheRead } from '../cache/cache.ts';
import { slots } from '../slots.ts';
import { type Downloaded, download } from './download.ts';
import { type Fetched, fetchVerified, type GetOptions, type Source } from './fetch.ts';
import type { Net } from './net.ts';
import type { Registry } from './registry.ts';

/** One file of one version, of a known hash. */
export interface FileWish {
  readonly registry: Registry;
  /** Identity of that registry, for the place in the cache. */
  readonly identity: string;
  /** `@alice/strings@1.0.0`. */
  readonly of: string;
  readonly path: string;
  readonly sha256: string;
  readonly size?: number;
  /** Base URLs. */
  readonly sources: readonly string[];
  readonly hints: readonly ModuleTxt[];
}

export interface Content {
  /** Verified bytes, and where they came from (`cache` or a URL). They are not yet in the cache when they came from a URL. */
  get(wish: FileWish): Promise<Fetched>;
  /** Puts verified bytes into the cache. */
  keep(wish: FileWish, bytes: Uint8Array): void;
  /** Starts to get a file that will probably be needed. Never throws. */
  ahead(wish: FileWish): void;
  /** Starts to get what DNS points at. Never throws. */
  aheadOfHint(registry: Registry, hint: ModuleTxt): void;
  /** A file whose hash nobody stated, from one source. Undefined: not there. */
  unverified(registry: Registry, url: string): Promise<Downloaded | undefined>;
}

export const fromCache = 'cache';

export function openContent(net: Net, cache: Cache): Content {
  const turn = slots(net.limits.downloads);
  const running = new Map<string, Promise<Fetched>>();
  const hinted = new Map<
    string,
    { readonly url: string; readonly answer: Promise<Downloaded | undefined> }
  >();
  /** Hashes that were asked for: a hint of one comes too late to be of use. */
  const asked = new Set<string>();
  let budget: number = limits.aheadBytes;

  const start = (wish: FileWish): Promise<Fetched> => {
    const kept = cache.blob(wish.identity, wish.sha256);
    if (kept.state === 'ok') return Promise.resolve({ bytes: kept.bytes, from: fromCache });
    if (kept.state === 'corrupt')
      net.warn(`${kept.file}: the cached bytes are damaged; they are fetched again`);
    asked.add(wish.sha256);
    return turn(async () => {
      const sources = await sourcesOf(net, wish, hinted.get(wish.sha256));
      const wanted = { ...wish, what: `${wish.of} ${wish.path}` };
      return fetchVerified(net, wanted, sources).catch((error: unknown) => {
        throw whenOffline(error, kept, wanted.what);
      });
    });
  };
  const get = (wish: FileWish) => {
    const key = keyOf(wish);
    const found = running.get(key) ?? start(wish);
    running.set(key, found);
    // A failure may be the network's: the next call tries again.
    found.catch(() => running.delete(key));
    return found;
  };
  return {
    get,
    keep(wish, bytes) {
      cache.putBlob(wish.identity, wish.sha256, bytes);
      running.delete(keyOf(wish));
    },
    ahead(wish) {
      if (wish.size === undefined || wish.size > budget || net.offline) return;
      budget -= wish.size;
      get(wish).catch(() => {});
    },
    aheadOfHint(registry, { url, sha256 }) {
      if (sha256 === undefined || hinted.has(sha256) || asked.has(sha256) || net.offline) return;
      const answer = download(net, url, sourceOptions(registry, limits.fileBytes));
      answer.catch(() => {});
      hinted.set(sha256, { url, answer });
    },
    unverified: (registry, url) => turn(() => download(net, url, sourceOptions(registry, limits.fileBytes))),
  };
}

function keyOf({ identity, sha256 }: FileWish): string {
  return `${identity} ${sha256}`;
}

function sourceOptions({ sourceRules }: Registry, maxBytes: number, options?: GetOptions) {
  return { ...sourceRules, maxBytes, ...options };
}

interface Speculation {
  readonly url: string;
  readonly answer: Promise<Downloaded | undefined>;
}

/** §5.1: what is on its way already, the registry's own copy, what DNS hints, the sources of the release, mirrors. */
async function sourcesOf(net: Net, wish: FileWish, speculative: Speculation | undefined): Promise<Source[]> {
  const { registry, sha256, path, size } = wish;
  const own = await registry.bases().catch(() => []);
  const info = own.length > 0 ? await registry.infoSoFar() : undefined;
  const blobs = (bases: readonly string[]) =>
    info?.blobs === false ? [] : bases.map((base) => base + layout.blob(sha256));
  const hints = wish.hints.filter((hint) => hint.sha256 === sha256).map(({ url }) => url);
  const released = wish.sources.map((base) => base + path);
  const urls = new Set([...blobs(own), ...hints, ...released, ...blobs(info?.mirrors ?? [])]);
  const maxBytes = size ?? limits.fileBytes;
  const sources = [...urls].map(
    (url): Source => ({
      url,
      get: (options) => {
        if (url !== speculative?.url) return download(net, url, sourceOptions(registry, maxBytes, options));
        options.onTurn();
        return speculative.answer;
      },
    }),
  );
  return speculative === undefined
    ? sources
    : sources.sort((a, b) => Number(b.url === speculative.url) - Number(a.url === speculative.url));
}

/** §7.3: a damaged entry is fetched again; without a network that is said, and not taken for a missing one. */
function whenOffline(error: unknown, kept: CacheRead, what: string): unknown {
  if (kept.state !== 'corrupt' || !isRegistryError(error, 'OFFLINE')) return error;
  return new RegistryError('CACHE_CORRUPT', `${what}: the cached bytes are damaged (${kept.file})`, {
    hint: 'Run the command once with a network: the entry is fetched again.',
    cause: error,
  });
}
