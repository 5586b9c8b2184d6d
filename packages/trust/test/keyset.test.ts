import type { Keyset, SignedText } from '@mlld/format';
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256, verifyKeysetChain } from '../src/index.ts';
import { alice, chain, keyset, registry, signKeyset } from './bundle.ts';
import { ed25519Signer, type Signer, skSigner } from './signer.ts';

const options = { registry, author: alice };
const [a, b, c, d] = [ed25519Signer(), ed25519Signer(), skSigner(), ed25519Signer()];
const verify = (texts: readonly SignedText[], more: object = {}) =>
  codeOf(() => verifyKeysetChain(texts, { ...options, ...more }));

describe('the first keyset', () => {
  it('is signed by its own threshold of distinct keys', () => {
    const two = keyset([a, b, c], { threshold: 2 });
    expect(verify([signKeyset(two, [a, c])])).toBe('ok');
    expect(verify([signKeyset(two, [a, b, c])])).toBe('ok');
    expect(verify([signKeyset(two, [a])])).toBe('KEYSET_BROKEN');
    expect(verify([signKeyset(two, [a, a, a])])).toBe('KEYSET_BROKEN');
    expect(verify([signKeyset(two, [a, d])])).toBe('KEYSET_BROKEN');
    expect(verify([signKeyset(two, [])])).toBe('KEYSET_BROKEN');
  });

  it('may carry signatures by keys that are none of its business', () => {
    expect(verify([signKeyset(keyset([a]), [d, a])])).toBe('ok');
  });

  it('fails as a whole when one of its own keys signed other bytes', () => {
    const good = signKeyset(keyset([a, b]), [a]);
    const other = signKeyset(keyset([b, a]), [b]);
    expect(verify([{ ...good, signatures: [...good.signatures, ...other.signatures] }])).toBe(
      'BAD_SIGNATURE',
    );
    expect(verify([{ ...good, statement: good.statement.replace('1001', '1002') }])).toBe('BAD_SIGNATURE');
  });

  it('does not count a signature of another namespace', () => {
    const { statement } = signKeyset(keyset([a]), []);
    expect(verify([{ statement, signatures: [a.sign(statement, 'mlld-release@v1')] }])).toBe('BAD_SIGNATURE');
  });

  it('is for this registry and this author', () => {
    const other = { registry: 'mirror.example.org', author: 'bob' };
    expect(verify([signKeyset(keyset([a], { registry: other.registry }), [a])])).toBe('WRONG_SUBJECT');
    expect(verify([signKeyset(keyset([a], { author: other.author as Keyset['author'] }), [a])])).toBe(
      'WRONG_SUBJECT',
    );
  });

  it('holds no weak key', () => {
    const weak = `ssh-ed25519 ${Buffer.concat([
      Buffer.from('0000000b7373682d6564323535313900000020', 'hex'),
      Buffer.alloc(32),
    ]).toString('base64')}`;
    expect(verify([signKeyset(keyset([a], { keys: [{ key: a.line }, { key: weak }] }), [a])])).toBe(
      'WEAK_KEY',
    );
  });

  it('is there, and has number 1', () => {
    expect(verify([])).toBe('KEYSET_BROKEN');
    expect(verify([signKeyset(keyset([a], { n: 2 }), [a])])).toBe('KEYSET_BROKEN');
  });
});

describe('keysets that verified before', () => {
  const good = signKeyset(keyset([a]), [a]);

  it('are used again, and nothing else is taken for them', () => {
    const known = new Map();
    const before = verifyKeysetChain([good], { ...options, known });
    expect(verifyKeysetChain([good], { ...options, known })).toBe(before);
    const changed = { ...good, statement: good.statement.replace('1001', '1002') };
    const others = { statement: good.statement, signatures: [b.sign(good.statement, 'mlld-keyset@v1')] };
    expect(verify([changed], { known })).toBe('BAD_SIGNATURE');
    expect(verify([others], { known })).toBe('KEYSET_BROKEN');
    expect(verify([good], { known, registry: 'mirror.example.org' })).toBe('WRONG_SUBJECT');
    expect(verify([good], { known, author: 'bob' })).toBe('WRONG_SUBJECT');
    expect(verify([good], { known, pin: { keyset: 1, sha256: sha256('x') } })).toBe('KEYSET_CHANGED');
    expect(known.size).toBe(1);
  });

  it('vouch for the next one only as its own predecessor', () => {
    const known = new Map();
    const second = signKeyset(keyset([b], { n: 2 }), [a]);
    expect(verify([good, second], { known })).toBe('ok');
    const other = signKeyset(keyset([c]), [c]);
    expect(verify([other, second], { known })).toBe('KEYSET_BROKEN');
    expect(verify([good, second], { known })).toBe('ok');
  });
});

describe('the next keyset', () => {
  const first = signKeyset(keyset([a, b], { threshold: 2 }), [a, b]);
  const next = (change: Partial<Keyset>, keys: readonly Signer[], signers: readonly Signer[]) =>
    signKeyset(keyset(keys, { n: 2, ...change }), signers);

  it('is signed by the threshold of the one before, not by its own', () => {
    expect(verify([first, next({}, [d], [a, b])])).toBe('ok');
    expect(verify([first, next({}, [d], [a, b, d])])).toBe('ok');
    expect(verify([first, next({}, [d], [a])])).toBe('KEYSET_BROKEN');
    expect(verify([first, next({}, [d], [d])])).toBe('KEYSET_BROKEN');
    expect(verify([first, next({ threshold: 1 }, [a, b], [a])])).toBe('KEYSET_BROKEN');
  });

  it('is vouched for by the one directly before, with no gap', () => {
    const second = next({}, [d], [a, b]);
    const third = signKeyset(keyset([c], { n: 3 }), [d]);
    expect(verify([first, second, third])).toBe('ok');
    expect(verify([first, second, signKeyset(keyset([c], { n: 3 }), [a, b])])).toBe('KEYSET_BROKEN');
    expect(verify([first, third])).toBe('KEYSET_BROKEN');
    expect(verify([first, second, second])).toBe('KEYSET_BROKEN');
    expect(verify([second, third])).toBe('KEYSET_BROKEN');
  });
});

describe('a pin', () => {
  const { texts, signers } = chain(3);
  const pin = (n: number, text = texts[n - 1]!) => ({ pin: { keyset: n, sha256: sha256(text.statement) } });

  it('is passed by the chain that it was taken from, as long as that grows', () => {
    for (let seen = 1; seen <= 3; seen++)
      for (let shown = seen; shown <= 3; shown++) expect(verify(texts.slice(0, shown), pin(seen))).toBe('ok');
  });

  it('catches a second history, however well it is signed', () => {
    const other = signKeyset(keyset([d], { n: 2 }), [signers[0]!]);
    expect(verify([texts[0]!, other])).toBe('ok');
    expect(verify([texts[0]!, other], pin(2))).toBe('KEYSET_CHANGED');
    expect(verify([texts[0]!, other], pin(1))).toBe('ok');
    const anew = chain(3).texts;
    expect(verify(anew, pin(1))).toBe('KEYSET_CHANGED');
  });

  it('is not passed by a chain that ends before it, and tells what is missing', () => {
    expect(verify(texts.slice(0, 1), pin(3))).toBe('KEYSET_CHANGED');
    let data: unknown;
    try {
      verifyKeysetChain(texts.slice(0, 1), { ...options, ...pin(3) });
    } catch (error) {
      data = (error as { data?: unknown }).data;
    }
    expect(data).toEqual({ missing: [2, 3] });
  });
});

it('any chain with any one octet of a statement changed is refused', () => {
  const { texts } = chain(3);
  fc.assert(
    fc.property(fc.nat({ max: 2 }), fc.nat(), fc.integer({ min: 1, max: 127 }), (i, at, change) => {
      const bytes = Buffer.from(texts[i]!.statement);
      bytes[at % bytes.length]! ^= change;
      const changed = texts.with(i, { ...texts[i]!, statement: bytes.toString('latin1') });
      expect(verify(changed)).not.toBe('ok');
    }),
    { numRuns: 300 },
  );
});
