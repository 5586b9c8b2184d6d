/** What changes a program's dependencies: add, remove, update (docs/spec/resolve.md §9). */
import {
  besideKey,
  type LockedModule,
  type ModuleName,
  nearest,
  parseModuleName,
  parseRef,
  type Ref,
  RegistryError,
} from '@mlld/format';
import { changeConfig } from '../config/config-file.ts';
import { readConfig } from '../config/settings.ts';
import { readLock } from '../lock/lock.ts';
import type { Root } from '../resolve/plan.ts';
import { loadTakeableIndex, withSuggestions } from '../resolve/resolve.ts';
import { declared, rootsOf } from '../resolve/roots.ts';
import { selectVersion } from '../resolve/select.ts';
import type { Session } from '../session.ts';
import { type InstallOptions, type InstallReport, install } from './install.ts';

export interface ChangeOptions {
  readonly dev?: boolean;
  /** Writes the exact version into the configuration, not a range. */
  readonly exact?: boolean;
  readonly onReady?: InstallOptions['onReady'];
}

/** Installs what the configuration and the lock file ask for. */
export function installAll(session: Session, { onReady }: ChangeOptions = {}): Promise<InstallReport> {
  const { config, lock } = current(session);
  return install(session, { lock, roots: rootsOf(config, lock), ...(onReady ? { onReady } : {}) });
}

/** Adds modules, or changes what is asked for of them. A bare name or a tag is written as `^version`. */
export async function add(
  session: Session,
  refs: readonly string[],
  options: ChangeOptions = {},
): Promise<InstallReport> {
  const { config, lock } = current(session);
  const parsed = refs.map(parseRef);
  const added = await Promise.all(parsed.map((ref) => rootToAdd(session, ref, options.exact ?? false)));
  const names = new Set(added.map(({ name }) => name));
  const others = rootsOf(config, lock).filter(({ key }) => !names.has(key as ModuleName));
  const { onReady } = options;
  const report = await install(session, {
    lock,
    roots: [...others, ...added],
    update: names,
    ...(onReady ? { onReady } : {}),
  });
  const set = new Map(added.map(({ name, wanted }) => [name, wanted]));
  await changeConfig(session, { set, dev: options.dev ?? false });
  return report;
}

async function rootToAdd(session: Session, { name, selector }: Ref, exact: boolean): Promise<Root> {
  const index = await loadTakeableIndex(session, name).catch(async (error: unknown) => {
    throw await withSuggestions(session, error);
  });
  const { version } = selectVersion(index, selector);
  const asTyped =
    selector.kind === 'range' ? selector.range : selector.kind === 'exact' ? version : undefined;
  const wanted = exact || selector.kind === 'hash' ? version : (asTyped ?? `^${version}`);
  const chosen = selector.kind === 'range' ? selector : ({ kind: 'exact', version } as const);
  return { key: name, name, selector: chosen, wanted };
}

/** Takes modules out of the configuration and the lock file, with what only they needed. @throws RegistryError MODULE_NOT_FOUND */
export async function remove(session: Session, names: readonly string[]): Promise<InstallReport> {
  const { config, lock } = current(session);
  const known = new Set([...declared(config).keys(), ...[...lock.modules.values()].map(({ name }) => name)]);
  const gone = new Set(names.map(parseModuleName));
  for (const name of gone) assertKnown(name, known);
  const drop = new Set([...lock.modules].filter(([, entry]) => isOwn(entry, gone)).map(([key]) => key));
  for (const name of gone) drop.add(name);
  const roots = rootsOf(config, lock).filter(({ name }) => !gone.has(name));
  const report = await install(session, { lock, roots, drop, only: new Set() });
  await changeConfig(session, { remove: gone });
  return report;
}

function isOwn({ name, version, wanted }: LockedModule, gone: ReadonlySet<ModuleName>): boolean {
  return gone.has(name) && wanted !== version;
}

export interface UpdateChange {
  readonly name: ModuleName;
  readonly from?: string;
  readonly to: string;
  /** Needs that the version before did not have. */
  readonly newNeeds: readonly string[];
  /** What its code can reach for and the version before could not, and the other way round: `kind:name`. Absent where nobody looked. */
  readonly newCapabilities?: readonly string[];
  readonly goneCapabilities?: readonly string[];
}

export interface UpdateReport extends InstallReport {
  readonly changes: readonly UpdateChange[];
}

/** Raises modules, all without names, to the newest that what asks for them allows. @throws RegistryError MODULE_NOT_FOUND */
export async function update(
  session: Session,
  names: readonly string[] = [],
  { onReady }: ChangeOptions = {},
): Promise<UpdateReport> {
  const { config, lock } = current(session);
  const wanted = new Set(names.map(parseModuleName));
  const known = new Set([...declared(config).keys(), ...[...lock.modules.values()].map(({ name }) => name)]);
  for (const name of wanted) assertKnown(name, known);
  const report = await install(session, {
    lock,
    roots: rootsOf(config, lock),
    update: wanted.size === 0 ? 'all' : wanted,
    askForNew: true,
    ...(onReady ? { onReady } : {}),
  });
  return { ...report, changes: changesBetween(lock.modules, report.lock.modules) };
}

function changesBetween(
  before: ReadonlyMap<string, LockedModule>,
  after: ReadonlyMap<string, LockedModule>,
): UpdateChange[] {
  const old = [...before.values()];
  const kept = new Set(old.map(({ name, version }) => besideKey(name, version)));
  return [...after.values()]
    .filter(({ name, version }) => !kept.has(besideKey(name, version)))
    .map(({ name, version, needs, capabilities }) => {
      const previous = before.get(name) ?? old.find((one) => one.name === name);
      return {
        name,
        to: version,
        ...(previous === undefined ? {} : { from: previous.version }),
        newNeeds: previous === undefined ? [] : needs.filter((need) => !previous.needs.includes(need)),
        ...(capabilities === undefined ? {} : capabilityChange(previous?.capabilities ?? [], capabilities)),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function capabilityChange(before: readonly string[], after: readonly string[]) {
  return {
    newCapabilities: after.filter((one) => !before.includes(one)),
    goneCapabilities: before.filter((one) => !after.includes(one)),
  };
}

function assertKnown(name: ModuleName, known: ReadonlySet<ModuleName>): void {
  if (known.has(name)) return;
  const near = nearest(name, known);
  throw new RegistryError('MODULE_NOT_FOUND', `${name}: this program does not use it`, {
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'mlld list shows what it uses.',
    data: { near },
  });
}

function current({ net: { ops }, settings }: Session) {
  return { config: readConfig(ops.files, settings.root), lock: readLock(ops, settings.root) };
}
