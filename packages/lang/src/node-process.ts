/** Processes without a sandbox: those of the user's own programs, and of modules for which the user takes the risk. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { MlldError } from './errors.ts';
import type { SpawnRequest, SpawnResult } from './run/host.ts';

/** Variables that every process gets. What else it needs is passed to it by name. */
const passedOn = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TERM', 'TMPDIR', 'TZ', 'SHELL', 'SYSTEMROOT'];

/** The user's own program runs in the user's environment; an imported module only in the plainest. */
function environmentOf({ origin, env, inheritEnv }: SpawnRequest): NodeJS.ProcessEnv {
  if (origin === null || inheritEnv) return { ...process.env, ...env };
  const plain = passedOn.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...Object.fromEntries(plain), ...env };
}

/** @throws MlldError COMMAND_FAILED if there is no such program */
export function runProcess(request: SpawnRequest, root: string): Promise<SpawnResult> {
  const [name = '', ...args] = request.command;
  const home = process.env.HOME ?? '/';
  const cwd = path.resolve(root, (request.cwd ?? '.').replace(/^~(?=\/|$)/, home));
  return new Promise((resolve, reject) => {
    const child = spawn(name === 'node' ? process.execPath : name, args, {
      cwd,
      env: environmentOf(request),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[], size: 0 };
    let stopped: SpawnResult['stopped'];
    const stop = (why: NonNullable<SpawnResult['stopped']>): void => {
      stopped ??= why;
      end(child.pid);
    };
    const timer = setTimeout(() => stop('time'), request.timeout);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        output.size += chunk.length;
        if (output.size > request.maxOutput) stop('output');
        else output[stream].push(chunk);
      });
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(startError(name, error));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString('utf8');
      const exitCode = code ?? (signal === null ? 1 : 128);
      resolve({ exitCode, stdout: text(output.stdout), stderr: text(output.stderr), stopped });
    });
    // A program that does not read its input is no mistake.
    child.stdin.on('error', () => {});
    child.stdin.end(request.input ?? '');
  });
}

/** Ends the process and those that it started. */
function end(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}

function startError(name: string, error: NodeJS.ErrnoException): MlldError {
  const missing = error.code === 'ENOENT';
  return new MlldError(
    'COMMAND_FAILED',
    missing ? `there is no program '${name}'` : `'${name}' cannot start: ${error.message}`,
    {
      cause: error,
      hint: missing ? 'Is it installed and in the PATH?' : undefined,
    },
  );
}
