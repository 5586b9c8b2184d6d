/**
 * OpenSSH public keys, `<type> <base64> [comment]` (docs/spec/statements.md §5): the types this registry accepts, and raw
 * signatures by them.
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { limits, printable, RegistryError } from '@mlld/format';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { ed25519Key, ed25519Weakness } from './ed25519.ts';
import { readWire, WireError, type WireReader, writeWire } from './ssh-wire.ts';

export const keyTypes = [
  'ssh-ed25519',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;
export type KeyType = (typeof keyTypes)[number];

export interface PublicKey {
  readonly type: KeyType;
  /** The key in the SSH wire encoding: what two equal keys have in common. */
  readonly blob: Uint8Array;
  /** `SHA256:…` as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** `<type> <base64>`, without a comment. */
  readonly text: string;
  /** Whether `signature`, in the SSH wire encoding, is this key's over `data`. Never throws. */
  verify(data: Uint8Array, signature: Uint8Array): boolean;
}

/** Parses one line of a `.pub` file. @throws RegistryError BAD_KEY, WEAK_KEY (statements.md §5) */
export function parsePublicKey(text: string): PublicKey {
  const [type, base64] = /^(\S+) (\S+)(?: [^\n\r]*)?\n?$/.exec(text)?.slice(1) ?? [];
  const blob = base64 === undefined || text.length > limits.signatureBytes ? undefined : decodeBase64(base64);
  if (type === undefined || blob === undefined)
    throw badKey(`wanted '<type> <base64> [comment]', found '${printable(text, 80)}'`);
  const key = publicKeyFromBlob(blob);
  if (key.type !== type)
    throw badKey(`the line says ${printable(type, 60)} and the key inside is ${key.type}`);
  return key;
}

/** Reads a key in the SSH wire encoding. @throws RegistryError BAD_KEY, WEAK_KEY (statements.md §5) */
export function publicKeyFromBlob(blob: Uint8Array): PublicKey {
  try {
    const wire = readWire(blob);
    const type = wire.ascii();
    if (!isKeyType(type)) throw weakKey(`keys of type ${printable(type, 60)} are not accepted`);
    const check = readers[type](wire, type);
    wire.end();
    return {
      type,
      blob,
      fingerprint: fingerprint(blob),
      text: `${type} ${encodeBase64(blob)}`,
      verify: (data, signature) => {
        try {
          return check(data, readWire(signature));
        } catch {
          return false;
        }
      },
    };
  } catch (cause) {
    if (cause instanceof WireError) throw badKey(cause.message, cause);
    throw cause;
  }
}

/** `SHA256:` and the unpadded base64 of a blob's sha256. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${hash('sha256', blob, 'base64').replace(/=+$/, '')}`;
}

function isKeyType(type: string): type is KeyType {
  return (keyTypes as readonly string[]).includes(type);
}

/** Whether the signature that `wire` holds is good for `data`. May throw. */
type Check = (data: Uint8Array, wire: WireReader) => boolean;

const readers: Readonly<Record<KeyType, (wire: WireReader, type: KeyType) => Check>> = {
  'ssh-ed25519': (wire) => {
    const key = readEd25519(wire);
    return (data, signature) => {
      if (signature.ascii() !== 'ssh-ed25519') return false;
      const raw = signature.string();
      signature.end();
      return verify(null, data, key, raw);
    };
  },
  'sk-ssh-ed25519@openssh.com': (wire, type) => {
    const key = readEd25519(wire);
    const application = wire.string();
    return (data, signature) => {
      if (signature.ascii() !== type) return false;
      const raw = signature.string();
      const signed = authenticatorData(application, signature, data);
      return signed !== undefined && verify(null, signed, key, raw);
    };
  },
  'sk-ecdsa-sha2-nistp256@openssh.com': (wire, type) => {
    const key = readEcdsaKey(wire, p256);
    const application = wire.string();
    return (data, signature) => {
      if (signature.ascii() !== type) return false;
      const raw = readEcdsaPair(signature.string(), p256);
      const signed = authenticatorData(application, signature, data);
      return signed !== undefined && verify(p256.hash, signed, { key, dsaEncoding: 'ieee-p1363' }, raw);
    };
  },
  'ecdsa-sha2-nistp256': (wire, type) => readEcdsa(wire, type, p256),
  'ecdsa-sha2-nistp384': (wire, type) => readEcdsa(wire, type, p384),
  'ecdsa-sha2-nistp521': (wire, type) => readEcdsa(wire, type, p521),
  'ssh-rsa': readRsa,
};

function readEd25519(wire: WireReader): KeyObject {
  const raw = wire.string();
  if (raw.length !== 32) throw new WireError(`wanted an Ed25519 key of 32 octets, found ${raw.length}`);
  const weakness = ed25519Weakness(raw);
  if (weakness !== undefined) throw weakKey(`${weakness} is refused`);
  return ed25519Key(raw);
}

/**
 * What a hardware key signs (PROTOCOL.u2f): the application, its flags, its counter and the data's hash. Undefined when
 * nobody was present, which the lowest flag says.
 */
function authenticatorData(application: Uint8Array, wire: WireReader, data: Uint8Array): Buffer | undefined {
  const flags = wire.byte();
  const counter = wire.uint32();
  wire.end();
  if ((flags & 0x01) === 0) return undefined;
  const flagsAndCounter = writeWire({ raw: Uint8Array.of(flags) }, counter);
  return Buffer.concat([sha256(application), flagsAndCounter, sha256(data)]);
}

interface Curve {
  readonly ssh: string;
  readonly crv: string;
  /** Octets of a coordinate. */
  readonly size: number;
  /** RFC 5656 §6.2.1. */
  readonly hash: string;
}

const p256: Curve = { ssh: 'nistp256', crv: 'P-256', size: 32, hash: 'sha256' };
const p384: Curve = { ssh: 'nistp384', crv: 'P-384', size: 48, hash: 'sha384' };
const p521: Curve = { ssh: 'nistp521', crv: 'P-521', size: 66, hash: 'sha512' };

function readEcdsa(wire: WireReader, type: KeyType, curve: Curve): Check {
  const key = readEcdsaKey(wire, curve);
  return (data, signature) => {
    if (signature.ascii() !== type) return false;
    const raw = readEcdsaPair(signature.string(), curve);
    signature.end();
    return verify(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' }, raw);
  };
}

/** RFC 5656 §3.1; only the uncompressed form of the point, so that a key has one blob. */
function readEcdsaKey(wire: WireReader, { ssh, crv, size }: Curve): KeyObject {
  const identifier = wire.ascii();
  const point = wire.string();
  if (identifier !== ssh || point.length !== 1 + 2 * size || point[0] !== 4)
    throw new WireError(`wanted an uncompressed point of ${crv}`);
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)].map(base64url);
  return importJwk({ kty: 'EC', crv, x: x!, y: y! });
}

/** The two numbers of a signature, each as long as a coordinate. */
function readEcdsaPair(octets: Uint8Array, { size }: Curve): Buffer {
  const wire = readWire(octets);
  const pair = [wire.positive(), wire.positive()].map((n) => leftPad(n, size));
  wire.end();
  return Buffer.concat(pair);
}

/** RFC 4253 §6.6 for the key, RFC 8332 §3 for its signatures. */
function readRsa(wire: WireReader): Check {
  const e = wire.positive();
  const n = wire.positive();
  const bits = n.length * 8 - Math.clz32(n[0]!) + 24;
  if (bits < limits.rsaBitsLeast)
    throw weakKey(`an RSA key of ${bits} bits is refused, at least ${limits.rsaBitsLeast} are wanted`);
  if (bits > limits.rsaBitsMost || e.length > 4 || (e.at(-1)! & 1) === 0 || (e.length === 1 && e[0] === 1))
    throw weakKey(`an RSA key of ${bits} bits with exponent 0x${Buffer.from(e).toString('hex')} is refused`);
  const key = importJwk({ kty: 'RSA', n: base64url(n), e: base64url(e) });
  return (data, signature) => {
    const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[signature.ascii()];
    const raw = signature.string();
    signature.end();
    return hash !== undefined && raw.length === n.length && verify(hash, data, key, raw);
  };
}

function importJwk(jwk: {
  kty: string;
  crv?: string;
  x?: string;
  y?: string;
  n?: string;
  e?: string;
}): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    throw badKey(`no ${jwk.crv ?? jwk.kty} key has these numbers`, cause);
  }
}

function leftPad(magnitude: Uint8Array, size: number): Uint8Array {
  if (magnitude.length > size) throw new WireError('a number is out of range');
  return Buffer.concat([Buffer.alloc(size - magnitude.length), magnitude]);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function sha256(data: Uint8Array): Buffer {
  return hash('sha256', data, 'buffer');
}

function badKey(problem: string, cause?: unknown): RegistryError {
  return new RegistryError('BAD_KEY', `OpenSSH public key: ${problem}`, { cause });
}

function weakKey(problem: string): RegistryError {
  return new RegistryError('WEAK_KEY', `OpenSSH public key: ${problem}`, {
    hint: `Use one of ${keyTypes.join(', ')}; the simplest is ssh-keygen -t ed25519.`,
  });
}
