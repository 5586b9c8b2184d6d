/** `--require-fresh` for what is locked (docs/spec/resolve.md §6.8.6). */

import { readLock } from '../lock/lock.ts';
import type { Session } from '../session.ts';
import { checkFresh } from './gates.ts';

/** Asks the log of each registry that something locked belongs to. @throws RegistryError STALE, and what checking a log throws */
export async function assertFresh(session: Session): Promise<void> {
  const { net, settings, registryOf } = session;
  const wanted = settings.requireFresh;
  if (wanted === undefined) return;
  const names = [...readLock(net.ops, settings.root).modules.values()].map(({ name }) => name);
  const registries = new Set(names.map(registryOf));
  await Promise.all(
    [...registries].map(async (registry) => {
      const what = await registry.identity();
      checkFresh((await registry.logged())?.asOf, { wanted, now: net.ops.now(), what });
    }),
  );
}
