/** Starts programs in a sandbox. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { RegistryError } from '@mlld/format';
import { wrap } from './bubblewrap.ts';
import { openCgroup } from './cgroup.ts';
import { findSandbox } from './find.ts';
import { type Connection, openGateway } from './gateway.ts';
import { type SandboxLimits, type SandboxPolicy, sandboxLimits } from './policy.ts';

export interface LaunchRequest {
  /** The program and its arguments; there is no shell in between. `node` is the one that runs this. */
  readonly command: readonly string[];
  readonly policy: SandboxPolicy;
  /** Told of each connection that the program asks for, allowed or not. */
  readonly onConnection?: ((connection: Connection) => void) | undefined;
}

export interface Launched {
  /** Has `stdin`, `stdout` and `stderr` as pipes. It has ended when it says `close`. */
  readonly child: ChildProcess;
  /** Ends it with all that it started. */
  readonly stop: () => void;
}

/**
 * Starts a program that runs on, for instance a server.
 * @throws RegistryError NO_SANDBOX, BAD_CONFIG
 */
export async function launch({ command, policy, onConnection }: LaunchRequest): Promise<Launched> {
  const { tools, missing } = findSandbox();
  if (tools === undefined) throw new RegistryError('NO_SANDBOX', missing.reason, { hint: missing.hint });
  const limits: SandboxLimits = { ...sandboxLimits, ...policy.limits };
  const hosts = policy.hosts ?? [];
  const gateway = hosts.length === 0 ? undefined : await openGateway({ hosts, onConnection });
  const folder = mkdtempSync(path.join(tmpdir(), 'mlld-sandbox-'));
  const cgroup = openCgroup(limits);
  const cleanUp = (): void => {
    gateway?.close();
    rmSync(folder, { recursive: true, force: true });
    void cgroup?.close();
  };
  try {
    const wrapped = wrap({ tools, policy, limits, gateway, folder, command });
    const [program = '', ...args] = (cgroup?.enter ?? ((all) => [...all]))([
      tools.bubblewrap,
      '--args',
      '3',
      '--',
      ...wrapped.command,
    ]);
    const child = spawn(program, args, {
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    child.once('close', cleanUp).once('error', cleanUp);
    const options = child.stdio[3] as Writable;
    options.on('error', () => {});
    options.end(wrapped.options.map((option) => `${option}\0`).join(''));
    return { child, stop: () => stop(child) };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

/**
 * Ends the whole group, which the first process inside belongs to as well: when that ends, the kernel ends all others. That bubblewrap
 * takes what is inside with it is true only from the moment on in which it has asked the kernel for it. `detached` gave the group a
 * session of its own: bubblewrap must not make another one.
 */
function stop({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}
