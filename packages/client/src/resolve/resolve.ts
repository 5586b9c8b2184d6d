/**
 * From what is asked for to a complete plan (docs/spec/resolve.md §3, §4): loads index files until `solve` needs no more. The
 * index line of a version names its closure, so one round loads what the program asks for, the next one everything
 * below, however deep; the contents come beside the second.
 */
import {
  type Artifact,
  isRegistryError,
  type Lock,
  type ModuleIndex,
  type ModuleName,
  nearest,
  parseIndex,
  RegistryError,
} from '@mlld/format';
import { indexFromDns } from '../dns/dns-index.ts';
import type { Registry } from '../fetch/registry.ts';
import { type TakeableIndex, takeable } from '../policy/gates.ts';
import type { Session } from '../session.ts';
import { nodeKey, type Plan, type Root } from './plan.ts';
import { type Solved, solve, worthReopening } from './solve.ts';

export interface ResolveInput {
  readonly roots: readonly Root[];
  readonly lock: Lock;
  readonly update: ReadonlySet<ModuleName> | 'all';
}

export interface Resolution extends Plan {
  readonly indexes: ReadonlyMap<ModuleName, ModuleIndex>;
}

/** @throws RegistryError what `solve` throws, UNREACHABLE, OFFLINE, BAD_INDEX, … */
export async function resolvePlan(session: Session, input: ResolveInput): Promise<Resolution> {
  const indexes = new Map<ModuleName, ModuleIndex | RegistryError>();
  const reopened = new Set(dependentsOf(input));
  const asked = new Set<string>();
  try {
    for (;;) {
      const solved = solve({ ...input, indexes, reopened });
      if (solved.missing.size > 0) {
        // Index files first: the plan waits for them, and for nothing else.
        const loaded = loadAll(session, solved, indexes);
        getAhead(session, solved, asked);
        await loaded;
        continue;
      }
      // Of what imports nothing, no index file was waited for.
      getAhead(session, solved, asked);
      const more = resolvesAnew(solved) ? worthReopening(solved, reopened) : new Set<string>();
      if (more.size === 0) return { ...solved, indexes: usableOnly(indexes) };
      for (const key of more) reopened.add(key);
    }
  } catch (error) {
    throw await withSuggestions(session, error);
  }
}

/** Locked versions that import a module which is to be raised: their pins would hold it down. */
function dependentsOf({ lock, update }: ResolveInput): string[] {
  if (update === 'all' || update.size === 0) return [];
  return [...lock.modules.values()]
    .filter(({ imports }) => [...imports.keys()].some((name) => update.has(name)))
    .map(nodeKey);
}

function resolvesAnew({ nodes }: Solved): boolean {
  return [...nodes.values()].some(({ locked }) => locked === undefined);
}

function usableOnly(
  indexes: ReadonlyMap<ModuleName, ModuleIndex | RegistryError>,
): Map<ModuleName, ModuleIndex> {
  return new Map(
    [...indexes].filter((entry): entry is [ModuleName, ModuleIndex] => !isRegistryError(entry[1])),
  );
}

async function loadAll(
  session: Session,
  { nodes, missing }: Solved,
  into: Map<ModuleName, ModuleIndex | RegistryError>,
): Promise<void> {
  const named = new Set(
    [...nodes.values()].flatMap(({ line }) => line?.closure.map(({ name }) => name) ?? []),
  );
  await Promise.all(
    [...missing].map(async (name) => {
      into.set(
        name,
        await loadTakeableIndex(session, name, { isNamed: named.has(name) }).catch((error: unknown) => {
          if (isRegistryError(error)) return error;
          throw error;
        }),
      );
    }),
  );
}

type IndexOptions = Parameters<Registry['index']>[1];

/**
 * The index of one module: from its registry; of a registry that is DNS alone, from its records; offline, as it was last seen.
 * @throws RegistryError MODULE_NOT_FOUND, OFFLINE, and what the registry throws
 */
export async function loadIndex(
  session: Session,
  name: ModuleName,
  options?: IndexOptions,
): Promise<ModuleIndex> {
  const registry = session.registryOf(name);
  if (session.net.offline) {
    const kept = keptIndex(session, name);
    if (kept !== undefined) return kept;
  }
  const index = await askIndex(session, name, options);
  if (index !== undefined) return index;
  const bases = await registry.bases();
  const where = bases[0] ?? 'DNS';
  throw new RegistryError('MODULE_NOT_FOUND', `${name}: no such module in ${where}`, {
    data: { name, registry: where },
  });
}

/** As `loadIndex`, without the versions that the user's policy does not let in (config.md §3), or an advisory stops. */
export async function loadTakeableIndex(
  session: Session,
  name: ModuleName,
  options?: IndexOptions,
): Promise<TakeableIndex> {
  return takeableIndex(session, await loadIndex(session, name, options));
}

/** Only where line 1 names advisories are they waited for; all that is chosen is held against them in the end (§6.8.7). */
export async function takeableIndex(session: Session, index: ModuleIndex): Promise<TakeableIndex> {
  const { header } = index;
  const book = header.advisories.length === 0 ? undefined : await session.advisoriesOf(header.name).current();
  return takeable(index, {
    rule: session.ruleOf(header.name),
    now: session.net.ops.now(),
    advisories: book?.entries,
    withheld: session.withheld,
  });
}

/** As `loadIndex`, and waits until the registry's log has spoken (§6.2): for what is shown and not resolved further. */
export async function loadProvenIndex(session: Session, name: ModuleName): Promise<ModuleIndex> {
  const index = await loadIndex(session, name);
  await session.registryOf(name).proven(name);
  return index;
}

async function askIndex(
  session: Session,
  name: ModuleName,
  options: IndexOptions | undefined,
): Promise<ModuleIndex | undefined> {
  try {
    return (await session.registryOf(name).index(name, options)) ?? (await indexFromDns(session, name));
  } catch (error) {
    throw isRegistryError(error) && notThere.has(error.code) ? unreachable(session, name, error) : error;
  }
}

const notThere: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'TIMEOUT',
  'OFFLINE',
  'HTTP_STATUS',
  'DNS_FAILED',
]);

/** Says what is cached beside what could not be asked: often that is enough to go on. */
function unreachable(session: Session, name: ModuleName, error: RegistryError): RegistryError {
  const identity = session.registryOf(name).identitySoFar();
  const bytes = identity === undefined ? undefined : session.cache.index(identity, name);
  const known = bytes === undefined ? [] : parseIndex(bytes).versions.map(({ version }) => version);
  const cached =
    known.length > 0
      ? `The cache knows ${name} ${known.slice(0, 5).join(', ')}: --offline resolves from it.`
      : 'Nothing of it is in the cache: a network is needed once.';
  return new RegistryError(error.code, `${name}: its registry can't be asked: ${error.message}`, {
    hint: error.hint === undefined ? cached : `${error.hint} ${cached}`,
    cause: error,
    data: { ...error.data, name, cached: known },
  });
}

/** The index as it was last seen. Undefined for a registry on this machine, which is simply read. */
function keptIndex({ cache, registryOf }: Session, name: ModuleName): ModuleIndex | undefined {
  const registry = registryOf(name);
  if (registry.sourceRules.mayBeFile) return undefined;
  const identity = registry.identitySoFar();
  const bytes = identity === undefined ? undefined : cache.index(identity, name);
  if (bytes !== undefined) return parseIndex(bytes, `cached index of ${name}`);
  throw new RegistryError('OFFLINE', `${name}: not in the cache, and --offline asks no network`, {
    hint: 'Run mlld install once with a network.',
    data: { name },
  });
}

/** Starts the downloads of what a plan will probably hold, while index files are still on their way; each once. */
function getAhead(session: Session, { nodes }: Solved, asked: Set<string>): void {
  for (const { line, locked } of nodes.values()) {
    if (line === undefined || locked !== undefined) continue;
    for (const artifact of [line, ...line.closure]) {
      const key = nodeKey(artifact);
      if (asked.has(key)) continue;
      asked.add(key);
      void getArtifactAhead(session, artifact);
    }
  }
}

async function getArtifactAhead({ registryOf, content, cache }: Session, artifact: Artifact): Promise<void> {
  try {
    const { name, version, sources } = artifact;
    const registry = registryOf(name);
    const identity = await registry.identity();
    for (const { path, size, sha256 } of artifact.files) {
      if (sha256 === undefined || size === undefined) continue;
      const hints = registry.hintsSoFar(name);
      content.ahead({ registry, identity, of: `${name}@${version}`, path, sha256, size, sources, hints });
    }
    const { statement } = artifact;
    if (statement !== undefined && cache.proof(identity, statement) === undefined)
      await registry.proof(statement);
  } catch {
    // What fails here is asked for again where it is needed, and fails there with its reason.
  }
}

/** A name that isn't there gets the nearest ones that are. */
export async function withSuggestions({ registryOf, net }: Session, error: unknown): Promise<unknown> {
  if (!isRegistryError(error, 'MODULE_NOT_FOUND') || typeof error.data?.name !== 'string') return error;
  const name = error.data.name as ModuleName;
  const near = net.offline ? [] : nearest(name, await registryOf(name).namesLike(name));
  const hint =
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'mlld search finds modules by what they do.';
  return new RegistryError('MODULE_NOT_FOUND', error.message, {
    hint,
    cause: error,
    data: { ...error.data, near },
  });
}
