/**
 * Which versions stand in a program (docs/spec/resolve.md §3): minimal version selection over what authors published with.
 * Pure: it works on the index files that are there and says which ones it still needs.
 */
import {
  compareVersions,
  formatSelector,
  type IndexVersion,
  isRegistryError,
  type Lock,
  type LockedModule,
  limits,
  type ModuleIndex,
  type ModuleName,
  parseSelector,
  RegistryError,
  type Selector,
  satisfies,
} from '@mlld/format';
import { certainlyMeans } from '../lock/locked.ts';
import { chainTo, lockedVersion, nodeKey, type Plan, type PlanNode, type Root } from './plan.ts';
import { candidates, compatibleGroup, selectVersion } from './select.ts';

export interface SolveInput {
  readonly roots: readonly Root[];
  readonly lock: Lock;
  /** Names that are raised to the newest that is allowed, whatever the lock file says. */
  readonly update: ReadonlySet<ModuleName> | 'all';
  /** The index files that are there; an error for one that can't be had. */
  readonly indexes: ReadonlyMap<ModuleName, ModuleIndex | RegistryError>;
  /** Keys of locked versions whose imports are pinned anew. */
  readonly reopened: ReadonlySet<string>;
}

export interface Solved extends Plan {
  /** Names whose index files are needed before the plan is complete. */
  readonly missing: ReadonlySet<ModuleName>;
}

/** Rounds in which the ranges of all dependents settle on one version; what is left then stands side by side. */
const settleRounds = 8;

/** @throws RegistryError MODULE_NOT_FOUND, VERSION_NOT_FOUND, YANKED, AMBIGUOUS_HASH, IMPORT_CYCLE, TOO_LARGE */
export function solve(input: SolveInput): Solved {
  let ranges: Ranges = new Map();
  let before = '';
  for (let round = 0; ; round++) {
    const walk = new Walk(input, ranges);
    const solved = walk.run();
    const pins = [...solved.nodes.keys()].sort().join(' ');
    if (solved.missing.size > 0 || pins === before || round >= settleRounds) {
      if (solved.missing.size === 0) assertNoCycle(solved);
      return solved;
    }
    before = pins;
    ranges = walk.seen;
  }
}

/**
 * Locked versions that pin a module of which two versions of one compatible group would stand in the program: their imports
 * are worth choosing anew (§3.4).
 */
export function worthReopening(plan: Plan, reopened: ReadonlySet<string>): Set<string> {
  const groups = new Map<string, Set<string>>();
  for (const { name, version } of plan.nodes.values()) {
    const group = `${name} ${compatibleGroup(version)}`;
    groups.set(group, (groups.get(group) ?? new Set()).add(version));
  }
  const doubled = (name: ModuleName, version: string) =>
    (groups.get(`${name} ${compatibleGroup(version)}`)?.size ?? 0) > 1;
  const found = new Set<string>();
  for (const [key, node] of plan.nodes) {
    if (node.locked === undefined || reopened.has(key)) continue;
    if ([...node.imports].some(([name, version]) => doubled(name, version))) found.add(key);
  }
  return found;
}

type Ranges = ReadonlyMap<ModuleName, ReadonlySet<string>>;

/** One walk from the roots over everything they import. */
class Walk {
  /** Ranges by the module they are about, in the order in which they were met. */
  readonly seen = new Map<ModuleName, Set<string>>();
  private readonly input: SolveInput;
  private readonly ranges: Ranges;
  private readonly nodes = new Map<string, PlanNode>();
  private readonly missing = new Set<ModuleName>();
  /** Versions that a closure or the lock file names. */
  private readonly named = new Map<ModuleName, Set<string>>();
  private readonly queue: PlanNode[] = [];

  constructor(input: SolveInput, ranges: Ranges) {
    this.input = input;
    this.ranges = ranges;
    for (const { name, version } of input.lock.modules.values())
      if (!this.isUpdated(name)) this.name(name, version);
  }

  run(): Solved {
    const roots = new Map<string, { root: Root; node: PlanNode }>();
    for (const root of this.input.roots) {
      const node = this.root(root);
      if (node !== undefined) roots.set(root.key, { root, node });
    }
    for (let node = this.queue.shift(); node !== undefined; node = this.queue.shift()) {
      for (const [name, wanted] of this.edges(node)) {
        const pinned = this.dependency({ name, wanted, from: node });
        if (pinned !== undefined) node.imports.set(name, pinned.version);
      }
    }
    return { nodes: this.nodes, roots, missing: this.missing };
  }

  private root({ key, name, selector }: Root): PlanNode | undefined {
    const entry = this.input.lock.modules.get(key);
    if (entry !== undefined && !this.isUpdated(name) && stillWanted(entry, selector))
      return this.keep(name, entry.version);
    const index = this.index(name, undefined);
    if (index === undefined) return undefined;
    return this.add(selectVersion(index, selector), undefined);
  }

  /** What a node imports: by pin as long as it is locked, by range otherwise. */
  private edges({ line, locked }: PlanNode): Iterable<readonly [ModuleName, Selector]> {
    if (line !== undefined)
      return [...line.imports].map(([name, range]) => [name, parseSelector(range)] as const);
    return [...(locked?.imports ?? [])].map(([name, version]) => [name, { kind: 'exact', version }] as const);
  }

  private dependency({ name, wanted, from }: Edge): PlanNode | undefined {
    const range = rangeOf(wanted);
    if (range !== undefined) this.seen.set(name, (this.seen.get(name) ?? new Set()).add(range));
    const isPin = from.line === undefined;
    if (isPin && wanted.kind === 'exact') {
      const kept = this.keep(name, wanted.version, from);
      if (kept !== undefined) return kept;
    }
    const index = this.index(name, from);
    if (index === undefined) return undefined;
    const version = range === undefined ? undefined : this.choose(index, range);
    const kept = version === undefined || this.isUpdated(name) ? undefined : this.keep(name, version, from);
    if (kept !== undefined) return kept;
    const line = index.versions.find((one) => one.version === version);
    return this.add(line ?? selectVersion(index, wanted, { chain: chainTo(from) }), from);
  }

  /**
   * §3.3: the highest version in `range` that a closure names (raised: that there is), or a lower one of the same compatible group
   * if that suits all others who import of this group.
   */
  private choose(index: ModuleIndex, range: string): string | undefined {
    const { name } = index.header;
    const best = this.inRange(index, range)[0];
    if (best === undefined) return undefined;
    const group = compatibleGroup(best);
    const rivals = [...(this.ranges.get(name) ?? [])].filter((other) => {
      const own = this.inRange(index, other)[0];
      return own !== undefined && compatibleGroup(own) === group;
    });
    const shared = this.inRange(index, range).find(
      (version) => compatibleGroup(version) === group && rivals.every((other) => satisfies(version, other)),
    );
    return shared ?? best;
  }

  /** Versions that may be taken for a range, highest first. */
  private inRange(index: ModuleIndex, range: string): string[] {
    const { name } = index.header;
    const all = candidates(index, range).map(({ version }) => version);
    if (this.isUpdated(name)) return all;
    const named = [...(this.named.get(name) ?? [])]
      .filter((version) => satisfies(version, range))
      .filter((version) => this.locked(name, version) !== undefined || all.includes(version))
      .sort((a, b) => compareVersions(b, a));
    // Nothing was published with a version in this range: the highest there is now.
    return named.length > 0 ? named : all.slice(0, 1);
  }

  /** Puts a locked version into the plan as it is, or with its imports open again. */
  private keep(name: ModuleName, version: string, via?: PlanNode): PlanNode | undefined {
    const locked = this.locked(name, version);
    if (locked === undefined) return undefined;
    const index = this.input.reopened.has(nodeKey(locked)) ? this.index(name, via) : undefined;
    const line = index?.versions.find((one) => one.version === version);
    return this.enter({
      name,
      version,
      locked,
      imports: new Map(),
      ...(line ? { line } : {}),
      ...(via ? { via } : {}),
    });
  }

  private add(line: IndexVersion, via: PlanNode | undefined): PlanNode {
    for (const { name, version } of line.closure) {
      this.name(name, version);
      if (!this.input.indexes.has(name)) this.missing.add(name);
    }
    const { name, version } = line;
    // The same bytes may be locked already: then their evidence, grants and time stay.
    const locked = lockedVersion(this.input.lock, name, version);
    const node: PlanNode = { name, version, line, imports: new Map(), ...(via ? { via } : {}) };
    return this.enter(
      locked?.digest !== undefined && locked.digest === line.digest ? { ...node, locked } : node,
    );
  }

  private enter(node: PlanNode): PlanNode {
    const key = nodeKey(node);
    const known = this.nodes.get(key);
    if (known !== undefined) return known;
    if (this.nodes.size >= limits.programModules)
      throw new RegistryError('TOO_LARGE', `the program needs more than ${limits.programModules} modules`);
    this.nodes.set(key, node);
    this.queue.push(node);
    return node;
  }

  /** The index of a name; undefined, and asked for, while it isn't there. @throws what kept it from being there */
  private index(name: ModuleName, from: PlanNode | undefined): ModuleIndex | undefined {
    const index = this.input.indexes.get(name);
    if (index === undefined) this.missing.add(name);
    if (!isRegistryError(index)) return index;
    if (from === undefined) throw index;
    throw new RegistryError(index.code, `${index.message} (asked for by ${chainTo(from)})`, {
      hint: index.hint,
      cause: index,
      data: index.data,
    });
  }

  private locked(name: ModuleName, version: string) {
    return this.isUpdated(name) ? undefined : lockedVersion(this.input.lock, name, version);
  }

  private isUpdated(name: ModuleName): boolean {
    return this.input.update === 'all' || this.input.update.has(name);
  }

  private name(name: ModuleName, version: string): void {
    this.named.set(name, (this.named.get(name) ?? new Set()).add(version));
  }
}

interface Edge {
  readonly name: ModuleName;
  readonly wanted: Selector;
  readonly from: PlanNode;
}

/** Whether a locked version is still what is asked for (§3.2). */
export function stillWanted(locked: LockedModule, selector: Selector): boolean {
  if (certainlyMeans(selector, locked)) return true;
  if (selector.kind === 'range') return satisfies(locked.version, selector.range);
  return locked.wanted === formatSelector(selector);
}

/** A selector as a range that others can be held against; undefined for tags and hashes, which mean one version. */
function rangeOf(selector: Selector): string | undefined {
  if (selector.kind === 'range') return selector.range;
  if (selector.kind === 'exact') return selector.version;
  return selector.kind === 'any' ? '*' : undefined;
}

function assertNoCycle({ nodes }: Plan): void {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (key: string): void => {
    const at = path.indexOf(key);
    if (at >= 0) {
      const cycle = [...path.slice(at), key].join(' → ');
      throw new RegistryError('IMPORT_CYCLE', `modules import each other: ${cycle}`, {
        hint: 'One of these modules has to stop importing the other; mlld why shows who brings them in.',
        data: { cycle: [...path.slice(at), key] },
      });
    }
    if (done.has(key)) return;
    path.push(key);
    for (const [name, version] of nodes.get(key)?.imports ?? []) visit(nodeKey({ name, version }));
    path.pop();
    done.add(key);
  };
  for (const key of [...nodes.keys()].sort()) visit(key);
}
