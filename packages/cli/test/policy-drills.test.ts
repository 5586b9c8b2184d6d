/**
 * Drills of a registry's policy as its people would do them: a root key is lost, one is stolen, the log's key changes and is stolen, a
 * witness is dropped. After each a client goes on, or refuses what the thief made. The real ssh-keygen signs.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { gitRepo, makeTempDir, runCliHere, type TempDir, throwawayKeys } from '@mlld/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);

beforeEach(async () => {
  dir = await makeTempDir();
  await throwawayKeys(dir.path, ['alice', 'bob', 'carol', 'dave', 'thief']);
});
afterEach(() => dir.remove());

const env = () => ({ HOME: at('home'), MLLD_DNS: 'off', GIT_CONFIG_GLOBAL: '/dev/null' });
const mlld = (...args: string[]) => runCliHere(args, { cwd: dir.path, env: env() });

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await mlld(...args);
  expect([args.join(' '), code, code === 0 ? '' : stderr]).toEqual([args.join(' '), 0, '']);
  return stdout;
}

const policy = (...words: string[]) => ok('registry', 'policy', ...words);
async function signed(...by: string[]): Promise<void> {
  for (const name of by) await policy('sign', 'repo', '--key', name);
}
const build = (key: string, ...more: string[]) =>
  mlld('registry', 'build', 'repo', '--out', 'dist', '--log-key', key, ...more);

/** What a user sees who has seen the registry before. */
const client = (distribution = 'dist') =>
  runCliHere(['verify', '@alice/strings', '--registry', at(distribution)], { cwd: at('app'), env: env() });

async function begin(): Promise<void> {
  await ok('registry', 'init', 'repo', '--name', 'registry.example.org', '--file-sources');
  const roots = ['alice', 'bob', 'carol'].flatMap((name) => ['--root-key', `${name}.pub`]);
  await ok('registry', 'log-key', 'log.pem', '--repository', 'repo');
  await policy('init', 'repo', ...roots, '--threshold', '2', '--log-key', 'log.pem');
  await signed('alice', 'bob');
  await gitRepo(at('repo'), {});
  mkdirSync(at('strings'));
  writeFileSync(
    at('strings/strings.mld.md'),
    '---\nname: strings\nauthor: alice\nversion: 1.0.0\nabout: Texts in other shapes\nlicense: CC0\n---\n\n# strings\n\n```mlld-run\n>> Greets.\nexe @greet(name) = `Hello @name`\nexport { @greet }\n```\n',
  );
  await ok('publish', 'strings', '--registry', 'repo', '--source', 'strings', '--key', 'alice', '--yes');
  expect((await build('log.pem', '--new-log')).code).toBe(0);
  mkdirSync(at('app'));
  expect((await client()).code).toBe(0);
}

test('root keys: a lost one is replaced; a stolen one alone makes nothing that counts', {
  timeout: 300_000,
}, async () => {
  await begin();
  await policy('rotate', 'repo', '--root-key', 'carol@example.org=dave.pub');
  await signed('alice', 'bob', 'dave');
  expect((await build('log.pem')).code).toBe(0);
  expect((await client()).stdout).toContain('policy 2');

  // Bob's key is stolen: the thief writes a policy of their own, and shows what they built.
  cpSync(at('dist'), at('before'), { recursive: true });
  await policy('propose', 'repo', '--add-root-key', 'thief.pub', '--remove-root-key', 'alice@example.org');
  await signed('bob', 'thief');
  const refused = await build('log.pem');
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('error[POLICY_BROKEN]')]);
  rmSync(at('repo/policy/3.json'));
  rmSync(at('repo/policy/3.json.sig'));
  await policy('rotate', 'repo', '--root-key', 'bob@example.org=carol.pub');
  await signed('alice', 'dave', 'carol');
  expect((await build('log.pem')).code).toBe(0);
  expect((await client()).stdout).toContain('policy 3');
  // Who has seen the new policy is shown nothing older any more.
  const old = await client('before');
  expect([old.code, old.stdout + old.stderr]).toEqual([
    4,
    expect.stringMatching(/POLICY_BROKEN|LOG_ROLLBACK/),
  ]);
});

test('the log’s key changes, and is stolen; a witness joins, and is dropped', {
  timeout: 300_000,
}, async () => {
  await begin();
  await policy('rotate', 'repo', '--log-key', 'log-2.pem');
  await signed('alice', 'bob');
  expect((await build('log-2.pem')).code).toBe(0);
  expect((await client()).code).toBe(0);
  await policy('rotate', 'repo', '--log-key', 'log-3.pem', '--drop-old-log-keys');
  await signed('alice', 'bob');
  const withOld = await build('log-2.pem');
  expect([withOld.code, withOld.stderr]).toEqual([4, expect.stringContaining('error[UNKNOWN_KEY]')]);
  expect((await build('log-3.pem')).code).toBe(0);
  const verified = await client();
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('its release is in the log')]);

  const vkey = (await ok('registry', 'log-key', 'w.pem', '--witness', 'w.example.org')).trim();
  await policy('propose', 'repo', '--witness', vkey, '--quorum', '1');
  await signed('alice', 'bob');
  expect((await build('log-3.pem')).stdout).toContain('do not publish it before they have');
  expect((await client()).stdout).toContain('QUORUM_MISSED');
  // The witness is gone for good: the roots go on without it.
  await policy('propose', 'repo', '--remove-witness', vkey, '--quorum', '0');
  await signed('alice', 'bob');
  expect((await build('log-3.pem')).code).toBe(0);
  expect((await client()).code).toBe(0);
});
