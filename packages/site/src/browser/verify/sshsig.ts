/** OpenSSH's signatures (PROTOCOL.sshsig; docs/spec/statements.md §4) with WebCrypto: Ed25519, NIST curves, RSA. */
import { concat, digest, equal, fromBase64, readWire, toBase64, type Wire, wireString } from './bytes.ts';

export interface Signed {
  readonly statement: string;
  readonly signatures: readonly string[];
}

/** The key of a line of a keyset, in the wire encoding. @throws Error */
export function keyBlob(line: string): Uint8Array {
  return fromBase64(line.split(' ')[1] ?? '');
}

export async function fingerprint(blob: Uint8Array): Promise<string> {
  return `SHA256:${toBase64(await digest('SHA-256', blob)).replace(/=+$/, '')}`;
}

/**
 * The keys, of those given, that signed a statement. A signature that names one of them and is not by it is an error, one by a key
 * of a kind that no browser verifies is told.
 * @throws Error, Unsupported
 */
export async function signersOf(
  signed: Signed,
  namespace: string,
  keys: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const signers: Uint8Array[] = [];
  for (const armour of signed.signatures) {
    const { blob, isGood } = await openSignature(
      armour,
      new TextEncoder().encode(signed.statement),
      namespace,
    );
    const key = keys.find((one) => equal(one, blob));
    if (key === undefined) continue;
    if (!(await isGood())) throw new Error(`key ${await fingerprint(blob)} did not sign these bytes`);
    if (!signers.includes(key)) signers.push(key);
  }
  return signers;
}

export class Unsupported extends Error {}

async function openSignature(armour: string, message: Uint8Array, namespace: string) {
  const body =
    /^-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END SSH SIGNATURE-----\n?$/.exec(
      armour,
    )?.[1];
  if (body === undefined) throw new Error('no signature of OpenSSH');
  const wire = readWire(fromBase64(body.replaceAll('\n', '')));
  if (new TextDecoder().decode(wire.raw(6)) !== 'SSHSIG' || wire.uint32() !== 1)
    throw new Error('no signature of OpenSSH');
  const blob = wire.string();
  if (wire.text() !== namespace) throw new Error('the signature was made for something else');
  if (wire.string().length > 0) throw new Error('the reserved field is not empty');
  const hash = wire.text();
  if (hash !== 'sha256' && hash !== 'sha512') throw new Error('an unknown hash');
  const raw = wire.string();
  if (wire.left > 0) throw new Error('something follows the signature');
  const hashed = await digest(hash === 'sha256' ? 'SHA-256' : 'SHA-512', message);
  const data = concat(
    new TextEncoder().encode('SSHSIG'),
    wireString(namespace),
    wireString(''),
    wireString(hash),
    wireString(hashed),
  );
  return { blob, isGood: () => verifyRaw(blob, raw, data) };
}

async function verifyRaw(blob: Uint8Array, signature: Uint8Array, data: Uint8Array): Promise<boolean> {
  const key = readWire(blob);
  const type = key.text();
  const wire = readWire(signature);
  const algorithm = wire.text();
  if (type === 'ssh-ed25519' && algorithm === type) return ed25519(key.string(), wire.string(), data);
  if (type.startsWith('ecdsa-sha2-nistp') && algorithm === type) return ecdsa(key, wire.string(), data);
  if (type === 'ssh-rsa') return rsa(key, { algorithm, raw: wire.string() }, data);
  throw new Unsupported(`this browser can't verify keys of type ${type}`);
}

/** @throws Unsupported where the browser has no Ed25519 */
export async function ed25519(key: Uint8Array, raw: Uint8Array, data: Uint8Array): Promise<boolean> {
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey('raw', key as BufferSource, { name: 'Ed25519' }, false, [
      'verify',
    ]);
  } catch (cause) {
    throw new Unsupported('this browser has no Ed25519', { cause });
  }
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, raw as BufferSource, data as BufferSource);
}

const curves = {
  nistp256: { namedCurve: 'P-256', hash: 'SHA-256', size: 32 },
  nistp384: { namedCurve: 'P-384', hash: 'SHA-384', size: 48 },
  nistp521: { namedCurve: 'P-521', hash: 'SHA-512', size: 66 },
} as const;

async function ecdsa(key: Wire, pair: Uint8Array, data: Uint8Array): Promise<boolean> {
  const { namedCurve, hash, size } = curves[key.text() as keyof typeof curves];
  const point = key.string();
  const imported = await crypto.subtle.importKey(
    'raw',
    point as BufferSource,
    { name: 'ECDSA', namedCurve },
    false,
    ['verify'],
  );
  const wire = readWire(pair);
  const raw = concat(padded(wire.string(), size), padded(wire.string(), size));
  return crypto.subtle.verify({ name: 'ECDSA', hash }, imported, raw as BufferSource, data as BufferSource);
}

async function rsa(
  key: Wire,
  { algorithm, raw }: { algorithm: string; raw: Uint8Array },
  data: Uint8Array,
): Promise<boolean> {
  const hash = { 'rsa-sha2-256': 'SHA-256', 'rsa-sha2-512': 'SHA-512' }[algorithm];
  if (hash === undefined) return false;
  const url = (bytes: Uint8Array) =>
    toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  const [e, n] = [key.string(), key.string()].map((bytes) => url(padded(bytes, 0)));
  const jwk = { kty: 'RSA', e: e!, n: n! };
  const imported = await crypto.subtle.importKey('jwk', jwk, { name: 'RSASSA-PKCS1-v1_5', hash }, false, [
    'verify',
  ]);
  return crypto.subtle.verify('RSASSA-PKCS1-v1_5', imported, raw as BufferSource, data as BufferSource);
}

/** A number without leading zeros, then with so many that it has `size` octets. */
function padded(number: Uint8Array, size: number): Uint8Array {
  const first = number.findIndex((byte) => byte !== 0);
  const short = first < 0 ? new Uint8Array() : number.subarray(first);
  return concat(new Uint8Array(Math.max(0, size - short.length)), short);
}
