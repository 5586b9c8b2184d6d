import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { limits } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import { describe, expect, test } from 'vitest';
import { put, writeDistribution } from './fixture.ts';
import { codeOf, get, raw, served } from './http-client.ts';

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
