import { existsSync, readdirSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { type HostileMode, startHostileServer } from '@mlld/testing';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { errorOf, type Project, project } from './fixture/project.ts';
import { distribution, serve, sha256 } from './fixture/registry.ts';

const content = '>> the module\nvar @greeting = "hello, and enough text to be cut in half"\n'.repeat(20);
// Short enough for a test of silence, long enough for a loaded machine to answer in.
const limits = {
  firstByteMs: 2500,
  answerMs: 5000,
  slowAfterMs: 1000,
  hedgeMs: 100,
  leastBytesPerSecond: 1024,
};

async function hostile(redirectTo?: string) {
  const server = await startHostileServer({
    content: Buffer.from(content),
    ...(redirectTo ? { redirectTo } : {}),
  });
  onTestFinished(() => server.close());
  return server;
}

/** A registry without copies of its own, whose module names these sources. */
async function moduleFrom(sources: readonly string[], name = 'registry.test') {
  const made = distribution([{ ref: '@alice/a@1.0.0', files: content, sources }], { blobs: false, name });
  const served = await serve(made.files);
  return project({ registry: served.base, limits });
}

function blobs({ cacheDir }: Project): string[] {
  const folder = path.join(cacheDir, 'registry.test/blob/sha256');
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** What each kind of bad source ends in, alone. */
const bad: readonly (readonly [HostileMode, string])[] = [
  ['truncate', 'UNREACHABLE'],
  ['short', 'SIZE_MISMATCH'],
  ['endless', 'SIZE_MISMATCH'],
  ['drip', 'UNREACHABLE'],
  ['silent', 'UNREACHABLE'],
  ['stall', 'UNREACHABLE'],
  ['lie', 'HASH_MISMATCH'],
  ['append', 'SIZE_MISMATCH'],
  ['html', 'SIZE_MISMATCH'],
  ['empty', 'SIZE_MISMATCH'],
  ['length-too-long', 'SIZE_MISMATCH'],
  ['length-too-short', 'SIZE_MISMATCH'],
  ['redirect-file', 'UNREACHABLE'],
  ['redirect-ftp', 'UNREACHABLE'],
  ['redirect-javascript', 'UNREACHABLE'],
  ['redirect-loop', 'UNREACHABLE'],
  ['redirect-chain', 'UNREACHABLE'],
  ['redirect-nowhere', 'UNREACHABLE'],
  ['gzip-bomb', 'SIZE_MISMATCH'],
  ['gzip-broken', 'UNREACHABLE'],
  ['not-http', 'UNREACHABLE'],
  ['reset', 'UNREACHABLE'],
  ['huge-headers', 'UNREACHABLE'],
  ['404', 'UNREACHABLE'],
  ['451', 'UNREACHABLE'],
  ['500', 'UNREACHABLE'],
];

// The server makes its bomb at the first request for one, which takes longer than the limits here.
beforeAll(async () => {
  const server = await startHostileServer({ content: Buffer.from(content) });
  await new Promise<void>((resolve) =>
    get(server.at('gzip-bomb'), (answer) => answer.resume().on('end', resolve)),
  );
  await server.close();
});

describe('a bad source (resolve.md §5)', () => {
  it.each(bad)('%s alone: %s, and nothing is kept', async (mode, code) => {
    const server = await hostile();
    const my = await moduleFrom([`${server.url}/${mode}/`]);
    const error = await errorOf(() => my.client().add(['@alice/a']));
    expect(error.code).toBe(code);
    expect(error.data?.sources).toMatchObject([{ url: `${server.url}/${mode}/index.mld` }]);
    expect(blobs(my)).toEqual([]);
    expect(existsSync(path.join(my.root, 'mlld-lock.json'))).toBe(false);
  });

  it.each(bad)('%s first: the next one is asked', async (mode) => {
    const server = await hostile();
    const my = await moduleFrom([`${server.url}/${mode}/`, `${server.url}/redirect-ok/`]);
    const report = await my.client().add(['@alice/a']);
    expect(report.modules[0]?.from).toBe(`${server.url}/redirect-ok/index.mld`);
    expect(blobs(my)).toEqual([sha256(content)]);
  });

  it('stops reading an endless one at the size that is stated', async () => {
    const server = await hostile();
    const my = await moduleFrom([`${server.url}/endless/`]);
    await errorOf(() => my.client().add(['@alice/a']));
    expect(server.sent).toBeLessThan(4 * 1024 * 1024);
  });

  it('says of every source why it failed', async () => {
    const server = await hostile();
    const my = await moduleFrom([`${server.url}/404/`, `${server.url}/500/`, 'ipfs://bafy/']);
    const error = await errorOf(() => my.client().add(['@alice/a']));
    expect(error.data?.sources).toMatchObject([
      { code: 'FILE_NOT_FOUND' },
      { code: 'HTTP_STATUS' },
      { code: 'UNREACHABLE' },
    ]);
  });

  it('names what was wanted, what was found and where, when bytes are wrong', async () => {
    const server = await hostile();
    const my = await moduleFrom([`${server.url}/lie/`]);
    const { message } = await errorOf(() => my.client().add(['@alice/a']));
    expect(message).toContain(`wanted sha256 ${sha256(content)}`);
    expect(message).toMatch(/found [0-9a-f]{64}/);
    expect(message).toContain(`${server.url}/lie/index.mld`);
  });
});

describe('addresses (resolve.md §5.4)', () => {
  it('a registry that is not on this network may not send its users there', async () => {
    const { openRegistry } = await import('../src/fetch/registry.ts');
    const { nodeOps } = await import('../src/index.ts');
    const { netLimits } = await import('../src/fetch/net.ts');
    const { download } = await import('../src/fetch/download.ts');
    const { openCache } = await import('../src/cache/cache.ts');
    const server = await hostile();
    const node = nodeOps();
    onTestFinished(() => node.close());
    const ops = { ...node, addresses: async () => ['93.184.216.34'] };
    const nobody = { proxyFor: () => undefined, authorizationFor: () => undefined };
    const net = { ops, limits: netLimits(limits), offline: false, onRequest() {}, warn() {}, ...nobody };
    const cache = openCache(ops, '/nonexistent', () => {});
    const registry = openRegistry(
      { net, dns: { kind: 'off' }, cache },
      { base: 'https://registry.example.org/' },
    );
    const get = (url: string) => download(net, url, { ...registry.sourceRules, maxBytes: 100_000 });
    expect((await errorOf(() => get(server.at('ok')))).code).toBe('ADDRESS_REFUSED');
    const named = server.at('ok').replace('127.0.0.1', 'localhost');
    expect((await errorOf(() => get(named))).code).toBe('ADDRESS_REFUSED');
    expect((await errorOf(() => get('http://169.254.169.254/latest/meta-data'))).code).toBe(
      'ADDRESS_REFUSED',
    );
    expect((await errorOf(() => get('file:///etc/passwd'))).code).toBe('REDIRECT_REFUSED');
    expect((await errorOf(() => get('https://user@example.org/x'))).code).toBe('REDIRECT_REFUSED');
    expect(server.requests).toEqual([]);
  });
});
