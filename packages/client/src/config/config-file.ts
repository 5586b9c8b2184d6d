/** Changes of `mlld-config.json`: one process at a time, all other members as they were. */
import path from 'node:path';
import { type Config, encodeConfig, type ModuleName, userLayout } from '@mlld/format';
import { exclusively } from '../exclusively.ts';
import type { Session } from '../session.ts';
import { readConfig } from './settings.ts';

export interface DependencyChange {
  readonly set?: ReadonlyMap<ModuleName, string>;
  readonly remove?: ReadonlySet<ModuleName>;
  /** `set` goes to `devDependencies`. */
  readonly dev?: boolean;
}

/** @throws RegistryError LOCK_BUSY, BAD_JSON, BAD_SHAPE, DISK_FULL, IO */
export async function changeConfig(
  { net: { ops }, settings }: Session,
  change: DependencyChange,
): Promise<Config> {
  const file = path.join(settings.root, userLayout.config);
  return exclusively(ops, `${file}.lock`, (stillMine) => {
    const config = readConfig(ops.files, settings.root);
    const dependencies = new Map(config.dependencies);
    const devDependencies = new Map(config.devDependencies);
    for (const name of [...(change.remove ?? []), ...(change.set?.keys() ?? [])]) {
      dependencies.delete(name);
      devDependencies.delete(name);
    }
    for (const [name, range] of change.set ?? [])
      (change.dev ? devDependencies : dependencies).set(name, range);
    const changed = { ...config, dependencies, devDependencies };
    if (encodeConfig(changed) === encodeConfig(config)) return config;
    if (!stillMine()) return undefined;
    ops.files.write(file, encodeConfig(changed), { durable: true });
    return changed;
  });
}
