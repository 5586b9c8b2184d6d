import { mkdir, readFile, rm } from 'node:fs/promises';
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
});
