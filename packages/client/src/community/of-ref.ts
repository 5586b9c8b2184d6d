/** What people say about a module by its reference. */
import { parseRef } from '@mlld/format';
import { loadProvenIndex, withSuggestions } from '../resolve/resolve.ts';
import { selectVersion } from '../resolve/select.ts';
import type { Session } from '../session.ts';
import { type Opinion, opinionOf } from './opinion.ts';

/** @throws RegistryError MODULE_NOT_FOUND, VERSION_NOT_FOUND, YANKED, … */
export async function opinionOfRef(session: Session, ref: string): Promise<Opinion> {
  const { name, selector } = parseRef(ref);
  const index = await loadProvenIndex(session, name).catch(async (error: unknown) => {
    throw await withSuggestions(session, error);
  });
  const line = selectVersion(index, selector);
  return opinionOf(session, { index, line, evidence: line.evidence });
}
