/**
 * The modules of a build, loaded when they are first needed, and what each release would have chosen at its time.
 */
import {
  type Artifact,
  compareBytes,
  compareVersions,
  highest,
  limits,
  type ModuleName,
  parseSelector,
  type Sha256Hex,
} from '@mlld/format';
import type { ReadChange, ReadModule } from '../repository/model.ts';
import type { Repository } from '../repository/read.ts';
import type { SourceStore } from '../sources/result.ts';
import { type Facts, factsOf, orderKey } from './facts.ts';

export interface CatalogModule {
  readonly read: ReadModule;
  /** Newest version first. */
  readonly facts: readonly Facts[];
}

export interface Catalog {
  /** What the repository holds of a module, without what its sources gave. */
  read(name: ModuleName): ReadModule;
  module(name: ModuleName): Promise<CatalogModule>;
  closure(facts: Facts): Promise<Closure>;
  /** Puts in what another thread has read. */
  give(read: ReadModule): void;
}

export interface Closure {
  readonly artifacts: readonly Artifact[];
  /** Every name that was looked up: a new release of one of them, dated before this one, changes the closure. */
  readonly consulted: ReadonlySet<ModuleName>;
  /** Imports that nothing matched. */
  readonly missing: readonly {
    readonly by: Artifact;
    readonly name: ModuleName;
    readonly selector: string;
  }[];
}

export function openCatalog(
  repository: Repository,
  store: SourceStore,
  { logged }: { readonly logged: boolean } = { logged: false },
): Catalog {
  const loaded = new Map<ModuleName, CatalogModule>();
  const files = new Map<ModuleName, ReadModule>();
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
    return entry;
  };
  return {
    read: readOnce,
    module,
    closure: (facts) => closureOf(facts, module),
    give: (read) => void (files.has(read.name) || files.set(read.name, read)),
  };
}

/** All that a release needs, each the highest that its range allowed when the release was published (index.md §3). */
async function closureOf(root: Facts, module: Catalog['module']): Promise<Closure> {
  const chosen = new Map<string, Facts>();
  const consulted = new Set<ModuleName>();
  const missing: Closure['missing'][number][] = [];
  const queue: Facts[] = [root];
  for (const facts of queue) {
    if (queue.length > limits.closureEntries + 1) break;
    for (const [name, selector] of facts.imports) {
      consulted.add(name);
      const found = chooseBefore(await module(name), selector, root.key);
      if (found === undefined) missing.push({ by: facts.artifact, name, selector });
      else if (found.artifact.name !== root.artifact.name && !chosen.has(found.key)) {
        chosen.set(found.key, found);
        queue.push(found);
      }
    }
  }
  const artifacts = [...chosen.values()]
    .map(({ artifact }) => artifact)
    .sort((a, b) => compareBytes(a.name, b.name) || compareVersions(b.version, a.version));
  return { artifacts, consulted, missing };
}

/** The release that a selector meant at a time: only what was published, tagged and yanked before it counts. */
export function chooseBefore(
  { read, facts }: CatalogModule,
  selector: string,
  before: string,
): Facts | undefined {
  const changes = read.changes.filter(
    ({ change }) => orderKey(instantOf(change.at), change.name, '') < before,
  );
  const yanked = yankedBy(changes);
  const published = facts.filter(({ key }) => key < before);
  const there = published.filter(({ read: { version } }) => !yanked.has(version));
  const byVersion = (version: string | undefined) => published.find((one) => one.read.version === version);
  const versions = there.map((one) => one.read.version);
  const wanted = parseSelector(selector);
  switch (wanted.kind) {
    case 'exact':
      return byVersion(wanted.version);
    case 'range':
      return byVersion(highest(versions, wanted.range));
    case 'any':
      return byVersion(newest(versions));
    case 'hash': {
      const matching = published.filter(({ artifact }) => artifact.digest?.startsWith(wanted.prefix));
      return matching.length === 1 ? matching[0] : undefined;
    }
    case 'tag':
      return byVersion(taggedBy(changes).get(wanted.tag) ?? untaggedTag(wanted.tag, versions));
  }
}

/** The highest release, or the highest pre-release where there is no other. */
export function newest(versions: readonly string[]): string | undefined {
  return highest(versions) ?? [...versions].sort((a, b) => compareVersions(b, a))[0];
}

/** tags.json has no times, so that only tag statements count; without one a tag means what its name says. */
function untaggedTag(tag: string, versions: readonly string[]): string | undefined {
  if (tag === 'latest' || tag === 'stable') return newest(versions);
  return versions
    .filter((version) => version.split('-')[1]?.split('.')[0] === tag)
    .sort((a, b) => compareVersions(b, a))[0];
}

/** Version → reason, as the last yank of each says. */
export function yankedBy(changes: readonly ReadChange[]): Map<string, string> {
  const yanked = new Map<string, string>();
  for (const { change } of changes) {
    if (change.type !== 'yank') continue;
    if (change.yanked) yanked.set(change.version, change.reason);
    else yanked.delete(change.version);
  }
  return yanked;
}

/** Tag → version, as the last statement on each says. */
export function taggedBy(changes: readonly ReadChange[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const { change } of changes) {
    if (change.type !== 'tag') continue;
    if (change.version === undefined) tags.delete(change.tag);
    else tags.set(change.tag, change.version);
  }
  return tags;
}

export function instantOf(at: string): string {
  return new Date(at).toISOString();
}
