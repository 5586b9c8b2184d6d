import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gitEnvironment, gitRepo, runCli, tempDir } from '@mlld/testing';
import { expect, test } from 'vitest';
import { build, check, initRegistry } from '../src/index.ts';
import { keysetFiles, merge, metadataFile, registryName, releaseFiles, writeFiles } from './registry.ts';

const bundle = fileURLToPath(new URL('../../cli/dist/bundle/mlld.cjs', import.meta.url));

/** The `run:` commands of a workflow with their `env:`, as GitHub would start them. The files are ours and plain. */
function commandsOf(workflow: string): { readonly run: string; readonly env: Map<string, string> }[] {
  return workflow.split(/^ {6}- /m).flatMap((step) => {
    const block = /^ *run: \|\n((?: {10,}.*\n?)+)/m.exec(step)?.[1];
    const run = block?.replace(/^ {10}/gm, '') ?? /^ *run: (.+)$/m.exec(step)?.[1];
    const env = [...(/^ *env:\n((?: {10,}.*\n)+)/m.exec(step)?.[1]?.matchAll(/^ +(\w+): (.+)$/gm) ?? [])];
    return run === undefined
      ? []
      : [{ run, env: new Map(env.map(([, key = '', value = '']) => [key, value])) }];
  });
}

/** A shell in which `mlld` is the built command and `npm` does nothing. */
async function shell(cwd: string, expressions: ReadonlyMap<string, string>) {
  const bin = await tempDir();
  writeFiles(
    bin.path,
    new Map([
      ['mlld', `#!/bin/sh\nexec '${process.execPath}' '${bundle}' "$@"\n`],
      ['npm', '#!/bin/sh\nexit 0\n'],
    ]),
  );
  for (const name of ['mlld', 'npm']) chmodSync(bin.join(name), 0o755);
  return (workflow: string) =>
    commandsOf(workflow).map(({ run, env }) => {
      const values = [...env].map(([key, value]) => [
        key,
        value.replace(/\$\{\{ (.+?) \}\}/g, (_all, name: string) => expressions.get(name) ?? ''),
      ]);
      const result = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', run], {
        cwd,
        env: gitEnvironment({
          PATH: `${bin.path}:${process.env.PATH}`,
          HOME: bin.path,
          ...Object.fromEntries(values),
        }),
        encoding: 'utf8',
      });
      return { run, status: result.status, output: result.stdout + result.stderr };
    });
}

const pullRequest = (actor: string) =>
  new Map([
    ['github.event.pull_request.user.login', actor],
    ['github.event.pull_request.user.id', '1005'],
    ['github.base_ref', 'main'],
  ]);

const first = merge(
  keysetFiles('alice'),
  metadataFile('@alice/strings', ['alice']),
  releaseFiles({ name: '@alice/strings', version: '1.0.0', base: 'https://nowhere.invalid/' }),
);

test('a scaffold passes its own check, builds, and its workflows do what they say', {
  timeout: 60_000,
}, async () => {
  const dir = await tempDir();
  const repo = dir.join('repo');
  const { files, info } = initRegistry(repo, {
    name: registryName,
    url: 'https://registry.example.org/',
    zone: registryName,
    repository: 'https://github.com/alice/registry',
    contact: 'conduct@example.org',
  });
  expect(info).toMatchObject({ name: registryName, blobs: true });
  expect(files).toEqual(
    expect.arrayContaining([
      '.gitattributes',
      '.github/CODEOWNERS',
      '.github/workflows/check.yml',
      'CONTRIBUTING.md',
      'registry.json',
    ]),
  );
  const texts = files.map((file) => readFileSync(`${repo}/${file}`, 'utf8'));
  expect(texts.filter((text) => text.includes('%{'))).toEqual([]);
  expect(readFileSync(`${repo}/.github/CODEOWNERS`, 'utf8')).toContain('* @alice\n');
  expect(check(repo).findings).toEqual([]);
  expect(await build(repo, { out: dir.join('out'), offline: true })).toMatchObject({
    modules: 0,
    findings: [],
  });

  const git = await gitRepo(repo);
  await git.commit({}, 'Start');
  await git.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  await git.commit(Object.fromEntries(first), 'Add @alice/strings 1.0.0');
  const checking = readFileSync(`${repo}/.github/workflows/check.yml`, 'utf8');
  const good = (await shell(repo, pullRequest('alice')))(checking);
  expect(good.map(({ status, output }) => [status, output])).toEqual([
    [0, ''],
    [0, expect.stringContaining('0 errors')],
  ]);
  const bad = (await shell(repo, pullRequest('mallory')))(checking).at(-1);
  expect(bad?.status).toBe(1);
  expect(bad?.output).toContain('::error file=modules/alice/strings/1.0.0.json,title=submission/owner::');

  const building = readFileSync(`${repo}/.github/workflows/build.yml`, 'utf8');
  const steps = (await shell(repo, new Map()))(building);
  expect(steps.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  expect(steps[2]?.output).toContain('1 module, 1 release in ');
  expect(readdirSync(`${repo}/dist`)).toEqual(
    expect.arrayContaining(['index', 'modules.json', 'registry.json', 'zone']),
  );
  expect(await git.git('status', '--porcelain')).toBe('');
});

test('the command finds its templates from the bundle, and refuses a folder that is in use', async () => {
  const dir = await tempDir();
  const made = await runCli(['registry', 'init', 'mine', '--json'], { cwd: dir.path });
  expect([made.code, made.stderr]).toEqual([0, '']);
  expect(JSON.parse(made.stdout)).toMatchObject({ info: { name: 'mine.local' } });
  const again = await runCli(['registry', 'init', 'mine'], { cwd: dir.path });
  expect(again.code).toBe(2);
  const words = ['registry', 'build', 'mine', '--out', 'out', '--no-site', '--json'];
  const built = await runCli(words, { cwd: dir.path });
  expect([built.code, JSON.parse(built.stdout)]).toMatchObject([0, { modules: 0, full: true }]);
  expect(existsSync(dir.join('out', 'registry.json'))).toBe(true);
});

test('every rule of the check is in the guide', async () => {
  const guide = readFileSync(new URL('../../../docs/guides/running-a-registry.md', import.meta.url), 'utf8');
  const { rules } = await import('../src/index.ts');
  for (const [id, { tier, severity, what }] of Object.entries(rules))
    expect(guide).toContain(`| \`${id}\` | ${tier} | ${severity} | ${what} |`);
});
