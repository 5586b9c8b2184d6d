import { createSocket } from 'node:dgram';
import { readFile, stat } from 'node:fs/promises';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  gitRepo,
  type HostileServer,
  makeTempDir,
  runCli,
  startHostileServer,
  startLatencyProxy,
  startUdpLatencyProxy,
  tempDir,
  throwawayKey,
} from '../src/index.ts';

describe('latency proxy', () => {
  /** Milliseconds of one request, its body read. */
  const time = async (url: string, agent: Agent): Promise<number> => {
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      get(url, { agent }, (answer) => answer.resume().on('end', resolve)).on('error', reject);
    });
    return performance.now() - start;
  };

  test('a request costs a round trip, a new connection one more, many at once cost no more than one', async () => {
    const server = createServer((_, response) => response.end('x'.repeat(300_000)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = await startLatencyProxy({
      target: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      delayMs: 100,
    });
    const url = `http://127.0.0.1:${proxy.port}/`;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await time(url, agent)).toBeGreaterThanOrEqual(199);
    const second = await time(url, agent);
    expect(second).toBeGreaterThanOrEqual(99);
    expect(proxy.traffic).toMatchObject({ connections: 1, roundTrips: 2 });
    expect(proxy.traffic.bytesToClient).toBeGreaterThan(600_000);
    proxy.reset();
    const many = new Agent({ keepAlive: true });
    const times = await Promise.all(Array.from({ length: 5 }, () => time(url, many)));
    expect(proxy.traffic).toMatchObject({ connections: 5, roundTrips: 5 });
    expect(Math.max(...times)).toBeLessThan(5 * 200);
    agent.destroy();
    many.destroy();
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });

  test('datagrams go there and back', async () => {
    const echo = createSocket('udp4');
    echo.on('message', (message, from) =>
      echo.send(Buffer.concat([message, message]), from.port, from.address),
    );
    await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve));
    const proxy = await startUdpLatencyProxy({ target: `127.0.0.1:${echo.address().port}`, delayMs: 60 });
    const client = createSocket('udp4');
    const start = performance.now();
    const answer = new Promise<Buffer>((resolve) => client.once('message', resolve));
    client.send('hi', proxy.port, '127.0.0.1');
    expect((await answer).toString()).toBe('hihi');
    expect(performance.now() - start).toBeGreaterThanOrEqual(59);
    expect(proxy.traffic).toEqual({ connections: 1, roundTrips: 1, bytesToTarget: 2, bytesToClient: 4 });
    client.close();
    echo.close();
    await proxy.close();
  });
});

describe('hostile server', () => {
  const content = Buffer.from('export { @hello }\nexe @hello() = `Hello`\n');
  let server: HostileServer;
  beforeAll(async () => {
    server = await startHostileServer({ content });
  });
  afterAll(() => server.close());
  const body = async (mode: Parameters<HostileServer['at']>[0]) =>
    Buffer.from(await (await fetch(server.at(mode))).arrayBuffer());

  test('the control is honest, the liar keeps the length', async () => {
    expect(await body('ok')).toEqual(content);
    expect(await body('redirect-ok')).toEqual(content);
    const lie = await body('lie');
    expect(lie).toHaveLength(content.length);
    expect(lie).not.toEqual(content);
    expect(await body('short')).toHaveLength(Math.floor(content.length / 2));
    expect(await body('append')).toHaveLength(content.length + 1);
  });

  test.each([
    'truncate',
    'length-too-long',
    'reset',
    'not-http',
    'huge-headers',
    'gzip-broken',
    'redirect-loop',
    'redirect-chain',
    'redirect-file',
  ] as const)('fetch fails on %s', async (mode) => {
    await expect(body(mode)).rejects.toThrow();
  });

  test('statuses, pages and nothing', async () => {
    for (const status of ['404', '451', '503'] as const)
      expect((await fetch(server.at(status))).status).toBe(Number(status));
    const page = await fetch(server.at('html'));
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
    expect(await body('empty')).toHaveLength(0);
    expect((await fetch(server.at('redirect-host'), { redirect: 'manual' })).headers.get('location')).toBe(
      'http://192.0.2.1/',
    );
  });

  test('a bomb is small on the way and large when unpacked', async () => {
    const response = await fetch(server.at('gzip-bomb'));
    expect(Number(response.headers.get('content-length'))).toBeLessThan(100_000);
    let unpacked = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      unpacked += chunk.length;
      if (unpacked > 8 * 1024 * 1024) break;
    }
    expect(unpacked).toBeGreaterThan(8 * 1024 * 1024);
  });

  test('endless, dripping and stalled bodies go on until the client leaves', async () => {
    for (const mode of ['endless', 'drip', 'stall'] as const) {
      const response = await fetch(server.at(mode));
      const reader = response.body?.getReader();
      expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
      await reader?.cancel();
    }
    await expect(fetch(server.at('silent'), { signal: AbortSignal.timeout(50) })).rejects.toThrow();
  });
});

describe('helpers', () => {
  test('a folder goes when it is removed', async () => {
    const dir = await makeTempDir();
    await dir.remove();
    await expect(stat(dir.path)).rejects.toThrow();
    await dir.remove();
  });

  test('a repository has the same commit in each run', async () => {
    const dir = await tempDir();
    const repo = await gitRepo(dir.join('r'), { 'a.txt': 'a\n' });
    const again = await gitRepo(dir.join('s'), { 'a.txt': 'a\n' });
    expect(await repo.git('rev-parse', 'HEAD')).toBe(await again.git('rev-parse', 'HEAD'));
  });

  test('a key pair of the wanted type', async () => {
    const dir = await tempDir();
    const key = await throwawayKey({ dir: dir.path });
    expect(key.publicKey).toMatch(/^ssh-ed25519 \S+ alice@example\.org$/);
    expect(await readFile(key.file, 'utf8')).toContain('OPENSSH PRIVATE KEY');
  });

  test('a command runs in a home of its own, without the variables of the caller', async () => {
    const dir = await tempDir();
    const bundle = dir.join('show.mjs');
    const repo = await gitRepo(dir.path, {
      'show.mjs':
        'console.log(JSON.stringify({ env: process.env, args: process.argv.slice(2) })); process.exit(3);',
    });
    const result = await runCli(['a', 'b c'], { cwd: repo.dir, bundle, env: { EXTRA: '1' } });
    const seen = JSON.parse(result.stdout) as { env: Record<string, string>; args: string[] };
    expect([result.code, seen.args, seen.env.EXTRA]).toEqual([3, ['a', 'b c'], '1']);
    expect(seen.env).not.toHaveProperty('NODE_EXTRA_CA_CERTS');
    expect(seen.env.HOME).not.toBe(process.env.HOME);
    await expect(stat(seen.env.HOME ?? '')).rejects.toThrow();
  });
});
