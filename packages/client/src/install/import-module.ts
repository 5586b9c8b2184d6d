/** An import that the hot path could not answer (docs/spec/resolve.md §4.2): not locked, not cached, or a range to compare. */
import {
  besideKey,
  formatSelector,
  isRegistryError,
  type Lock,
  type LockedModule,
  type ModuleName,
  parseDuration,
  parseRef,
  printable,
  RegistryError,
  type Selector,
} from '@mlld/format';
import { assertNotMalware } from '../advisories/gate.ts';
import { readConfig } from '../config/settings.ts';
import { filesOfLocked } from '../fetch/module-files.ts';
import { readLock, writeLock } from '../lock/lock.ts';
import {
  beside,
  isRelative,
  type LockedReader,
  type Origin,
  pinnedImport,
  type ResolvedModule,
  resolvedModule,
} from '../lock/locked.ts';
import { assertNotBlocked } from '../policy/gates.ts';
import { lockedVersion, nodeKey, type Root } from '../resolve/plan.ts';
import { declared, lockedRoots, rootBeside, rootOf } from '../resolve/roots.ts';
import { stillWanted } from '../resolve/solve.ts';
import type { Session } from '../session.ts';
import { install } from './install.ts';

export interface ImportRequest {
  readonly ref: string;
  readonly from?: Origin | undefined;
  readonly ttl?: string | undefined;
}

/** @throws RegistryError what resolving, verifying and downloading throw; IMPORT_NOT_DECLARED, VERSION_CONFLICT, LOCK_FROZEN */
export async function importModule(
  session: Session,
  reader: LockedReader,
  { ref, from, ttl }: ImportRequest,
): Promise<ResolvedModule> {
  if (from !== undefined && isRelative(ref)) {
    const locked = lockedVersion(reader.lock(), from.name, from.version);
    if (locked === undefined) throw notLocked(from);
    return openLocked(session, locked, beside(from.path, ref));
  }
  const { name, selector } = parseRef(ref);
  return from === undefined
    ? importIntoProgram(session, reader, { name, selector, ttl })
    : importIntoModule(session, reader, { name, selector, from });
}

interface Wanted {
  readonly name: ModuleName;
  readonly selector: Selector;
  readonly ttl?: string | undefined;
}

async function importIntoProgram(
  session: Session,
  reader: LockedReader,
  { name, selector, ttl }: Wanted,
): Promise<ResolvedModule> {
  const lock = reader.lock();
  const locked = lockedFor(lock, { name, selector });
  if (locked !== undefined) {
    const fresh = isFresh(session, locked, ttl)
      ? locked
      : await refreshed(session, locked, { lock, selector });
    return openLocked(session, fresh);
  }
  const root = rootFor(session, { name, selector }, lock);
  const roots = [...lockedRoots(lock).filter(({ key }) => key !== root.key), root];
  const installed = await install(session, { lock, roots, only: new Set([root.key]) });
  const entry = lockedFor(installed.lock, { name, selector: root.selector });
  if (entry === undefined) throw new RegistryError('INTERNAL', `${name}: installed, but not locked`);
  return openLocked(session, entry);
}

/**
 * §4.5: an import with a time to live is resolved anew when it is over: the whole of it, signatures and all. A registry that can't be
 * reached is no reason to stop a program that has a locked version.
 */
async function refreshed(
  session: Session,
  locked: LockedModule,
  { lock, selector }: { readonly lock: Lock; readonly selector: Selector },
): Promise<LockedModule> {
  const { net, settings } = session;
  try {
    const installed = await install(session, {
      lock,
      roots: lockedRoots(lock),
      update: new Set([locked.name]),
      askForNew: true,
      only: new Set([locked.name, nodeKey(locked)]),
    });
    const base = installed.lock;
    const found = lockedFor(base, { name: locked.name, selector }) ?? locked;
    const seen = { ...found, fetchedAt: new Date(net.ops.now()).toISOString() };
    const modules = new Map([...base.modules].map(([key, one]) => [key, one === found ? seen : one]));
    await writeLock(net.ops, settings.root, { base, mine: { ...base, modules } });
    return seen;
  } catch (error) {
    if (!isRegistryError(error) || !keepsLocked.has(error.code)) throw error;
    net.warn(`${locked.name}: can't take a newer version (${error.message}); ${locked.version} is used`);
    return locked;
  }
}

/** Why a newer version can't be had, or may not be: neither ends a program that has one. */
const keepsLocked: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'TIMEOUT',
  'DNS_FAILED',
  'HTTP_STATUS',
  'POLICY_EXPIRED',
  'STALE',
  'TOO_NEW',
  'NEW_CAPABILITY',
  'CAPABILITY_DENIED',
  'EVIDENCE_TOO_LOW',
]);

function isFresh({ net, settings }: Session, { fetchedAt }: LockedModule, ttl: string | undefined): boolean {
  if (ttl === undefined || ttl === 'static' || net.offline || settings.frozen) return true;
  return ttl !== 'live' && net.ops.now() - Date.parse(fetchedAt) < ttlMs(ttl);
}

/** `30s`, `5m`, `1h`, `7d`, `2w` in milliseconds. @throws RegistryError BAD_REF */
function ttlMs(text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new RegistryError('BAD_REF', `'${printable(text)}' is no time to live`, {
      cause,
      hint: 'For instance 30s, 5m, 1h, 7d, 2w, live or static.',
    });
  }
}

/** The locked version that a selector means: the program's own, else one beside it. */
function lockedFor({ modules }: Lock, { name, selector }: Wanted): LockedModule | undefined {
  const own = modules.get(name);
  if (own !== undefined && stillWanted(own, selector)) return own;
  if (selector.kind === 'any') return undefined;
  return [...modules.values()].find((one) => one.name === name && stillWanted(one, selector));
}

/** The first version of a name is the program's own; another one that it asks for stands beside it. */
function rootFor({ net, settings }: Session, { name, selector }: Wanted, lock: Lock): Root {
  if (lock.modules.has(name))
    return { ...rootBeside(name, selector), key: besideKey(name, formatSelector(selector)) };
  const legacy = lock.legacy.get(name);
  if (selector.kind === 'any' && legacy?.version !== undefined)
    return { ...rootOf(name, legacy.version), wanted: legacy.wanted };
  const range = declared(readConfig(net.ops.files, settings.root)).get(name);
  if (selector.kind === 'any') return rootOf(name, range ?? 'latest');
  return { ...rootOf(name, formatSelector(selector)), selector };
}

async function importIntoModule(
  session: Session,
  reader: LockedReader,
  { name, selector, from }: Wanted & { readonly from: Origin },
): Promise<ResolvedModule> {
  const lock = reader.lock();
  if (lockedVersion(lock, from.name, from.version) === undefined) throw notLocked(from);
  const pinned = pinnedImport(lock, name, from);
  if (pinned !== undefined) {
    if (stillWanted(pinned, selector)) return openLocked(session, pinned);
    throw new RegistryError(
      'VERSION_CONFLICT',
      `${from.name}@${from.version} imports ${name}@${formatSelector(selector)} in its code, and its release pins ${pinned.version}`,
      { hint: 'Only its author can mend that, with a new release.' },
    );
  }
  // §3.7: a record of today's registry declares no imports. What its code asks for is resolved now, and pinned.
  const resolved = await importIntoProgram(session, reader, { name, selector });
  await pin(session, { from, name, version: resolved.origin.version });
  return resolved;
}

async function pin(
  { net, settings }: Session,
  { from, name, version }: { readonly from: Origin; readonly name: ModuleName; readonly version: string },
): Promise<void> {
  if (settings.frozen) return;
  const base = readLock(net.ops, settings.root);
  const modules = new Map(base.modules);
  for (const [key, entry] of base.modules) {
    if (entry.name === from.name && entry.version === from.version)
      modules.set(key, { ...entry, imports: new Map([...entry.imports, [name, version]]) });
  }
  await writeLock(net.ops, settings.root, { base, mine: { ...base, modules } });
}

/** Opens a locked version, fetching its files if they are not in the cache. */
async function openLocked(
  session: Session,
  locked: LockedModule,
  file = locked.entry,
): Promise<ResolvedModule> {
  assertNotBlocked(session, locked);
  assertNotMalware(session.net.ops, session.settings.cacheDir, locked);
  const found = await filesOfLocked(session, locked, session.registryOf(locked.name));
  found.keep();
  await session.cache.flush();
  const bytes = found.files.get(file);
  if (bytes !== undefined) return resolvedModule(locked, file, bytes);
  throw new RegistryError('FILE_NOT_FOUND', `${locked.name}@${locked.version} has no file '${file}'`, {
    hint: `Its files: ${[...locked.files.keys()].slice(0, 20).join(', ')}.`,
  });
}

function notLocked(from: Origin): RegistryError {
  return new RegistryError(
    'MODULE_NOT_FOUND',
    `${from.name}@${from.version} is not in the lock file any more`,
    {
      hint: 'Another process changed it while the program ran. Run it again.',
    },
  );
}
