import { spawn } from 'node:child_process';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import {
  bareEnvironment,
  gitEnvironment,
  makeTempDir,
  runProcess,
  type TempDir,
  throwawayKey,
} from '@mlld/testing';
import { verifySignature } from '@mlld/trust';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findKeys, sign } from '../src/index.ts';

const NAMESPACE = 'mlld-release@v1';

async function home(): Promise<{ dir: TempDir; env: Record<string, string | undefined> }> {
  const dir = await makeTempDir();
  onTestFinished(() => dir.remove());
  await mkdir(dir.join('.ssh'));
  return { dir, env: gitEnvironment({ HOME: dir.path }) };
}

const search = (of: Awaited<ReturnType<typeof home>>, wanted?: string) =>
  findKeys({ cwd: of.dir.path, home: of.dir.path, env: of.env, wanted });

/** An agent of one test's own. */
async function agent(env: NodeJS.ProcessEnv, socket: string): Promise<NodeJS.ProcessEnv> {
  const child = spawn('ssh-agent', ['-D', '-a', socket], { env, stdio: 'ignore' });
  onTestFinished(() => void child.kill());
  const withAgent = { ...env, SSH_AUTH_SOCK: socket };
  for (let attempt = 0; attempt < 100; attempt++) {
    const ran = await runProcess('ssh-add', ['-l'], { env: withAgent });
    if (ran.code !== 2) return withAgent;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('ssh-agent does not answer');
}

describe('signing', () => {
  test.each([
    ['ed25519', undefined],
    ['ecdsa', 384],
    ['rsa', 3072],
  ] as const)('with an %s key of a file, as ssh-keygen verifies it', async (type, bits) => {
    const at = await home();
    const made = await throwawayKey({
      dir: at.dir.join('.ssh'),
      type,
      ...(bits === undefined ? {} : { bits }),
    });
    const [key] = await search(at, made.file);
    const text = 'statement\n';
    const armour = await sign(text, { namespace: NAMESPACE, key: key!, env: at.env });
    expect(verifySignature({ bytes: text, signature: armour, namespace: NAMESPACE }).key.fingerprint).toBe(
      key!.key.fingerprint,
    );
    await writeFile(at.dir.join('s.sig'), armour);
    const check = await runProcess(
      'ssh-keygen',
      ['-Y', 'check-novalidate', '-n', NAMESPACE, '-s', at.dir.join('s.sig')],
      { env: bareEnvironment(), input: text },
    );
    expect(check.code, check.stderr).toBe(0);
  });

  test('with a key that only the agent holds', async () => {
    const at = await home();
    const made = await throwawayKey({ dir: at.dir.path, name: 'moving', passphrase: 'secret' });
    const plain = await throwawayKey({ dir: at.dir.path, name: 'plain' });
    const env = await agent(at.env as NodeJS.ProcessEnv, at.dir.join('agent.sock'));
    await runProcess('ssh-add', ['-q', plain.file], { env });
    await rename(plain.file, at.dir.join('elsewhere'));
    await rename(`${plain.file}.pub`, at.dir.join('elsewhere.pub'));
    const keys = await findKeys({ cwd: at.dir.path, home: at.dir.path, env });
    expect(keys.map((one) => one.from)).toEqual(['ssh-agent']);
    expect(await sign('x', { namespace: NAMESPACE, key: keys[0]!, env })).toContain('BEGIN SSH SIGNATURE');
    const [locked] = await search(at, made.file);
    await expect(sign('x', { namespace: NAMESPACE, key: locked!, env: at.env })).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
      hint: expect.stringContaining('ssh-add'),
    });
  });

  test('says when the private key is another one, is missing, or ssh-keygen is', async () => {
    const at = await home();
    const one = await throwawayKey({ dir: at.dir.path, name: 'one' });
    const two = await throwawayKey({ dir: at.dir.path, name: 'two' });
    await rename(`${two.file}.pub`, `${one.file}.pub`);
    const [mixed] = await search(at, one.file);
    await expect(sign('x', { namespace: NAMESPACE, key: mixed!, env: at.env })).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
    });
    const [unheld] = await search(at, two.publicKey);
    await expect(sign('x', { namespace: NAMESPACE, key: unheld!, env: at.env })).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
      hint: expect.stringContaining('--key'),
    });
    const empty = at.dir.join('no-programs');
    await mkdir(empty);
    await expect(
      sign('x', { namespace: NAMESPACE, key: mixed!, env: { PATH: empty } }),
    ).rejects.toMatchObject({ code: 'PROGRAM_MISSING' });
  });

  test('an old ssh-keygen is told so', async () => {
    const at = await home();
    const { file } = await throwawayKey({ dir: at.dir.path });
    const [key] = await search(at, file);
    const bin = at.dir.join('bin');
    await mkdir(bin);
    await writeFile(`${bin}/ssh-keygen`, '#!/bin/sh\necho "unknown option -- Y" >&2\nexit 1\n');
    await chmod(`${bin}/ssh-keygen`, 0o755);
    const env = { ...at.env, PATH: `${bin}:${process.env.PATH}` };
    await expect(sign('x', { namespace: NAMESPACE, key: key!, env })).rejects.toMatchObject({
      hint: expect.stringContaining('8.1'),
    });
  });
});

describe('finding keys', () => {
  test('git says it, then the home folder; each once', async () => {
    const at = await home();
    const own = await throwawayKey({ dir: at.dir.join('.ssh'), name: 'id_ed25519' });
    const work = await throwawayKey({ dir: at.dir.path, name: 'work' });
    const config = at.dir.join('gitconfig');
    await writeFile(config, `[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = ${work.file}.pub\n`);
    const env = { ...at.env, GIT_CONFIG_GLOBAL: config };
    const keys = await findKeys({ cwd: at.dir.path, home: at.dir.path, env });
    expect(keys.map((one) => one.file)).toEqual([`${work.file}.pub`, `${own.file}.pub`]);
    await writeFile(config, `[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = ${own.publicKey}\n`);
    expect((await findKeys({ cwd: at.dir.path, home: at.dir.path, env })).length).toBe(1);
    expect(
      (
        await findKeys({ cwd: at.dir.path, home: at.dir.path, env: { ...env, MLLD_SIGNING_KEY: '~/work' } })
      )[0]?.file,
    ).toBe(`${work.file}.pub`);
  });

  test('weak and missing ones are refused', async () => {
    const at = await home();
    await expect(search(at)).rejects.toMatchObject({ code: 'NO_SIGNING_KEY' });
    await expect(search(at, 'nowhere')).rejects.toMatchObject({ code: 'NO_SIGNING_KEY' });
    const weak = await throwawayKey({ dir: at.dir.join('.ssh'), name: 'id_rsa', type: 'rsa', bits: 2048 });
    await expect(search(at, weak.file)).rejects.toMatchObject({ code: 'WEAK_KEY' });
    await expect(search(at)).rejects.toMatchObject({
      code: 'NO_SIGNING_KEY',
      message: expect.stringContaining('refused'),
    });
  });

  test('a private key without its .pub is read', async () => {
    const at = await home();
    const made = await throwawayKey({ dir: at.dir.path });
    await rename(`${made.file}.pub`, at.dir.join('moved.pub'));
    const [key] = await search(at, made.file);
    expect(await sign('x', { namespace: NAMESPACE, key: key!, env: at.env })).toContain(
      'BEGIN SSH SIGNATURE',
    );
  });
});
