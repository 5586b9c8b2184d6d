import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { authorTxt, parseAuthor, parseKeyset } from '@mlld/format';
import { gitRepo, type ThrowawayKey, throwawayKey } from '@mlld/testing';
import { verifyRelease } from '@mlld/trust';
import { describe, expect, test } from 'vitest';
import {
  type ChangeKeysOptions,
  changeKeys,
  listKeys,
  signKeyset,
  unattended,
  type WantedChange,
} from '../src/index.ts';
import { type Desk, desk, REGISTRY, REGISTRY_JSON, STRINGS, under } from './support.ts';

const keyset = (n: number) => `authors/alice/keyset/${n}.json`;

async function moreKeys(d: Desk, ...names: string[]): Promise<ThrowawayKey[]> {
  await mkdir(d.home.join('keys'), { recursive: true });
  return Promise.all(names.map((name) => throwawayKey({ dir: d.home.join('keys'), name })));
}

/** `<type> <base64>` as a statement has it. */
const pubText = (key: ThrowawayKey) => key.publicKey.split(' ').slice(0, 2).join(' ');
const pub = (key: { readonly file: string }) => `${key.file}.pub`;

/** Changes keys at the desk: by pull request, or straight into `registry`. */
const change = (
  d: Desk,
  kind: WantedChange['kind'],
  keys: readonly string[] = [],
  more: Partial<ChangeKeysOptions> & { threshold?: number } = {},
) => {
  const { threshold, ...options } = more;
  return changeKeys({
    change: { kind, keys, threshold },
    cwd: d.home.path,
    home: d.home.path,
    env: d.env,
    ui: unattended((text) => d.notes.push(text)),
    yes: true,
    ...(options.registry === undefined ? { to: 'registry/modules' } : {}),
    ...options,
  });
};

const list = (d: Desk, author = 'alice', registry?: string) =>
  listKeys({
    author,
    cwd: d.home.path,
    home: d.home.path,
    env: d.env,
    ui: unattended(),
    ...(registry === undefined ? { to: 'registry/modules' } : { registry }),
  });

/** What a maintainer of the registry does with the newest pull request. */
async function merge(d: Desk): Promise<void> {
  const { number } = d.github.pulls('registry/modules').at(-1)!;
  const headers = { authorization: 'token bob-token', 'user-agent': 'test' };
  const url = `${d.github.url}/repos/registry/modules/pulls/${number}/merge`;
  expect((await fetch(url, { method: 'PUT', headers })).status).toBe(200);
}

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
