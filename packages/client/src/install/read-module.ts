/** The files of a version for a reader (docs/spec/scan.md §7): verified against the index, and not installed. */
import { type ModuleName, parseRef } from '@mlld/format';
import { filesOfLine, filesOfLocked } from '../fetch/module-files.ts';
import { readLock } from '../lock/lock.ts';
import { loadIndex, withSuggestions } from '../resolve/resolve.ts';
import { selectVersion } from '../resolve/select.ts';
import type { Session } from '../session.ts';

export interface ReadModule {
  readonly name: ModuleName;
  readonly version: string;
  readonly entry: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Gets the files of the version that a reference means: the locked one if it names no version, else as the registry says.
 * Changes neither the lock file nor the configuration. The bytes are those that the index or the lock file names.
 * @throws RegistryError BAD_REF, MODULE_NOT_FOUND, VERSION_NOT_FOUND, YANKED, HASH_MISMATCH, UNREACHABLE, OFFLINE, …
 */
export async function readModuleFiles(session: Session, ref: string): Promise<ReadModule> {
  const { name, selector } = parseRef(ref);
  const lock = readLock(session.net.ops, session.settings.root);
  const locked = [...lock.modules.values()].find(
    (one) =>
      one.name === name &&
      (selector.kind === 'any' || (selector.kind === 'exact' && selector.version === one.version)),
  );
  const registry = session.registryOf(name);
  if (locked !== undefined) {
    const { files } = await filesOfLocked(session, locked, registry);
    return { name, version: locked.version, entry: locked.entry, files };
  }
  const index = await loadIndex(session, name).catch(async (error: unknown) => {
    throw await withSuggestions(session, error);
  });
  const line = selectVersion(index, selector);
  const { files } = await filesOfLine(session, line, { registry, identity: await registry.identity() });
  return { name, version: line.version, entry: line.entry, files };
}
