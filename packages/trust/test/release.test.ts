import {
  type Author,
  encodeProof,
  parseModuleName,
  parseProof,
  type Release,
  type Sha256Hex,
} from '@mlld/format';
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFiles, digestOfFiles, sha256, type VerifyReleaseOptions, verifyRelease } from '../src/index.ts';
import { bundle, chain, files, keyset, name, registry, release, signKeyset, signRelease } from './bundle.ts';
import { ed25519Signer } from './signer.ts';

const wanted: VerifyReleaseOptions = { registry, name, version: '1.2.0' };
const { signers, texts } = chain(2);
const key = signers[1]!;
const good = bundle(signRelease(release(), [key]), texts);
const verify = (proof = good, more: Partial<VerifyReleaseOptions> = {}) =>
  codeOf(() => verifyRelease(proof, { ...wanted, ...more }));
const signedBy = (one: Release, by = key) => bundle(signRelease(one, [by]), texts);

describe('a release', () => {
  it('verifies from its bundle, and says what it rests on', () => {
    const digest = digestOfFiles(files);
    const found = verifyRelease(parseProof(encodeProof(good)), {
      ...wanted,
      digest,
      statement: sha256(good.statement),
      pin: { keyset: 1, sha256: sha256(texts[0]!.statement) },
    });
    expect(found).toMatchObject({
      signedBy: key.fingerprint,
      statement: sha256(good.statement),
      pin: { keyset: 2, sha256: sha256(texts[1]!.statement) },
      evidence: 2,
      release: { name, version: '1.2.0', digest },
      keyset: { n: 2, author: 'alice' },
    });
    checkFiles(found.release.files, files);
  });

  it('is refused where it is about something else', () => {
    expect(verify(good, { registry: 'mirror.example.org' })).toBe('WRONG_SUBJECT');
    expect(verify(good, { name: parseModuleName('@alice/lists') })).toBe('WRONG_SUBJECT');
    expect(verify(good, { name: parseModuleName('@bob/strings') })).toBe('WRONG_SUBJECT');
    expect(verify(good, { version: '1.2.1' })).toBe('WRONG_SUBJECT');
  });

  it('is refused where another author signed it with a good keyset of theirs', () => {
    const bob = ed25519Signer();
    const bobs = [signKeyset(keyset([bob], { author: 'bob' as Author }), [bob])];
    expect(verify(bundle(signRelease(release(), [bob]), bobs))).toBe('WRONG_SUBJECT');
  });

  it('is refused when its digest is not that of its files, or not the one asked for', () => {
    const other = 'ab'.repeat(32) as Sha256Hex;
    expect(verify(good, { digest: other })).toBe('HASH_MISMATCH');
    expect(verify(good, { statement: other })).toBe('HASH_MISMATCH');
    expect(verify(signedBy(release({ digest: other })))).toBe('HASH_MISMATCH');
  });

  it('is signed by a key of the last keyset of its bundle', () => {
    expect(verify(signedBy(release(), signers[0]))).toBe('UNKNOWN_KEY');
    expect(verify(signedBy(release(), ed25519Signer()))).toBe('UNKNOWN_KEY');
    expect(verify({ ...good, signatures: [] })).toBe('UNKNOWN_KEY');
    expect(verify(bundle(signRelease(release(), [signers[0]!]), texts.slice(0, 1)))).toBe('ok');
  });

  it('is signed as a release', () => {
    const signatures = [key.sign(good.statement, 'mlld-keyset@v1')];
    expect(verify({ ...good, signatures })).toBe('BAD_SIGNATURE');
  });

  it('comes with an unbroken chain of keysets', () => {
    expect(verify({ ...good, keysets: [] })).toBe('KEYSET_BROKEN');
    expect(verify({ ...good, keysets: [texts[1]!] })).toBe('KEYSET_BROKEN');
    expect(verify({ ...good, keysets: [] }, { laterKeysets: texts })).toBe('KEYSET_BROKEN');
  });

  it('is read strictly', () => {
    const twice = good.statement.replace('"version": "1.2.0",', '"version": "1.2.0", "version": "1.2.0",');
    expect(verify({ ...good, statement: twice })).toBe('BAD_JSON');
    expect(verify({ ...good, statement: good.keysets[0]!.statement })).toBe('BAD_STATEMENT');
  });

  it('is refused with any octet changed, or a signature that is not its own', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 127 }), (at, change) => {
        const bytes = Buffer.from(good.statement);
        bytes[at % bytes.length]! ^= change;
        expect(verify({ ...good, statement: bytes.toString('latin1') })).not.toBe('ok');
      }),
      { numRuns: 300 },
    );
  });
});

it('a bundle with anything changed in its text is refused with a code, or says the same', () => {
  const text = encodeProof(good);
  const piece = fc.oneof(fc.constantFrom('', '"', '\\n', '[', '{}', 'null', 'AAAA', ' ', '='), fc.string());
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(60), piece), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(edits, (all) => {
      const changed = all.reduce((found, [at, length, by]) => {
        const start = at % (found.length + 1);
        return found.slice(0, start) + by + found.slice(start + length);
      }, text);
      const run = () => verifyRelease(parseProof(changed), wanted);
      if (codeOf(run) === 'ok') expect(run().statement).toBe(sha256(good.statement));
    }),
    { numRuns: 500 },
  );
});

describe('a bundle that is older than the pin', () => {
  const old = bundle(signRelease(release(), [signers[0]!]), texts.slice(0, 1));
  const pin = { keyset: 2, sha256: sha256(texts[1]!.statement) };

  it('needs the keysets between', () => {
    expect(verify(old, { pin })).toBe('KEYSET_CHANGED');
    expect(verify(old, { pin, laterKeysets: texts.slice(1) })).toBe('ok');
  });

  it('never lowers the pin', () => {
    expect(verifyRelease(old, { ...wanted, pin, laterKeysets: texts.slice(1) }).pin).toEqual(pin);
  });

  it('is of the same history', () => {
    const other = signKeyset(keyset([ed25519Signer()], { n: 2 }), [signers[0]!]);
    expect(verify(old, { pin, laterKeysets: [other] })).toBe('KEYSET_CHANGED');
  });
});

describe('files', () => {
  const { files: entries } = release();
  const check = (change: (files: Map<string, Buffer>) => void) => {
    const copy = new Map(files);
    change(copy);
    return codeOf(() => checkFiles(entries, copy));
  };

  it('are all there, as long as said, with the hashes said, and no more', () => {
    expect(check(() => {})).toBe('ok');
    expect(check((all) => all.delete('README.md'))).toBe('FILE_NOT_FOUND');
    expect(check((all) => all.set('README.md', Buffer.from('# strings')))).toBe('SIZE_MISMATCH');
    expect(check((all) => all.set('README.md', Buffer.from('# strinks\n')))).toBe('HASH_MISMATCH');
    expect(check((all) => all.set('more.mld', Buffer.from('')))).toBe('HASH_MISMATCH');
  });

  it('have a digest that sha256sum can recompute, whatever their order', () => {
    const shuffled = new Map([...files].reverse());
    expect(digestOfFiles(shuffled)).toBe(digestOfFiles(files));
    expect(codeOf(() => digestOfFiles(new Map([['../x', Buffer.from('')]])))).toBe('BAD_PATH');
  });
});
