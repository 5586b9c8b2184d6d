/**
 * Brings a program's modules into the cache and its lock file up to date (docs/spec/resolve.md §4, §8). What is locked
 * needs no index: only the bytes that are not in the cache are fetched, all at once.
 */
import {
  besideKey,
  formatSelector,
  type Lock,
  type LockedMcp,
  type LockedModule,
  type ModuleName,
  RegistryError,
} from '@mlld/format';
import { rememberProject } from '../cache/projects.ts';
import { writeLock } from '../lock/lock.ts';
import { reachable, sameLock } from '../lock/lock-merge.ts';
import { nodeKey, type Plan, type PlanNode, type Root } from '../resolve/plan.ts';
import { type Resolution, resolvePlan } from '../resolve/resolve.ts';
import { stillWanted } from '../resolve/solve.ts';
import type { Session } from '../session.ts';
import { type Materialised, type MaterialiseOptions, materialise, type Ready } from './materialise.ts';

export interface InstallOptions {
  /** The lock file that `roots` were read from: what is not among them counts as removed. */
  readonly lock: Lock;
  readonly roots: readonly Root[];
  readonly update?: ReadonlySet<ModuleName> | 'all';
  /** Keys of roots whose modules are brought into the cache; all without it. The others are only locked. */
  readonly only?: ReadonlySet<string>;
  /** Keys that leave the lock file. */
  readonly drop?: ReadonlySet<string>;
  /** Whether modules that are new to the program need consent: nobody asked for them by name. */
  readonly askForNew?: boolean;
  readonly onReady?: MaterialiseOptions['onReady'];
}

export interface InstalledModule extends Ready {
  /** Whether the program itself asks for it. */
  readonly direct: boolean;
}

export interface InstallReport {
  /** In the order of their names. */
  readonly modules: readonly InstalledModule[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The lock file as it is now. */
  readonly lock: Lock;
  readonly ms: number;
}

/** @throws RegistryError LOCK_FROZEN, and what resolving, verifying, downloading and writing throw */
export async function install(session: Session, options: InstallOptions): Promise<InstallReport> {
  const { net, settings } = session;
  const started = net.ops.tick();
  const { lock: base, update = new Set<ModuleName>(), only, drop = new Set<string>() } = options;
  if (settings.frozen) assertFrozen(base, options);
  const kept = without(base, drop);
  const plan = await resolvePlan(session, { roots: options.roots, lock: kept, update });
  const wanted = only === undefined ? plan : partOf(plan, only);
  const { ready, authors } = await materialise(session, wanted, {
    lock: base,
    askForNew: options.askForNew,
    ...(options.onReady === undefined ? {} : { onReady: options.onReady }),
  });
  // The lock file names nothing that is not in the cache (§8.1).
  await session.cache.flush();
  const lock = settings.frozen
    ? base
    : await writeLock(net.ops, settings.root, { base, mine: lockOf(plan, { kept, ready, authors }) });
  rememberProject(session);
  const direct = new Set([...plan.roots.values()].map(({ node }) => nodeKey(node)));
  return {
    modules: [...ready]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => ({ ...one, direct: direct.has(key) })),
    ...difference(base, lock),
    lock,
    ms: net.ops.tick() - started,
  };
}

function lockOf(plan: Plan, { kept, ready, authors }: { readonly kept: Lock } & Materialised): Lock {
  return {
    ...kept,
    modules: entriesOf(plan, { ready, kept }),
    authors: new Map([...kept.authors, ...authors]),
    legacy: new Map([...kept.legacy].filter(([key]) => !plan.roots.has(key))),
  };
}

/** The entries of a lock file for a plan. What was not brought into the cache this time stays as it was. */
function entriesOf(
  plan: Plan,
  { ready, kept }: { readonly ready: ReadonlyMap<string, Ready>; readonly kept: Lock },
): Map<string, LockedModule> {
  const modules = new Map<string, LockedModule>();
  const own = new Set<string>();
  const entryOf = (key: string) => {
    const node = plan.nodes.get(key);
    const entry = ready.get(key)?.entry ?? node?.locked;
    return entry && node ? withMembers(entry, { imports: node.imports }) : entry;
  };
  for (const [key, { root, node }] of plan.roots) {
    const entry = entryOf(nodeKey(node));
    if (entry === undefined) continue;
    // A version beside the program's own stands under its version, whatever it was asked for by.
    const place = key === node.name ? key : nodeKey(node);
    if (own.has(place)) continue;
    modules.set(place, withMembers(entry, { wanted: root.wanted, ...grantedBefore(kept, place, entry) }));
    if (key === node.name) own.add(nodeKey(node));
  }
  for (const key of plan.nodes.keys()) {
    const entry = own.has(key) ? undefined : entryOf(key);
    if (entry === undefined || modules.has(key)) continue;
    modules.set(key, withMembers(entry, { wanted: entry.version }));
  }
  return reachable(modules);
}

/** The entry with other members; the very same object where they are what they were. */
function withMembers(entry: LockedModule, members: Partial<LockedModule>): LockedModule {
  const changed = { ...entry, ...members };
  const keys = Object.keys(members) as (keyof LockedModule)[];
  return keys.every((key) => isSameMember(entry[key], changed[key])) ? entry : changed;
}

function isSameMember(a: unknown, b: unknown): boolean {
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** What the user agreed to goes on. Of an MCP server that lists other things now, the listing does not (mcp.md §5.4). */
function grantedBefore(
  kept: Lock,
  key: string,
  { needs, digest }: LockedModule,
): { granted?: readonly string[]; mcp?: LockedMcp } {
  const before = kept.modules.get(key);
  if (before === undefined) return {};
  const { granted, mcp } = before;
  return {
    granted: granted.filter((need) => needs.includes(need)),
    ...(mcp === undefined
      ? {}
      : { mcp: before.digest === digest ? mcp : { granted: mcp.granted, config: mcp.config } }),
  };
}

/** The part of a plan below some roots. */
function partOf(plan: Resolution, only: ReadonlySet<string>): Resolution {
  const nodes = new Map<string, PlanNode>();
  const queue = [...plan.roots].flatMap(([key, { node }]) => (only.has(key) ? [nodeKey(node)] : []));
  // Versions that are new have to be verified whatever the program imports now: they are about to be locked.
  for (const [key, { locked }] of plan.nodes) if (locked === undefined) queue.push(key);
  for (const key of queue) {
    const node = plan.nodes.get(key);
    if (node === undefined || nodes.has(key)) continue;
    nodes.set(key, node);
    for (const [name, version] of node.imports) queue.push(besideKey(name, version));
  }
  return { ...plan, nodes };
}

function without(lock: Lock, drop: ReadonlySet<string>): Lock {
  if (drop.size === 0) return lock;
  const left = (map: ReadonlyMap<string, LockedModule>) =>
    new Map([...map].filter(([key]) => !drop.has(key)));
  return {
    ...lock,
    modules: reachable(left(lock.modules)),
    legacy: new Map([...lock.legacy].filter(([key]) => !drop.has(key))),
  };
}

/** §8.5: `--frozen` installs what the lock file says, and fails where it does not say it. */
function assertFrozen(lock: Lock, { roots, update, drop }: InstallOptions): void {
  const open = roots.filter(({ key, selector }) => {
    const entry = lock.modules.get(key);
    return entry === undefined || !stillWanted(entry, selector);
  });
  if (open.length === 0 && (update === undefined || update !== 'all') && !update?.size && !drop?.size) return;
  const list = open.map(({ name, selector, key }) => {
    const entry = lock.modules.get(key);
    return `\n  ${name}: wanted ${formatSelector(selector)}, locked ${entry?.version ?? 'nothing'}`;
  });
  throw new RegistryError(
    'LOCK_FROZEN',
    `the lock file does not fit, and --frozen forbids to change it${list.join('')}`,
    {
      hint: 'Run mlld install without --frozen and commit mlld-lock.json.',
      data: { open: open.map(({ name }) => name) },
    },
  );
}

function difference(before: Lock, after: Lock): { added: string[]; removed: string[] } {
  if (sameLock(before, after)) return { added: [], removed: [] };
  const versions = (lock: Lock) => new Set([...lock.modules.values()].map(nodeKey));
  const [old, now] = [versions(before), versions(after)];
  return {
    added: [...now].filter((one) => !old.has(one)).sort(),
    removed: [...old].filter((one) => !now.has(one)).sort(),
  };
}
