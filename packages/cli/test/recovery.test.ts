/** Drills with keys of authors, as their people would do them (docs/guides/keys.md): lost, recovered, cancelled. The real ssh-keygen signs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gitRepo, makeTempDir, runCliHere, type TempDir, throwawayKeys } from '@mlld/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);

beforeEach(async () => {
  dir = await makeTempDir();
  await throwawayKeys(dir.path, ['root', 'bob', 'carol', 'alice', 'new']);
});
afterEach(() => dir.remove());

const mlld = (...args: string[]) =>
  runCliHere(args, {
    cwd: dir.path,
    env: { HOME: at('home'), MLLD_DNS: 'off', GIT_CONFIG_GLOBAL: '/dev/null' },
  });

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await mlld(...args);
  expect([args.join(' '), code, code === 0 ? '' : stderr]).toEqual([args.join(' '), 0, '']);
  return stdout;
}

/** A registry with a log, a recovery role of 2 of 2, and alice, who has one key and one module. */
async function registry(delayHours: number): Promise<void> {
  await ok('registry', 'init', 'repo', '--name', 'registry.example.org', '--file-sources');
  await ok('registry', 'log-key', 'log.pem', '--repository', 'repo');
  const roles = ['bob', 'carol'].flatMap((name) => ['--role-key', `recovery=${name}.pub`]);
  await ok(
    ...['registry', 'policy', 'init', 'repo', '--root-key', 'root.pub', '--log-key', 'log.pem'],
    ...[...roles, '--role-threshold', 'recovery=2', '--recovery-delay', String(delayHours)],
  );
  await ok('registry', 'policy', 'sign', 'repo', '--key', 'root');
  await gitRepo(at('repo'), {});
  await ok('keys', 'init', 'alice.pub', ...where, '--key', 'alice');
  await publish('1.0.0', 'alice');
  await build('--new-log');
}

const where = ['--registry', 'repo', '--author', 'alice', '--yes'];
const build = (...more: string[]) =>
  ok('registry', 'build', 'repo', '--out', 'dist', '--log-key', 'log.pem', ...more);

function moduleFolder(version: string): string {
  mkdirSync(at(version), { recursive: true });
  writeFileSync(
    at(version, 'strings.mld.md'),
    `---\nname: strings\nauthor: alice\nversion: ${version}\nabout: Texts in other shapes\nlicense: CC0\n---\n\n# strings\n\n\`\`\`mlld-run\n>> Greets.\nexe @greet(name) = \`Hello @name\`\nexport { @greet }\n\`\`\`\n`,
  );
  return version;
}

const publishing = (version: string, key: string) =>
  mlld('publish', moduleFolder(version), '--registry', 'repo', '--source', version, '--key', key, '--yes');
async function publish(version: string, key: string): Promise<void> {
  const { code, stderr } = await publishing(version, key);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
}

async function recover(): Promise<void> {
  const reason = ['--reason', 'Lost with the laptop.'];
  const begun = await ok('keys', 'recover', 'new.pub', ...where, ...reason, '--key', 'bob', '--json');
  expect(JSON.parse(begun)).toMatchObject({ status: 'incomplete', signaturesWanted: 2 });
  const signed = await ok(
    'keys',
    'sign',
    'alice-keyset-2.json',
    '--registry',
    'repo',
    '--yes',
    '--key',
    'carol',
    '--json',
  );
  expect(JSON.parse(signed)).toMatchObject({ status: 'changed', keyset: { n: 2, recovery: { policy: 1 } } });
}

test('lost: the quorum gives new keys, which sign once the delay is over; clients verify both', {
  timeout: 300_000,
}, async () => {
  await registry(0);
  mkdirSync(at('app'));
  const app = (...args: string[]) =>
    runCliHere([...args, '--registry', at('dist')], {
      cwd: at('app'),
      env: { HOME: at('home'), MLLD_DNS: 'off' },
    });
  expect((await app('add', '@alice/strings')).code).toBe(0);
  await recover();
  await ok('registry', 'check', 'repo');
  await publish('1.1.0', 'new');
  await build();
  const updated = await app('update');
  expect([updated.code, updated.stderr]).toEqual([0, '']);
  const lock = JSON.parse(readFileSync(at('app', 'mlld-lock.json'), 'utf8'));
  expect([lock.modules['@alice/strings'].registryVersion, lock.authors.alice.keyset]).toEqual(['1.1.0', 2]);
  const verified = await app('verify');
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('keyset 2 of alice')]);
  // A client that starts from the old release completes its chain over the recovery.
  const old = await app('add', '@alice/strings@1.0.0');
  expect([old.code, old.stderr]).toEqual([0, expect.any(String)]);
  expect((await app('verify', '@alice/strings@1.0.0')).code).toBe(0);
});

test('not lost: until it takes effect the old keys publish, the new ones do not, and the author cancels it', {
  timeout: 300_000,
}, async () => {
  await registry(168);
  await recover();
  expect((await publishing('1.1.0', 'new')).code).not.toBe(0);
  await publish('1.1.0', 'alice');
  expect(await ok('keys', 'list', 'alice', '--registry', 'repo')).toContain('takes effect at');
  await ok('keys', 'cancel', ...where, '--key', 'alice');
  const { keysets } = JSON.parse(await ok('keys', 'list', 'alice', '--registry', 'repo', '--json'));
  expect(
    keysets.map(({ n, recovery }: { n: number; recovery?: { cancelled: boolean } }) => [
      n,
      recovery?.cancelled,
    ]),
  ).toEqual([
    [1, undefined],
    [2, true],
    [3, undefined],
  ]);
  await ok('registry', 'check', 'repo');
  await publish('1.2.0', 'alice');
  await build();
  await ok('add', '@alice/strings', '--registry', 'dist');
  expect((await mlld('keys', 'cancel', ...where, '--key', 'alice')).code).toBe(2);
});

test('one of two is nobody: neither a holder alone, nor the root, nor the author recovers', {
  timeout: 300_000,
}, async () => {
  await registry(0);
  const alone = (key: string) =>
    mlld('keys', 'recover', 'new.pub', ...where, '--reason', 'Please.', '--key', key, '--json');
  for (const key of ['root', 'alice']) {
    const { stdout, stderr } = await alone(key);
    expect(stdout + stderr).toContain('UNKNOWN_KEY');
  }
  expect(JSON.parse((await alone('bob')).stdout)).toMatchObject({ status: 'incomplete' });
  const text = readFileSync(at('alice-keyset-2.json'), 'utf8');
  writeFileSync(at('repo/authors/alice/keyset/2.json'), text);
  writeFileSync(at('repo/authors/alice/keyset/2.json.sig'), readFileSync(at('alice-keyset-2.json.sig')));
  const checked = await mlld('registry', 'check', 'repo');
  expect([checked.code, checked.stdout]).toEqual([1, expect.stringContaining('keyset/chain')]);
});
