/** Looking imports up for `mlld check`: only in a registry that is named, so that a check needs no network. */

import { RegistryError } from '@mlld/format';
import { type LookupModule, lookupIn, openRegistry } from '@mlld/publish';

export interface LookupOptions {
  readonly registry: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function lookupModules(
  options: LookupOptions,
): Promise<{ lookup: LookupModule; close(): Promise<void> } | undefined> {
  if (options.registry === undefined) return undefined;
  const target = await openRegistry({
    ...options,
    session: () => Promise.reject(new RegistryError('NOT_LOGGED_IN', 'a check signs nobody in')),
  });
  return { lookup: lookupIn(target), close: () => target.close() };
}
