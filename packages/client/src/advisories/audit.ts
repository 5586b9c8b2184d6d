/**
 * What a program has locked, held against the advisories in the cache (docs/spec/advisories.md §10). Nothing about the program leaves
 * the machine: what is asked for, if anything, is all advisories of a registry.
 */
import path from 'node:path';
import {
  type Advisory,
  type AdvisoryEntry,
  type AffectedModule,
  besideKey,
  isRegistryError,
  type Lock,
  type LockedModule,
  layout,
  limits,
  type ModuleName,
  parseAdvisory,
  RegistryError,
} from '@mlld/format';
import { type AdvisoryGate, affectedBy, gateOf } from '@mlld/trust';
import { readLock } from '../lock/lock.ts';
import { isDependencyOnly } from '../lock/lock-merge.ts';
import { nodeKey } from '../resolve/plan.ts';
import type { Session } from '../session.ts';
import { advisoriesOn } from './gate.ts';
import { type AdvisoryBook, readBook } from './store.ts';

export interface AuditedRegistry {
  readonly name: string;
  /** Milliseconds since 1970: when its advisories were last asked for. */
  readonly checkedAt: number;
  /** Whether its log commits to them. */
  readonly logged: boolean;
  readonly count: number;
}

export interface AuditFinding {
  readonly entry: AdvisoryEntry;
  readonly gate: AdvisoryGate;
  readonly name: ModuleName;
  readonly version: string;
  /** Exports that are vulnerable; empty: all of the module. */
  readonly exports: readonly string[];
  /** Whether the program itself asks for it. */
  readonly direct: boolean;
  /** From the program to it, `@alice/a@1.0.0`, …, itself last. */
  readonly path: readonly string[];
  readonly locked: LockedModule;
}

export interface AuditReport {
  readonly registries: readonly AuditedRegistry[];
  /** Locked versions that were looked at. */
  readonly modules: number;
  /** The gravest first. */
  readonly findings: readonly AuditFinding[];
  readonly lock: Lock;
}

export interface AuditOptions {
  /** Ask the registries first; without it they are only asked where nothing is known of them. */
  readonly refresh?: boolean | undefined;
}

/** @throws RegistryError OFFLINE where nothing is known of a registry and it can't be asked, BAD_LOCK, and what asking throws */
export async function auditProject(
  session: Session,
  { refresh = false }: AuditOptions,
): Promise<AuditReport> {
  const lock = readLock(session.net.ops, session.settings.root);
  const locked = [...lock.modules.values()];
  const books = await booksOf(session, locked, refresh);
  const findings = [...lock.modules].flatMap(([key, entry]) => {
    const book = books.get(entry.registry);
    return advisoriesOn(book?.entries ?? [], entry).map((one) => findingOf(lock, { key, entry, one }));
  });
  return {
    registries: [...books.values()].map(({ registry, checkedAt, size, count }) => ({
      name: registry,
      checkedAt,
      logged: size !== undefined,
      count,
    })),
    modules: locked.length,
    findings: findings.sort(byGravity),
    lock,
  };
}

/** The advisories of each registry that something locked came from, by its identity. */
export async function booksOf(
  session: Session,
  locked: readonly LockedModule[],
  refresh: boolean,
): Promise<ReadonlyMap<string, AdvisoryBook>> {
  const { net, settings, advisoriesOf } = session;
  const names = new Map(locked.map(({ registry, name }) => [registry, name]));
  const books = new Map<string, AdvisoryBook>();
  for (const [registry, name] of [...names].sort()) {
    const kept = readBook(net.ops, path.join(settings.cacheDir, registry), registry);
    const book = kept !== undefined && !refresh ? kept : await advisoriesOf(name).refresh().catch(unknown);
    books.set(registry, book);
  }
  return books;
}

/** All advisories of the default registry. @throws RegistryError OFFLINE, and what asking throws */
export async function registryBook(
  { net, settings, advisoriesOf, registry }: Session,
  { refresh = false }: AuditOptions,
): Promise<AdvisoryBook> {
  const name = refresh ? undefined : registry().identitySoFar();
  const kept = name === undefined ? undefined : readBook(net.ops, path.join(settings.cacheDir, name), name);
  return kept ?? (await advisoriesOf().refresh().catch(unknown));
}

function unknown(error: unknown): never {
  if (!isRegistryError(error, 'OFFLINE')) throw error;
  throw new RegistryError(
    'OFFLINE',
    'nothing is known of the advisories, and they are not asked for offline',
    {
      hint: 'Run mlld audit once with a network; from then on it needs none.',
      cause: error,
    },
  );
}

interface Found {
  readonly key: string;
  readonly entry: LockedModule;
  readonly one: AdvisoryEntry;
}

function findingOf(lock: Lock, { key, entry, one }: Found): AuditFinding {
  const affected = affectedBy(one.affected, entry) as AffectedModule;
  return {
    entry: one,
    gate: gateOf(one),
    name: entry.name,
    version: entry.version,
    exports: affected.exports,
    direct: !isDependencyOnly(key, entry),
    path: pathTo(lock, entry),
    locked: entry,
  };
}

const gates: readonly AdvisoryGate[] = ['locked', 'new', 'warn'];
const severities = ['critical', 'high', 'medium', 'low'];

function byGravity(a: AuditFinding, b: AuditFinding): number {
  return (
    gates.indexOf(a.gate) - gates.indexOf(b.gate) ||
    severities.indexOf(a.entry.severity) - severities.indexOf(b.entry.severity) ||
    (`${a.name}@${a.version} ${a.entry.id}` < `${b.name}@${b.version} ${b.entry.id}` ? -1 : 1)
  );
}

/** The shortest way from the program to a locked version. */
export function pathTo(lock: Lock, wanted: LockedModule): readonly string[] {
  const roots = [...lock.modules].filter(([key, entry]) => !isDependencyOnly(key, entry));
  const queue: { readonly entry: LockedModule; readonly path: readonly string[] }[] = roots.map(
    ([, entry]) => ({
      entry,
      path: [nodeKey(entry)],
    }),
  );
  const seen = new Set(queue.map(({ path: [key] }) => key));
  const byKey = new Map([...lock.modules.values()].map((entry) => [nodeKey(entry), entry]));
  for (const { entry, path: way } of queue) {
    if (nodeKey(entry) === nodeKey(wanted)) return way;
    for (const [name, version] of entry.imports) {
      const key = besideKey(name, version);
      const next = byKey.get(key);
      if (next === undefined || seen.has(key)) continue;
      seen.add(key);
      queue.push({ entry: next, path: [...way, key] });
    }
  }
  return [nodeKey(wanted)];
}

/** The files of a locked version, hashed as they are read, from the cache alone; undefined if one is missing or damaged. */
export function cachedFiles(
  { cache }: Pick<Session, 'cache'>,
  { registry, files }: LockedModule,
): ReadonlyMap<string, Uint8Array> | undefined {
  const found = new Map<string, Uint8Array>();
  for (const [file, sha256] of files) {
    const read = cache.blob(registry, sha256);
    if (read.state !== 'ok') return undefined;
    found.set(file, read.bytes);
  }
  return found;
}

/** What an advisory says in full: what the role signed, else the revision that the index names by its hash. */
export async function advisoryStatement(
  { net, registry }: Pick<Session, 'net' | 'registry'>,
  { id, n, statement, signed }: AdvisoryEntry,
): Promise<Advisory | undefined> {
  if (signed !== undefined) return parseAdvisory(signed.statement, { where: id });
  try {
    const bytes = await registry().file(layout.advisory(id, n), limits.statementBytes);
    if (bytes === undefined || net.ops.sha256(bytes) !== statement) return undefined;
    return parseAdvisory(bytes, { where: id });
  } catch (error) {
    if (isRegistryError(error)) return undefined;
    throw error;
  }
}
