import { createHash } from 'node:crypto';
import { open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { limits } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createFileStore } from '../src/http/file-store.ts';
import { serveDistribution } from '../src/index.ts';
import { fast, put, sha256 } from './fixture.ts';

test('a file is served as it is now, as soon as it has changed', async () => {
  const folder = (await tempDir()).path;
  await put(folder, 'docs/a.txt', 'round 0');
  const service = await serveDistribution({ folder, port: 0 });
  onTestFinished(() => service.close());
  for (let round = 1; round <= 30; round++) {
    // Same length, written at once and in place: neither size nor, often, the clock's tick tells them apart.
    await writeFile(path.join(folder, 'docs/a.txt'), `round ${round % 10}`);
    const response = await fetch(`${service.url}docs/a.txt`);
    expect(await response.text()).toBe(`round ${round % 10}`);
  }
  await rm(path.join(folder, 'docs/a.txt'));
  expect((await fetch(`${service.url}docs/a.txt`)).status).toBe(404);
});

test('while files are rebuilt, bytes and ETag belong together, in each coding, small and large', async () => {
  const folder = (await tempDir()).path;
  const text = (round: number, size: number) => `${round}\n`.padEnd(size, `line of round ${round}\n`);
  const sizes = { 'docs/small.txt': 3000, 'docs/large.txt': limits.httpHeldFileBytes + 50_000 };
  const write = async (round: number) => {
    for (const [name, size] of Object.entries(sizes)) {
      const now = text(round, size);
      // First the copy, then the file: between the two they don't fit.
      await put(folder, `${name}.br`, brotliCompressSync(now, fast));
      await put(folder, name, now);
    }
  };
  await write(0);
  const service = await serveDistribution({ folder, port: 0 });
  onTestFinished(() => service.close());
  let building = true;
  const build = (async () => {
    for (let round = 1; round <= 12; round++) await write(round);
    building = false;
  })();
  const rounds = new Set<string>();
  const { default: http } = await import('node:http');
  const get = (name: string, accept: string) =>
    new Promise<{ etag: string; coding: string | undefined; body: Buffer }>((resolve, reject) => {
      http
        .get(`${service.url}${name}`, { headers: { 'accept-encoding': accept } }, async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          resolve({
            etag: response.headers.etag ?? '',
            coding: response.headers['content-encoding'],
            body: Buffer.concat(chunks),
          });
        })
        .on('error', reject);
    });
  while (building) {
    const asked = Object.keys(sizes).flatMap((name) => ['br', 'identity'].map((accept) => get(name, accept)));
    for (const { etag, coding, body } of await Promise.all(asked)) {
      const plain = coding === 'br' ? brotliDecompressSync(body) : body;
      const tag = sha256(plain).slice(0, 32);
      expect(etag).toBe(coding === 'br' ? `"${tag}-br"` : `"${tag}"`);
      rounds.add(plain.subarray(0, 3).toString());
    }
  }
  await build;
  expect(rounds.size).toBeGreaterThan(1);
});

test('a whole distribution is swapped by a link', async () => {
  const { path: home } = await tempDir();
  for (const name of ['one', 'two']) await put(path.join(home, name), 'docs/a.txt', name);
  await symlink('one', path.join(home, 'current'));
  const service = await serveDistribution({ folder: path.join(home, 'current'), port: 0 });
  onTestFinished(() => service.close());
  expect(await (await fetch(`${service.url}docs/a.txt`)).text()).toBe('one');
  await symlink('two', path.join(home, 'next'));
  await rename(path.join(home, 'next'), path.join(home, 'current'));
  expect(await (await fetch(`${service.url}docs/a.txt`)).text()).toBe('two');
});

test('memory is bounded: the oldest files are let go', async () => {
  const folder = (await tempDir()).path;
  const heldBytes = 200_000;
  for (let i = 0; i < 20; i++) await put(folder, `f${i}`, Buffer.alloc(30_000, i));
  const store = createFileStore(folder, { heldBytes });
  for (let i = 0; i < 20; i++) {
    const stored = await store.get(`f${i}`);
    expect(stored?.bytes?.length).toBe(30_000);
    expect(store.heldBytes()).toBeLessThanOrEqual(heldBytes);
  }
});

test('many at once load a file once, and all get the same', async () => {
  const folder = (await tempDir()).path;
  await put(folder, 'a', 'content');
  const store = createFileStore(folder);
  const got = await Promise.all(Array.from({ length: 50 }, () => store.get('a')));
  expect(new Set(got.map((one) => one?.sha256))).toEqual(
    new Set([createHash('sha256').update('content').digest('hex')]),
  );
});

test('a large file that is cut while it is sent ends the connection instead of hanging', async () => {
  const folder = (await tempDir()).path;
  const size = 24 * 1024 * 1024;
  await put(folder, 'big.txt', Buffer.alloc(size, 'z'));
  const service = await serveDistribution({ folder, port: 0 });
  onTestFinished(() => service.close());
  const response = await fetch(`${service.url}big.txt`);
  const reader = response.body!.getReader();
  await reader.read();
  const handle = await open(path.join(folder, 'big.txt'), 'r+');
  await handle.truncate(1000);
  await handle.close();
  const rest = async () => {
    for (;;) if ((await reader.read()).done) return;
  };
  await expect(rest()).rejects.toThrow();
});
