import {
  type Author,
  type CommunityStatement,
  encodeCommunity,
  encodeCommunityFile,
  encodeTrustsFile,
  type Review,
  type Sha256Hex,
  type SignedText,
  signatureNamespace,
  type Trust,
} from '@mlld/format';
import { codeOf } from '@mlld/testing';
import { describe, expect, test } from 'vitest';
import { readCommunityFile, readTrustsFile } from '../src/community.ts';
import { alice, keyset, name, registry, signKeyset } from './bundle.ts';
import { ed25519Signer, type Signer, signed } from './signer.ts';

const bob = 'bob' as Author;
const carol = 'carol' as Author;
const keys = { alice: ed25519Signer('alice'), bob: ed25519Signer('bob'), carol: ed25519Signer('carol') };
const chainOf = (author: Author, key: Signer) => [signKeyset(keyset([key], { author }), [key])];
const sign = (said: CommunityStatement, by: Signer): SignedText =>
  signed(encodeCommunity(said), signatureNamespace(said.type), [by]);

const said = { v: 1, registry, n: 1, at: '2026-03-01T12:00:00Z' } as const;
const review = (change: Partial<Review> = {}): Review => ({
  type: 'review',
  ...said,
  by: bob,
  name,
  version: '1.2.0',
  digest: 'd'.repeat(64) as Sha256Hex,
  rating: 'positive',
  thoroughness: 'high',
  understanding: 'high',
  criteria: ['safe-to-run'],
  text: 'I read all of it.',
  ...change,
});
const trust = (change: Partial<Trust> = {}): Trust => ({
  type: 'trust',
  ...said,
  by: alice,
  about: bob,
  level: 'high',
  ...change,
});

const community = (reviews: readonly SignedText[], change = {}) =>
  encodeCommunityFile({
    v: 1,
    name,
    reviews,
    stars: { count: 2, by: [bob, carol] },
    own: [alice],
    reports: 0,
    keysets: new Map([
      [bob, chainOf(bob, keys.bob)],
      [carol, chainOf(carol, keys.carol)],
    ]),
    ...change,
  });
const read = (text: string) => readCommunityFile(text, { registry, name, where: 'community' });

describe('reputation.md §6: a module’s file', () => {
  test('gives what its reviewers signed, the newest of each', () => {
    const old = sign(review({ rating: 'strong' }), keys.bob);
    const newer = sign(review({ n: 2, rating: 'dangerous' }), keys.bob);
    const found = read(community([newer, old, sign(review({ by: carol }), keys.carol)]));
    expect(found.reviews.map(({ by, n, rating }) => [by, n, rating])).toEqual([
      ['bob', 2, 'dangerous'],
      ['carol', 1, 'positive'],
    ]);
    expect(found).toMatchObject({ stars: { count: 2, by: ['bob', 'carol'] }, left: [] });
  });

  test.each([
    ['another signed it', sign(review(), keys.carol), 'bob did not sign'],
    [
      'changed after it was signed',
      { ...sign(review(), keys.bob), statement: encodeCommunity(review({ rating: 'strong' })) },
      'did not sign',
    ],
    ['for another registry', sign(review({ registry: 'other.example.org' }), keys.bob), 'it is for'],
    ['about another module', sign(review({ name: '@alice/other' as Review['name'] }), keys.bob), 'none of'],
    ['something else that was signed', sign(trust({ by: bob }), keys.bob), 'a trust'],
    ['nothing that is JSON', { statement: 'yes', signatures: [] }, ''],
  ])('leaves out: %s', (_case, text, why) => {
    const found = read(community([text, sign(review({ by: carol }), keys.carol)]));
    expect(found.reviews.map(({ by }) => by)).toEqual(['carol']);
    expect(found.left).toHaveLength(1);
    expect(found.left[0]).toContain(why);
  });

  test('counts no reviewer whose keysets do not vouch for each other', () => {
    const stolen = [
      ...chainOf(bob, keys.bob),
      signKeyset(keyset([keys.carol], { author: bob, n: 2 }), [keys.carol]),
    ];
    const found = read(community([sign(review(), keys.carol)], { keysets: new Map([[bob, stolen]]) }));
    expect(found.reviews).toEqual([]);
    expect(found.left[0]).toContain('keyset');
  });

  test('refuses the file of another module', () => {
    const other = { registry, name: '@alice/other' as Review['name'], where: 'community' };
    expect(codeOf(() => readCommunityFile(community([]), other))).toBe('WRONG_SUBJECT');
  });
});

describe('reputation.md §7: a person’s file', () => {
  const file = (statements: readonly SignedText[]) =>
    encodeTrustsFile({ v: 1, by: alice, statements, keysets: chainOf(alice, keys.alice) });
  const edges = (text: string) => readTrustsFile(text, { registry, by: alice, where: 'trusts' });

  test('gives whom they trust and distrust, by their newest word', () => {
    const found = edges(
      file([
        sign(trust({ n: 2, level: 'distrust' }), keys.alice),
        sign(trust(), keys.alice),
        sign(trust({ about: carol, level: 'low' }), keys.alice),
      ]),
    );
    expect(found.edges).toEqual([
      { by: 'alice', about: 'bob', level: 'distrust' },
      { by: 'alice', about: 'carol', level: 'low' },
    ]);
  });

  test('nobody speaks in the name of another', () => {
    const found = edges(file([sign(trust(), keys.bob), sign(trust({ by: bob, about: carol }), keys.bob)]));
    expect(found.edges).toEqual([]);
    expect(found.left).toHaveLength(2);
    const at = { registry, by: bob, where: 'trusts' };
    expect(codeOf(() => readTrustsFile(file([]), at))).toBe('WRONG_SUBJECT');
  });
});
