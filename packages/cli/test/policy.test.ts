/** A user's policy and consent from the command line (docs/guides/policy.md). */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCliHere } from '@mlld/testing';
import { expect, test } from 'vitest';
import { addLog, logKeys } from '../../client/test/fixture/log.ts';
import { tempFolder } from '../../client/test/fixture/project.ts';
import {
  distribution,
  type FixtureModule,
  type FixtureOptions,
  writeDistribution,
} from '../../client/test/fixture/registry.ts';

const old: FixtureModule = { ref: '@alice/a@1.0.0', files: 'run cmd { git status }\n', needs: ['cmd'] };
const bold: FixtureModule = {
  ref: '@alice/a@1.1.0',
  files: 'run cmd { git status }\nrun cmd { curl -s https://evil.example.org/ }\n',
  needs: ['cmd'],
};

interface Desk {
  readonly run: (...args: string[]) => ReturnType<typeof runCliHere>;
  readonly cwd: string;
  readonly publish: (modules: readonly FixtureModule[]) => void;
}

function desk(modules: readonly FixtureModule[]): Desk {
  const [cwd, registry, home] = [tempFolder(), tempFolder(), tempFolder()];
  const keys = logKeys();
  const authors: FixtureOptions['keys'] = new Map();
  let entries: readonly string[] = ['a'];
  const publish = (all: readonly FixtureModule[]) => {
    const made = distribution(all, { keys: authors });
    entries = addLog(made, keys, { leaves: entries });
    writeDistribution(made, registry);
  };
  publish(modules);
  const env = { HOME: home, MLLD_DNS: 'off', MLLD_REGISTRY: registry };
  return { cwd, publish, run: (...args) => runCliHere(args, { cwd, env }) };
}

const locked = ({ cwd }: Desk) =>
  JSON.parse(readFileSync(path.join(cwd, 'mlld-lock.json'), 'utf8')).modules['@alice/a'];

test('a version that can do more is taken by nobody without a yes, and the yes is recorded', async () => {
  const my = desk([old]);
  const added = await my.run('add', '@alice/a');
  expect(added.stderr).toContain('@alice/a@1.0.0 can reach for: command git, need cmd');
  expect(locked(my).capabilities).toEqual(['command:git', 'need:cmd']);

  my.publish([old, bold]);
  const refused = await my.run('update');
  expect([refused.code, refused.stderr]).toEqual([7, expect.stringContaining('error[NEW_CAPABILITY]')]);
  expect(refused.stderr).toContain('+ command curl');
  expect(refused.stderr).toContain('+ network evil.example.org');
  expect(refused.stderr).toContain('signed by its author (SHA256:');
  expect(refused.stderr).toContain('mlld scan @alice/a@1.1.0 --diff @alice/a@1.0.0');
  expect(locked(my).registryVersion).toBe('1.0.0');

  const agreed = await my.run('update', '--yes');
  expect([agreed.code, agreed.stdout]).toEqual([
    0,
    expect.stringContaining('+ command curl, network evil.example.org'),
  ]);
  expect(locked(my)).toMatchObject({
    registryVersion: '1.1.0',
    capabilities: ['command:curl', 'command:git', 'need:cmd', 'network:evil.example.org'],
  });
  expect((await my.run('update')).code).toBe(0);
});

test('what an update brings in anew wants a yes, too; what is named does not', async () => {
  const tool: FixtureModule = { ref: '@bob/tool@1.0.0', files: 'run cmd { make }\n', needs: ['cmd'] };
  const plain: FixtureModule = { ref: '@alice/a@1.0.0', files: 'var @x = 1\n' };
  const my = desk([plain]);
  await my.run('add', '@alice/a');
  my.publish([plain, tool, { ...plain, ref: '@alice/a@1.1.0', imports: { '@bob/tool': '^1.0.0' } }]);
  const refused = await my.run('update');
  expect([refused.code, refused.stderr]).toEqual([
    7,
    expect.stringContaining('@bob/tool@1.0.0 is new to this program'),
  ]);
  expect((await my.run('add', '@bob/tool')).code).toBe(0);
  expect((await my.run('update')).code).toBe(0);
});

test('verify shows the ladder with its evidence, and each gate where it ends', async () => {
  const my = desk([old, bold]);
  await my.run('add', '@alice/a@1.0.0');
  mkdirSync(my.cwd, { recursive: true });
  const config = JSON.parse(readFileSync(path.join(my.cwd, 'mlld-config.json'), 'utf8'));
  const policy = (rule: object) =>
    writeFileSync(path.join(my.cwd, 'mlld-config.json'), JSON.stringify({ ...config, policy: rule }));
  policy({ evidence: 2, minimumAge: '1d', noDowngrade: true, capabilities: ['command:*', 'network:*'] });
  const good = await my.run('verify');
  expect(good.code).toBe(0);
  for (const line of [
    '✓ §6.2 the log commits to this index: registry.test/log at size',
    '✓ §6.3 signed by its author: SHA256:',
    '✓ §6.5 its release is in the log: entry 1 of registry.test/log',
    '✓ §6.8.2 public for long enough: locked before',
    '✓ §6.8.3 as much evidence as you want: 2, wanted 2',
    '✓ §6.10 capabilities that you agreed to: command:git, need:cmd; not more than 1.0.0',
    '✓ §6.11 lock file says the same: 1 file',
  ])
    expect(good.stdout).toContain(line);
  const gates: readonly (readonly [string, object, string])[] = [
    ['BLOCKED', { authors: { blocked: ['alice'] } }, '6.8.1'],
    ['TOO_NEW', { minimumAge: '999999w' }, '6.8.2'],
    ['EVIDENCE_TOO_LOW', { evidence: 3 }, '6.8.3'],
    ['CAPABILITY_DENIED', { capabilities: ['code:js'] }, '6.8.5'],
    ['STALE', { requireFresh: '1s' }, '6.8.6'],
    ['NEW_CAPABILITY', {}, '6.10'],
  ];
  for (const [code, rule, clause] of gates) {
    policy(rule);
    const { stdout, code: exit } = await my.run('verify', '@alice/a@1.1.0', '--json');
    const [report] = JSON.parse(stdout);
    expect([report.error?.code, report.steps.at(-1)]).toMatchObject([code, { clause, result: 'failed' }]);
    expect(exit).toBeGreaterThan(0);
  }
});

test('--require-fresh holds locked programs to it, too, and nothing else does', async () => {
  const my = desk([old]);
  await my.run('add', '@alice/a');
  writeFileSync(path.join(my.cwd, 'p.mld'), 'show "hi"\n');
  for (const words of [['install'], ['run', 'p.mld']] as const) {
    const [name, ...rest] = words;
    expect((await my.run(name, ...rest)).code).toBe(0);
    const stale = await my.run(name, '--require-fresh', '1d', ...rest);
    expect([stale.code, stale.stderr]).toEqual([4, expect.stringContaining('error[STALE]')]);
  }
});
