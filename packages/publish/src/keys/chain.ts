/** An author's keysets as a registry repository holds them. */

import { type Author, layout, limits, RegistryError, type SignedText } from '@mlld/format';
import {
  inForce,
  looksRecovered,
  recoveryByClaims,
  splitSignatures,
  type VerifiedKeyset,
  verifyKeysets,
} from '@mlld/trust';
import type { RegistryTarget } from '../registry/target.ts';
import { readPolicies } from './policies.ts';

export interface AuthorChain {
  readonly texts: readonly SignedText[];
  /** One for each text, verified; none of an author whom the registry does not know. */
  readonly keysets: readonly VerifiedKeyset[];
  /** The one whose keys count now: not a recovery that waits or was cancelled. */
  readonly current: VerifiedKeyset | undefined;
}

/** Reads and verifies the whole chain. @throws RegistryError KEYSET_BROKEN, and the others of `verifyKeysets` */
export async function readChain(target: RegistryTarget, author: Author): Promise<AuthorChain> {
  const names = await target.list(layout.keysetFolder(author));
  const count = names.filter((name) => /^[1-9]\d*\.json$/.test(name)).length;
  const texts: SignedText[] = [];
  for (let n = 1; n <= Math.min(count, limits.keysetChain); n++) {
    const text = await readSigned(target.read, layout.keyset(author, n));
    if (text === undefined) {
      const file = layout.keyset(author, n);
      throw new RegistryError('KEYSET_BROKEN', `${file}: the registry lacks it, or its signature`);
    }
    texts.push(text);
  }
  if (texts.length === 0) return { texts, keysets: [], current: undefined };
  const keysets = await verifyChain(target, author, texts);
  return { texts, keysets, current: inForce(keysets, Date.now()) };
}

/** Verifies a chain; the registry's policies are read where it has a recovery. @throws RegistryError as `verifyKeysets` */
export async function verifyChain(
  target: RegistryTarget,
  author: Author,
  texts: readonly SignedText[],
): Promise<VerifiedKeyset[]> {
  const policies = texts.some(looksRecovered) ? await readPolicies(target) : [];
  const recovery = recoveryByClaims(() => policies, Date.now());
  return verifyKeysets(texts, { registry: target.info.name, author, recovery });
}

/** A statement with the signatures beside it; undefined if either is missing. @throws RegistryError BAD_SIGNATURE */
export async function readSigned(
  read: (path: string) => Promise<string | undefined>,
  file: string,
): Promise<SignedText | undefined> {
  const signature = layout.signature(file);
  const [statement, armours] = await Promise.all([read(file), read(signature)]);
  if (statement === undefined || armours === undefined) return undefined;
  return { statement, signatures: splitSignatures(armours, signature) };
}
