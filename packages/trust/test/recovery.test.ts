/** Lost keys (docs/spec/statements.md §6.5): who recovers them, from when on, and who can stop it. */

import type { Keyset, LoggedText, Policy } from '@mlld/format';
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inForce, looksRecovered, type RecoveryContext, verifyKeysets, verifyRelease } from '../src/index.ts';
import { alice, bundle, keyset, name, registry, release, signKeyset, signRelease } from './bundle.ts';
import { ed25519Signer, type Signer } from './signer.ts';

const hour = 3_600_000;
const quorum = [ed25519Signer(), ed25519Signer(), ed25519Signer()];
const root = ed25519Signer();
const policy = {
  n: 1,
  roles: new Map([
    ['root', { keys: [root.line], threshold: 1 }],
    ['recovery', { keys: quorum.map(({ line }) => line), threshold: 2 }],
  ]),
  recoveryDelayHours: 168,
} as unknown as Policy;
const delay = 168 * hour;

/** A keyset that is public from an hour on: its `log` is its time. */
function linked(one: Keyset, signers: readonly Signer[], at: number): LoggedText {
  return { ...signKeyset(one, signers), log: { index: at, proof: '' } };
}
const context = (now = Number.MAX_SAFE_INTEGER, policies: readonly Policy[] = [policy]): RecoveryContext => ({
  policies,
  publicSince: ({ log }) => (log === undefined ? undefined : log.index),
  now,
});
const verify = (chain: readonly LoggedText[], recovery: RecoveryContext | undefined = context()) =>
  verifyKeysets(chain, { registry, author: alice, recovery });

const old = ed25519Signer();
const fresh = ed25519Signer();
const other = ed25519Signer();
const first = signKeyset(keyset([old]), [old]);
const recovered = (change: Partial<Keyset> = {}) =>
  keyset([fresh], { n: 2, recovery: { policy: 1, reason: 'The laptop is gone.' }, ...change });
const recovery = (at = 0, by = quorum.slice(0, 2)) => linked(recovered(), by, at);

describe('a recovery', () => {
  it('is made by the threshold of the recovery role, and by nobody else', () => {
    expect(verify([first, recovery()]).at(-1)).toMatchObject({ takesEffect: delay, keyset: { n: 2 } });
    for (const by of [[quorum[0]!], [old], [root], [fresh], [quorum[0]!, old]])
      expect(codeOf(() => verify([first, recovery(0, by)]))).toBe('KEYSET_BROKEN');
  });

  it('wants a policy that is known, a place in the log, and is never keyset 1', () => {
    expect(codeOf(() => verifyKeysets([first, recovery()], { registry, author: alice }))).toBe(
      'KEYSET_BROKEN',
    );
    expect(codeOf(() => verify([first, recovery()], context(0, [])))).toBe('KEYSET_BROKEN');
    const { log: _log, ...unlogged } = recovery();
    expect(codeOf(() => verify([first, unlogged]))).toBe('KEYSET_BROKEN');
    expect(codeOf(() => verify([linked(recovered({ n: 1 }), quorum, 0)]))).toBe('BAD_STATEMENT');
  });

  it('is the root’s to make where no role is named', () => {
    const bare = { ...policy, roles: new Map([['root', policy.roles.get('root')!]]) } as Policy;
    expect(verify([first, recovery(0, [root])], context(0, [bare]))).toHaveLength(2);
  });
});

it('looks like one by its member alone: an author may be called so', () => {
  const named = { github: { id: 1, login: 'recovery' } };
  expect(looksRecovered(signKeyset(keyset([old], { anchors: named }), [old]))).toBe(false);
  expect([looksRecovered(recovery()), looksRecovered(undefined)]).toEqual([true, false]);
});

describe('its delay', () => {
  const next = (by: Signer, at: number) => linked(keyset([other], { n: 3 }), [by], at);

  it('holds: releases by the new keys are pending until it is over, those by the old ones go on', () => {
    const options = (now: number) => ({ registry, name, version: '1.2.0', recovery: context(now) });
    const by = (signer: Signer, ...keysets: LoggedText[]) =>
      bundle(signRelease(release(), [signer]), keysets);
    const late = by(fresh, first, recovery(5 * hour));
    expect(codeOf(() => verifyRelease(late, options(5 * hour + delay - 1)))).toBe('RECOVERY_PENDING');
    expect(verifyRelease(late, options(5 * hour + delay)).signedBy).toBe(fresh.fingerprint);
    expect(verifyRelease(by(old, first), options(6 * hour)).signedBy).toBe(old.fingerprint);
  });

  it('lets the old keys cancel it in time, and nothing is signed by the recovered ones then', () => {
    const chain = [first, recovery(0), next(old, delay - 1)];
    expect(verify(chain).map(({ cancelled }) => cancelled)).toEqual([undefined, true, undefined]);
    const stolen = bundle(signRelease(release(), [fresh]), [first, recovery(0)]);
    const options = { registry, name, version: '1.2.0', recovery: context(2 * delay) };
    expect(codeOf(() => verifyRelease(stolen, { ...options, laterKeysets: [next(old, delay - 1)] }))).toBe(
      'KEYSET_BROKEN',
    );
  });

  it('ends it for the old keys, and starts it for the new ones', () => {
    expect(codeOf(() => verify([first, recovery(0), next(old, delay)]))).toBe('KEYSET_BROKEN');
    expect(codeOf(() => verify([first, recovery(0), next(fresh, delay - 1)]))).toBe('KEYSET_BROKEN');
    expect(verify([first, recovery(0), next(fresh, delay)])).toHaveLength(3);
    expect(codeOf(() => verify([first, recovery(0), next(root, delay)]))).toBe('KEYSET_BROKEN');
  });

  it('whoever comes when: exactly one of old and new keys may go on at any moment', () => {
    fc.assert(
      fc.property(fc.nat(2 * delay), fc.nat(4 * delay), fc.boolean(), (at, later, byOld) => {
        const since = at + later;
        const good = byOld ? since < at + delay : since >= at + delay;
        const run = () => verify([first, recovery(at), next(byOld ? old : fresh, since)]);
        if (good) expect(run()).toHaveLength(3);
        else expect(codeOf(run)).toBe('KEYSET_BROKEN');
        const chain = verify([first, recovery(at)]);
        expect(inForce(chain, since)?.keyset.n).toBe(since < at + delay ? 1 : 2);
      }),
      { numRuns: 60 },
    );
  });
});
