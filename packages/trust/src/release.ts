/** Verifies one release from its proof bundle, without a network (docs/spec/trust.md §2). */
import {
  type AuthorPin,
  authorOf,
  contentDigest,
  type Evidence,
  type Keyset,
  type LoggedText,
  type ModuleName,
  type ProofBundle,
  parseRelease,
  RegistryError,
  type Release,
  type Sha256Hex,
  type SignedText,
  signatureNamespace,
} from '@mlld/format';
import { sha256 } from './digest.ts';
import {
  checkSubject,
  type KeysetChainOptions,
  type KnownKeysets,
  signersOf,
  verifyKeysets,
} from './keyset.ts';
import { assertInEffect, type RecoveryContext } from './recovery.ts';
import { parseSignature } from './sshsig.ts';

export interface VerifyReleaseOptions {
  /** Identity of the registry that is asked. */
  readonly registry: string;
  readonly name: ModuleName;
  readonly version: string;
  /** Content digest that the index or the lock file names. */
  readonly digest?: Sha256Hex | undefined;
  /** sha256 of the statement that the index or the lock file names. */
  readonly statement?: Sha256Hex | undefined;
  /** The author's keyset as this client last saw it. */
  readonly pin?: AuthorPin | undefined;
  /** The author's keysets after the bundle's last: needed where the bundle is older than the pin. */
  readonly laterKeysets?: readonly LoggedText[] | undefined;
  /** Keysets that verified before (`KeysetChainOptions`). */
  readonly known?: KnownKeysets | undefined;
  /** What judges recoveries among the author's keysets. */
  readonly recovery?: RecoveryContext | undefined;
}

export interface VerifiedRelease {
  readonly release: Release;
  /** sha256 of the release statement. */
  readonly statement: Sha256Hex;
  /** The newest keyset that was shown. */
  readonly keyset: Keyset;
  /** What to pin now: never below the pin that was given. */
  readonly pin: AuthorPin;
  /** Fingerprint (`SHA256:…`) of a key that signed the release. */
  readonly signedBy: string;
  readonly evidence: Extract<Evidence, 2>;
}

/**
 * Verifies that the author signed this release, of this module and version, for this registry (trust.md §2). The rules
 * in order, each with its code: the statement's hash (HASH_MISMATCH), what it is about (WRONG_SUBJECT), its digest
 * (HASH_MISMATCH), the author's keysets (KEYSET_BROKEN, KEYSET_CHANGED, WEAK_KEY, …), the signature (UNKNOWN_KEY,
 * BAD_SIGNATURE).
 * @throws RegistryError also BAD_JSON, BAD_SHAPE, BAD_PATH, BAD_STATEMENT, UNSUPPORTED_VERSION, TOO_LARGE
 */
export function verifyRelease(bundle: ProofBundle, options: VerifyReleaseOptions): VerifiedRelease {
  const where = `${options.name}@${options.version}`;
  const statement = sha256(bundle.statement);
  same(`${where}: the statement`, options.statement, statement);
  const release = parseRelease(bundle.statement, { where });
  checkSubject(where, [
    ['registry', options.registry, release.registry],
    ['module', options.name, release.name],
    ['version', options.version, release.version],
  ]);
  same(`${where}: the digest over its files`, contentDigest(release.files, sha256), release.digest);
  same(`${where}: the digest`, options.digest, release.digest);
  const chain: KeysetChainOptions = {
    registry: options.registry,
    author: authorOf(options.name),
    pin: options.pin,
    known: options.known,
    recovery: options.recovery,
  };
  const verified = verifyKeysets([...bundle.keysets, ...(options.laterKeysets ?? [])], chain);
  const signing = verified[bundle.keysets.length - 1];
  if (signing === undefined)
    throw new RegistryError('KEYSET_BROKEN', `${where}: the bundle holds no keyset of ${chain.author}`);
  const newest = verified.at(-1)!;
  assertInEffect(signing, { where, now: options.recovery?.now });
  const namespace = signatureNamespace('release');
  const [signer] = signersOf(bundle, { namespace, keys: signing.keys, where });
  if (signer === undefined) throw unknownKey(where, bundle, signing.keyset);
  return {
    release,
    statement,
    keyset: newest.keyset,
    pin: { keyset: newest.keyset.n, sha256: newest.sha256 },
    signedBy: signer.fingerprint,
    evidence: 2,
  };
}

function same(what: string, wanted: string | undefined, found: string): void {
  if (wanted === undefined || wanted === found) return;
  throw new RegistryError('HASH_MISMATCH', `${what}: wanted sha256 ${wanted}, found ${found}`, {
    hint: 'The index and the signed statement contradict each other. Try another mirror.',
  });
}

function unknownKey(where: string, { signatures }: SignedText, keyset: Keyset): RegistryError {
  const found = signatures.map((armour) => parseSignature(armour).fingerprint).join(', ') || 'no signature';
  return new RegistryError(
    'UNKNOWN_KEY',
    `${where}: wanted a signature by a key of keyset ${keyset.n} of ${keyset.author}, found ${found}`,
    { hint: 'Only keys that the author has registered may sign. Do not use this release.' },
  );
}
