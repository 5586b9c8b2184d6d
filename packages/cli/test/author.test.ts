import { readFile, writeFile } from 'node:fs/promises';
import {
  type GitHub,
  git,
  gitRepo,
  makeTempDir,
  runCli,
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
  runCli(args, {
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
    expect([checked.code, checked.stdout.trim().split('\n').at(-1)]).toEqual([0, 'ready, 1 piece of advice']);
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
