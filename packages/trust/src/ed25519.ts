/**
 * Which Ed25519 keys are refused (docs/spec/statements.md §5.2). With a key of low order, one signature verifies for
 * many messages; a key that is not in its one canonical encoding (RFC 8032 §5.1.3) would be another key to another program.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';

const p = 2n ** 255n - 19n;
/** y of a point of order 8; the others are its negative, and those of order 1, 2 and 4: 1, −1 and 0. */
const y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const lowOrder = new Set([0n, 1n, p - 1n, y8, p - y8]);

/** Why a raw key of 32 octets is refused, or undefined. */
export function ed25519Weakness(key: Uint8Array): string | undefined {
  const encoded = BigInt(`0x${Buffer.from(key).reverse().toString('hex')}`);
  const y = encoded & (2n ** 255n - 1n);
  if (lowOrder.has(y % p)) return 'an Ed25519 key of low order';
  if (y >= p) return 'an Ed25519 key in a non-canonical encoding';
  return undefined;
}

/** The key of 32 raw octets, as a JWK (RFC 8037 §2): Node reads that eight times as fast as the same key in DER. */
export function ed25519Key(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}
