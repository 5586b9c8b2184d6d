/** What the tests of keys share. */
import { mkdir } from 'node:fs/promises';
import { type ThrowawayKey, throwawayKey } from '@mlld/testing';
import { expect } from 'vitest';
import { type ChangeKeysOptions, changeKeys, listKeys, unattended, type WantedChange } from '../src/index.ts';
import type { Desk } from './support.ts';

export const keyset = (n: number) => `authors/alice/keyset/${n}.json`;

export async function moreKeys(d: Desk, ...names: string[]): Promise<ThrowawayKey[]> {
  await mkdir(d.home.join('keys'), { recursive: true });
  return Promise.all(names.map((name) => throwawayKey({ dir: d.home.join('keys'), name })));
}

/** `<type> <base64>` as a statement has it. */
export const pubText = (key: ThrowawayKey) => key.publicKey.split(' ').slice(0, 2).join(' ');
export const pub = (key: { readonly file: string }) => `${key.file}.pub`;

/** Changes keys at the desk: by pull request, or straight into `registry`. */
export const change = (
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

export const list = (d: Desk, author = 'alice', registry?: string) =>
  listKeys({
    author,
    cwd: d.home.path,
    home: d.home.path,
    env: d.env,
    ui: unattended(),
    ...(registry === undefined ? { to: 'registry/modules' } : { registry }),
  });

/** What a maintainer of the registry does with the newest pull request. */
export async function merge(d: Desk): Promise<void> {
  const { number } = d.github.pulls('registry/modules').at(-1)!;
  const headers = { authorization: 'token bob-token', 'user-agent': 'test' };
  const url = `${d.github.url}/repos/registry/modules/pulls/${number}/merge`;
  expect((await fetch(url, { method: 'PUT', headers })).status).toBe(200);
}
