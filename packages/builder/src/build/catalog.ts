/** The modules of a build, loaded when they are first needed. */
import type { ModuleName, Sha256Hex } from '@mlld/format';
import type { ReadModule } from '../repository/model.ts';
import type { Repository } from '../repository/read.ts';
import type { SourceStore } from '../sources/result.ts';
import { type Candidate, type Candidates, type Closure, closureOf } from './closure.ts';
import { type Facts, factsOf } from './facts.ts';

export interface CatalogModule {
  readonly read: ReadModule;
  /** Newest version first. */
  readonly facts: readonly Facts[];
}

type Found = Pick<ReadonlyMap<ModuleName, string>, 'get'>;

/** Modules that are worth reading ahead: of more than a few, threads read their own. */
const mostForeseen = 100;

export interface Catalog {
  /** What the repository holds of a module, without what its sources gave. */
  read(name: ModuleName): ReadModule;
  /** Reads and verifies modules, where there is time before they are asked for. */
  foresee(names: Iterable<ModuleName>): void;
  module(name: ModuleName): Promise<CatalogModule>;
  closure(root: Candidate): Promise<Closure>;
  /** Puts in what another thread, or an earlier build, found for closures: JSON of `Candidates` by name. */
  give(found: Found): void;
}

export function openCatalog(
  repository: Repository,
  store: SourceStore,
  { logged }: { readonly logged: boolean } = { logged: false },
): Catalog {
  const loaded = new Map<ModuleName, CatalogModule>();
  const files = new Map<ModuleName, ReadModule>();
  const candidates = new Map<ModuleName, Candidates>();
  const given: Found[] = [];
  const readOnce = (name: ModuleName): ReadModule => {
    const read = files.get(name) ?? repository.module(name);
    files.set(name, read);
    return read;
  };
  const bytesOf = (hash: Sha256Hex) => store.bytes(hash);
  const module = async (name: ModuleName): Promise<CatalogModule> => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const read = readOnce(name);
    const facts: Facts[] = [];
    for (const one of read.releases)
      facts.push(await factsOf(name, one, { result: store.result(one.sha256), bytesOf, logged }));
    const entry = { read, facts };
    loaded.set(name, entry);
    candidates.set(name, { name, changes: read.changes, releases: facts });
    return entry;
  };
  const load = async (name: ModuleName): Promise<Candidates> => {
    await module(name);
    return candidates.get(name)!;
  };
  const take = (name: ModuleName): Candidates | undefined => {
    let text: string | undefined;
    for (const found of given) text ??= found.get(name);
    if (text === undefined) return undefined;
    const found = JSON.parse(text) as Candidates;
    candidates.set(name, found);
    return found;
  };
  return {
    read: readOnce,
    foresee(names) {
      const few = [...names];
      if (few.length <= mostForeseen) few.forEach(readOnce);
    },
    module,
    closure: (root) => closureOf(root, (name) => candidates.get(name) ?? take(name) ?? load(name)),
    give: (found) => void given.push(found),
  };
}

/** What closures of other modules look at. */
export function encodeCandidates({ read, facts }: CatalogModule): string {
  const changes = read.changes.map(({ change }) => ({ change }));
  const releases = facts.map(({ key, artifact, imports }) => ({ key, artifact, imports: [...imports] }));
  return JSON.stringify({ name: read.name, changes, releases } satisfies Candidates);
}
