/**
 * An author's chain of keysets (docs/spec/statements.md §6): number 1 vouches for itself, each next one is signed by the
 * threshold of the one before. A client that has once seen a keyset pins it, and the chain may only grow from there.
 */
import {
  type Author,
  type AuthorPin,
  type Keyset,
  type LoggedText,
  parseKeyset,
  RegistryError,
  type Sha256Hex,
  type SignedText,
  signatureNamespace,
} from '@mlld/format';
import { sha256 } from './digest.ts';
import { type PublicKey, parsePublicKey } from './public-key.ts';
import { afterRecovery, type RecoveryContext, verifyRecovery } from './recovery.ts';
import { parseSignature, verifySignature } from './sshsig.ts';

export interface KeysetChainOptions {
  /** Identity of the registry that is asked. */
  readonly registry: string;
  readonly author: Author;
  /** The keyset as this client last saw it. */
  readonly pin?: AuthorPin | undefined;
  /** Keysets that verified before, to be used again and added to. Releases of one author show the same ones each time. */
  readonly known?: KnownKeysets | undefined;
  /** What judges recoveries in the chain; without it a chain that has one is KEYSET_BROKEN. */
  readonly recovery?: RecoveryContext | undefined;
}

/** By all that the verification of a keyset depends on. */
export type KnownKeysets = Map<Sha256Hex, VerifiedKeyset>;

/** The last keyset of a chain that verified. */
export interface VerifiedKeyset {
  readonly keyset: Keyset;
  /** sha256 of its statement: with `keyset.n`, what a client pins. */
  readonly sha256: Sha256Hex;
  /** Its keys by fingerprint. */
  readonly keys: ReadonlyMap<string, PublicKey>;
  /** Of a recovery: milliseconds since 1970 from which its keys count. */
  readonly takesEffect?: number;
  /** A recovery that the keys before it took back in time. */
  readonly cancelled?: boolean;
}

/**
 * Verifies a chain from number 1 on. The first failing rule decides the code: WRONG_SUBJECT (another registry or author),
 * KEYSET_BROKEN (a gap, or too few signatures), BAD_SIGNATURE, WEAK_KEY, BAD_KEY, then KEYSET_CHANGED (not the chain of the
 * pin). With KEYSET_CHANGED because the chain ends before the pin, `data.missing` names the numbers that are needed.
 * @throws RegistryError also BAD_JSON, BAD_SHAPE, BAD_STATEMENT
 */
export function verifyKeysetChain(chain: readonly LoggedText[], options: KeysetChainOptions): VerifiedKeyset {
  return verifyKeysets(chain, options).at(-1)!;
}

/** As `verifyKeysetChain`, with every keyset of the chain: at least one. */
export function verifyKeysets(chain: readonly LoggedText[], options: KeysetChainOptions): VerifiedKeyset[] {
  const { author, pin } = options;
  const verified: VerifiedKeyset[] = [];
  for (const [i, text] of chain.entries()) {
    const link = knownLink(text, { n: i + 1, chain: verified, ...options });
    checkPin(link, options);
    verified.push(link);
  }
  if (verified.length === 0)
    throw new RegistryError('KEYSET_BROKEN', `${author}: wanted a keyset, the chain is empty`);
  if (pin !== undefined && verified.length < pin.keyset) throw endsBeforePin(verified.length, author, pin);
  return verified;
}

interface LinkOptions extends KeysetChainOptions {
  readonly n: number;
  /** The keysets before; a recovery at its end that this one cancels is marked. */
  readonly chain: VerifiedKeyset[];
}

function knownLink(text: LoggedText, options: LinkOptions): VerifiedKeyset {
  const { known, registry, author, n, chain } = options;
  const before = chain.at(-1);
  // What a recovery is worth depends on the time.
  if (known === undefined || before?.takesEffect !== undefined || text.log !== undefined)
    return verifyLink(text, options);
  const all = [registry, author, n, before?.sha256 ?? '', text.statement, ...text.signatures];
  const key = sha256(JSON.stringify(all));
  const link = known.get(key) ?? verifyLink(text, options);
  known.set(key, link);
  return link;
}

function verifyLink(text: LoggedText, { n, chain, registry, author, recovery }: LinkOptions): VerifiedKeyset {
  const where = `authors/${author}/keyset/${n}.json`;
  const keyset = parseKeyset(text.statement, { where });
  checkSubject(where, [
    ['registry', registry, keyset.registry],
    ['author', author, keyset.author],
  ]);
  if (keyset.n !== n)
    throw new RegistryError('KEYSET_BROKEN', `${where}: wanted keyset ${n}, found ${keyset.n}`);
  const keys = keysOf(keyset);
  const link: VerifiedKeyset = { keyset, keys, sha256: sha256(text.statement) };
  const before = chain.at(-1);
  const input = { text, keyset, where, chain, recovery };
  if (keyset.recovery !== undefined) return { ...link, takesEffect: verifyRecovery(input) };
  if (before?.takesEffect !== undefined) {
    const how = afterRecovery(input);
    if (how === 'cancels') chain[chain.length - 1] = { ...before, cancelled: true };
    if (how !== undefined) return link;
  }
  const signers = before === undefined ? { keys, keyset } : before;
  const signed = signersOf(text, { namespace: signatureNamespace('keyset'), keys: signers.keys, where });
  const wanted = signers.keyset.threshold;
  if (signed.length < wanted) {
    throw new RegistryError(
      'KEYSET_BROKEN',
      `${where}: wanted signatures by ${wanted} keys of keyset ${signers.keyset.n}, found ${signed.length}`,
      { hint: 'Someone replaced the keys without holding the old ones. Ask the author by another way.' },
    );
  }
  return link;
}

/** The keys of a keyset by fingerprint. @throws RegistryError BAD_KEY, WEAK_KEY, BAD_STATEMENT */
export function keysOf(keyset: Keyset): Map<string, PublicKey> {
  const keys = keyset.keys.map(({ key }) => parsePublicKey(key));
  return new Map(keys.map((key) => [key.fingerprint, key]));
}

export interface SignersOptions {
  readonly namespace: string;
  /** Who may sign, by fingerprint. */
  readonly keys: ReadonlyMap<string, PublicKey>;
  /** The statement's path, for messages. */
  readonly where: string;
}

/**
 * The distinct keys among `keys` that signed a text. A signature by any other key is not looked at; one that names a
 * key of `keys` and is not by it fails the whole text (statements.md §4.4).
 * @throws RegistryError BAD_SIGNATURE
 */
export function signersOf(text: SignedText, { namespace, keys, where }: SignersOptions): PublicKey[] {
  const signers = new Map<string, PublicKey>();
  for (const armour of text.signatures) {
    const signature = inFile(where, () => parseSignature(armour));
    const key = keys.get(signature.fingerprint);
    if (key === undefined) continue;
    inFile(where, () => verifySignature({ bytes: text.statement, signature, namespace, key }));
    signers.set(key.fingerprint, key);
  }
  return [...signers.values()];
}

/** Refuses a statement about something else. Rows are what, wanted, found. @throws RegistryError WRONG_SUBJECT */
export function checkSubject(where: string, rows: readonly (readonly [string, string, string])[]): void {
  for (const [what, wanted, found] of rows) {
    if (wanted !== found) {
      throw new RegistryError('WRONG_SUBJECT', `${where}: wanted ${what} ${wanted}, found ${found}`, {
        hint: 'A true statement about something else was shown in the place of this one. Try another mirror.',
      });
    }
  }
}

function checkPin({ keyset, sha256: found }: VerifiedKeyset, { author, pin }: KeysetChainOptions): void {
  if (pin === undefined || keyset.n !== pin.keyset || found === pin.sha256) return;
  throw new RegistryError(
    'KEYSET_CHANGED',
    `keyset ${pin.keyset} of ${author}: this client has seen ${pin.sha256}, found ${found}`,
    {
      hint: 'Two histories of one author exist. Ask the author; to accept the new one, remove the author from the lock file.',
    },
  );
}

function endsBeforePin(n: number, author: Author, pin: AuthorPin): RegistryError {
  const missing = Array.from({ length: pin.keyset - n }, (_, i) => n + 1 + i);
  return new RegistryError(
    'KEYSET_CHANGED',
    `${author}: this client has seen keyset ${pin.keyset}, the chain shown ends at ${n}`,
    { hint: 'Complete the chain with the keysets that the registry publishes.', data: { missing } },
  );
}

function inFile<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new RegistryError(cause.code, `${where}: ${cause.message}`, { cause, hint: cause.hint });
  }
}
