/**
 * A registry that is DNS alone (docs/spec/resolve.md §4.4): TXT records with a URL each, and a hash if the author gave one. There
 * is no index and no signature: what is fetched first is trusted, and held to from then on by the lock file.
 */
import {
  contentDigest,
  highest,
  type IndexVersion,
  isRegistryError,
  type ModuleIndex,
  type ModuleName,
  type ModuleTxt,
  parsePath,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import type { Session } from '../session.ts';
import { isPrivateAddress, literalAddress } from './address.ts';

/** Version of a record that states none. */
const unstated = '0.0.0';

/**
 * The index that DNS makes of a module; undefined when its registry has an index, or DNS has no record of it.
 * @throws RegistryError DNS_FAILED when DNS is all there is and does not answer; UNREACHABLE
 */
export async function indexFromDns(session: Session, name: ModuleName): Promise<ModuleIndex | undefined> {
  const registry = session.registryOf(name);
  if ((await registry.bases()).length > 0) return undefined;
  const records = await registry.hints(name);
  const byVersion = new Map<string, ModuleTxt[]>();
  for (const record of records) {
    const version = record.version ?? unstated;
    byVersion.set(version, [...(byVersion.get(version) ?? []), record]);
  }
  if (byVersion.size === 0) {
    const failure = registry.dnsFailure(name);
    if (failure !== undefined) throw failure;
    return undefined;
  }
  const versions = await Promise.all(
    [...byVersion].map(([version, records]) => lineOf(session, { name, version, records })),
  );
  const latest = highest(byVersion.keys()) ?? unstated;
  return {
    header: {
      v: 1,
      name,
      about: '',
      tags: new Map([['latest', latest]]),
      owners: [],
      yanked: new Map(),
      advisories: [],
    },
    versions,
    skipped: [],
  };
}

interface Records {
  readonly name: ModuleName;
  readonly version: string;
  readonly records: readonly ModuleTxt[];
}

async function lineOf(session: Session, { name, version, records }: Records): Promise<IndexVersion> {
  const stated = new Set(records.flatMap(({ sha256 }) => (sha256 === undefined ? [] : [sha256])));
  if (stated.size > 1) {
    throw new RegistryError('HASH_MISMATCH', `${name}@${version}: its DNS records state different hashes`, {
      hint: 'Records of one version must agree. Only its author can mend that.',
      data: { hashes: [...stated] },
    });
  }
  const places = records.flatMap((record) => placeOf(record.url));
  const first = places[0];
  if (first === undefined)
    throw new RegistryError(
      'BAD_DNS_RECORD',
      `${name}@${version}: no URL of its DNS records ends in a file name`,
    );
  const { sha256, size } = await hashOf(session, { name, places, stated: [...stated][0] });
  const files = [{ path: first.path, sha256, ...(size === undefined ? {} : { size }) }];
  return {
    v: 1,
    name,
    version,
    digest: contentDigest(files, session.net.ops.sha256),
    contentHash: sha256,
    shape: 'file',
    entry: first.path,
    files,
    sources: places.filter(({ path }) => path === first.path).map(({ base }) => base),
    kind: 'module',
    imports: new Map(),
    closure: [],
    needs: [],
    license: 'unknown',
    evidence: 0,
    checked: { state: 'unchecked' },
  };
}

interface Place {
  readonly url: string;
  readonly base: string;
  readonly path: string;
}

/** A URL as a base and a file name; none for one with a query or an odd name, which a lock file could not hold. */
function placeOf(url: string): Place[] {
  const slash = url.lastIndexOf('/') + 1;
  try {
    return [{ url, base: url.slice(0, slash), path: parsePath(url.slice(slash)) }];
  } catch {
    return [];
  }
}

interface HashQuestion {
  readonly name: ModuleName;
  readonly places: readonly Place[];
  readonly stated: Sha256Hex | undefined;
}

/** The stated hash, else that of what the first place gives: over TLS, or in one's own network. */
async function hashOf(
  session: Session,
  { name, places, stated }: HashQuestion,
): Promise<{ sha256: Sha256Hex; size?: number }> {
  if (stated !== undefined) return { sha256: stated };
  const registry = session.registryOf(name);
  let failure: unknown;
  for (const { url } of places) {
    try {
      assertPrivateOrTls(url);
      const found = await session.content.unverified(registry, url);
      if (found === undefined) continue;
      return { sha256: session.net.ops.sha256(found.bytes) as Sha256Hex, size: found.bytes.length };
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      failure ??= error;
    }
  }
  throw new RegistryError('UNREACHABLE', `${name}: nothing answers where DNS points`, {
    cause: failure,
    hint: 'Its DNS records state no hash, so no other source can stand in.',
    data: { urls: places.map(({ url }) => url) },
  });
}

/** §4.4: without a hash the way there has to vouch for the bytes. */
function assertPrivateOrTls(url: string): void {
  const { protocol, hostname } = new URL(url);
  const address = hostname === 'localhost' ? '127.0.0.1' : literalAddress(hostname);
  if (protocol === 'http:' && !(address !== undefined && isPrivateAddress(address)))
    throw new RegistryError(
      'REDIRECT_REFUSED',
      `${url}: a DNS record without a hash has to name an https URL`,
    );
}
