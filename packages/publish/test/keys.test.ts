/** Keys that an author changes by pull request. */
import { rm } from 'node:fs/promises';
import { verifyRelease } from '@mlld/trust';
import { describe, expect, test } from 'vitest';
import { change, keyset, list, merge, moreKeys, pub } from './keys-support.ts';
import { desk, REGISTRY, REGISTRY_JSON, STRINGS } from './support.ts';

describe('by pull request', () => {
  test('init, add, revoke and rotate make a chain that each link vouches for', async () => {
    const d = await desk();
    const [second, third] = await moreKeys(d, 'second', 'third');
    expect(await change(d, 'init')).toMatchObject({
      status: 'proposed',
      reference: `${d.github.gitUrl}/registry/modules/pull/1`,
      keyset: { n: 1, threshold: 1, anchors: { github: { id: 101, login: 'Alice' } } },
    });
    await merge(d);
    expect(await change(d, 'init')).toMatchObject({ status: 'unchanged' });
    const added = await change(d, 'add', [pub(second!)]);
    expect(added).toMatchObject({ status: 'proposed', keyset: { n: 2 }, signaturesWanted: 1 });
    await merge(d);
    expect(await change(d, 'add', [pub(second!)])).toMatchObject({ status: 'unchanged' });
    const [first] = added.signedBy;
    await change(d, 'revoke', [first!], { signWith: [second!.file] });
    await merge(d);
    expect(await change(d, 'revoke', [first!])).toMatchObject({ status: 'unchanged', keyset: { n: 3 } });
    // The key that is found by itself may not sign any more.
    const unsigned = await change(d, 'rotate', [pub(third!)], { out: 'later.json' });
    expect(unsigned).toMatchObject({ status: 'incomplete', signedBy: [], file: d.home.join('later.json') });
    await expect(change(d, 'rotate', [pub(third!)], { signWith: [third!.file] })).rejects.toMatchObject({
      code: 'UNKNOWN_KEY',
    });
    await change(d, 'rotate', [pub(third!)], { signWith: [second!.file] });
    await merge(d);
    const { keysets } = await list(d);
    expect(keysets.map(({ n, keys, signedBy }) => [n, keys.length, signedBy.length])).toEqual([
      [1, 1, 1],
      [2, 2, 1],
      [3, 1, 1],
      [4, 1, 1],
    ]);
    expect(keysets[2]?.keys[0]).toMatchObject({
      since: keysets[1]?.createdAt,
      fingerprint: keysets[2]?.signedBy[0],
    });
    expect(keysets[3]?.signedBy).toEqual(keysets[2]?.keys.map(({ fingerprint }) => fingerprint));
  }, 60_000);

  test('a lost connection costs nothing but another run', async () => {
    const d = await desk();
    const [second] = await moreKeys(d, 'second');
    await change(d, 'init');
    await merge(d);
    for (const match of [/^POST .*\/git\/refs$/, /^POST .*\/pulls$/]) {
      d.github.faults.once({ match, dropConnection: 'after' });
      await expect(change(d, 'add', [pub(second!)])).rejects.toMatchObject({ code: 'GITHUB_UNREACHABLE' });
    }
    const done = await change(d, 'add', [pub(second!)]);
    expect(done).toMatchObject({ status: 'proposed', reference: expect.stringMatching(/pull\/2$/) });
    // Another machine of the same author finds the proposal in its branch, and brings the same bytes.
    await rm(d.home.join('.mlld'), { recursive: true });
    const later = { now: new Date(Date.now() + 3_600_000) };
    expect(await change(d, 'add', [pub(second!)], later)).toMatchObject({
      reference: done.reference,
      keyset: { createdAt: done.keyset.createdAt },
    });
    expect(d.github.pulls('registry/modules')).toHaveLength(2);
    await merge(d);
    expect((await list(d)).keysets.at(-1)).toMatchObject({ n: 2, createdAt: done.keyset.createdAt });
  }, 60_000);

  test('a renamed account keeps its name, and the one that takes the login gets nothing', async () => {
    const d = await desk();
    const [second, thief] = await moreKeys(d, 'second', 'thief');
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    await d.publish(dir);
    await merge(d);
    d.github.renameUser('Alice', 'alicia');
    d.github.addUser({ login: 'alice', id: 999, token: 'thief-token', signingKeys: [thief!.publicKey] });
    expect(await change(d, 'add', [pub(second!)], { author: 'alice' })).toMatchObject({
      status: 'proposed',
      author: 'alice',
      keyset: { n: 2, anchors: { github: { id: 101, login: 'alicia' } } },
    });
    await merge(d);
    expect(await d.publish(dir, { version: '1.0.1' })).toMatchObject({ status: 'proposed' });
    const env = { ...d.env, MLLD_GITHUB_TOKEN: 'thief-token' };
    const signWith = [thief!.file];
    for (const kind of ['init', 'add', 'rotate'] as const) {
      const refused = change(d, kind, [pub(thief!)], { env, signWith });
      await expect(refused, kind).rejects.toMatchObject({
        code: 'NOT_OWNER',
        message: expect.stringContaining('account 999'),
      });
    }
    // Not even with the right key: the name is the account's.
    for (const key of [thief!.file, d.key.file]) {
      const refused = d.publish(dir, { env, key, version: '1.0.2' });
      await expect(refused).rejects.toMatchObject({ code: 'NOT_OWNER' });
    }
    const stranger = change(d, 'add', [pub(thief!)], { author: 'carol' });
    await expect(stranger).rejects.toMatchObject({
      code: 'NOT_OWNER',
      hint: expect.stringContaining('alicia'),
    });
  }, 60_000);

  test('a revoked key publishes nothing more; what it signed stays valid', async () => {
    const d = await desk();
    const [second] = await moreKeys(d, 'second');
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    await d.publish(dir);
    await merge(d);
    await change(d, 'rotate', [pub(second!)]);
    await merge(d);
    const again = (key?: string) => d.publish(dir, { version: '1.0.1', key });
    await expect(again()).rejects.toMatchObject({
      code: 'UNKNOWN_KEY',
      hint: expect.stringContaining('--key'),
    });
    expect(await again(second!.file)).toMatchObject({ status: 'proposed' });
    const file = async (name: string) => `${await d.github.readFile('registry/modules', name)}\n`;
    const signed = async (name: string) => ({
      statement: await file(name),
      signatures: [await file(`${name}.sig`)],
    });
    // The proof bundle was made before the keys changed; the client has seen keyset 2 since.
    const bundle = {
      v: 1 as const,
      ...(await signed('modules/alice/strings/1.0.0.json')),
      keysets: [await signed(keyset(1))],
    };
    const { keysets } = await list(d);
    const pin = { keyset: 2, sha256: keysets[1]!.sha256 };
    const wanted = { registry: REGISTRY, name: '@alice/strings' as never, version: '1.0.0', pin };
    expect(verifyRelease(bundle, { ...wanted, laterKeysets: [await signed(keyset(2))] }).evidence).toBe(2);
    expect(() => verifyRelease(bundle, wanted)).toThrow(expect.objectContaining({ code: 'KEYSET_CHANGED' }));
  }, 60_000);

  test('a first key that the account does not publish is refused', async () => {
    const d = await desk();
    const [other] = await moreKeys(d, 'other');
    const refused = change(d, 'init', [pub(other!)], { signWith: [other!.file] });
    await expect(refused).rejects.toMatchObject({ code: 'NO_SIGNING_KEY' });
    const signedOut = await desk({ signedIn: false });
    await expect(change(signedOut, 'init')).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' });
    expect((await list(signedOut)).keysets).toEqual([]);
  });

  test('what the registry would refuse is not sent', async () => {
    const d = await desk();
    await d.github.createRepo({
      owner: 'registry',
      name: 'old',
      files: {
        'registry.json': REGISTRY_JSON,
        'modules/alice/words/metadata.json': JSON.stringify({
          name: 'words',
          author: 'alice',
          about: 'Words',
          owners: ['alice'],
          createdBy: 77,
        }),
      },
    });
    await expect(change(d, 'init', [], { to: 'registry/old' })).rejects.toMatchObject({
      code: 'NOT_OWNER',
      message: expect.stringContaining('account 77 made the modules of alice'),
    });
  });
});
