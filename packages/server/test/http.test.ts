import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { isRegistryError, layout, limits } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type HttpService, type RequestSeen, type ServeOptions, serveDistribution } from '../src/index.ts';
import { greet, greetText, put, putCompressed, sha256, writeDistribution } from './fixture.ts';

async function served(
  options: Partial<ServeOptions> = {},
): Promise<{ folder: string; service: HttpService }> {
  const folder = options.folder ?? (await tempDir()).path;
  if (options.folder === undefined) await writeDistribution(folder);
  const service = await serveDistribution({ port: 0, ...options, folder });
  onTestFinished(() => service.close());
  return { folder, service };
}

interface Got {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request as it is written, without what a fetch would clean up first. */
function get(
  service: HttpService,
  target: string,
  options: http.RequestOptions & { body?: Buffer } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port: service.port, path: target, ...options },
      (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

function codeOf({ body }: Got): string {
  return (JSON.parse(body.toString()) as { error: { code: string } }).error.code;
}

describe('files', () => {
  test.each([
    [layout.registry, 'application/json'],
    [layout.index(greet), 'application/x-ndjson'],
    [layout.names, 'text/plain; charset=utf-8'],
    [layout.proof('a'.repeat(64)), 'application/json'],
    [layout.blob(sha256(greetText('1.0.0'))), 'application/octet-stream'],
    [layout.text(greet, '2.0.0', '.mld.md'), 'text/markdown; charset=utf-8'],
    [layout.zone, 'text/dns; charset=us-ascii'],
  ])('%s is %s', async (file, type) => {
    const { service } = await served();
    const got = await get(service, `/${file}`);
    expect(got.status).toBe(200);
    expect(got.headers['content-type']).toBe(type);
    expect(got.headers['content-length']).toBe(String(got.body.length));
  });

  test('content-addressed files are immutable, others have a short age; all have a strong ETag', async () => {
    const { service } = await served();
    const blob = await get(service, `/${layout.blob(sha256(greetText('1.0.0')))}`);
    expect(blob.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const index = await get(service, `/${layout.index(greet)}`);
    expect(index.headers['cache-control']).toBe('public, max-age=60');
    for (const { headers } of [blob, index]) expect(headers.etag).toMatch(/^"[0-9a-f]{32}"$/);
  });

  test('a blob whose bytes have another hash is refused, not cached for ever', async () => {
    const { folder, service } = await served();
    const name = layout.blob(sha256('what it should be'));
    await put(folder, name, 'what it is');
    const got = await get(service, `/${name}`);
    expect([got.status, codeOf(got)]).toEqual([500, 'CACHE_CORRUPT']);
    expect(got.headers['cache-control']).toBe('no-store');
  });

  test('every answer says that scripts, frames and sniffing are out, and that anyone may read', async () => {
    const { service } = await served();
    for (const target of ['/registry.json', '/absent', '/m/alice/greet']) {
      const { headers } = await get(service, target);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['referrer-policy']).toBe('no-referrer');
    }
  });

  test('a file larger than what is held is streamed, whole and in part', async () => {
    const { folder, service } = await served();
    const big = Buffer.alloc(limits.httpHeldFileBytes + 12_345, 'mlld ');
    await put(folder, 'docs/big.json', big);
    const whole = await get(service, '/docs/big.json');
    expect(sha256(whole.body)).toBe(sha256(big));
    const part = await get(service, '/docs/big.json', { headers: { range: 'bytes=5-1000000' } });
    expect(part.status).toBe(206);
    expect(part.body.equals(big.subarray(5, 1_000_001))).toBe(true);
  });

  test('an empty file', async () => {
    const { folder, service } = await served();
    await put(folder, 'docs/empty.txt', '');
    const got = await get(service, '/docs/empty.txt');
    expect([got.status, got.body.length, got.headers['content-length']]).toEqual([200, 0, '0']);
    const range = await get(service, '/docs/empty.txt', { headers: { range: 'bytes=0-0' } });
    expect(range.status).toBe(416);
  });

  test('the address alone tells a person what this is; an index.html of the builder comes first', async () => {
    const { folder, service } = await served();
    expect((await get(service, '/')).body.toString()).toContain('registry.example.org');
    await put(folder, 'index.html', '<!doctype html><title>Example</title>');
    const page = await get(service, '/');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  });
});

describe('conditions and ranges', () => {
  test('If-None-Match: 304 without a body, with the headers that a cache keeps', async () => {
    const { service } = await served();
    const target = `/${layout.index(greet)}`;
    const { etag } = (await get(service, target)).headers;
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const got = await get(service, target, { headers: { 'if-none-match': header } });
      expect([got.status, got.body.length, got.headers.etag]).toEqual([304, 0, etag]);
      expect(got.headers['cache-control']).toBe('public, max-age=60');
    }
    expect((await get(service, target, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  test('If-Match of other bytes is 412', async () => {
    const { service } = await served();
    const got = await get(service, '/registry.json', { headers: { 'if-match': '"other"' } });
    expect([got.status, codeOf(got)]).toEqual([412, 'PRECONDITION_FAILED']);
  });

  test.each([
    ['bytes=0-4', 206, 'bytes 0-4/26', 'abcde'],
    ['bytes=20-', 206, 'bytes 20-25/26', 'uvwxyz'],
    ['bytes=-3', 206, 'bytes 23-25/26', 'xyz'],
    ['bytes=-300', 206, 'bytes 0-25/26', 'abcdefghijklmnopqrstuvwxyz'],
    ['bytes=25-900', 206, 'bytes 25-25/26', 'z'],
    ['bytes=0-', 206, 'bytes 0-25/26', 'abcdefghijklmnopqrstuvwxyz'],
    ['bytes=26-', 416, 'bytes */26', undefined],
    ['bytes=-0', 416, 'bytes */26', undefined],
    ['bytes=4-2', 200, undefined, 'abcdefghijklmnopqrstuvwxyz'],
    ['bytes=0-1,4-5', 200, undefined, 'abcdefghijklmnopqrstuvwxyz'],
    ['bytes=-', 200, undefined, 'abcdefghijklmnopqrstuvwxyz'],
    ['lines=0-1', 200, undefined, 'abcdefghijklmnopqrstuvwxyz'],
    ['bytes=99999999999999999999-', 200, undefined, 'abcdefghijklmnopqrstuvwxyz'],
  ])('Range: %s is %i', async (range, status, contentRange, body) => {
    const { folder, service } = await served();
    await put(folder, 'docs/letters.txt', 'abcdefghijklmnopqrstuvwxyz');
    const got = await get(service, '/docs/letters.txt', { headers: { range } });
    expect(got.status).toBe(status);
    expect(got.headers['content-range']).toBe(contentRange);
    if (body === undefined) expect(codeOf(got)).toBe('RANGE_NOT_SATISFIABLE');
    else expect(got.body.toString()).toBe(body);
  });

  test('a Range that depends on other bytes is answered with all of these', async () => {
    const { service } = await served();
    const { etag } = (await get(service, '/registry.json')).headers;
    const same = await get(service, '/registry.json', { headers: { range: 'bytes=0-0', 'if-range': etag! } });
    const other = await get(service, '/registry.json', {
      headers: { range: 'bytes=0-0', 'if-range': '"x"' },
    });
    expect([same.status, other.status]).toEqual([206, 200]);
  });
});

describe('codings', () => {
  const index = `/${layout.index(greet)}`;

  test.each([
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['*', 'br'],
    ['deflate', undefined],
    ['identity', undefined],
    ['br;q=0, gzip;q=0', undefined],
    [undefined, undefined],
  ])('Accept-Encoding: %s gets %s', async (accept, coding) => {
    const { service } = await served();
    const plain = await get(service, index);
    const got = await get(
      service,
      index,
      accept === undefined ? {} : { headers: { 'accept-encoding': accept } },
    );
    expect(got.headers['content-encoding']).toBe(coding);
    expect(got.headers.vary).toBe('accept-encoding');
    const unpack = { br: brotliDecompressSync, gzip: gunzipSync }[coding ?? ''] ?? ((body: Buffer) => body);
    expect(unpack(got.body).equals(plain.body)).toBe(true);
    expect(got.headers.etag === plain.headers.etag).toBe(coding === undefined);
  });

  test('each coding has an ETag of its own', async () => {
    const { service } = await served();
    const tags = await Promise.all(
      ['br', 'gzip', 'identity'].map(async (accept) => {
        const { headers } = await get(service, index, { headers: { 'accept-encoding': accept } });
        return headers.etag;
      }),
    );
    expect(new Set(tags).size).toBe(3);
  });

  test('a compressed copy of other bytes, a damaged one and a bomb are not served', async () => {
    const { folder, service } = await served();
    const { brotliCompressSync, gzipSync } = await import('node:zlib');
    const text = 'the words of today\n'.repeat(50);
    const ask = async (name: string, accept: string) => {
      const got = await get(service, `/docs/${name}`, { headers: { 'accept-encoding': accept } });
      return [got.headers['content-encoding'], got.body.toString() === text];
    };
    await put(folder, 'docs/stale.txt', text);
    await put(folder, 'docs/stale.txt.br', brotliCompressSync('the words of yesterday\n'.repeat(50)));
    expect(await ask('stale.txt', 'br')).toEqual([undefined, true]);
    await put(folder, 'docs/cut.txt', text);
    await put(folder, 'docs/cut.txt.gz', gzipSync(text).subarray(0, 40));
    expect(await ask('cut.txt', 'gzip')).toEqual([undefined, true]);
    await put(folder, 'docs/bomb.txt', text);
    await put(folder, 'docs/bomb.txt.gz', gzipSync(Buffer.alloc(100_000)));
    expect(await ask('bomb.txt', 'gzip')).toEqual([undefined, true]);
  });

  test('a large file has its compressed copy streamed', async () => {
    const { folder, service } = await served();
    const text = Array.from({ length: 120_000 }, (_, i) => `@alice/module-${i}\n`).join('');
    await putCompressed(folder, 'names/a', text);
    const got = await get(service, '/names/a', { headers: { 'accept-encoding': 'br' } });
    expect(got.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(got.body).toString()).toBe(text);
  });
});

describe('methods', () => {
  test('HEAD has the headers of GET and no body', async () => {
    const { service } = await served();
    for (const target of ['/registry.json', '/absent', '/m/alice/greet@^1.0.0.mld.md']) {
      const head = await get(service, target, { method: 'HEAD' });
      const full = await get(service, target);
      const { date: _h, ...headHeaders } = head.headers;
      const { date: _f, ...fullHeaders } = full.headers;
      expect(head.body.length).toBe(0);
      expect([head.status, headHeaders]).toEqual([full.status, fullHeaders]);
    }
  });

  test('OPTIONS answers a preflight', async () => {
    const { service } = await served();
    const got = await get(service, '/registry.json', { method: 'OPTIONS' });
    expect(got.status).toBe(204);
    expect(got.headers['access-control-allow-methods']).toBe('GET, HEAD, OPTIONS');
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'])(
    '%s is 405 and says what is allowed',
    async (method) => {
      const { service } = await served();
      const got = await get(service, '/registry.json', { method });
      expect([got.status, got.headers.allow, codeOf(got)]).toEqual([
        405,
        'GET, HEAD, OPTIONS',
        'METHOD_NOT_ALLOWED',
      ]);
    },
  );

  test('the body of a refused request is not taken for the next request', async () => {
    const { service } = await served();
    const answers = await raw(
      service,
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\nGET /registry.json HTTP/1.1\r\nHost: x\r\n\r\n',
    );
    expect(answers.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });
});

/** Writes octets on a bare connection, reads until it ends. */
function raw(service: HttpService, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(service.port, '127.0.0.1');
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
    });
    socket.on('error', () => resolve(seen));
    socket.on('close', () => resolve(seen));
    socket.write(text);
  });
}

describe('hostile requests', () => {
  test.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/index/../../secret.txt',
    '/index/..%5c..%5csecret.txt',
    '/..\\secret.txt',
    '/....//secret.txt',
    '//secret.txt',
    '/./secret.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/%252e%252e/secret.txt',
    '/secret.txt%00.json',
    '/%00',
    '/%zz',
    '/.git/config',
    '/.env',
    '/index/.hidden',
    '/index',
    '/index/',
    '/index/alice',
    '/index/alice/',
    '/registry.json/',
    '/registry.json/x',
    '/registry.json.',
    '/registry.json%20',
    '/registry.json::$DATA',
    '/C:/secret.txt',
    '/link.txt',
    '/linked/secret.txt',
    `/${'a'.repeat(210)}`,
    `/${'a/'.repeat(99)}x`,
    'secret.txt',
    '*',
    '/m/alice/../../secret.txt',
    '/m/..%2f..%2f/secret',
  ])('%s is not there', async (target) => {
    const outer = (await tempDir()).path;
    const folder = path.join(outer, 'site');
    await writeDistribution(folder);
    await writeFile(path.join(outer, 'secret.txt'), 'secret');
    await put(folder, '.env', 'secret');
    await put(folder, 'index/.hidden', 'secret');
    await put(folder, '.git/config', 'secret');
    await symlink(path.join(outer, 'secret.txt'), path.join(folder, 'link.txt'));
    await symlink(outer, path.join(folder, 'linked'));
    const { service } = await served({ folder });
    const got = await get(service, target);
    expect([400, 404]).toContain(got.status);
    expect(got.body.toString()).not.toContain('secret\n');
    expect(codeOf(got)).toMatch(/^(?:FILE_NOT_FOUND|BAD_NAME|BAD_REF|BAD_REQUEST)$/);
  });

  test('the folders with a dot that a distribution has are served', async () => {
    const { folder, service } = await served();
    await put(folder, '.claude-plugin/marketplace.json', '{}');
    expect((await get(service, '/.claude-plugin/marketplace.json')).status).toBe(200);
  });

  test('a target in absolute form is read', async () => {
    const { service } = await served();
    expect((await get(service, 'http://example.org/registry.json')).status).toBe(200);
  });

  test('headers that are too large are 431, what is no HTTP is 400, both as JSON', async () => {
    const { service } = await served();
    const large = await raw(service, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1\.1 431 /);
    expect(large).toContain('"HEADERS_TOO_LARGE"');
    const noise = await raw(service, 'EHLO mail.example.org\r\n\r\n');
    expect(noise).toMatch(/^HTTP\/1\.1 400 /);
    expect(noise).toContain('"BAD_REQUEST"');
  });

  test('a target that is too long', async () => {
    const { service } = await served();
    const got = await get(service, `/${'a'.repeat(limits.httpTargetChars)}`);
    expect([got.status, codeOf(got)]).toEqual([400, 'BAD_REQUEST']);
  });
});

describe('protocols', () => {
  const readH2 = (url: string, target: string, options: http2.SecureClientSessionOptions = {}) =>
    new Promise<{ status: number; body: string; alpn: string | undefined }>((resolve, reject) => {
      const session = http2.connect(url, options);
      session.on('error', reject);
      const stream = session.request({ ':path': target });
      let status = 0;
      let body = '';
      stream.on('response', (headers) => {
        status = headers[':status'] ?? 0;
      });
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        body += chunk;
      });
      stream.on('error', reject);
      stream.on('end', () => {
        const alpn = session.alpnProtocol;
        session.close(() => resolve({ status, body, alpn }));
      });
    });

  test('HTTP/2 by prior knowledge and HTTP/1.1 on one port without TLS', async () => {
    const seen: RequestSeen[] = [];
    const { service } = await served({ onRequest: (one) => seen.push(one) });
    const h2 = await readH2(service.url, '/registry.json');
    const h1 = await get(service, '/registry.json');
    expect(h2).toEqual({ status: 200, body: h1.body.toString(), alpn: 'h2c' });
    expect(seen.map((one) => [one.protocol, one.status, one.bytes])).toEqual([
      ['HTTP/2', 200, h1.body.length],
      ['HTTP/1.1', 200, h1.body.length],
    ]);
  });

  test('the preface of HTTP/2 and a request line may come octet by octet', async () => {
    const { service } = await served();
    const socket = net.connect(service.port, '127.0.0.1');
    socket.setNoDelay(true);
    const ended = new Promise<string>((resolve) => {
      let seen = '';
      socket.on('data', (chunk) => {
        seen += chunk.toString('latin1');
        if (seen.includes('\r\n\r\n')) socket.destroy();
      });
      socket.on('close', () => resolve(seen));
    });
    for (const char of 'PROPFIND / HTTP/1.1\r\nHost: x\r\n\r\n') {
      socket.write(char);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await ended).toMatch(/^HTTP\/1\.1 405 /);
  });

  test('many HTTP/2 streams at once, large and small', async () => {
    const { folder, service } = await served();
    const big = Buffer.alloc(limits.httpHeldFileBytes * 2, 'x');
    await put(folder, 'docs/big.txt', big);
    const session = http2.connect(service.url);
    const sizes = await Promise.all(
      Array.from({ length: 60 }, (_, i) => {
        const stream = session.request({ ':path': i % 20 === 0 ? '/docs/big.txt' : '/registry.json' });
        return new Promise<number>((resolve, reject) => {
          let size = 0;
          stream.on('data', (chunk: Buffer) => {
            size += chunk.length;
          });
          stream.on('end', () => resolve(size));
          stream.on('error', reject);
        });
      }),
    );
    session.close();
    expect(sizes.filter((size) => size === big.length)).toHaveLength(3);
    expect(new Set(sizes).size).toBe(2);
  });

  test('HTTPS: HTTP/2 and HTTP/1.1 by ALPN', async () => {
    const { cert, key } = await certificate();
    const { service } = await served({ tls: { cert, key } });
    expect(service.url).toMatch(/^https:/);
    const h2 = await readH2(service.url, '/registry.json', { ca: cert, servername: 'localhost' });
    expect([h2.status, h2.alpn]).toEqual([200, 'h2']);
    const version = await new Promise<string>((resolve, reject) => {
      https
        .get(
          `${service.url}registry.json`,
          { ca: cert, servername: 'localhost', agent: false },
          (response) => {
            response.resume();
            response.on('end', () => resolve(response.httpVersion));
          },
        )
        .on('error', reject);
    });
    expect(version).toBe('1.1');
  });

  test('a connection is kept for further requests', async () => {
    const { service } = await served();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports = new Set<number | undefined>();
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve, reject) => {
        const request = http.get(
          { port: service.port, host: '127.0.0.1', path: '/registry.json', agent },
          (response) => {
            ports.add(response.socket.localPort);
            response.resume();
            response.on('end', resolve);
          },
        );
        request.on('error', reject);
      });
    }
    expect(ports.size).toBe(1);
  });
});

async function certificate(): Promise<{ cert: string; key: string }> {
  const { path: folder } = await tempDir();
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ].concat([
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key!,
      '-out',
      cert!,
    ]),
    { stdio: 'ignore' },
  );
  const { readFile } = await import('node:fs/promises');
  return { cert: await readFile(cert!, 'utf8'), key: await readFile(key!, 'utf8') };
}

describe('ports and the end', () => {
  async function busyPort(): Promise<number> {
    const blocker = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    onTestFinished(() => void blocker.close());
    return (blocker.address() as AddressInfo).port;
  }

  test('a demanded port that is in use is PORT_BUSY', async () => {
    const folder = (await tempDir()).path;
    const error = await serveDistribution({ folder, port: await busyPort() }).catch((one: unknown) => one);
    expect(isRegistryError(error, 'PORT_BUSY')).toBe(true);
  });

  test('two servers without a demanded port get two ports', async () => {
    const [a, b] = [await served({ port: undefined }), await served({ port: undefined })];
    expect(a.service.port).not.toBe(b.service.port);
    expect((await get(b.service, '/registry.json')).status).toBe(200);
  });

  test('no folder is FILE_NOT_FOUND', async () => {
    const error = await serveDistribution({ folder: '/no/such/folder', port: 0 }).catch(
      (one: unknown) => one,
    );
    expect(isRegistryError(error, 'FILE_NOT_FOUND')).toBe(true);
  });

  test('at the end a running answer is finished, idle and silent connections are closed', async () => {
    const { folder, service } = await served();
    const big = Buffer.alloc(8 * 1024 * 1024, 'y');
    await put(folder, 'docs/big.txt', big);
    const silent = net.connect(service.port, '127.0.0.1');
    const silentEnded = new Promise((resolve) => silent.on('close', resolve));
    const started = new Promise<IncomingMessage>((resolve, reject) => {
      http.get(`${service.url}docs/big.txt`, resolve).on('error', reject);
    });
    const response = await started;
    const closed = service.close();
    let size = 0;
    for await (const chunk of response) size += (chunk as Buffer).length;
    expect(size).toBe(big.length);
    await Promise.all([closed, silentEnded]);
    await expect(get(service, '/registry.json')).rejects.toThrow();
  });
});
