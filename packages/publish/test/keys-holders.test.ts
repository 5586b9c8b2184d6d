/** Keys with several holders, and what anchors them. */
import { readFile, writeFile } from 'node:fs/promises';
import { authorTxt, parseAuthor, parseKeyset } from '@mlld/format';
import { gitRepo, type ThrowawayKey } from '@mlld/testing';
import { describe, expect, test } from 'vitest';
import { signKeyset, unattended } from '../src/index.ts';
import { change, keyset, list, merge, moreKeys, pub, pubText } from './keys-support.ts';
import { desk, REGISTRY, REGISTRY_JSON, under } from './support.ts';

describe('several holders', () => {
  async function twoHolders() {
    const d = await desk({ signedIn: false });
    const registry = (await gitRepo(d.home.join('registry'), { 'registry.json': REGISTRY_JSON })).dir;
    const [bob, carol, fourth] = await moreKeys(d, 'bob', 'carol', 'fourth');
    const at = { registry, author: 'alice' };
    const sign = (file: string, key?: ThrowawayKey) =>
      signKeyset({
        file,
        registry,
        cwd: d.home.path,
        home: d.home.path,
        env: d.env,
        ui: unattended((text) => d.notes.push(text)),
        yes: true,
        signWith: key === undefined ? undefined : [key.file],
      });
    return { d, registry, bob: bob!, carol: carol!, fourth: fourth!, at, sign };
  }

  test('a threshold of 2 of 3: each signs at their own desk', async () => {
    const { d, registry, bob, carol, fourth, at, sign } = await twoHolders();
    const three = [pub(d.key), pub(bob), pub(carol)];
    const begun = await change(d, 'init', three, { ...at, threshold: 2 });
    const draft = d.home.join('alice-keyset-1.json');
    expect(begun).toMatchObject({ status: 'incomplete', signaturesWanted: 2, file: draft });
    expect(begun.signedBy).toHaveLength(1);
    await expect(sign(draft, fourth)).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
    expect(await sign(draft, bob)).toMatchObject({ status: 'changed', keyset: { n: 1, threshold: 2 } });
    expect(await sign(draft, bob)).toMatchObject({ status: 'unchanged' });
    // The third holder is the one who can't sign now: two of three are enough to replace them.
    const lost = await change(d, 'revoke', [pub(carol)], { ...at, signWith: [d.key.file, bob.file] });
    expect(lost).toMatchObject({ status: 'changed', keyset: { n: 2, threshold: 2 } });
    const added = await change(d, 'add', [pub(fourth)], { ...at, signWith: [bob.file] });
    expect(added).toMatchObject({ status: 'incomplete', signaturesWanted: 2 });
    // The same command by another holder takes up the draft.
    expect(await change(d, 'add', [pub(fourth)], at)).toMatchObject({ status: 'changed', keyset: { n: 3 } });
    const { keysets } = await list(d, 'alice', registry);
    expect(keysets.map(({ signedBy, keys }) => [signedBy.length, keys.length])).toEqual([
      [2, 3],
      [2, 2],
      [2, 3],
    ]);
  }, 60_000);

  test('a co-holder with another account signs, and the author sends it', async () => {
    const d = await desk();
    const [second] = await moreKeys(d, 'second');
    const begun = await change(d, 'init', [pub(d.key), pub(second!)], { threshold: 2 });
    const file = begun.file ?? '';
    const questions: string[] = [];
    const common = { file, to: 'registry/modules', cwd: d.home.path, home: d.home.path };
    const ui = {
      ...unattended((text) => d.notes.push(text)),
      confirm: async (question: string) => questions.push(question) > 0,
    };
    const bob = { ...d.env, MLLD_GITHUB_TOKEN: 'bob-token' };
    const signed = await signKeyset({ ...common, env: bob, ui, signWith: [second!.file] });
    expect(signed).toMatchObject({ status: 'incomplete', signaturesWanted: 2, file });
    expect(signed.signedBy).toHaveLength(2);
    expect(questions).toEqual(['Sign this keyset?']);
    expect(d.notes.join('\n')).toContain('threshold 2 of 2');
    expect(d.github.pulls('registry/modules')).toEqual([]);
    // Nothing is left to sign: nobody is asked.
    const sent = await signKeyset({ ...common, env: d.env, ui: unattended() });
    expect(sent).toMatchObject({ status: 'proposed', keyset: { n: 1, threshold: 2 } });
    await merge(d);
    expect((await list(d)).keysets).toMatchObject([{ n: 1, threshold: 2, signedBy: signed.signedBy }]);
    const refuses = { ...ui, confirm: async () => false };
    const third = await change(d, 'threshold', [], { threshold: 1, signWith: [second!.file] });
    const refused = signKeyset({ ...common, file: third.file ?? '', env: d.env, ui: refuses });
    await expect(refused).rejects.toMatchObject({ code: 'CANCELLED' });
  }, 60_000);

  test('keys are named by file, by private file, by text or by fingerprint', async () => {
    const { d, at, bob, carol } = await twoHolders();
    await change(d, 'init', [d.key.publicKey, bob.file, pub(carol)], at);
    const { keyset: made } = await change(d, 'revoke', [bob.publicKey], at);
    expect(made.keys.map(({ key }) => key)).toEqual([pubText(d.key), pubText(carol)]);
    for (const [kind, word, code] of [
      ['add', 'no such file', 'NO_SIGNING_KEY'],
      ['add', 'ssh-ed25519 AAAA', 'BAD_KEY'],
      ['revoke', `SHA256:${'A'.repeat(43)}`, 'UNKNOWN_KEY'],
      ['rotate', '', 'NO_SIGNING_KEY'],
    ] as const) {
      await expect(change(d, kind, [word], at), word).rejects.toMatchObject({ code });
    }
    await expect(change(d, 'add', [], at)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(change(d, 'init', [pub(bob)], at)).rejects.toMatchObject({ code: 'VERSION_EXISTS' });
    await expect(change(d, 'add', [pub(bob)], { ...at, author: 'nobody' })).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('keys init'),
    });
  }, 60_000);

  test('the threshold is never lowered in silence, nor raised beyond the keys', async () => {
    const { d, bob, at } = await twoHolders();
    const both = { ...at, signWith: [d.key.file, bob.file] };
    await change(d, 'init', [pub(d.key), pub(bob)], { ...both, threshold: 2 });
    await expect(change(d, 'revoke', [pub(bob)], both)).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('--threshold'),
    });
    await expect(change(d, 'threshold', [], { ...both, threshold: 3 })).rejects.toMatchObject({
      code: 'USAGE',
    });
    await expect(change(d, 'revoke', [pub(bob), pub(d.key)], both)).rejects.toMatchObject({ code: 'USAGE' });
    expect(await change(d, 'threshold', [], { ...both, threshold: 1 })).toMatchObject({
      status: 'changed',
      keyset: { n: 2, threshold: 1 },
      signaturesWanted: 2,
    });
    expect(await change(d, 'revoke', [pub(bob)], at)).toMatchObject({ keyset: { n: 3 } });
  }, 60_000);

  test('a draft for another registry, of a number that is gone, or changed on its way is refused', async () => {
    const { d, registry, bob, carol, at, sign } = await twoHolders();
    await change(d, 'init', [pub(d.key), pub(bob)], { ...at, threshold: 2 });
    const draft = d.home.join('alice-keyset-1.json');
    const other = await gitRepo(d.home.join('other'), {
      'registry.json': REGISTRY_JSON.replace(REGISTRY, 'other.example.org'),
    });
    const common = { cwd: d.home.path, home: d.home.path, env: d.env, ui: unattended(), yes: true };
    const elsewhere = signKeyset({ ...common, file: draft, registry: other.dir, signWith: [bob.file] });
    await expect(elsewhere).rejects.toMatchObject({ code: 'WRONG_SUBJECT' });
    const honest = await readFile(draft, 'utf8');
    // With the threshold lowered on its way, nobody has signed it: one signature makes one, and not two.
    await writeFile(
      draft,
      honest.replace('"threshold": 2', '"threshold": 1').replace(pubText(bob), pubText(carol)),
    );
    await expect(sign(draft, bob)).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
    await writeFile(draft, honest);
    await sign(draft, bob);
    const second = await change(d, 'add', [pub(carol)], { ...at, signWith: [bob.file] });
    await change(d, 'threshold', [], { ...at, threshold: 1, signWith: [d.key.file, bob.file] });
    await expect(sign(second.file!, d.key)).rejects.toMatchObject({ code: 'KEYSET_BROKEN' });
    await expect(sign('nowhere.json', d.key)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(parseKeyset(await readFile(under(registry, keyset(2)))).threshold).toBe(1);
  }, 60_000);
});

describe('a DNS name as an anchor', () => {
  test('is recorded while its TXT record names the author, and dropped on demand', async () => {
    const d = await desk({ signedIn: false });
    const registry = (await gitRepo(d.home.join('registry'), { 'registry.json': REGISTRY_JSON })).dir;
    const records = new Map<string, string[]>();
    const asked: string[] = [];
    const at = {
      registry,
      author: 'alice',
      resolveTxt: async (name: string) => {
        asked.push(name);
        return records.get(name) ?? [];
      },
    };
    await expect(change(d, 'init', [], { ...at, dns: 'example.org' })).rejects.toMatchObject({
      code: 'NOT_OWNER',
      message: expect.stringContaining('v=mlldk1;author=alice at _mlld.example.org'),
    });
    records.set('_mlld.example.org', ['v=spf1 -all', authorTxt(parseAuthor('bob'))]);
    await expect(change(d, 'init', [], { ...at, dns: 'example.org' })).rejects.toMatchObject({
      code: 'NOT_OWNER',
    });
    records.set('_mlld.example.org', ['v=spf1 -all', authorTxt(parseAuthor('alice'))]);
    expect(await change(d, 'init', [], { ...at, dns: 'example.org' })).toMatchObject({
      keyset: { n: 1, anchors: { dns: 'example.org' } },
    });
    records.clear();
    await expect(change(d, 'anchor', [], at)).rejects.toMatchObject({
      code: 'NOT_OWNER',
      hint: expect.stringContaining('--no-dns'),
    });
    expect(await change(d, 'anchor', [], { ...at, dns: null })).toMatchObject({
      keyset: { n: 2, anchors: {} },
    });
    expect(new Set(asked)).toEqual(new Set(['_mlld.example.org']));
  });
});
