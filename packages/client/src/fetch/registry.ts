/**
 * One registry as a client sees it (docs/spec/resolve.md §2, §4): its identity, its index files, its proofs, and the hints that
 * DNS has for its modules. Everything is asked at most once in a process.
 */
import path from 'node:path';
import {
  authorOf,
  type DnsSetting,
  isModuleName,
  isRegistryError,
  layout,
  limits,
  type ModuleIndex,
  type ModuleName,
  type ModuleTxt,
  parseIndex,
  parseRegistryInfo,
  RegistryError,
  type RegistryInfo,
} from '@mlld/format';
import type { Cache } from '../cache/cache.ts';
import { poolOf, type RegistryPlace } from '../config/settings.ts';
import { isPrivateAddress, literalAddress } from '../dns/address.ts';
import { moduleHints, registryHints } from '../dns/dns.ts';
import type { LogCheck, Logged } from '../verify/log-check.ts';
import { type DownloadOptions, download } from './download.ts';
import type { Net } from './net.ts';

export interface Registry {
  /** Identity (names.md §4): from registry.json; of a registry that is DNS alone, its zone. */
  identity(): Promise<string>;
  /** The identity as the cache knows it from before. Asks nobody. */
  identitySoFar(): string | undefined;
  /** registry.json; undefined for a registry that is DNS alone. */
  info(): Promise<RegistryInfo | undefined>;
  /** registry.json if it was asked for, else undefined: not worth a question of its own. Never throws. */
  infoSoFar(): Promise<RegistryInfo | undefined>;
  /** Base URLs to ask, best first; empty for a registry that is DNS alone. */
  bases(): Promise<readonly string[]>;
  /**
   * The index file of a module. `isNamed`: an index that was read names its bytes and sources already, so that DNS is not asked for
   * hints of them. @throws RegistryError MODULE_NOT_FOUND, BAD_INDEX, WRONG_SUBJECT, UNREACHABLE, OFFLINE, …
   */
  index(name: ModuleName, options?: { readonly isNamed?: boolean }): Promise<ModuleIndex | undefined>;
  /**
   * What the registry's log says, once it is proven that the index file that `index` gave is the one it commits to; undefined
   * for a registry without a log (§6.2). @throws RegistryError NOT_IN_SNAPSHOT, POLICY_BROKEN, LOG_FORK, …
   */
  proven(name: ModuleName): Promise<Logged | undefined>;
  /** What its log says now; undefined for a registry without one, and offline. @throws RegistryError POLICY_BROKEN, LOG_FORK, … */
  logged(options?: { readonly anew?: boolean }): Promise<Logged | undefined>;
  /** What DNS has said about a module so far. Never waits. */
  hintsSoFar(name: ModuleName): readonly ModuleTxt[];
  /** What DNS says about a module. Never throws. */
  hints(name: ModuleName): Promise<readonly ModuleTxt[]>;
  /** Why DNS did not answer about a module, if so. */
  dnsFailure(name: ModuleName): RegistryError | undefined;
  /** The proof bundle of a release statement, as bytes. @throws RegistryError FILE_NOT_FOUND, UNREACHABLE, … */
  proof(statement: string): Promise<Uint8Array>;
  /** A file of the distribution, from the first base that answers. Undefined: it is not there. */
  file(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Where its pages are: as registry.json says, else where it is asked over HTTP. */
  site(): Promise<string | undefined>;
  /** Names that begin as this one does, for suggestions. Empty when the registry has no such list. */
  namesLike(name: ModuleName): Promise<readonly string[]>;
  /** How its sources may be fetched (§5). */
  readonly sourceRules: Pick<DownloadOptions, 'pool' | 'mayBePrivate' | 'mayBeFile' | 'authorizationOf'>;
}

export interface RegistryContext {
  readonly net: Net;
  readonly dns: DnsSetting;
  readonly cache: Cache;
  /** Called with each hint the moment it is there: the bytes can be on their way before the index answers. */
  readonly onHint?: (hint: ModuleTxt) => void;
}

/** Milliseconds that an index file and hints are used again without asking: one resolution, not a resident process's life. */
const memoryMs = 10_000;

export function openRegistry(context: RegistryContext, place: RegistryPlace): Registry {
  const { net, cache } = context;
  const way = wayTo(context, place);
  const { bases, file, pool, isLocal } = way;
  let infoAsked = false;
  const info = once(async () => {
    infoAsked = true;
    return readInfo(way);
  });
  const identity = once(async () => {
    const kept = net.offline && !isLocal ? cache.identity(pool) : undefined;
    if (kept !== undefined) return kept;
    const found = (await info())?.name ?? place.zone ?? '';
    if (cache.identity(pool) !== found) cache.putIdentity(pool, found);
    return found;
  });
  const dns = dnsSide(context, place);
  const proofs = new Map<ModuleName, Promise<Logged | undefined>>();
  const log = once(async (): Promise<LogCheck | undefined> => {
    if (net.offline || (await bases()).length === 0) return undefined;
    const ahead = startAhead(file, layout.head, limits.headBytes);
    // The code is loaded while the first answers are on their way.
    const registryName = await identity();
    const { openLogCheck } = await import('../verify/log-check.ts');
    return openLogCheck({
      net,
      folder: path.join(cache.dir, registryName),
      registry: registryName,
      file: ahead,
    });
  });
  const index = onceEach(net, async (name: ModuleName): Promise<ModuleIndex | undefined> => {
    if ((await bases()).length === 0) return undefined;
    // All at once: the identity is needed for the cache and for what a signature is about, the log to believe the index.
    const asked = indexFile(context, way, name);
    asked.catch(() => {});
    const named = identity();
    // Runs beside what follows; whoever believes the index waits for it.
    const proof = log().then((check) => check?.prove(name, asked));
    proof.catch(() => {});
    proofs.set(name, proof);
    const [bytes, registryName] = await Promise.all([asked, named]);
    if (bytes === undefined) {
      await proof;
      return undefined;
    }
    const parsed = parseIndex(bytes, `index of ${name}`);
    if (parsed.header.name !== name) {
      throw new RegistryError('WRONG_SUBJECT', `index of ${name}: it is about ${parsed.header.name}`);
    }
    // What an offline resolution will believe is what was proven.
    proof.then(
      () => cache.putIndex(registryName, name, bytes),
      () => {},
    );
    return parsed;
  });
  return {
    ...dns,
    identity,
    identitySoFar: () => cache.identity(pool),
    info,
    infoSoFar: async () => (infoAsked ? info().catch(() => undefined) : undefined),
    bases,
    index: (name, { isNamed = false } = {}) => {
      const answer = index(name);
      // A moment later: the request is on its way by then.
      if (!isNamed) void net.ops.sleep(0).then(() => dns.hints(name));
      return answer;
    },
    proven: async (name) => proofs.get(name),
    logged: async (options) => (await log())?.logged(options),
    proof: onceEach(net, (statement: string) => readProof(way, statement)),
    file,
    site: async () => {
      const url = net.offline ? undefined : (await info())?.url;
      const own = (await bases()).find((base) => /^https?:/.test(base));
      return url ?? (own === undefined || own.endsWith('/') ? own : `${own}/`);
    },
    namesLike: (name) => readNames(file, name),
    sourceRules: {
      pool,
      mayBePrivate: way.mayBePrivate,
      mayBeFile: isLocal,
      authorizationOf: authorizationOf(net, place),
    },
  };
}

/**
 * Connections that are opened with the first request to a registry: what follows the first answer is asked for all at once, and
 * setting a connection up only then would be a round trip more (§4.2).
 */
const connectionsAhead = 6;

/** `file`, whose answer for one path was asked for beforehand; it serves once. */
function startAhead(file: Registry['file'], path: string, maxBytes: number): Registry['file'] {
  let asked: Promise<Uint8Array | undefined> | undefined = file(path, maxBytes);
  asked.catch(() => {});
  return (wanted, most) => {
    const ready = wanted === path ? asked : undefined;
    if (ready !== undefined) asked = undefined;
    return ready ?? file(wanted, most);
  };
}

/** How the files of a registry are reached. */
interface Way {
  readonly pool: string;
  readonly isLocal: boolean;
  readonly bases: () => Promise<readonly string[]>;
  readonly mayBePrivate: () => Promise<boolean>;
  readonly file: Registry['file'];
  /** Asks one base after the other, as long as the trouble is the way there. */
  readonly ask: <T>(
    get: (base: string, options: DownloadOptions) => Promise<T>,
    maxBytes: number,
  ) => Promise<T | undefined>;
}

function wayTo(context: RegistryContext, place: RegistryPlace): Way {
  const { net } = context;
  const pool = poolOf(place);
  const isLocal = place.base?.startsWith('file:') === true;
  const bases = once(() => findBases(context, place));
  const mayBePrivate = once(() => isPrivateBase(net, bases));
  const rules: Registry['sourceRules'] = {
    pool,
    // The user named the base, so it may be anywhere; where it redirects to is the server's word.
    mayBePrivate: (hop) => (hop === 0 && place.base !== undefined ? true : mayBePrivate()),
    mayBeFile: isLocal,
    authorizationOf: authorizationOf(net, place),
  };
  const ask: Way['ask'] = async (get, maxBytes) =>
    tryEach(await bases(), (base) => get(base, { ...rules, maxBytes, follows: connectionsAhead }));
  const file: Registry['file'] = async (path, maxBytes) =>
    (await ask((base, options) => download(net, base + path, options), maxBytes))?.bytes;
  return { pool, isLocal, bases, mayBePrivate, file, ask };
}

/** The index file of a module: as the cache has it, where the server says that it is still the same (§7.7). */
function indexFile(
  { net, cache }: RegistryContext,
  { ask, pool, isLocal }: Way,
  name: ModuleName,
): Promise<Uint8Array | undefined> {
  const at = layout.index(name);
  const identity = isLocal ? undefined : cache.identity(pool);
  const kept = identity === undefined ? undefined : cache.index(identity, name);
  return ask(async (base, options) => {
    const url = base + at;
    const etag = kept && cache.etags.of(url, kept);
    const found = await download(net, url, { ...options, etag });
    if (found?.isUnchanged === true) return kept;
    if (found !== undefined) cache.etags.note(url, found.etag, found.bytes);
    return found?.bytes;
  }, limits.indexBytes);
}

async function readInfo({ bases, file }: Way): Promise<RegistryInfo | undefined> {
  const base = (await bases())[0];
  if (base === undefined) return undefined;
  const bytes = await file(layout.registry, limits.registryJsonBytes);
  if (bytes === undefined) throw noRegistry(base);
  return parseRegistryInfo(bytes, `${base}${layout.registry}`);
}

async function readProof({ bases, file }: Way, statement: string): Promise<Uint8Array> {
  const at = layout.proof(statement);
  const bytes = await file(at, limits.proofBytes);
  if (bytes !== undefined) return bytes;
  throw new RegistryError('FILE_NOT_FOUND', `${(await bases())[0] ?? 'DNS'}${at}: there is no such proof`, {
    hint: 'The index names a signed release whose proof is gone. Ask the people who run the registry.',
  });
}

/** What DNS says about the modules of a registry. */
function dnsSide(
  { net, dns, onHint }: RegistryContext,
  { zone }: RegistryPlace,
): Pick<Registry, 'hints' | 'hintsSoFar' | 'dnsFailure'> {
  const soFar = new Map<ModuleName, readonly ModuleTxt[]>();
  const failures = new Map<ModuleName, RegistryError>();
  return {
    hintsSoFar: (name) => soFar.get(name) ?? [],
    dnsFailure: (name) => failures.get(name),
    hints: onceEach(net, async (name: ModuleName) => {
      if (zone === undefined) return [];
      const answer = await moduleHints(net, dns, { name, zone });
      if (answer.failure !== undefined) failures.set(name, answer.failure);
      soFar.set(name, answer.records);
      for (const hint of answer.records) onHint?.(hint);
      return answer.records;
    }),
  };
}

/**
 * §5.3: a registry that the user named gets its own token: for what is below its base, and where that redirects to on the same
 * origin. A source is somebody else's place, whoever hosts it.
 */
function authorizationOf(net: Net, { base }: RegistryPlace): DownloadOptions['authorizationOf'] {
  if (base === undefined || base.startsWith('file:')) return undefined;
  const { origin } = new URL(base);
  return (url, start) =>
    start.href.startsWith(base) && url.origin === origin ? net.authorizationFor(origin) : undefined;
}

/** §2.2: the base that was named, else those that the zone names, else the one that is known. */
async function findBases({ net, dns }: RegistryContext, place: RegistryPlace): Promise<readonly string[]> {
  if (place.base !== undefined) return [place.base];
  if (place.zone === undefined) return [];
  const answer = await registryHints(net, dns, place.zone);
  const found = answer.records.map(({ url }) => url).filter((url) => /^https?:/.test(url));
  if (found.length > 0) return [...new Set(found)];
  // No answer is not «there is no index»: whoever can silence DNS may not make a signed registry an unsigned one.
  if (answer.failure !== undefined && place.fallback === undefined) throw answer.failure;
  return place.fallback === undefined ? [] : [place.fallback];
}

/** §5.4: whether the registry itself is on this machine or in a private network. */
async function isPrivateBase(net: Net, bases: () => Promise<readonly string[]>): Promise<boolean> {
  const base = (await bases())[0];
  if (base === undefined || base.startsWith('file:')) return true;
  const { hostname } = new URL(base);
  const literal = literalAddress(hostname);
  const addresses = literal === undefined ? await net.ops.addresses(hostname) : [literal];
  return addresses.length > 0 && addresses.every(isPrivateAddress);
}

/** Asks one place after the other while the trouble is the way there; a «no» is an answer (§2.4). */
async function tryEach<T>(
  places: readonly string[],
  ask: (place: string) => Promise<T>,
): Promise<T | undefined> {
  let first: unknown;
  for (const place of places) {
    try {
      return await ask(place);
    } catch (error) {
      first ??= error;
      if (!isRegistryError(error) || !isTrouble(error)) throw error;
    }
  }
  if (first !== undefined) throw first;
  return undefined;
}

/** A server that can't be reached or has trouble of its own, as opposed to one that says no. */
function isTrouble(error: RegistryError): boolean {
  if (error.code === 'HTTP_STATUS') return Number(error.data?.status) >= 500 || error.data?.status === 429;
  return error.code === 'UNREACHABLE' || error.code === 'TIMEOUT';
}

async function readNames(
  file: (path: string, maxBytes: number) => Promise<Uint8Array | undefined>,
  name: ModuleName,
): Promise<readonly string[]> {
  try {
    const bytes =
      (await file(layout.names, limits.namesBytes)) ??
      (await file(layout.namesShard(authorOf(name)), limits.indexBytes));
    if (bytes === undefined) return [];
    return new TextDecoder().decode(bytes).split('\n').filter(isModuleName);
  } catch {
    // Suggestions only: the error that asked for them is the one to show.
    return [];
  }
}

function noRegistry(base: string): RegistryError {
  return new RegistryError('REGISTRY_NOT_FOUND', `${base}: there is no ${layout.registry}`, {
    hint: 'Is this the address of a registry? --registry, MLLD_REGISTRY or "registry" in mlld-config.json sets it.',
  });
}

/** Runs `work` at the first call, and gives every call its result. A failure is not kept: the network may be back. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    if (running === undefined) {
      running = work();
      running.catch(() => {
        running = undefined;
      });
    }
    return running;
  };
}

/** As `once`, for each key, and for `memoryMs`. */
function onceEach<K, T>({ ops }: Net, work: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const kept = new Map<K, { readonly result: Promise<T>; readonly since: number }>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined && ops.tick() - known.since < memoryMs) return known.result;
    const result = work(key);
    kept.set(key, { result, since: ops.tick() });
    result.catch(() => kept.delete(key));
    return result;
  };
}
