/**
 * Times to live (docs/spec/resolve.md §12): `(30s)`, `(5m)`, `(1h)`, `(7d)`, `(2w)`, `(live)`, `(static)` on an import of the
 * user's own program. When the time has passed, the import is resolved anew within what it asks for, with every check of a
 * new resolution; when nobody can be reached, what is locked goes on.
 */
import { isRegistryError, parseRef, printable, RegistryError } from '@mlld/format';
import { update } from './dependencies.ts';
import { readLock, writeLock } from './lock.ts';
import type { LockedReader } from './locked.ts';
import type { Session } from './session.ts';

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds that a resolution may be used: 0 for `live`, Infinity for `static`. @throws RegistryError BAD_REF */
export function parseTtl(text: string): number {
  if (text === 'live') return 0;
  if (text === 'static') return Number.POSITIVE_INFINITY;
  const match = /^(\d{1,6})([smhdw])$/.exec(text);
  if (match === null) {
    throw new RegistryError('BAD_REF', `'${printable(text, 40)}' is no time to live`, {
      hint: 'For instance (30s), (5m), (1h), (7d), (2w), (live) or (static).',
    });
  }
  return Number(match[1]) * units[match[2]!]!;
}

/** Whether a locked import has outlived `ttl`. An import that is not locked yet has not. */
export function isStale(
  reader: LockedReader,
  ref: string,
  { ttl, now }: { ttl: string; now: number },
): boolean {
  const age = parseTtl(ttl);
  if (age === Number.POSITIVE_INFINITY) return false;
  const locked = reader.lock().modules.get(parseRef(ref).name);
  return locked !== undefined && now - Date.parse(locked.fetchedAt) >= age;
}

/** Resolves a locked import anew, and notes when. Unreachable registries are a warning: what is locked goes on. */
export async function refresh(session: Session, ref: string): Promise<void> {
  const { net, settings } = session;
  if (net.offline || settings.frozen) return;
  const { name } = parseRef(ref);
  try {
    await update(session, [name]);
  } catch (error) {
    const unreachable = [
      'UNREACHABLE',
      'TIMEOUT',
      'HTTP_STATUS',
      'DNS_FAILED',
      'REGISTRY_NOT_FOUND',
    ] as const;
    if (!unreachable.some((code) => isRegistryError(error, code))) throw error;
    net.warn(`${name}: its time to live is over, and nobody could be asked; going on with what is locked`);
    return;
  }
  const base = readLock(net.ops, settings.root);
  const entry = base.modules.get(name);
  if (entry === undefined) return;
  const modules = new Map(base.modules).set(name, {
    ...entry,
    fetchedAt: new Date(net.ops.now()).toISOString(),
  });
  await writeLock(net.ops, settings.root, { base, mine: { ...base, modules } });
}
