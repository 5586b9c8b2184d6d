/** Keys made in memory, with signatures in the form of OpenSSH; agreement with the real one is tested in sshsig.test.ts. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import type { SignedText } from '@mlld/format';
import { fingerprint } from '../src/public-key.ts';
import { writeWire } from '../src/ssh-wire.ts';
import { signedData } from '../src/sshsig.ts';

export interface Signer {
  readonly blob: Buffer;
  /** `<type> <base64>`. */
  readonly line: string;
  readonly fingerprint: string;
  /** SSHSIG armour. */
  sign(data: Uint8Array | string, namespace: string, envelope?: Envelope): string;
}

export interface Envelope {
  readonly hash?: string;
  readonly version?: number;
  readonly reserved?: string;
  readonly trailing?: string;
  readonly preamble?: string;
}

/** With a seed, always the same key: for examples, never for anything else. */
export function ed25519Signer(seed?: string): Signer {
  const { privateKey, raw } = pair(seed);
  return signer('ssh-ed25519', { raw }, (data) => writeWire('ssh-ed25519', sign(null, data, privateKey)));
}

/** A hardware key as `sk-ssh-ed25519@openssh.com` describes it, in memory. */
export function skSigner({ flags = 0x01, counter = 7, application = 'ssh:' } = {}): Signer {
  const { privateKey, raw } = pair();
  const type = 'sk-ssh-ed25519@openssh.com';
  return signer(type, { raw, application }, (data) => {
    const flagsAndCounter = writeWire({ raw: Uint8Array.of(flags) }, counter);
    const signed = Buffer.concat([sha256(Buffer.from(application)), flagsAndCounter, sha256(data)]);
    return Buffer.concat([writeWire(type, sign(null, signed, privateKey)), flagsAndCounter]);
  });
}

/** The older kind of hardware key: ECDSA on P-256. */
export function skEcdsaSigner({ flags = 0x01, counter = 7, application = 'ssh:' } = {}): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const [x, y] = [jwk.x!, jwk.y!].map((one) => Buffer.from(one, 'base64url'));
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const blob = writeWire(type, 'nistp256', Buffer.concat([Buffer.of(4), x!, y!]), application);
  return signerOf(type, blob, (data) => {
    const flagsAndCounter = writeWire({ raw: Uint8Array.of(flags) }, counter);
    const signed = Buffer.concat([sha256(Buffer.from(application)), flagsAndCounter, sha256(data)]);
    const raw = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const pair = writeWire(shortest(raw.subarray(0, 32)), shortest(raw.subarray(32)));
    return Buffer.concat([writeWire(type, pair), flagsAndCounter]);
  });
}

/** Made once: to find such a key takes a second. */
let rsaPair: ReturnType<typeof makeRsaPair> | undefined;
const makeRsaPair = () => generateKeyPairSync('rsa', { modulusLength: 3072 });

/** An RSA key of 3072 bits that signs by any algorithm, the forbidden ones among them. */
export function rsaSigner({ algorithm = 'rsa-sha2-512', hash = 'sha512', cut = 0 } = {}): Signer {
  rsaPair ??= makeRsaPair();
  const { privateKey, publicKey } = rsaPair;
  const { n, e } = publicKey.export({ format: 'jwk' });
  const blob = writeWire('ssh-rsa', mpint(e!), mpint(n!));
  return signerOf('ssh-rsa', blob, (data) =>
    writeWire(algorithm, sign(hash, data, privateKey).subarray(cut)),
  );
}

const mpint = (base64url: string) => shortest(Buffer.from(base64url, 'base64url'));

/** A positive `mpint` (RFC 4251 §5). */
function shortest(octets: Uint8Array): Buffer {
  const start = octets.findIndex((octet) => octet !== 0);
  const magnitude = octets.subarray(start);
  return Buffer.concat([Buffer.alloc(magnitude[0]! >= 0x80 ? 1 : 0), magnitude]);
}

export function armour(blob: Uint8Array): string {
  const lines =
    Buffer.from(blob)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

export function dearmour(text: string): Buffer {
  return Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');
}

/** A statement with signatures by these signers. */
export function signed(statement: string, namespace: string, signers: readonly Signer[]): SignedText {
  return { statement, signatures: signers.map((one) => one.sign(statement, namespace)) };
}

function signer(
  type: string,
  { raw, application }: { raw: Uint8Array; application?: string },
  signRaw: (data: Uint8Array) => Uint8Array,
): Signer {
  return signerOf(type, writeWire(type, raw, ...(application === undefined ? [] : [application])), signRaw);
}

function signerOf(type: string, blob: Buffer, signRaw: (data: Uint8Array) => Uint8Array): Signer {
  return {
    blob,
    line: `${type} ${blob.toString('base64')}`,
    fingerprint: fingerprint(blob),
    sign: (data, namespace, envelope = {}) => {
      const { hash = 'sha512', version = 1, reserved = '', trailing = '', preamble = 'SSHSIG' } = envelope;
      const octets = typeof data === 'string' ? Buffer.from(data) : data;
      const rawSignature = signRaw(signedData(octets, { namespace, hash: hash as 'sha512' }));
      const start = { raw: Buffer.from(preamble) };
      const end = { raw: Buffer.from(trailing) };
      return armour(writeWire(start, version, blob, namespace, reserved, hash, rawSignature, end));
    },
  };
}

function pair(seed?: string): { privateKey: KeyObject; raw: Buffer } {
  const secret = seed === undefined ? randomBytes(32) : sha256(Buffer.from(seed));
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, raw: spki.subarray(-32) };
}

function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}
