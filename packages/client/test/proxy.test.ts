/** docs/spec/resolve.md §1.4 and §1.5: proxies and tokens. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { netLimits } from '../src/fetch/net.ts';
import { proxiesOf } from '../src/fetch/proxy.ts';
import { tokensOf, variableOf } from '../src/fetch/tokens.ts';
import { nodeOps } from '../src/index.ts';
import { errorOf, project } from './fixture/project.ts';
import { distribution, serve } from './fixture/registry.ts';

const proxyOf = (env: Record<string, string>, url: string) => proxiesOf(env)(new URL(url))?.href;

describe('which proxy', () => {
  const env = { HTTPS_PROXY: 'http://proxy.example.org:3128', http_proxy: 'plain.example.org:8080' };

  it.each([
    ['https://registry.example.org/', 'http://proxy.example.org:3128/'],
    ['http://registry.example.org/', 'http://plain.example.org:8080/'],
    ['https://localhost/', undefined],
    ['http://my.localhost:8080/', undefined],
    ['http://127.0.0.1:1/', undefined],
    ['http://[::1]:1/', undefined],
    ['http://10.0.0.1/', 'http://plain.example.org:8080/'],
  ])('%s: %s', (url, proxy) => expect(proxyOf(env, url)).toBe(proxy));

  it.each([
    ['example.org', undefined],
    ['.example.org', undefined],
    ['*.example.org', undefined],
    ['registry.example.org:443', undefined],
    ['*', undefined],
    ['other.org, example.org', undefined],
    ['EXAMPLE.ORG', undefined],
    ['registry.example.org:8443', 'http://proxy.example.org:3128/'],
    ['ample.org', 'http://proxy.example.org:3128/'],
    ['', 'http://proxy.example.org:3128/'],
  ])('NO_PROXY %j: %s', (no, proxy) =>
    expect(proxyOf({ ...env, NO_PROXY: no }, 'https://registry.example.org/')).toBe(proxy),
  );

  it('is none without a variable, and an error for one that is none', async () => {
    expect(proxyOf({}, 'https://example.org/')).toBeUndefined();
    expect(proxyOf({ ALL_PROXY: 'https://p.example.org' }, 'https://example.org/')).toBe(
      'https://p.example.org/',
    );
    const bad = await errorOf(async () =>
      proxyOf({ HTTPS_PROXY: 'socks5://u:secret@p.example.org' }, 'https://example.org/'),
    );
    expect(bad.code).toBe('BAD_CONFIG');
    expect(bad.message).not.toContain('secret');
  });
});

/** A real proxy: forwards plain requests, and tunnels to `tunnelTo`. */
async function startProxy(tunnelTo: number) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
    const { pathname } = new URL(request.url ?? '');
    httpRequest({ port: tunnelTo, host: '127.0.0.1', path: pathname }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (request.headers['proxy-authorization'] === undefined)
      return void socket.end('HTTP/1.1 407 No\r\n\r\n');
    const target = connect(tunnelTo, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    for (const one of [socket, target]) one.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { asked, port: (server.address() as AddressInfo).port };
}

describe('through a proxy', () => {
  it('a registry whose name only the proxy knows', async () => {
    const served = await serve(distribution([{ ref: '@alice/a@1.0.0' }]).files);
    const { asked, port } = await startProxy(served.port);
    const my = project({ registry: 'http://registry.example.org/' });
    await my.client({ env: { HTTP_PROXY: `http://user:p%40ss@127.0.0.1:${port}` } }).add(['@alice/a']);
    expect(my.lock().modules.size).toBe(1);
    const basic = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(asked).toContain(`http://registry.example.org/registry.json ${basic}`);
  });

  it('TLS by a tunnel, which the proxy can refuse, and into which it cannot look', async () => {
    const hellos: number[] = [];
    const target = createTcpServer((socket) =>
      socket
        .on('error', () => {})
        .once('data', (chunk) => {
          hellos.push(chunk[0]!);
          socket.end('no TLS');
        }),
    );
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void target.close());
    const { asked, port } = await startProxy((target.address() as AddressInfo).port);
    const ops = nodeOps();
    onTestFinished(() => ops.close());
    const get = (proxy: string) =>
      errorOf(() =>
        ops.http({
          url: new URL('https://registry.example.org/x'),
          proxy: new URL(proxy),
          maxBytes: 100,
          limits: netLimits(),
          pool: 'test',
          mayBePrivate: () => false,
        }),
      );
    expect(await get(`http://127.0.0.1:${port}`)).toMatchObject({
      code: 'HTTP_STATUS',
      data: { status: 407 },
    });
    expect((await get(`http://u:p@127.0.0.1:${port}`)).code).toBe('UNREACHABLE');
    expect(asked).toContain('CONNECT registry.example.org:443');
    // The first octet of a TLS handshake (RFC 8446 §5.1).
    expect(hellos).toEqual([22]);
  });

  it('no address of its own network for a public registry', async () => {
    const ops = nodeOps();
    const get = (url: string) =>
      errorOf(() =>
        ops.http({
          url: new URL(url),
          proxy: new URL('http://127.0.0.1:1'),
          maxBytes: 100,
          limits: netLimits(),
          pool: 'test',
          mayBePrivate: () => false,
        }),
      );
    expect((await get('http://169.254.169.254/')).code).toBe('ADDRESS_REFUSED');
    expect((await get('http://localhost/')).code).toBe('ADDRESS_REFUSED');
    expect((await get('http://registry.example.org/')).message).toContain('proxy 127.0.0.1:1');
  });
});

describe('tokens', () => {
  const origin = 'https://registry.example.org';

  it('are the user’s own, by origin; the environment goes first', () => {
    const raw = { tokens: { [`${origin}/`]: 'from-file' } };
    expect(tokensOf({}, raw)(origin)).toBe('Bearer from-file');
    expect(tokensOf({ MLLD_TOKEN_REGISTRY_EXAMPLE_ORG: 'from-env' }, raw)(origin)).toBe('Bearer from-env');
    expect(tokensOf({}, raw)('https://registry.example.org:8443')).toBeUndefined();
    expect(tokensOf({}, raw)('http://registry.example.org')).toBeUndefined();
    expect(variableOf('https://my-registry.example.org:8443')).toBe(
      'MLLD_TOKEN_MY_REGISTRY_EXAMPLE_ORG_8443',
    );
  });

  it.each([[{ [origin]: 'a b' }], [{ [origin]: 'a\r\nx: y' }], [{ nowhere: 'a' }], [{ [origin]: 1 }]])(
    'that are none are refused: %j',
    async (tokens) => {
      expect((await errorOf(async () => tokensOf({}, { tokens } as never))).code).toBe('BAD_CONFIG');
    },
  );

  async function privateRegistry() {
    const other = await serve(new Map());
    const made = distribution([
      { ref: '@alice/a@1.0.0', files: 'var @x = 1\n', sources: [`${other.base}sources/`] },
    ]);
    const blob = `blob/sha256/${made.lines.get('@alice/a@1.0.0')!.files[0]!.sha256}`;
    const bytes = made.files.get(blob)!;
    const seen: (string | undefined)[] = [];
    other.handler = (request, response) => {
      seen.push(request.headers.authorization);
      response.end(bytes);
      return true;
    };
    const served = await serve(made.files);
    served.handler = (request, response) => {
      if (request.headers.authorization !== 'Bearer secret') response.writeHead(401).end();
      else if (request.url === `/${blob}`) response.writeHead(302, { location: `${other.base}moved` }).end();
      else return undefined;
      return true;
    };
    return { my: project({ registry: served.base }), served, seen };
  }

  it('are sent to their registry, and to no other place', async () => {
    const { my, served, seen } = await privateRegistry();
    const variable = variableOf(new URL(served.base).origin);
    await my.client({ env: { [variable]: 'secret' } }).add(['@alice/a']);
    expect(my.lock().modules.size).toBe(1);
    expect(my.lockText()).not.toContain('secret');
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it('are said to be missing, and never taken from a project', async () => {
    const { my, served } = await privateRegistry();
    const { origin } = new URL(served.base);
    const tokens = JSON.stringify({ tokens: { [origin]: 'secret' } });
    writeFileSync(path.join(my.root, 'mlld-config.json'), tokens);
    const home = path.join(my.root, 'home');
    const error = await errorOf(() => my.client({ env: { HOME: home } }).add(['@alice/a']));
    expect(error.code).toBe('HTTP_STATUS');
    expect(error.hint).toContain(variableOf(origin));
    mkdirSync(path.join(home, '.mlld'), { recursive: true });
    writeFileSync(path.join(home, '.mlld/mlld-config.json'), tokens);
    await my.client({ env: { HOME: home } }).add(['@alice/a']);
    expect(my.lock().modules.size).toBe(1);
  });
});
