/** Taking over servers from another registry: real HTTP on the loopback, and answers that mean harm. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ImportedServer, parseImportedServer } from '@mlld/format';
import { afterAll, afterEach, expect, onTestFinished, test } from 'vitest';
import { readAnswer } from '../src/api/answers.ts';
import { type Page, pages } from '../src/api/pull.ts';
import { readImportState, takeOver, writeImportState } from '../src/api/take-over.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mlld-take-over-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => rmSync(path.join(folder, 'mcp'), { recursive: true, force: true }));

const official = 'io.modelcontextprotocol.registry/official';
const now = '2026-02-01T00:00:00.000Z';
const server = (name: string, version = '1.0.0', more: object = {}) => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name,
  description: 'A server',
  version,
  remotes: [{ type: 'streamable-http', url: 'https://api.example.org/mcp' }],
  ...more,
});
const answer = (name: string, version = '1.0.0', meta: object = {}) => ({
  server: server(name, version),
  _meta: {
    [official]: {
      status: 'active',
      publishedAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:00Z',
      isLatest: true,
      ...meta,
    },
  },
});

async function registry(handle: (request: IncomingMessage, response: ServerResponse, url: URL) => void) {
  const asked: string[] = [];
  const http = createServer((request, response) => {
    asked.push(request.url ?? '');
    handle(request, response, new URL(request.url ?? '/', 'http://localhost'));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void http.close());
  return { url: new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`), asked };
}

const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
};

async function all(options: Partial<Parameters<typeof pages>[0]> & { registry: URL }): Promise<Page[]> {
  const found: Page[] = [];
  for await (const page of pages({ pauseMs: 0, now: () => Date.parse(now), ...options })) found.push(page);
  return found;
}

const to = (at = now) => ({
  repository: folder,
  host: 'registry.example.org',
  origin: { registry: 'https://registry.example.org', importedAt: at },
  dryRun: false,
});
const read = (name: string): ImportedServer =>
  parseImportedServer(readFileSync(path.join(folder, 'mcp/registry.example.org', `${name}.json`)));

test('pages to the end, asks again when it is told to wait, and goes on from a cursor', async () => {
  const names = Array.from({ length: 7 }, (_, i) => `com.example/server-${i}`);
  let busy = 1;
  const { url, asked } = await registry((_request, response, { searchParams }) => {
    if (busy-- > 0) return void response.writeHead(429, { 'retry-after': '0' }).end();
    const start = Number(searchParams.get('cursor') ?? 0);
    const end = Math.min(start + 3, names.length);
    json(response, {
      servers: names.slice(start, end).map((name) => answer(name)),
      metadata: { count: end - start, ...(end < names.length ? { nextCursor: String(end) } : {}) },
    });
  });
  const found = await all({ registry: new URL('sub/', url) });
  expect(found.flatMap(({ entries }) => entries.map((one) => one.server.name))).toEqual(names);
  expect(asked[0]).toBe('/sub/v0.1/servers?limit=100&include_deleted=true');
  expect(
    (await all({ registry: url, cursor: '6', since: now })).flatMap(({ entries }) => entries),
  ).toHaveLength(1);
  expect(asked.at(-1)).toContain('updated_since=2026-02-01T00%3A00%3A00.000Z&cursor=6');
});

test('a registry that loops, redirects, floods, fails or stops is left, with a reason', async () => {
  const codeOf = async (handle: Parameters<typeof registry>[0], more: object = {}) => {
    const { url } = await registry(handle);
    return all({ registry: url, ...more }).then(
      () => 'none',
      (error: { code?: string }) => error.code,
    );
  };
  expect(await codeOf((_q, r) => json(r, { servers: [], metadata: { nextCursor: 'again' } }))).toBe(
    'BAD_SHAPE',
  );
  expect(await codeOf((_q, r) => void r.writeHead(302, { location: 'http://169.254.169.254/' }).end())).toBe(
    'REDIRECT_REFUSED',
  );
  expect(await codeOf((_q, r) => json(r, { error: 'no' }, 404))).toBe('HTTP_STATUS');
  expect(await codeOf((_q, r) => void r.end('<html>'))).toBe('BAD_JSON');
  expect(await codeOf((_q, r) => void r.end('{"servers":[],"servers":[]}'))).toBe('BAD_JSON');
  expect(await codeOf((_q, r) => json(r, { servers: [], metadata: { nextCursor: 7 } }))).toBe('BAD_SHAPE');
  expect(
    await codeOf((_q, r) => {
      const flood = () => {
        while (!r.destroyed && r.write(' '.repeat(1 << 20)));
        if (!r.destroyed) r.once('drain', flood);
      };
      flood();
    }),
  ).toBe('TOO_LARGE');
  const stopping = new AbortController();
  stopping.abort();
  expect(await codeOf((_q, r) => json(r, {}), { signal: stopping.signal })).toBe('CANCELLED');
});

test('what is bad is left out by name, the rest is kept; nothing leaves the folder', async () => {
  const page = readAnswer(
    JSON.stringify({
      servers: [
        answer('com.example/good'),
        answer('../../etc/passwd'),
        answer('com.example/..'),
        answer('com.example/a', 'latest'),
        { server: server('com.example/b', '1.0.0', { description: 'x'.repeat(101) }) },
        { server: server('com.example/c'), _meta: { [official]: { status: 'hacked', publishedAt: now } } },
        null,
      ],
    }),
    { where: 'page', now },
  );
  expect(page.entries.map(({ server: one }) => one.name)).toEqual(['com.example/good']);
  expect(page.refused).toHaveLength(6);
  expect(await takeOver(page.entries, to())).toMatchObject({ added: 1, refused: [] });
  expect(readdirSync(path.join(folder, 'mcp'), { recursive: true }).map(String).sort()).toEqual([
    'registry.example.org',
    'registry.example.org/com.example',
    'registry.example.org/com.example/good.json',
  ]);
});

test('a server keeps its origin and no claim of others; versions gather; what is the same is not written again', async () => {
  const claimed = {
    ...answer('com.example/a'),
    _meta: {
      ...answer('com.example/a')._meta,
      'ai.mlld.registry/module': { evidence: 4 },
      'ai.mlld.registry/origin': { registry: 'https://first.example.org', verified: true },
    },
  };
  const first = readAnswer(JSON.stringify({ servers: [claimed] }), { where: 'page', now });
  await takeOver(first.entries, to());
  expect(read('com.example/a')).toMatchObject({
    origin: { registry: 'https://registry.example.org', importedAt: now },
  });
  const { [official]: _status, ...kept } = read('com.example/a').versions[0]!._meta;
  expect(kept).toEqual({ 'ai.mlld.registry/origin': { registry: 'https://first.example.org' } });
  const later = '2026-03-01T00:00:00.000Z';
  expect(await takeOver(first.entries, to(later))).toMatchObject({ unchanged: 1, added: 0, changed: 0 });
  expect(read('com.example/a').origin.importedAt).toBe(now);
  const second = readAnswer(
    JSON.stringify({ servers: [answer('com.example/a', '2.0.0', { publishedAt: '2026-02-20T00:00:00Z' })] }),
    { where: 'page', now },
  );
  expect(await takeOver(second.entries, to(later))).toMatchObject({ changed: 1 });
  const known = read('com.example/a').versions.map(({ server: one, _meta }) => [
    one.version,
    _meta[official as keyof typeof _meta],
  ]);
  expect(known).toMatchObject([
    ['2.0.0', { isLatest: true }],
    ['1.0.0', { isLatest: false }],
  ]);
  const plain = readAnswer(JSON.stringify(server('com.example/plain')), { where: 'server.json', now });
  expect(plain.entries[0]?._meta).toMatchObject({ [official]: { status: 'active', publishedAt: now } });
  await takeOver(plain.entries, to());
  const again = readAnswer(JSON.stringify(server('com.example/plain')), { where: 'server.json', now: later });
  expect(await takeOver(again.entries, to(later))).toMatchObject({ unchanged: 1 });
});

test('where a run stopped is kept, and what is no state is refused', async () => {
  expect(await readImportState(to())).toBeUndefined();
  await writeImportState(to(), { v: 1, cursor: 'x', startedAt: now });
  expect(await readImportState(to())).toEqual({ v: 1, cursor: 'x', startedAt: now });
  await writeImportState(to(), { v: 1, startedAt: 'never' });
  await expect(readImportState(to())).rejects.toMatchObject({ code: 'BAD_SHAPE' });
});
