/** `mlld keys list`: the keys that speak for an author, and how they came to. */
import type { Author, Keyset, KeysetAnchors, Policy, Sha256Hex } from '@mlld/format';
import { layout, signatureNamespace } from '@mlld/format';
import { looksRecovered, type PublicKey, signersOf, type VerifiedKeyset } from '@mlld/trust';
import { readChain } from './chain.ts';
import { readPolicies, recoveryRule } from './policies.ts';
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
  /** The registry's quorum made it. */
  readonly recovery?: {
    readonly reason: string;
    /** When its keys count, by the time that it claims. */
    readonly takesEffect: string;
    readonly cancelled: boolean;
  };
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
    const policies = texts.some(looksRecovered) ? await readPolicies(work.target) : [];
    const listed = keysets.map(
      ({ keyset, keys, sha256, takesEffect, cancelled = false }, i): ListedKeyset => {
        since = new Map([...keys.keys()].map((one) => [one, since.get(one) ?? keyset.createdAt]));
        const { n, createdAt, threshold, anchors } = keyset;
        const allowed =
          keyset.recovery === undefined ? signersBefore(keysets, i) : roleKeys(keyset, policies);
        const where = layout.keyset(author, n);
        const signed = signersOf(texts[i]!, {
          namespace: signatureNamespace('keyset'),
          keys: allowed,
          where,
        });
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
          ...(keyset.recovery === undefined || takesEffect === undefined
            ? {}
            : {
                recovery: {
                  reason: keyset.recovery.reason,
                  takesEffect: new Date(takesEffect).toISOString(),
                  cancelled,
                },
              }),
        };
      },
    );
    return { author, registry: work.target.info.name, keysets: listed };
  });
}

/** Keys of all keysets before one: of a recovery that was cancelled, those before it go on. */
function signersBefore(keysets: readonly VerifiedKeyset[], i: number): ReadonlyMap<string, PublicKey> {
  const before = i === 0 ? keysets.slice(0, 1) : keysets.slice(0, i);
  return new Map(before.flatMap(({ keys }) => [...keys]));
}

function roleKeys(keyset: Keyset, policies: readonly Policy[]): ReadonlyMap<string, PublicKey> {
  return new Map(recoveryRule(keyset, policies).keys.map((key) => [key.fingerprint, key]));
}
