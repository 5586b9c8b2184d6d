/** `npm start`: what a newcomer runs first, on a machine with nothing but Node, git and ssh-keygen. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { bareEnvironment, tempDir } from '@mlld/testing';
import { expect, onTestFinished, test } from 'vitest';

const script = fileURLToPath(new URL('../scripts/start.mjs', import.meta.url));

interface Started {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

/** Its temporary folder is made below `temporary`, so that a test sees what is left of it. */
function start(args: readonly string[], temporary: string): Started {
  const child = spawn(process.execPath, [script, '--no-build', ...args], {
    env: bareEnvironment({ TMPDIR: temporary, HOME: temporary }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, said: () => said, ended };
}

/** Takes the port that the registry would take first, if nobody has it yet. */
async function takeFirstPort(): Promise<void> {
  const blocker = net.createServer();
  onTestFinished(() => void blocker.close());
  await new Promise<void>((resolve) => {
    blocker.on('error', () => resolve());
    blocker.listen(7373, '127.0.0.1', resolve);
  });
}

test('--once shows the whole way and ends with 0; a port in use is no problem; nothing is left', async () => {
  await takeFirstPort();
  const { path: temporary } = await tempDir();
  const { said, ended } = start(['--once'], temporary);
  const code = await ended;
  expect(said()).toContain('Hello! This is the week of the tea house:');
  expect(said()).toMatch(
    /@alice\/tables +\d+\.\d+\.\d+ +DNS, index .* (\d+) of \1 checks, signed by SHA256:/,
  );
  expect(said()).toContain("0 HTTP requests, 0 DNS questions, 0 requests to the authors' server");
  expect(said()).not.toContain('✗');
  expect(code).toBe(0);
  expect(await readdir(temporary)).toEqual([]);
}, 300_000);

test('ended while it works, it ends what it started and leaves nothing', async () => {
  const { path: temporary } = await tempDir();
  const { child, said, ended } = start([], temporary);
  await expect.poll(said, { timeout: 60_000 }).toContain('a registry repository (git)');
  child.kill('SIGTERM');
  expect(await ended).toBe(130);
  expect(await readdir(temporary)).toEqual([]);
}, 90_000);

test('a word that it does not know', async () => {
  const { path: temporary } = await tempDir();
  const { said, ended } = start(['--twice'], temporary);
  expect(await ended).toBe(2);
  expect(said()).toContain("'--twice' is not known");
});
