import { rm } from 'node:fs/promises';
import path from 'node:path';
import { encodeIndex, layout } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import { expect, onTestFinished, test } from 'vitest';
import { type HttpService, serveDistribution } from '../src/index.ts';
import { greet, greetText, indexLine, put, sha256, writeDistribution } from './fixture.ts';

async function served(): Promise<{ folder: string; service: HttpService }> {
  const folder = (await tempDir()).path;
  await writeDistribution(folder);
  const service = await serveDistribution({ folder, port: 0 });
  onTestFinished(() => service.close());
  return { folder, service };
}

test.each([
  ['greet.mld.md', '2.0.0'],
  ['greet', '2.0.0'],
  ['greet@latest.mld.md', '2.0.0'],
  ['greet@latest', '2.0.0'],
  ['greet@old.mld.md', '1.0.0'],
  ['greet@1.1.0.mld.md', '1.1.0'],
  ['greet@1.2.0', '1.2.0'],
  ['greet@^1.0.0.mld.md', '1.1.0'],
  ['greet@%5E1.0.0.mld.md', '1.1.0'],
  ['greet@~1.0.0', '1.0.0'],
  ['greet@%3E%3D1.0.0', '2.0.0'],
  ['greet@>=1.0.0%20<2.0.0.mld.md', '1.1.0'],
  ['greet@1.x.mld.md', '1.1.0'],
  [`greet@sha256:${sha256(greetText('1.0.0')).slice(0, 12)}`, '1.0.0'],
])('m/alice/%s is the text of %s', async (asked, version) => {
  const { service } = await served();
  const response = await fetch(`${service.url}m/alice/${asked}`);
  expect(await response.text()).toBe(greetText(version));
  expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('public, max-age=60');
});

test.each([
  ['greet.mld', 404, 'FILE_NOT_FOUND'],
  ['greet@9.0.0.mld.md', 404, 'VERSION_NOT_FOUND'],
  ['greet@^9.0.0', 404, 'VERSION_NOT_FOUND'],
  ['greet@1.2.x', 404, 'VERSION_NOT_FOUND'],
  ['greet@beta', 404, 'VERSION_NOT_FOUND'],
  ['absent.mld.md', 404, 'MODULE_NOT_FOUND'],
  ['Greet.mld.md', 400, 'BAD_NAME'],
  ['greet@not a range', 400, 'BAD_REF'],
])('m/alice/%s is %i %s', async (asked, status, code) => {
  const { service } = await served();
  const response = await fetch(`${service.url}m/alice/${asked}`);
  const body = (await response.json()) as { error: { code: string } };
  expect([response.status, body.error.code]).toEqual([status, code]);
});

test('a hash that two versions start with is ambiguous', async () => {
  const { folder, service } = await served();
  const header = {
    v: 1 as const,
    name: greet,
    about: '',
    tags: new Map(),
    owners: [],
    yanked: new Map(),
    advisories: [],
  };
  const same = sha256('the same text');
  const versions = ['2.0.0', '1.0.0'].map((version) => indexLine(version, { contentHash: same }));
  await put(folder, layout.index(greet), encodeIndex({ header, versions }));
  const response = await fetch(`${service.url}m/alice/greet@${same.slice(0, 10)}`);
  expect(await response.json()).toMatchObject({ error: { code: 'AMBIGUOUS_HASH' } });
});

test('where the registry keeps no bytes, the source is named', async () => {
  const { folder, service } = await served();
  await rm(path.join(folder, 'blob'), { recursive: true });
  const response = await fetch(`${service.url}m/alice/greet@1.0.0`, { redirect: 'manual' });
  expect([response.status, response.headers.get('location')]).toEqual([
    302,
    'https://gist.example.org/alice/greet.mld.md',
  ]);
});

test('an index that is broken is an error of its own, never a text', async () => {
  const { folder, service } = await served();
  await put(folder, layout.index(greet), '{"v":1,"name":"@alice/greet"');
  const response = await fetch(`${service.url}m/alice/greet@1.0.0`);
  expect(await response.json()).toMatchObject({ error: { code: 'BAD_JSON' } });
});
