/** `mlld keys list`: the keys that speak for an author, and how they came to. */
import type { Author, KeysetAnchors, Sha256Hex } from '@mlld/format';
import { layout, signatureNamespace } from '@mlld/format';
import { signersOf, type VerifiedKeyset } from '@mlld/trust';
import { readChain } from './chain.ts';
import type { KeysOptions } from './types.ts';
import { authorFor, withRegistry } from './work.ts';

export interface ListedKey {
  readonly fingerprint: string;
  readonly type: string;
  /** `<type> <base64>` */
  readonly key: string;
  /** When the first keyset was made that has it without a break until now. */
  readonly since: string;
}

export interface ListedKeyset {
  readonly n: number;
  readonly createdAt: string;
  readonly threshold: number;
  readonly anchors: KeysetAnchors;
  readonly keys: readonly ListedKey[];
  /** Fingerprints: keys of the keyset before, or of number 1 its own. */
  readonly signedBy: readonly string[];
  /** sha256 of the statement: what clients pin. */
  readonly sha256: Sha256Hex;
}

export interface KeysListing {
  readonly author: Author;
  readonly registry: string;
  /** Oldest first; none of an author who has never signed here. */
  readonly keysets: readonly ListedKeyset[];
}

/** Reads and verifies the chain. @throws RegistryError KEYSET_BROKEN, BAD_SIGNATURE, USAGE (no author), GITHUB_* */
export function listKeys(options: KeysOptions): Promise<KeysListing> {
  return withRegistry(options, async (work) => {
    const session = options.author === undefined ? await work.sessionIfAny() : undefined;
    const author = authorFor(options, session);
    const { texts, keysets } = await readChain(work.target, author);
    let since = new Map<string, string>();
    const listed = keysets.map(({ keyset, keys, sha256 }, i): ListedKeyset => {
      since = new Map([...keys.keys()].map((one) => [one, since.get(one) ?? keyset.createdAt]));
      const { n, createdAt, threshold, anchors } = keyset;
      const allowed: VerifiedKeyset['keys'] = keysets[i - 1]?.keys ?? keys;
      const where = layout.keyset(author, n);
      const signed = signersOf(texts[i]!, { namespace: signatureNamespace('keyset'), keys: allowed, where });
      return {
        n,
        createdAt,
        threshold,
        anchors,
        sha256,
        keys: [...keys.values()].map(({ fingerprint, type, text }) => ({
          fingerprint,
          type,
          key: text,
          since: since.get(fingerprint) ?? createdAt,
        })),
        signedBy: signed.map(({ fingerprint }) => fingerprint),
      };
    });
    return { author, registry: work.target.info.name, keysets: listed };
  });
}
