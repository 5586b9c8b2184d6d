import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSignature, verifySignature } from '../src/index.ts';
import { writeWire } from '../src/ssh-wire.ts';
import { hasSshKeygen, type OpenSsh, type OpenSshKey, openSsh } from './openssh.ts';
import { armour, dearmour, ed25519Signer, rsaSigner, skEcdsaSigner, skSigner } from './signer.ts';

const namespace = 'mlld-release@v1';
const bytes = Buffer.from('{"type":"release"}\n');
const reason = hasSshKeygen ? '' : ' (skipped: ssh-keygen is not installed)';

describe.skipIf(!hasSshKeygen)(`against ssh-keygen${reason}`, () => {
  let ssh: OpenSsh;
  let keys: OpenSshKey[];
  let rsa2048: OpenSshKey;

  beforeAll(() => {
    ssh = openSsh();
    keys = [
      ssh.key('ed25519'),
      ssh.key('rsa', 3072),
      ssh.key('ecdsa', 256),
      ssh.key('ecdsa', 384),
      ssh.key('ecdsa', 521),
    ];
    rsa2048 = ssh.key('rsa', 2048);
  });
  afterAll(() => ssh.remove());

  const anyKey = fc.nat({ max: 4 });
  const anyNamespace = fc.constantFrom('mlld-release@v1', 'mlld-keyset@v1', 'git', 'file');
  const anyHash = fc.constantFrom('sha256', 'sha512');

  it('accepts what it signs, by that key, and nothing beside', () => {
    const property = fc.property(
      anyKey,
      fc.uint8Array({ maxLength: 200 }),
      anyNamespace,
      anyHash,
      (i, data, ns, hash) => {
        const key = keys[i]!;
        const signature = ssh.sign(key, data, { namespace: ns, hash });
        const verified = verifySignature({ bytes: data, signature, namespace: ns });
        expect(`${verified.key.text} alice@example.org\n`).toBe(key.line);
        const other = Buffer.concat([data, Buffer.from('x')]);
        expect(codeOf(() => verifySignature({ bytes: other, signature, namespace: ns }))).toBe(
          'BAD_SIGNATURE',
        );
        expect(codeOf(() => verifySignature({ bytes: data, signature, namespace: `${ns}x` }))).toBe(
          'BAD_SIGNATURE',
        );
      },
    );
    fc.assert(property, { numRuns: 40 });
  });

  // ssh-keygen itself accepts some: OpenSSL reads a point that begins with 06 or 07 (hybrid form) as the one with 04.
  it('refuses what ssh-keygen signed with any bit of the envelope turned', () => {
    const signatures = keys.map((key) => dearmour(ssh.sign(key, bytes, { namespace })));
    const property = fc.property(anyKey, fc.nat(), (i, at) => {
      const blob = Buffer.from(signatures[i]!);
      const bit = at % (blob.length * 8);
      blob[bit >> 3]! ^= 1 << (bit & 7);
      const signature = armour(blob);
      const found = codeOf(() => verifySignature({ bytes, signature, namespace }));
      expect(found).toMatch(/^(?:BAD_SIGNATURE|BAD_KEY|WEAK_KEY)$/);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('agrees with it on signatures of our own making', () => {
    const makers = [
      () => ed25519Signer(),
      skSigner,
      () => skSigner({ flags: 0x05, counter: 0xffffffff }),
      skEcdsaSigner,
      () => skEcdsaSigner({ flags: 0x05, counter: 0x01020304, application: 'ssh:mlld' }),
    ];
    for (const make of makers) {
      const signer = make();
      const signature = signer.sign(bytes, namespace);
      expect(ssh.accepts(signer.line, bytes, { namespace, signature })).toBe(true);
      expect(verifySignature({ bytes, signature, namespace }).key.text).toBe(signer.line);
      const other = make().line;
      expect(ssh.accepts(other, bytes, { namespace, signature })).toBe(false);
    }
  });

  it('agrees with it on wrong namespaces, wrong data and envelopes of another shape', () => {
    const signer = ed25519Signer();
    const cases: [string, Uint8Array, string][] = [
      [signer.sign(bytes, 'mlld-keyset@v1'), bytes, namespace],
      [signer.sign(bytes, namespace), Buffer.from('other'), namespace],
      [signer.sign(bytes, namespace, { version: 2 }), bytes, namespace],
      [signer.sign(bytes, namespace, { trailing: 'x' }), bytes, namespace],
      [signer.sign(bytes, namespace, { preamble: 'SSHSIX' }), bytes, namespace],
    ];
    for (const [signature, data, ns] of cases) {
      expect(ssh.accepts(signer.line, data, { namespace: ns, signature })).toBe(false);
      expect(codeOf(() => verifySignature({ bytes: data, signature, namespace: ns }))).toBe('BAD_SIGNATURE');
    }
  });

  it.each([
    ['rsa-sha2-256', 'sha256', true],
    ['rsa-sha2-512', 'sha512', true],
    ['rsa-sha2-512', 'sha256', false],
    ['rsa-sha2-256', 'sha1', false],
    ['ssh-rsa', 'sha1', false],
    ['ssh-rsa', 'sha512', false],
    ['rsa-sha2-384', 'sha384', false],
  ])('agrees with it on RSA signatures that say %s and are by %s: %s', (algorithm, hash, good) => {
    const signer = rsaSigner({ algorithm, hash });
    const signature = signer.sign(bytes, namespace);
    expect(ssh.accepts(signer.line, bytes, { namespace, signature })).toBe(good);
    expect(codeOf(() => verifySignature({ bytes, signature, namespace }))).toBe(
      good ? 'ok' : 'BAD_SIGNATURE',
    );
  });

  it('refuses an RSA signature that is shorter than its key', () => {
    const signature = rsaSigner({ cut: 1 }).sign(bytes, namespace);
    expect(codeOf(() => verifySignature({ bytes, signature, namespace }))).toBe('BAD_SIGNATURE');
  });

  it('refuses an RSA key of 2048 bits, which ssh-keygen still accepts', () => {
    const signature = ssh.sign(rsa2048, bytes, { namespace });
    expect(ssh.accepts(rsa2048.line, bytes, { namespace, signature })).toBe(true);
    expect(codeOf(() => verifySignature({ bytes, signature, namespace }))).toBe('WEAK_KEY');
  });
});

describe('the envelope', () => {
  const signer = ed25519Signer();
  const good = signer.sign(bytes, namespace);
  const verify = (signature: string) => codeOf(() => verifySignature({ bytes, signature, namespace }));

  it('takes text for its UTF-8', () => {
    const signature = signer.sign('größe', namespace);
    expect(verifySignature({ bytes: 'größe', signature, namespace }).key.fingerprint).toBe(
      signer.fingerprint,
    );
  });

  it('is refused with any single bit turned', () => {
    const blob = dearmour(good);
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const turned = Buffer.from(blob);
      turned[bit >> 3]! ^= 1 << (bit & 7);
      expect(verify(armour(turned)), `bit ${bit}`).toMatch(/^(?:BAD_SIGNATURE|BAD_KEY|WEAK_KEY)$/);
    }
  });

  it('is refused when cut at any octet', () => {
    const blob = dearmour(good);
    for (let length = 0; length < blob.length; length++)
      expect(verify(armour(blob.subarray(0, length)))).toBe('BAD_SIGNATURE');
  });

  const wrong: Record<string, string> = {
    'version 2': signer.sign(bytes, namespace, { version: 2 }),
    'version 0': signer.sign(bytes, namespace, { version: 0 }),
    'a reserved field that says something': signer.sign(bytes, namespace, { reserved: 'x' }),
    'octets after the end': signer.sign(bytes, namespace, { trailing: '\0' }),
    'an empty namespace': signer.sign(bytes, ''),
    'text before the armour': `hello\n${good}`,
    'text after the armour': `${good}hello`,
    'two signatures in one': good + good,
    'Windows line ends': good.replaceAll('\n', '\r\n'),
    'no end line': good.slice(0, good.indexOf('-----END')),
    'spaces in the base64': good.replace(/\n(.)/, '\n $1'),
    'lines of different lengths': good.replace(/\n(.{10})/, '\n$1\n'),
    'base64url letters': good.replace(/^[A-Z].*$/gm, (line) => line.replaceAll('A', '-')),
    'another kind of armour': good.replaceAll('SSH SIGNATURE', 'PGP SIGNATURE'),
    nothing: '',
  };
  it.each(Object.keys(wrong))('with %s is BAD_SIGNATURE', (name) => {
    expect(verify(wrong[name]!)).toBe('BAD_SIGNATURE');
  });

  it('has one base64: unused bits must be zero', () => {
    const blob = dearmour(good);
    const padded = [0, 1, 2]
      .map((extra) => armour(Buffer.concat([blob, Buffer.alloc(extra)])))
      .find((text) => text.includes('='))!;
    const loose = padded.replace(/(.)(=+\n)/, (_all, last: string, rest: string) => {
      const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
      return letters[letters.indexOf(last) + 1] + rest;
    });
    expect(dearmour(loose).equals(dearmour(padded))).toBe(true);
    expect(() => parseSignature(loose)).toThrow(/canonical/);
  });

  it('is refused with sha1 and with md5', () => {
    for (const hash of ['sha1', 'md5'])
      expect(verify(signer.sign(bytes, namespace, { hash }))).toBe('BAD_SIGNATURE');
  });

  it('is refused when it is too long', () => {
    expect(verify(armour(Buffer.alloc(20_000)))).toBe('BAD_SIGNATURE');
  });

  it('never fails other than with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (junk, framed) => {
        const blob = framed
          ? writeWire({ raw: Buffer.from('SSHSIG') }, 1, junk, namespace, '', 'sha512', junk)
          : junk;
        expect(verify(armour(blob))).toMatch(/^(?:BAD_SIGNATURE|BAD_KEY|WEAK_KEY)$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe.each([
  ['sk-ssh-ed25519', skSigner],
  ['sk-ecdsa-sha2-nistp256', skEcdsaSigner],
] as const)('hardware keys of type %s', (_type, make) => {
  const verify = (signature: string) => codeOf(() => verifySignature({ bytes, signature, namespace }));

  it('count only when someone was present', () => {
    for (const [flags, wanted] of [
      [0x01, 'ok'],
      [0x05, 'ok'],
      [0x00, 'BAD_SIGNATURE'],
      [0x04, 'BAD_SIGNATURE'],
    ] as const)
      expect(verify(make({ flags }).sign(bytes, namespace))).toBe(wanted);
  });

  it('are refused with any bit of flags or counter turned', () => {
    const blob = dearmour(make().sign(bytes, namespace));
    for (let bit = (blob.length - 5) * 8; bit < blob.length * 8; bit++) {
      const turned = Buffer.from(blob);
      turned[bit >> 3]! ^= 1 << (bit & 7);
      expect(verify(armour(turned))).toBe('BAD_SIGNATURE');
    }
  });
});
