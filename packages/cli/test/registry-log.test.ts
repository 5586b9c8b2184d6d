import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { makeTempDir, runCliHere, type TempDir, throwawayKeys } from '@mlld/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);

beforeEach(async () => {
  dir = await makeTempDir();
  await throwawayKeys(dir.path, ['alice', 'bob', 'carol']);
  await mlld('registry', 'init', 'repo', '--name', 'registry.example.org');
});
afterEach(() => dir.remove());

const mlld = (...args: string[]) => runCliHere(args, { cwd: dir.path });

async function json(...args: string[]): Promise<{ code: number | null; vkey?: string }> {
  const { code, stdout } = await mlld(...args, '--json');
  return { code, ...(JSON.parse(stdout) as Record<string, unknown>) };
}

const init = (...more: string[]) =>
  mlld(
    ...['registry', 'policy', 'init', 'repo', '--root-key', 'alice.pub', '--root-key', 'bob.pub'],
    ...['--threshold', '2', '--log-key', 'log.pem', ...more],
  );
const sign = (name: string) => mlld('registry', 'policy', 'sign', 'repo', '--key', name);
const build = (...more: string[]) =>
  json('registry', 'build', 'repo', '--out', 'dist', '--log-key', 'log.pem', ...more);

async function begin(): Promise<void> {
  await mlld('registry', 'log-key', 'log.pem', '--repository', 'repo');
  await init('--reserve', 'mlld');
  await sign('alice');
  await sign('bob');
}

test('a policy is written, signed by the threshold, changed and rotated; each step says what is missing', async () => {
  const made = await json('registry', 'log-key', 'log.pem', '--repository', 'repo');
  expect(made).toMatchObject({
    code: 0,
    made: true,
    vkey: expect.stringMatching(/^registry\.example\.org\/log\+/),
  });
  expect((await mlld('registry', 'log-key', 'log.pem', '--repository', 'repo')).stdout).toBe(
    `${made.vkey}\n`,
  );
  expect((await init()).code).toBe(0);
  expect((await init()).code).toBe(2);
  expect((await sign('carol')).code).toBe(4);
  expect((await sign('alice')).stdout).toContain('1 more of the root keys of policy 1');
  expect(await json('registry', 'policy', 'show', 'repo')).toMatchObject({ code: 1, complete: false });
  // No next policy before this one counts, and no build.
  expect((await mlld('registry', 'policy', 'propose', 'repo')).code).toBe(4);
  expect(await build('--new-log')).toMatchObject({ code: 4, error: { code: 'POLICY_BROKEN' } });
  await sign('bob');
  await sign('bob');
  expect(readFileSync(at('repo/policy/1.json.sig'), 'utf8').match(/BEGIN SSH/g)).toHaveLength(2);
  expect(await json('registry', 'policy', 'show', 'repo')).toMatchObject({ code: 0, complete: true });

  const rotated = await mlld(
    ...[
      'registry',
      'policy',
      'rotate',
      'repo',
      '--log-key',
      'log-2.pem',
      '--root-key',
      'bob@example.org=carol.pub',
    ],
  );
  expect(rotated.code).toBe(0);
  await sign('alice');
  await sign('bob');
  expect(await json('registry', 'policy', 'show', 'repo')).toMatchObject({ complete: false });
  await sign('carol');
  const shown = (await json('registry', 'policy', 'show', 'repo')) as unknown as {
    complete: boolean;
    policies: { policy: { log: { keys: string[] }; roles: { root: { keys: string[] } } } }[];
  };
  expect(shown.complete).toBe(true);
  expect(shown.policies[1]?.policy.log.keys).toEqual([expect.any(String), made.vkey]);
  expect(shown.policies[1]?.policy.roles.root.keys.map((key) => key.split(' ')[2])).toEqual([
    'alice@example.org',
    'carol@example.org',
  ]);
});

test('build, witness, build with its cosignature, monitor', async () => {
  await begin();
  expect(await build()).toMatchObject({ code: 6, error: { code: 'LOG_MISSING' } });
  expect(await build('--new-log')).toMatchObject({ code: 0, log: { size: 2, added: 2, reached: true } });
  const { stdout: vkey } = await mlld('registry', 'log-key', 'w.pem', '--witness', 'w.example.org');
  await mlld('registry', 'policy', 'propose', 'repo', '--witness', vkey.trim(), '--quorum', '1');
  await sign('alice');
  await sign('bob');
  expect(await build()).toMatchObject({ log: { size: 4, cosigned: 0, reached: false } });
  mkdirSync(at('cosignatures'));
  const cosign = (...more: string[]) =>
    mlld('witness', 'cosign', 'dist', '--key', 'w.pem', '--name', 'w.example.org', ...more);
  expect((await cosign()).code).toBe(2);
  expect((await cosign('--state', 'w.json', '--out', 'cosignatures/w')).code).toBe(0);
  expect(await build('--cosignatures', 'cosignatures')).toMatchObject({
    log: { size: 4, cosigned: 1, reached: true },
  });
  const seen = await json('monitor', 'dist', '--state', 'monitor.json');
  expect(seen).toMatchObject({ code: 0, size: 4, findings: [], cosigned: 1 });
  const checkpoint = readFileSync(at('dist/checkpoint'), 'utf8');
  writeFileSync(at('dist/checkpoint'), checkpoint.replace('\n4\n', '\n3\n'));
  expect(await json('monitor', 'dist', '--state', 'monitor.json')).toMatchObject({ code: 4 });
});

test('allowed_signers: ssh-keygen verifies a policy without us, and refuses another namespace', async () => {
  await begin();
  const { stdout } = await mlld('registry', 'allowed-signers', 'repo');
  writeFileSync(at('allowed'), stdout);
  const input = readFileSync(at('repo/policy/1.json'));
  const verify = (namespace: string) =>
    execFileSync(
      'ssh-keygen',
      [
        ...['-Y', 'verify', '-f', at('allowed'), '-I', 'root@registry.example.org'],
        ...['-n', namespace, '-s', at('one.sig')],
      ],
      { input, stdio: ['pipe', 'pipe', 'ignore'] },
    ).toString();
  for (const armour of readFileSync(at('repo/policy/1.json.sig'), 'utf8').split(/(?=-----BEGIN)/)) {
    writeFileSync(at('one.sig'), armour);
    expect(verify('mlld-policy@v1')).toContain('Good');
    expect(() => verify('mlld-release@v1')).toThrow();
  }
  expect(existsSync(at('repo/policy/2.json'))).toBe(false);
});
