/**
 * What each release would have chosen at its time (docs/spec/index.md §3), from the little of each module that matters
 * for it: small enough to be sent to every thread.
 */
import {
  type Artifact,
  compareBytes,
  compareVersions,
  highest,
  limits,
  type ModuleChange,
  type ModuleName,
  parseSelector,
} from '@mlld/format';
import { countBefore } from './sorted.ts';

/** A module as closures look at it. Plain JSON. */
export interface Candidates {
  readonly name: ModuleName;
  /** In order of their numbers. */
  readonly changes: readonly Change[];
  readonly releases: readonly Candidate[];
}

interface Change {
  readonly change: ModuleChange;
}

export interface Candidate {
  /** Its place in the order of all releases: time, then name, then version. */
  readonly key: string;
  readonly artifact: Artifact;
  readonly imports: Iterable<readonly [ModuleName, string]>;
}

/** Finds a module: at once where it is known. */
export type Lookup = (name: ModuleName) => Candidates | Promise<Candidates>;

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

/** All that a release needs, each the highest that its range allowed when the release was published. */
export async function closureOf(root: Candidate, lookup: Lookup): Promise<Closure> {
  const chosen = new Set<Candidate>();
  const consulted = new Set<ModuleName>();
  const missing: Closure['missing'][number][] = [];
  const queue: Candidate[] = [root];
  for (const one of queue) {
    if (queue.length > limits.closureEntries + 1) break;
    for (const [name, selector] of one.imports) {
      consulted.add(name);
      const module = lookup(name);
      const candidates = module instanceof Promise ? await module : module;
      const found = chooseBefore(candidates, selector, root.key);
      if (found === undefined) missing.push({ by: one.artifact, name, selector });
      else if (found.artifact.name !== root.artifact.name && !chosen.has(found)) {
        chosen.add(found);
        queue.push(found);
      }
    }
  }
  const artifacts = [...chosen]
    .map(({ artifact }) => artifact)
    .sort((a, b) => compareBytes(a.name, b.name) || compareVersions(b.version, a.version));
  return { artifacts, consulted, missing };
}

/** Places in time, ascending, and what was chosen between two of them. */
interface Times {
  readonly releases: readonly string[];
  readonly changes: readonly string[];
  readonly chosen: Map<string, Candidate | undefined>;
}

/** Many releases ask the same of a popular module. */
const timesOf = new WeakMap<Candidates, Times>();

/** The release that a selector meant at a time: only what was published, tagged and yanked before it counts. */
function chooseBefore(module: Candidates, selector: string, before: string): Candidate | undefined {
  const times = timesOf.get(module) ?? {
    releases: module.releases.map(({ key }) => key).sort(),
    changes: module.changes.map(changeKey).sort(),
    chosen: new Map<string, Candidate | undefined>(),
  };
  timesOf.set(module, times);
  const moment = `${selector}\n${countBefore(times.releases, before)}\n${countBefore(times.changes, before)}`;
  if (times.chosen.has(moment)) return times.chosen.get(moment);
  const found = choose(
    {
      ...module,
      changes: module.changes.filter((one) => changeKey(one) < before),
      releases: module.releases.filter(({ key }) => key < before),
    },
    selector,
  );
  times.chosen.set(moment, found);
  return found;
}

const changeKey = ({ change }: Change) => orderKey(instantOf(change.at), change.name, '');

function choose({ changes, releases }: Candidates, selector: string): Candidate | undefined {
  const yanked = yankedBy(changes);
  const versions = releases.map(({ artifact }) => artifact.version).filter((one) => !yanked.has(one));
  const byVersion = (version: string | undefined) =>
    releases.find(({ artifact }) => artifact.version === version);
  const wanted = parseSelector(selector);
  switch (wanted.kind) {
    case 'exact':
      return byVersion(wanted.version);
    case 'range':
      return byVersion(highest(versions, wanted.range));
    case 'any':
      return byVersion(newest(versions));
    case 'hash': {
      const matching = releases.filter(({ artifact }) => artifact.digest?.startsWith(wanted.prefix));
      return matching.length === 1 ? matching[0] : undefined;
    }
    case 'tag':
      return byVersion(taggedBy(changes).get(wanted.tag) ?? untaggedTag(wanted.tag, versions));
  }
}

export function orderKey(at: string, name: string, version: string): string {
  return `${at}|${name}|${version}`;
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
export function yankedBy(changes: readonly Change[]): Map<string, string> {
  const yanked = new Map<string, string>();
  for (const { change } of changes) {
    if (change.type !== 'yank') continue;
    if (change.yanked) yanked.set(change.version, change.reason);
    else yanked.delete(change.version);
  }
  return yanked;
}

/** Tag → version, as the last statement on each says. */
export function taggedBy(changes: readonly Change[]): Map<string, string> {
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
