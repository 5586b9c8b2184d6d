import { readFile, writeFile } from 'node:fs/promises';
import { parseZone, serveDns } from '@mlld/server';
import {
  type GitHub,
  git,
  gitRepo,
  makeTempDir,
  runCliHere,
  startGitHub,
  type TempDir,
  throwawayKey,
} from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const REGISTRY_JSON = `${JSON.stringify({ v: 1, name: 'registry.example.org', fileSources: true })}\n`;
let github: GitHub;
let desk: TempDir;
let key: string;

beforeAll(async () => {
  desk = await makeTempDir('mlld-author-');
  ({ file: key } = await throwawayKey({ dir: desk.path }));
  const published = (await readFile(`${key}.pub`, 'utf8')).trim();
  github = await startGitHub({
    users: [
      { login: 'Alice', id: 101, token: 'alice-token', signingKeys: [published] },
      { login: 'registry', id: 102, type: 'Organization' },
    ],
    repos: [{ owner: 'registry', name: 'modules', files: { 'registry.json': REGISTRY_JSON } }],
  });
});
afterAll(async () => {
  await github.close();
  await desk.remove();
});

const mlld = (args: string[], env: Record<string, string> = {}) =>
  runCliHere(args, {
    cwd: desk.path,
    env: { HOME: desk.path, MLLD_GITHUB_API: github.url, MLLD_SIGNING_KEY: key, MLLD_OFFLINE: '1', ...env },
  });

describe('from an empty folder to a published module', () => {
  test('new, check, publish by pull request', async () => {
    const made = await mlld(['new', 'module', '@alice/greetings', '--json']);
    expect(JSON.parse(made.stdout)).toMatchObject({
      name: '@alice/greetings',
      files: ['README.md', 'index.mld', 'index.test.mld', 'module.yml'],
    });
    const checked = await mlld(['check', 'greetings']);
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringMatching(/^ready, 1 piece of advice$/m)]);
    const token = { MLLD_GITHUB_TOKEN: 'alice-token' };
    const asked = await mlld(['publish', 'greetings', '--to', 'registry/modules'], token);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('error[NEEDS_TERMINAL]')]);
    const dry = await mlld(['publish', 'greetings', '--to', 'registry/modules', '--dry-run'], token);
    expect([dry.code, dry.stdout]).toEqual([0, '@alice/greetings 0.1.0 would be published; nothing was.\n']);
    expect(github.gists('alice')).toEqual([]);
    const published = await mlld(
      ['publish', 'greetings', '--to', 'registry/modules', '--yes', '--json'],
      token,
    );
    expect(published.code, published.stderr).toBe(0);
    expect(JSON.parse(published.stdout)).toMatchObject({
      status: 'proposed',
      version: '0.1.0',
      reference: `${github.gitUrl}/registry/modules/pull/1`,
    });
  });

  test('check fails with a place, a rule and how to mend it; --fix mends', async () => {
    await mlld(['new', 'module', '@alice/broken']);
    const file = desk.join('broken/index.mld');
    const code = (await readFile(file, 'utf8')).replace('export { @greet }\n\n', '');
    await writeFile(file, code);
    const failed = await mlld(['check', 'broken']);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(
      /^error broken\/index\.mld:1 there is no export statement.* \[code\/exports\]$/m,
    );
    const json = JSON.parse((await mlld(['check', 'broken', '--json'])).stdout) as {
      ok: boolean;
      modules: { findings: { rule: string }[] }[];
    };
    expect([json.ok, json.modules[0]?.findings[0]?.rule]).toEqual([false, 'code/exports']);
    const fixed = await mlld(['check', 'broken', '--fix']);
    expect([fixed.code, fixed.stderr]).toEqual([0, 'index.mld: write export { @greet }\n']);
  });

  test('publish straight into a folder, without GitHub', async () => {
    const registry = await gitRepo(desk.join('registry'), { 'registry.json': REGISTRY_JSON });
    await mlld(['new', 'module', '@alice/direct']);
    const args = ['publish', 'direct', '--registry', 'registry', '--source', 'direct', '--yes'];
    const published = await mlld(args);
    expect([published.code, published.stdout]).toEqual([
      0,
      expect.stringMatching(/^@alice\/direct 0\.1\.0 is published: commit [0-9a-f]{40}\n$/),
    ]);
    expect(await git(['status', '--porcelain'], { cwd: registry.dir })).toBe('');
    expect((await mlld(args)).stdout).toBe('@alice/direct 0.1.0 is published already, with these bytes.\n');
    const bumped = await mlld([...args, '--bump', 'huge']);
    expect([bumped.code, bumped.stderr]).toEqual([2, expect.stringContaining('error[USAGE]')]);
  });
});

describe('keys', () => {
  test('a second key, a threshold, a co-holder, and the list', async () => {
    const registry = await gitRepo(desk.join('keys-registry'), { 'registry.json': REGISTRY_JSON });
    const second = await throwawayKey({ dir: desk.path, name: 'second' });
    const at = ['--registry', registry.dir];
    const mine = [...at, '--author', 'alice', '--yes'];
    const started = await mlld(['keys', 'init', ...mine]);
    expect([started.code, started.stdout]).toEqual([
      0,
      expect.stringMatching(/^keyset 1 of alice is in the registry: commit [0-9a-f]{40}\n$/),
    ]);
    const asked = await mlld(['keys', 'add', `${second.file}.pub`, ...mine.slice(0, -1)]);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('error[NEEDS_TERMINAL]')]);
    const dry = await mlld(['keys', 'add', `${second.file}.pub`, ...mine, '--dry-run']);
    expect([dry.stdout, dry.stderr]).toEqual([
      'keyset 2 of alice would be made; nothing was.\n',
      expect.stringMatching(/keeps {3}SHA256:.*\n.*adds {4}SHA256:/),
    ]);
    await mlld(['keys', 'add', `${second.file}.pub`, '--threshold', '2', ...mine]);
    const begun = await mlld(['keys', 'threshold', '1', ...mine]);
    expect([begun.code, begun.stdout]).toEqual([0, expect.stringContaining('has 1 of 2 signatures')]);
    const draft = desk.join('alice-keyset-3.json');
    const signed = await mlld(['keys', 'sign', draft, '--key', second.file, '--yes', '--json', ...at]);
    expect(signed.code, signed.stderr).toBe(0);
    expect(JSON.parse(signed.stdout)).toMatchObject({ status: 'changed', keyset: { n: 3, threshold: 1 } });
    const revoked = await mlld(['keys', 'revoke', `${second.file}.pub`, ...mine]);
    expect(revoked.code, revoked.stderr).toBe(0);
    const listed = await mlld(['keys', 'list', 'alice', ...at]);
    expect(listed.stdout).toMatch(/^alice in registry\.example\.org: keyset 4, 1 of 1 must sign a change$/m);
    expect(listed.stdout).toMatch(/^3\tSHA256:.*\tuntil keyset 4, signed keyset 3$/m);
    const chain = JSON.parse((await mlld(['keys', 'ls', 'alice', ...at, '--json'])).stdout);
    expect(chain.keysets).toHaveLength(4);
    const wrong = await mlld(['keys', 'threshold', 'many', ...mine]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('error[USAGE]')]);
  }, 60_000);
});

test('a DNS name is an anchor when its own name server says so', async () => {
  const zone = [
    '$ORIGIN example.org.',
    '@ 300 IN SOA ns1.example.org. zone.example.org. 1 3600 600 604800 300',
    '@ 300 IN NS ns1.example.org.',
    '_mlld 300 IN TXT "v=mlldk1;" "author=alice"',
    '',
  ].join('\n');
  const names = await serveDns({ zone: parseZone(zone), port: 0 });
  try {
    const registry = await gitRepo(desk.join('anchored'), { 'registry.json': REGISTRY_JSON });
    const init = (author: string, dns: string) =>
      mlld(
        ['keys', 'init', '--registry', registry.dir, '--author', author, '--dns', dns, '--yes', '--json'],
        { MLLD_DNS: `127.0.0.1:${names.port}` },
      );
    for (const [author, dns] of [
      ['mallory', 'example.org'],
      ['alice', 'absent.example.org'],
    ] as const) {
      expect(await init(author, dns)).toMatchObject({
        code: 7,
        stdout: expect.stringContaining('NOT_OWNER'),
      });
    }
    const made = await init('alice', 'example.org');
    expect(made.code, made.stderr).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ keyset: { n: 1, anchors: { dns: 'example.org' } } });
  } finally {
    await names.close();
  }
});

test('whoami and logout tell where the token is', async () => {
  const nobody = await mlld(['whoami']);
  expect([nobody.code, nobody.stderr]).toEqual([7, expect.stringContaining('mlld login')]);
  const alice = await mlld(['whoami'], { GITHUB_TOKEN: 'alice-token' });
  expect([alice.stdout, alice.stderr]).toEqual(['Alice\n', expect.stringContaining('GITHUB_TOKEN')]);
  expect((await mlld(['logout'])).stdout).toBe('Nobody was logged in.\n');
});

test('login waits for the web page', async () => {
  const running = mlld(['login', '--json']);
  for (let attempt = 0; attempt < 500 && github.device.pending().length === 0; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  github.device.approve(github.device.pending()[0] ?? '', 'alice');
  const done = await running;
  expect(JSON.parse(done.stdout)).toMatchObject({ login: 'Alice', id: 101 });
  expect(done.stderr).toContain('/login/device and enter ');
  expect((await mlld(['logout'])).stdout).toBe('Logged out.\n');
});
