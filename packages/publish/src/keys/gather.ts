/** Collects as many signatures of a keyset as its threshold wants, from the keys of this machine. */
import { RegistryError, type SignedText, signatureNamespace } from '@mlld/format';
import { type PublicKey, parseSignature, verifySignature } from '@mlld/trust';
import type { Environment } from '../process.ts';
import type { SigningKey } from '../sign/keys.ts';
import { sign } from '../sign/sign.ts';
import type { Ui } from '../ui.ts';
import type { KeyRule } from './change.ts';

export interface GatherOptions {
  /** Whose signatures count: the keyset before, or of keyset 1 its own keys. */
  readonly signers: KeyRule;
  /** Keys at hand, best first. */
  readonly keys: readonly SigningKey[];
  /** The keys were asked for by name: each has to sign. */
  readonly named: boolean;
  readonly env: Environment;
  readonly ui: Ui;
}

export interface Gathered {
  readonly text: SignedText;
  /** Fingerprints, none twice. */
  readonly signedBy: readonly string[];
}

const NAMESPACE = signatureNamespace('keyset');

/**
 * Keeps the signatures that count and adds what is still wanted.
 * @throws RegistryError NO_SIGNING_KEY (a named key that may not sign), SIGNING_FAILED
 */
export async function gather(
  { statement, signatures }: SignedText,
  { signers, keys, named, env, ui }: GatherOptions,
): Promise<Gathered> {
  const found = countingSignatures({ statement, signatures }, signers.keys);
  const allowed = new Set(signers.keys.map(({ fingerprint }) => fingerprint));
  if (named) assertAllowed(keys, signers);
  for (const key of keys) {
    const { fingerprint } = key.key;
    if (found.size >= signers.threshold && !named) break;
    if (!allowed.has(fingerprint) || found.has(fingerprint)) continue;
    try {
      found.set(fingerprint, await sign(statement, { namespace: NAMESPACE, key, env }));
    } catch (cause) {
      if (named || !(cause instanceof RegistryError) || cause.code !== 'SIGNING_FAILED') throw cause;
      ui.note(`Not signed with ${fingerprint}: ${cause.message}`);
    }
  }
  return { text: { statement, signatures: [...found.values()] }, signedBy: [...found.keys()] };
}

/** Signatures by the given keys over this statement, by fingerprint; others are no use to the registry. */
export function countingSignatures(
  { statement, signatures }: SignedText,
  keys: readonly PublicKey[],
): Map<string, string> {
  const allowed = new Set(keys.map(({ fingerprint }) => fingerprint));
  const found = new Map<string, string>();
  for (const armour of signatures) {
    try {
      const signature = parseSignature(armour);
      if (!allowed.has(signature.fingerprint)) continue;
      verifySignature({ bytes: Buffer.from(statement), signature, namespace: NAMESPACE });
      found.set(signature.fingerprint, armour);
    } catch {
      // Of an earlier draft, or broken on its way: asked for again.
    }
  }
  return found;
}

function assertAllowed(keys: readonly SigningKey[], { keys: allowed }: KeyRule): void {
  const known = new Set(allowed.map(({ fingerprint }) => fingerprint));
  const stranger = keys.find(({ key }) => !known.has(key.fingerprint));
  if (stranger === undefined) return;
  throw new RegistryError(
    'UNKNOWN_KEY',
    `${stranger.key.fingerprint} (${stranger.from}) may not sign this keyset`,
    { hint: `One of these may: ${[...known].join(', ')}.` },
  );
}
