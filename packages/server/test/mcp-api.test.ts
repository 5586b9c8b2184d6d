/** The registry API of MCP, built as files and served with its parameters: every answer held against the specification's schemas. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, check } from '@mlld/builder';
import type { McpServerEntry } from '@mlld/format';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { merge, minute, readTree, sha256, writeFiles } from '../../builder/test/registry.ts';
import { type HttpService, serveDistribution } from '../src/index.ts';
import { imported, mcpRegistry, numbers, official, server, texts } from './mcp-api-registry.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mlld-mcp-api-'));
const repo = path.join(folder, 'repo');
const dist = path.join(folder, 'dist');
const state = path.join(folder, 'state');
const ours = 'ai.mlld.registry/module';
let service: HttpService;

const schemas = JSON.parse(
  readFileSync(new URL('./testdata/mcp-registry-schemas.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema(schemas, 'api');
const conforms = (name: string, value: unknown) => {
  const validate = ajv.getSchema(`api#/components/schemas/${name}`)!;
  return validate(value) ? 'yes' : ajv.errorsText(validate.errors);
};

const publish = (out = dist, where = state) =>
  build(repo, {
    out,
    state: where,
    fetch: async (url) =>
      texts.has(url) ? new Response(texts.get(url)) : new Response('none', { status: 404 }),
  });

beforeAll(async () => {
  writeFiles(repo, mcpRegistry());
  await publish();
  service = await serveDistribution({ folder: dist, port: 0, version: '1.2.3' });
});

afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
});

interface Listed {
  readonly servers: readonly McpServerEntry[];
  readonly metadata: { readonly nextCursor?: string; readonly count: number };
}

const get = (target: string, init: RequestInit = {}) =>
  fetch(new URL(target, service.url), { redirect: 'manual', ...init });

async function list(target: string): Promise<Listed> {
  const answer = await get(target);
  const value = (await answer.json()) as Listed;
  expect([target, answer.status, conforms('ServerList', value)]).toEqual([target, 200, 'yes']);
  return value;
}

const namesOf = ({ servers }: Listed) => servers.map(({ server }) => `${server.name}@${server.version}`);

test('pages end, hold each server once, and a cursor outlives what it names', async () => {
  const seen: string[] = [];
  let cursor = '';
  for (let pages = 0; pages < 20; pages++) {
    const page = await list(
      `/v0.1/servers?limit=25${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    expect(page.metadata.count).toBe(page.servers.length);
    seen.push(...namesOf(page));
    cursor = page.metadata.nextCursor ?? '';
    if (cursor === '') break;
  }
  expect(seen).toEqual([...seen].sort());
  expect([seen.length, new Set(seen).size]).toEqual([126, 126]);
  expect((await list('/v0.1/servers')).metadata).toMatchObject({ count: 30, nextCursor: expect.any(String) });
  expect(namesOf(await list('/v0.1/servers?cursor=org.example.many/server-118%3A0.5&limit=2'))).toEqual([
    'org.example.many/server-118@1.0.0',
    'org.example.many/server-119@1.0.0',
  ]);
});

test('searches, filters by version and by time, shows what was withdrawn only when asked', async () => {
  expect(namesOf(await list('/v0.1/servers?search=WEATHER'))).toEqual([
    'io.github.alice/weather@1.0.0',
    'io.github.alice/weather@1.1.0',
  ]);
  expect(namesOf(await list('/v0.1/servers?search=weather&version=latest'))).toEqual([
    'io.github.alice/weather@1.1.0',
  ]);
  expect(namesOf(await list('/v0.1/servers?search=weather&version=1.0.0'))).toEqual([
    'io.github.alice/weather@1.0.0',
  ]);
  expect(namesOf(await list('/v0.1/servers?search=alice&include_deleted=true')).at(1)).toBe(
    'io.github.alice/weather@0.9.0',
  );
  expect(namesOf(await list('/v0.1/servers?search=%25_'))).toEqual([]);
  const since = await list(`/v0.1/servers?search=github&updated_since=${minute(40)}`);
  expect(namesOf(since)).toEqual(['io.github.alice/old@1.0.0', 'io.github.alice/weather@0.9.0']);
  expect(since.servers.map(({ _meta }) => _meta[official])).toMatchObject([
    { status: 'deprecated', statusMessage: 'Use weather', updatedAt: minute(60) },
    { status: 'deleted', statusMessage: 'leaks', statusChangedAt: minute(50), isLatest: false },
  ]);
});

test('one server: versions newest first, latest, encoded names, what is not there', async () => {
  for (const name of ['io.github.alice%2Fweather', 'io.github.alice/weather'])
    expect(namesOf(await list(`/v0.1/servers/${name}/versions`))).toEqual([
      'io.github.alice/weather@1.1.0',
      'io.github.alice/weather@1.0.0',
    ]);
  expect(
    (await list('/v0.1/servers/io.github.alice%2Fweather/versions?include_deleted=true')).servers,
  ).toHaveLength(3);
  const latest = (await (
    await get('/v0.1/servers/io.github.alice%2Fweather/versions/latest')
  ).json()) as McpServerEntry;
  expect([conforms('ServerResponse', latest), latest.server.version]).toEqual(['yes', '1.1.0']);
  const slash = (await (
    await get('/v0.1/servers/org.example%2Fnul/versions/2024%2F05')
  ).json()) as McpServerEntry;
  expect(slash.server.version).toBe('2024/05');
  for (const at of [
    'io.github.alice%2Fnone/versions',
    'io.github.alice%2Fweather/versions/9.9.9',
    'io.github.alice%2Fweather/versions/0.9.0',
    'x/versions',
    '..%2f..%2fetc/versions',
    'io.github.alice%2Fweather/other',
  ]) {
    const answer = await get(`/v0.1/servers/${at}`);
    const body = (await answer.json()) as Record<string, unknown>;
    expect([at, answer.status, typeof body.error, body.status, typeof body.detail]).toEqual([
      at,
      404,
      'string',
      404,
      'string',
    ]);
  }
});

test('our proofs stand beside; a name is its owner’s; what was taken over says so', async () => {
  const { servers } = await list('/v0.1/servers?limit=100&version=latest');
  const weather = servers.find(({ server }) => server.name === 'io.github.alice/weather')!;
  const about = weather._meta[ours] as Record<string, string>;
  expect(about).toMatchObject({
    registry: 'registry.example.org',
    module: '@alice/weather',
    version: '1.1.0',
    evidence: 2,
    install: 'mlld mcp install @alice/weather@1.1.0',
  });
  expect(JSON.parse(readFileSync(path.join(dist, about.proof!), 'utf8'))).toBeTypeOf('object');
  expect(
    sha256(texts.get([...texts.keys()].find((url) => url.endsWith('weather-1.1.0/server.json'))!)!),
  ).toBe(about.serverJson);
  expect(weather._meta['ai.mlld.registry/origin']).toBeUndefined();
  const [evil] = (await list('/v0.1/servers?search=bob.evil')).servers as [McpServerEntry];
  expect(evil.server.name).toBe('org.example.registry/bob.evil');
  expect(evil._meta[ours]).toMatchObject({ declaredName: 'io.github.alice/claimed' });
  const foreign = servers.find(({ server }) => server.name === numbers[0])!;
  expect(foreign._meta['ai.mlld.registry/origin']).toEqual({
    registry: 'https://upstream.example.org',
    importedAt: minute(200),
    verified: false,
  });
  expect(foreign._meta[ours]).toBeUndefined();
});

test('what can not be answered is told in both shapes; CORS; redirects; life signs', async () => {
  const statusOf = async (target: string, init?: RequestInit) => (await get(target, init)).status;
  for (const [target, status] of [
    ['/v0.1/servers?limit=abc', 422],
    ['/v0.1/servers?limit=0', 422],
    ['/v0.1/servers?limit=101', 422],
    ['/v0.1/servers?updated_since=yesterday', 400],
    ['/v0.1/servers?updated_since=2026-13-01T00:00:00Z', 400],
    [`/v0.1/servers?updated_since=${minute(1)}&include_deleted=false`, 400],
    ['/v0.1/servers?include_deleted=perhaps', 422],
    ['/v0.1/servers?cursor=nonsense', 400],
    ['/v0.1/servers?search=a%00b', 400],
    ['/v0.1/servers/a%00%2Fb/versions', 400],
    ['/v0.1/servers/%ff/versions', 400],
  ] as const)
    expect([target, await statusOf(target)]).toEqual([target, status]);
  expect(await statusOf('/v0.1/publish', { method: 'POST', body: '{}' })).toBe(501);
  expect(await statusOf('/v0.1/servers/a.b%2Fc/versions/1.0.0/status', { method: 'PATCH', body: '{}' })).toBe(
    501,
  );
  const moved = await get('/v0.1/servers/?limit=3');
  expect([moved.status, moved.headers.get('location')]).toEqual([308, '/v0.1/servers?limit=3']);
  const preflight = await get('/v0.1/servers', { method: 'OPTIONS' });
  expect(
    ['origin', 'methods', 'headers'].map((one) => preflight.headers.get(`access-control-allow-${one}`)),
  ).toEqual(['*', 'GET, OPTIONS', 'Authorization, Content-Type']);
  expect(await (await get('/v0.1/health')).json()).toEqual({ status: 'ok' });
  expect(await (await get('/ping')).json()).toEqual({ pong: true });
  expect(await (await get('/version')).json()).toEqual({ version: '1.2.3' });
});

test('a check tells what of the taken-over a build leaves out', () => {
  const { findings } = check(repo);
  const about = findings.filter(({ rule }) => rule.startsWith('imported/'));
  expect(about.map(({ rule, file }) => [rule, file])).toEqual([
    ['imported/shape', 'mcp/upstream.example.org/org.example/broken.json'],
  ]);
});

test('a host of files answers what it can, and nothing in it is markup', async () => {
  const first = JSON.parse(readFileSync(path.join(dist, 'v0.1/servers/index.json'), 'utf8')) as Listed;
  expect([conforms('ServerList', first), first.servers.length, first.metadata.nextCursor]).toEqual([
    'yes',
    124,
    undefined,
  ]);
  expect(readFileSync(path.join(dist, 'v0.1/servers/index.html'), 'utf8')).not.toMatch(/[<>]/);
  const at = (file: string) =>
    JSON.parse(
      readFileSync(path.join(dist, 'v0.1/servers/io.github.alice/weather/versions', file), 'utf8'),
    ) as McpServerEntry & Listed;
  expect([conforms('ServerList', at('index.json')), at('index.json').servers.length]).toEqual(['yes', 2]);
  expect([
    at('latest').server.version,
    at('1.0.0').server.version,
    at('0.9.0')._meta[official].status,
  ]).toEqual(['1.1.0', '1.0.0', 'deleted']);
});

test('one more version, one server gone: few files change, the same bytes as from nothing, and the server follows', async () => {
  const stamps = () =>
    new Map(
      [...readTree(path.join(dist, 'v0.1')).keys()]
        .filter((file) => !/\.(?:br|gz)$/.test(file))
        .map((file) => [file, statSync(path.join(dist, 'v0.1', file), { bigint: true }).mtimeNs]),
    );
  const before = stamps();
  writeFiles(repo, merge(server('@alice/weather', '1.2.0', 'io.github.alice/weather', 300)));
  writeFiles(repo, new Map([[[...imported(numbers[7]!).keys()][0]!, null]]));
  await publish();
  const after = stamps();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (file) => before.get(file) !== after.get(file),
  );
  expect(changed.length).toBeLessThanOrEqual(14);
  const fresh = path.join(folder, 'fresh');
  await publish(fresh, path.join(folder, 'fresh-state'));
  expect([...readTree(path.join(dist, 'v0.1'))]).toEqual([...readTree(path.join(fresh, 'v0.1'))]);
  const latest = (await (
    await get('/v0.1/servers/io.github.alice%2Fweather/versions/latest')
  ).json()) as McpServerEntry;
  expect(latest.server.version).toBe('1.2.0');
  expect((await get(`/v0.1/servers/${encodeURIComponent(numbers[7]!)}/versions`)).status).toBe(404);
});

test('Claude Code reads a marketplace of the servers that a commit of a repository holds', () => {
  const file = JSON.parse(readFileSync(path.join(dist, '.claude-plugin/marketplace.json'), 'utf8'));
  const kebab = { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' };
  const sha = { type: 'string', pattern: '^[0-9a-f]{40}$' };
  const text = { type: 'string', minLength: 1 };
  // The rules that Claude Code documents for the file, of what this project writes.
  const rules = {
    type: 'object',
    required: ['name', 'owner', 'plugins'],
    properties: {
      name: kebab,
      owner: { type: 'object', required: ['name'], properties: { name: text } },
      metadata: { type: 'object' },
      plugins: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'source'],
          properties: {
            name: kebab,
            source: {
              oneOf: [
                {
                  type: 'object',
                  required: ['source', 'repo', 'sha'],
                  properties: { source: { const: 'github' }, repo: text, sha },
                },
                {
                  type: 'object',
                  required: ['source', 'url', 'sha'],
                  properties: { source: { const: 'url' }, url: text, sha },
                },
                {
                  type: 'object',
                  required: ['source', 'url', 'path', 'sha'],
                  properties: { source: { const: 'git-subdir' }, url: text, path: text, sha },
                },
              ],
            },
            strict: { const: false },
            mcpServers: {
              type: 'object',
              additionalProperties: {
                type: 'object',
                required: ['command', 'args'],
                properties: { command: text, args: { type: 'array', items: text } },
              },
            },
          },
        },
      },
    },
  };
  const validate = ajv.compile(rules);
  expect([validate(file), ajv.errorsText(validate.errors)]).toEqual([true, 'No errors']);
  expect(file.name).toBe('registry-example-org');
  expect(file.plugins).toHaveLength(1);
  expect(file.plugins[0]).toMatchObject({
    name: 'alice-weather',
    source: { source: 'github', repo: 'alice/weather', sha: 'b'.repeat(40) },
    mcpServers: { weather: { command: 'mlld', args: ['mcp', 'serve', '@alice/weather@1.2.0'] } },
  });
});
