/** Lists of modules that people recommend, as their makers signed them (docs/spec/statements.md §12). */
import { type Collection, layout, limits } from '@mlld/format';
import { readCollectionsFile } from '@mlld/trust';
import type { Session } from '../session.ts';

/** Those of the default registry. @throws RegistryError UNREACHABLE, OFFLINE, BAD_JSON, BAD_SHAPE */
export async function collectionsOf(session: Session): Promise<readonly Collection[]> {
  const registry = session.registry();
  const bytes = await registry.file(layout.collections, limits.collectionsBytes);
  if (bytes === undefined) return [];
  const where = { registry: await registry.identity(), where: layout.collections };
  const { collections, left } = readCollectionsFile(bytes, where);
  for (const one of left) session.net.warn(`${layout.collections}: ${one}`);
  return collections;
}
