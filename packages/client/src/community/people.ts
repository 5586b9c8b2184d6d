/**
 * Who trusts whom, as far as a user's roots reach (docs/spec/reputation.md §5, §7): one file a person, asked for in rounds. What was
 * seen is kept: an older word shown later does not undo a newer one.
 */
import path from 'node:path';
import {
  type Author,
  encodeTrustsFile,
  isRegistryError,
  layout,
  limits,
  parseTrustsFile,
  type TrustsFile,
} from '@mlld/format';
import { type Reach, reach, readTrustsFile, type TrustEdge, walkTrust } from '@mlld/trust';
import type { Registry } from '../fetch/registry.ts';
import type { Session } from '../session.ts';

export interface Roots {
  /** Where trust begins. */
  readonly people: readonly Author[];
  readonly from: 'you' | 'registry' | 'nobody';
  /** Whose word counts nothing. */
  readonly blocked: readonly Author[];
}

interface Asked {
  readonly edges: Promise<readonly TrustEdge[]>;
  readonly since: number;
}

/** What each person said, as it was asked for in this process. */
const known = new WeakMap<Registry, Map<Author, Asked>>();
/** Milliseconds that an answer is used again: a command's life, not a resident process's. */
const memoryMs = 60_000;

/** Whom the roots reach in this registry. Without roots nobody is asked. */
export async function reachOf(session: Session, registry: Registry, roots: Roots): Promise<Reach> {
  const said = known.get(registry) ?? new Map<Author, Asked>();
  const now = session.net.ops.tick();
  known.set(registry, said);
  const edges = await walkTrust(roots.people, async (people) => {
    const rows = people.map(async (by) => {
      const before = said.get(by);
      if (before !== undefined && now - before.since < memoryMs) return [by, await before.edges] as const;
      const edges = edgesOf(session, registry, by);
      said.set(by, { edges, since: now });
      edges.catch(() => said.delete(by));
      return [by, await edges] as const;
    });
    return new Map(await Promise.all(rows));
  });
  return reach(roots.people, edges, roots.blocked);
}

/** @throws RegistryError UNREACHABLE, OFFLINE, TIMEOUT, …: that someone can't be asked is not that they said nothing */
async function edgesOf(session: Session, registry: Registry, by: Author): Promise<readonly TrustEdge[]> {
  const { net, cache } = session;
  const identity = await registry.identity();
  const at = layout.trusts(by);
  const kept = path.join(cache.dir, identity, at);
  const where = { registry: identity, by, where: at };
  const before = net.ops.files.read(kept, limits.trustsBytes);
  const bytes = await registry.file(at, limits.trustsBytes).catch((error: unknown) => {
    if (before !== undefined && isRegistryError(error, 'OFFLINE')) return before;
    throw error;
  });
  const all = joined(
    [before, bytes].flatMap((one) => (one === undefined ? [] : [parseTrustsFile(one, at)])),
    by,
  );
  // That somebody has said nothing is kept too: offline it is not the same as not knowing.
  const text = encodeTrustsFile(all ?? { v: 1, by, statements: [], keysets: [] });
  const { edges, left } = readTrustsFile(text, where);
  for (const one of left) net.warn(`${at}: ${one}`);
  // A cache that can't be written only forgets.
  if (left.length === 0 && (before === undefined || !same(before, text))) {
    try {
      net.ops.files.write(kept, text);
    } catch (error) {
      if (!isRegistryError(error)) throw error;
    }
  }
  return edges;
}

const same = (bytes: Uint8Array, text: string): boolean => new TextDecoder().decode(bytes) === text;

/** Of what was kept and what is shown the newest word counts; of two chains of keysets the longer one. */
function joined(files: readonly TrustsFile[], by: Author): TrustsFile | undefined {
  const [first, second] = files;
  if (first === undefined || second === undefined) return first;
  const statements = new Map([...second.statements, ...first.statements].map((one) => [one.statement, one]));
  const keysets = first.keysets.length > second.keysets.length ? first.keysets : second.keysets;
  return { v: 1, by, statements: [...statements.values()].slice(0, limits.trustsPerPerson), keysets };
}
