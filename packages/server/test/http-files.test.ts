import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { layout, limits } from '@mlld/format';
import { describe, expect, test } from 'vitest';
import { greet, greetText, put, putCompressed, sha256 } from './fixture.ts';
import { codeOf, get, served } from './http-client.ts';

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
