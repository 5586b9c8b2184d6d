import { generateKeyPairSync } from 'node:crypto';
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ed25519Weakness } from '../src/ed25519.ts';
import { parsePublicKey } from '../src/index.ts';
import { writeWire } from '../src/ssh-wire.ts';
import { ed25519Signer, skSigner } from './signer.ts';

const code = (line: string) => codeOf(() => parsePublicKey(line));
const line = (type: string, blob: Uint8Array) => `${type} ${Buffer.from(blob).toString('base64')}`;
const raw32 = (hex: string) => Buffer.from(hex, 'hex');

function rsa(bits: number, exponent = 65537): { n: Buffer; e: Buffer } {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent });
  const jwk = publicKey.export({ format: 'jwk' });
  return { n: Buffer.from(jwk.n!, 'base64url'), e: Buffer.from(jwk.e!, 'base64url') };
}

const rsaLine = ({ n, e }: { n: Uint8Array; e: Uint8Array }) => {
  const mpint = (bytes: Uint8Array) => (bytes[0]! >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
  return line('ssh-rsa', writeWire('ssh-rsa', mpint(e), mpint(n)));
};

describe('Ed25519 keys', () => {
  // Arithmetic on the curve (RFC 8032 §5.1), slow and from the definition: the oracle for the table of refused keys.
  const p = 2n ** 255n - 19n;
  const mod = (a: bigint) => ((a % p) + p) % p;
  const power = (base: bigint, exponent: bigint): bigint => {
    let [result, b, e] = [1n, mod(base), exponent];
    for (; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
    return result;
  };
  const inverse = (a: bigint) => power(a, p - 2n);
  const d = mod(-121665n * inverse(121666n));
  type Point = readonly [bigint, bigint];
  const add = ([x1, y1]: Point, [x2, y2]: Point): Point => {
    const t = mod(d * x1 * x2 * y1 * y2);
    return [mod((x1 * y2 + x2 * y1) * inverse(1n + t)), mod((y1 * y2 + x1 * x2) * inverse(1n - t))];
  };
  /** x for a y, or undefined where none is on the curve. */
  const recover = (y: bigint): bigint | undefined => {
    const x2 = mod((y * y - 1n) * inverse(mod(d * y * y) + 1n));
    let x = power(x2, (p + 3n) / 8n);
    if (mod(x * x) !== x2) x = mod(x * power(2n, (p - 1n) / 4n));
    return mod(x * x) === x2 ? x : undefined;
  };
  const encode = (y: bigint, sign: 0 | 1) =>
    Buffer.from((y | (BigInt(sign) << 255n)).toString(16).padStart(64, '0'), 'hex').reverse();
  const isLowOrder = (y: bigint) => {
    const x = recover(mod(y));
    if (x === undefined) return false;
    let point: Point = [x, mod(y)];
    for (let i = 0; i < 3; i++) point = add(point, point);
    return point[0] === 0n && point[1] === 1n;
  };

  it('are refused when eight times the point is nothing', () => {
    const y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
    const ys = [0n, 1n, p - 1n, y8, p - y8, p, p + 1n];
    for (const y of ys) {
      expect(isLowOrder(y)).toBe(true);
      for (const sign of [0, 1] as const) {
        expect(code(line('ssh-ed25519', writeWire('ssh-ed25519', encode(y, sign))))).toBe('WEAK_KEY');
        const type = 'sk-ssh-ed25519@openssh.com';
        expect(code(line(type, writeWire(type, encode(y, sign), 'ssh:')))).toBe('WEAK_KEY');
      }
    }
  });

  it('are refused exactly then, or when another encoding of the same point exists', () => {
    const anyY = fc.bigInt({ min: 0n, max: 2n ** 255n - 1n });
    const nearTheEdge = fc.bigInt({ min: p - 3n, max: 2n ** 255n - 1n });
    fc.assert(
      fc.property(
        fc.oneof(anyY, nearTheEdge, fc.bigInt({ min: 0n, max: 40n })),
        fc.constantFrom(0, 1),
        (y, sign) => {
          expect(ed25519Weakness(encode(y, sign as 0 | 1)) !== undefined).toBe(isLowOrder(y) || y >= p);
        },
      ),
    );
  });

  it('are never refused when they come from a generator', () => {
    for (let i = 0; i < 50; i++) {
      const signer = ed25519Signer();
      expect(parsePublicKey(`${signer.line} alice@example.org`).fingerprint).toBe(signer.fingerprint);
    }
    expect(parsePublicKey(skSigner().line).type).toBe('sk-ssh-ed25519@openssh.com');
  });
});

describe('RSA keys', () => {
  const good = rsa(3072);

  it('have at least 3072 bits and a sane exponent', () => {
    expect(code(rsaLine(good))).toBe('ok');
    expect(code(rsaLine(rsa(2048)))).toBe('WEAK_KEY');
    expect(code(rsaLine(rsa(3071)))).toBe('WEAK_KEY');
    expect(code(rsaLine({ n: good.n, e: Buffer.from([1]) }))).toBe('WEAK_KEY');
    expect(code(rsaLine({ n: good.n, e: Buffer.from([4]) }))).toBe('WEAK_KEY');
    expect(code(rsaLine({ n: good.n, e: Buffer.alloc(9, 3) }))).toBe('WEAK_KEY');
    expect(code(rsaLine({ n: Buffer.alloc(2049, 0xff), e: good.e }))).toBe('WEAK_KEY');
  });

  it('have one encoding', () => {
    const padded = writeWire('ssh-rsa', good.e, Buffer.concat([Buffer.alloc(2), good.n]));
    expect(code(line('ssh-rsa', padded))).toBe('BAD_KEY');
    expect(code(line('ssh-rsa', writeWire('ssh-rsa', good.e, good.n)))).toBe('BAD_KEY');
  });
});

describe('ECDSA keys', () => {
  const type = 'ecdsa-sha2-nistp256';
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const [x, y] = [Buffer.from(jwk.x!, 'base64url'), Buffer.from(jwk.y!, 'base64url')];
  const point = Buffer.concat([Buffer.of(4), x, y]);

  it('are uncompressed points of the curve that the type names', () => {
    expect(code(line(type, writeWire(type, 'nistp256', point)))).toBe('ok');
    expect(code(line(type, writeWire(type, 'nistp384', point)))).toBe('BAD_KEY');
    expect(
      code(line(type, writeWire(type, 'nistp256', Buffer.concat([Buffer.of(2 + (y[31]! & 1)), x])))),
    ).toBe('BAD_KEY');
    const offCurve = Buffer.from(point);
    offCurve[40]! ^= 1;
    expect(code(line(type, writeWire(type, 'nistp256', offCurve)))).toBe('BAD_KEY');
  });
});

describe('a line', () => {
  const { line: good, blob } = ed25519Signer();
  const dss = writeWire('ssh-dss', Buffer.alloc(128, 1));

  it.each([
    ['without a key', 'ssh-ed25519', 'BAD_KEY'],
    ['with options before the type', `no-pty ${good}`, 'BAD_KEY'],
    ['with a second line', `${good}\n${good}`, 'BAD_KEY'],
    ['of another type than the key inside', good.replace('ssh-ed25519', 'ssh-rsa'), 'BAD_KEY'],
    ['with octets after the key', line('ssh-ed25519', Buffer.concat([blob, Buffer.of(0)])), 'BAD_KEY'],
    ['cut short', line('ssh-ed25519', blob.subarray(0, -1)), 'BAD_KEY'],
    [
      'with a key of 31 octets',
      line('ssh-ed25519', writeWire('ssh-ed25519', Buffer.alloc(31, 9))),
      'BAD_KEY',
    ],
    ['with an old type', line('ssh-dss', dss), 'WEAK_KEY'],
    ['with sloppy base64', `${good.slice(0, -1)}`, 'BAD_KEY'],
    ['that is too long', `${good} ${'x'.repeat(20_000)}`, 'BAD_KEY'],
    ['with two spaces', good.replace(' ', '  '), 'BAD_KEY'],
    ['of a raw key', raw32('00'.repeat(32)).toString('base64'), 'BAD_KEY'],
  ])('%s is refused', (_name, text, wanted) => {
    expect(code(text)).toBe(wanted);
  });

  it('never fails other than with a code', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp521'),
        fc.uint8Array(),
        (type, junk) => {
          expect(code(line(type, writeWire(type, junk)))).toMatch(/KEY$/);
          expect(code(line(type, writeWire({ raw: writeWire(type) }, { raw: junk })))).toMatch(/KEY$/);
        },
      ),
    );
  });
});
