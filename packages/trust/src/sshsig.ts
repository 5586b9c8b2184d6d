/**
 * Detached signatures of OpenSSH (PROTOCOL.sshsig; docs/spec/statements.md §4). What passes here also passes
 * `ssh-keygen -Y check-novalidate`; some that pass there are refused here, because we want one form of each signature.
 */
import { hash as hashOf } from 'node:crypto';
import { limits, printable, RegistryError } from '@mlld/format';
import { decodeBase64 } from './base64.ts';
import { fingerprint, type PublicKey, publicKeyFromBlob } from './public-key.ts';
import { readWire, writeWire } from './ssh-wire.ts';

/** A signature that was read and not yet verified: nothing in it is to be believed. */
export interface Signature {
  /** The signer's key in the SSH wire encoding, of any type. */
  readonly keyBlob: Uint8Array;
  readonly fingerprint: string;
  readonly namespace: string;
  readonly hash: 'sha256' | 'sha512';
  /** The key's raw signature in the SSH wire encoding. */
  readonly raw: Uint8Array;
}

const preamble = { raw: Buffer.from('SSHSIG') };
const armour = /^-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END SSH SIGNATURE-----\n?$/;

/** Reads the armour and the envelope. @throws RegistryError BAD_SIGNATURE (statements.md §4.2) */
export function parseSignature(text: string): Signature {
  if (text.length > limits.signatureBytes)
    throw badSignature(`wanted at most ${limits.signatureBytes} characters, found ${text.length}`);
  const lines = armour.exec(text)?.[1]?.slice(0, -1).split('\n');
  if (lines === undefined)
    throw badSignature("wanted lines of base64 between '-----BEGIN SSH SIGNATURE-----' and its END");
  const width = lines[0]!.length;
  const even = lines.every((line, i) =>
    i < lines.length - 1 ? line.length === width : line.length <= width,
  );
  const blob = even ? decodeBase64(lines.join('')) : undefined;
  if (blob === undefined) throw badSignature('the base64 is not in its canonical form');
  try {
    return readEnvelope(blob);
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw badSignature(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function readEnvelope(blob: Uint8Array): Signature {
  const wire = readWire(blob);
  if (Buffer.compare(wire.raw(6), preamble.raw) !== 0) throw badSignature("wanted 'SSHSIG' at the start");
  const version = wire.uint32();
  if (version !== 1) throw badSignature(`version ${version}, this program reads 1`);
  const keyBlob = wire.string();
  const namespace = wire.ascii();
  if (namespace === '') throw badSignature('the namespace is empty');
  if (wire.string().length > 0) throw badSignature('the reserved field is not empty');
  const hash = wire.ascii();
  if (hash !== 'sha256' && hash !== 'sha512')
    throw badSignature(`hash ${printable(hash, 40)}, wanted sha256 or sha512`);
  const raw = wire.string();
  wire.end();
  return { keyBlob, fingerprint: fingerprint(keyBlob), namespace, hash, raw };
}

/** The octets that the key signs: the message's hash, bound to the namespace. */
export function signedData(
  message: Uint8Array,
  { namespace, hash }: Pick<Signature, 'namespace' | 'hash'>,
): Buffer {
  const digest = hashOf(hash, message, 'buffer');
  return writeWire(preamble, namespace, '', hash, digest);
}

export interface VerifySignatureInput {
  /** What was signed, byte for byte; a text stands for its UTF-8. */
  readonly bytes: Uint8Array | string;
  /** SSHSIG armour. */
  readonly signature: string | Signature;
  /** `mlld-<type>@v1`: the signature of one type of statement is none of another. */
  readonly namespace: string;
  /** The signer's key where it was read before: not used unless it is the key that the signature names. */
  readonly key?: PublicKey | undefined;
}

/**
 * Verifies a signature by the key that it names itself; whether that key may speak is the caller's question.
 * @throws RegistryError BAD_SIGNATURE, BAD_KEY, WEAK_KEY (statements.md §4)
 */
export function verifySignature(input: VerifySignatureInput): { readonly key: PublicKey } {
  const signature = typeof input.signature === 'string' ? parseSignature(input.signature) : input.signature;
  if (signature.namespace !== input.namespace) {
    throw badSignature(
      `wanted namespace ${input.namespace}, found ${printable(signature.namespace, 60)}: it was made for something else`,
    );
  }
  const isSame = input.key?.fingerprint === signature.fingerprint;
  const key = isSame && input.key !== undefined ? input.key : publicKeyFromBlob(signature.keyBlob);
  const bytes = typeof input.bytes === 'string' ? Buffer.from(input.bytes) : input.bytes;
  if (!key.verify(signedData(bytes, signature), signature.raw)) {
    throw badSignature(`key ${key.fingerprint} did not sign these bytes`);
  }
  return { key };
}

function badSignature(problem: string, cause?: unknown): RegistryError {
  return new RegistryError('BAD_SIGNATURE', `signature: ${problem}`, {
    cause,
    hint: 'Get the file and its signature again, from the registry or another mirror.',
  });
}
