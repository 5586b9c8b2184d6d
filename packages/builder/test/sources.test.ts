import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { legacyContentHash, parseIndex } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import { expect, onTestFinished, test } from 'vitest';
import { build } from './core.ts';
import {
  keysetFiles,
  merge,
  moduleText,
  registryFile,
  releaseFiles,
  sha256,
  smallRegistry,
  sourceFetch,
  writeFiles,
} from './registry.ts';

async function folders() {
  const dir = await tempDir();
  return { dir, repo: dir.join('repo'), out: dir.join('out') };
}

test('a failure of the network is tried again; an answer is an answer', async () => {
  const { repo, out } = await folders();
  writeFiles(repo, smallRegistry());
  const asked: string[] = [];
  const fetch = sourceFetch(asked, (url) => {
    const times = asked.filter((one) => one === url).length;
    if (url.includes('/1.0.0/')) return new Response('', { status: 410 });
    if (url.includes('/1.1.0/') && times === 1)
      return new Response('', { status: 503, headers: { 'retry-after': '0' } });
    if (url.includes('/1.2.0/') && times < 3)
      throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
    return undefined;
  });
  const report = await build(repo, { out, fetch, backoffMs: 1 });
  expect(report.checked).toEqual({ match: 4, mismatch: 0, unreachable: 1, unchecked: 0 });
  const count = (part: string) => asked.filter((url) => url.includes(part)).length;
  expect([count('/1.0.0/'), count('/1.1.0/'), count('/1.2.0/')]).toEqual([1, 2, 3]);
  expect(await build(repo, { out, fetch })).toMatchObject({ asked: 0, rendered: 0 });
});

test('a build that was stopped goes on where it was, and what was not reached is asked again', async () => {
  const { repo, out } = await folders();
  writeFiles(repo, smallRegistry());
  const asked: string[] = [];
  const stop = new AbortController();
  const stopping = sourceFetch(asked, (url) => {
    if (!url.includes('/0.3.0/')) return undefined;
    stop.abort(new Error('stopped'));
    throw stop.signal.reason;
  });
  await expect(build(repo, { out, fetch: stopping, signal: stop.signal })).rejects.toThrow('stopped');
  const down = sourceFetch(asked, (url) => {
    if (url.includes('/0.3.0/')) throw new TypeError('fetch failed');
    return undefined;
  });
  const before = asked.length;
  expect((await build(repo, { out, fetch: down, backoffMs: 1 })).checked).toMatchObject({
    unreachable: 1,
    match: 4,
  });
  expect(asked.length - before).toBeLessThan(8);
  expect((await build(repo, { out, fetch: sourceFetch(asked) })).checked).toMatchObject({ match: 5 });
});

test('over real HTTP: redirects are followed to http(s) only, an endless body is cut, few requests at once', async () => {
  const { repo, out } = await folders();
  let running = 0;
  let most = 0;
  const server = createServer((request, response) => {
    running++;
    most = Math.max(most, running);
    response.on('close', () => running--);
    const [, kind = '', version = ''] = (request.url ?? '').split('/');
    if (kind === 'moved') response.writeHead(302, { location: `/good/${version}/x.mld` }).end();
    else if (kind === 'sideways') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    else if (kind === 'round') response.writeHead(302, { location: request.url ?? '' }).end();
    else if (kind === 'endless') {
      const chunk = Buffer.alloc(1 << 20);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    } else setTimeout(() => response.end(moduleText('@alice/x', version)), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kinds = ['moved', 'sideways', 'round', 'endless', ...Array.from({ length: 20 }, () => 'good')];
  const releases = kinds.map((kind, i) =>
    releaseFiles({ name: '@alice/x', version: `1.${i}.0`, minute: i, base: `${base}/${kind}/1.${i}.0/` }),
  );
  writeFiles(repo, merge(new Map([registryFile()]), keysetFiles('alice'), ...releases));
  const report = await build(repo, { out, backoffMs: 1 });
  expect(report.checked).toEqual({ match: 21, mismatch: 0, unreachable: 3, unchecked: 0 });
  expect(most).toBeLessThanOrEqual(6);
  server.closeAllConnections();
});

test('file: sources are read where registry.json allows them', async () => {
  const { dir, repo, out } = await folders();
  mkdirSync(dir.join('src'));
  writeFileSync(dir.join('src/x.mld'), moduleText('@alice/x', '1.0.0'));
  const base = `${pathToFileURL(dir.join('src')).href}/`;
  const release = releaseFiles({ name: '@alice/x', version: '1.0.0', base });
  writeFiles(repo, merge(new Map([registryFile({ fileSources: true })]), keysetFiles('alice'), release));
  expect((await build(repo, { out })).checked.match).toBe(1);
  writeFiles(repo, new Map([registryFile()]));
  const refused = await build(repo, { out });
  expect(refused).toMatchObject({ releases: 0, findings: [{ rule: 'source/shape' }] });
});

test('the second source is asked when the first is gone', async () => {
  const { repo, out } = await folders();
  const change = () => ({
    sources: ['https://gone.example.org/', `https://example.org/alice/${'a'.repeat(40)}/1.0.0/`],
  });
  writeFiles(
    repo,
    merge(
      new Map([registryFile()]),
      keysetFiles('alice'),
      releaseFiles({ name: '@alice/x', version: '1.0.0', change }),
    ),
  );
  const { checked } = await build(repo, { out, fetch: sourceFetch() });
  expect(checked.match).toBe(1);
});

test('unsigned records: imports and exports are read from the code that their sources give', async () => {
  const { repo, out } = await folders();
  const files: Record<string, string> = {
    'index.mld': 'import { @greet } from @alice/strings@^1.0.0\nexe @hi() = `hi`\nexport { @hi }\n',
    'README.md': '# Hi\n',
    'module.yml': 'name: hi\n',
  };
  const hashes = Object.entries(files).map(([path, text]) => ({ path, sha256: sha256(text) }));
  const source = {
    type: 'directory',
    baseUrl: 'https://example.org/hi',
    files: Object.keys(files),
    entryPoint: 'index.mld',
    contentHash: legacyContentHash(hashes, 'directory', sha256),
  };
  const record = {
    version: '1.0.0',
    needs: [],
    license: 'CC0',
    source,
    dependencies: {},
    keywords: [],
    publishedAt: '2026-02-01T00:00:00Z',
  };
  writeFiles(repo, merge(smallRegistry(), new Map([['modules/dave/hi/1.0.0.json', JSON.stringify(record)]])));
  const fetch = sourceFetch([], (url) => {
    const text = files[url.replace('https://example.org/hi/', '')];
    return text === undefined ? undefined : new Response(text);
  });
  await build(repo, { out, fetch });
  const line = parseIndex(readFileSync(`${out}/index/dave/hi`)).versions[0];
  expect(line).toMatchObject({
    evidence: 0,
    checked: { state: 'match' },
    exports: ['hi'],
    shape: 'directory',
  });
  expect(Object.fromEntries(line?.imports ?? [])).toEqual({ '@alice/strings': '^1.0.0' });
  expect(line?.closure.map(({ version }) => version)).toEqual(['1.2.0']);
});
