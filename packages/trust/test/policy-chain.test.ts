import { type Policy, type SignedText, signatureNamespace } from '@mlld/format';
import { codeOf } from '@mlld/testing';
import { describe, expect, test } from 'vitest';
import { sha256, verifyPolicyChain } from '../src/index.ts';
import { formatVerifierKey, noteSigner } from '../src/log/index.ts';
import { ed25519Signer, type Signer } from './signer.ts';

const registry = 'registry.example.org';
const logKey = formatVerifierKey(noteSigner(`${registry}/log`, 'ed25519', Buffer.alloc(32, 1)).key);

const keys = (count: number): Signer[] => Array.from({ length: count }, () => ed25519Signer());

interface Root {
  readonly keys: readonly Signer[];
  readonly threshold: number;
}

function policy(
  n: number,
  root: Root,
  { by, ...changes }: Partial<Policy> & { readonly by: readonly Signer[] },
): SignedText {
  const statement = `${JSON.stringify({
    type: 'policy',
    v: 1,
    registry,
    n,
    roles: { root: { keys: root.keys.map((key) => key.line), threshold: root.threshold } },
    log: { origin: `${registry}/log`, keys: [logKey] },
    witnesses: [],
    quorum: 0,
    reserved: [],
    recoveryDelayHours: 72,
    createdAt: '2026-01-01T00:00:00Z',
    ...changes,
  })}\n`;
  const namespace = signatureNamespace('policy');
  return { statement, signatures: by.map((signer) => signer.sign(statement, namespace)) };
}

describe('statements.md , 10: the policy chain', () => {
  test('a first policy is signed by the threshold of its own root', () => {
    const [a, b, c] = keys(3) as [Signer, Signer, Signer];
    const root = { keys: [a, b, c], threshold: 2 };
    const good = policy(1, root, { by: [a, c] });
    expect(verifyPolicyChain([good], { registry }).pin).toEqual({ n: 1, sha256: sha256(good.statement) });
    expect(codeOf(() => verifyPolicyChain([], { registry }))).toBe('POLICY_BROKEN');
    const one = policy(1, root, { by: [a] });
    expect(codeOf(() => verifyPolicyChain([one], { registry }))).toBe('POLICY_BROKEN');
    const twice = { ...one, signatures: [one.signatures[0]!, one.signatures[0]!] };
    expect(codeOf(() => verifyPolicyChain([twice], { registry }))).toBe('POLICY_BROKEN');
    expect(codeOf(() => verifyPolicyChain([good], { registry: 'other.example.org' }))).toBe('WRONG_SUBJECT');
  });

  test('drills: a lost key is replaced, a stolen key below the threshold changes nothing', () => {
    const [a, b, c, d, e] = keys(5) as [Signer, Signer, Signer, Signer, Signer];
    const before = { keys: [a, b, c], threshold: 2 };
    const after = { keys: [a, b, d], threshold: 2 };
    const first = policy(1, before, { by: [a, b] });
    const rotated = policy(2, after, { by: [a, b, d] });
    expect(verifyPolicyChain([first, rotated], { registry }).pin.n).toBe(2);
    const byThief = policy(2, { keys: [c, e], threshold: 2 }, { by: [c, e] });
    expect(codeOf(() => verifyPolicyChain([first, byThief], { registry }))).toBe('POLICY_BROKEN');
    const notByNew = policy(2, { keys: [d, e], threshold: 2 }, { by: [a, b] });
    expect(codeOf(() => verifyPolicyChain([first, notByNew], { registry }))).toBe('POLICY_BROKEN');
    const gap = policy(3, before, { by: [a, b] });
    expect(codeOf(() => verifyPolicyChain([first, gap], { registry }))).toBe('POLICY_BROKEN');
  });

  test('a pin may only be grown from', () => {
    const [a] = keys(1) as [Signer];
    const root = { keys: [a], threshold: 1 };
    const first = policy(1, root, { by: [a] });
    const second = policy(2, root, { by: [a] });
    const other = policy(1, root, { by: [a], reserved: ['mlld'] });
    const { pin } = verifyPolicyChain([first, second], { registry });
    expect(codeOf(() => verifyPolicyChain([first], { registry, pin }))).toBe('POLICY_BROKEN');
    const pinned = verifyPolicyChain([first], { registry }).pin;
    expect(verifyPolicyChain([first, second], { registry, pin: pinned }).pin).toEqual(pin);
    expect(codeOf(() => verifyPolicyChain([other], { registry, pin: pinned }))).toBe('POLICY_BROKEN');
  });

  test('drills: the log changes its key, a witness is dropped', () => {
    const [a] = keys(1) as [Signer];
    const root = { keys: [a], threshold: 1 };
    const witness = formatVerifierKey(noteSigner('w.example.org', 'cosignature/v1', Buffer.alloc(32, 2)).key);
    const newLog = formatVerifierKey(noteSigner(`${registry}/log`, 'ed25519', Buffer.alloc(32, 3)).key);
    const first = policy(1, root, { by: [a], witnesses: [witness], quorum: 1 });
    const overlap = policy(2, root, {
      by: [a],
      log: { origin: `${registry}/log`, keys: [logKey, newLog] },
      witnesses: [witness],
      quorum: 1,
    });
    const last = policy(3, root, { by: [a], log: { origin: `${registry}/log`, keys: [newLog] } });
    const { policy: now } = verifyPolicyChain([first, overlap, last], { registry });
    expect(now).toMatchObject({ n: 3, witnesses: [], quorum: 0, log: { keys: [newLog] } });
  });
});
