/** Other programs: started without a shell, with bounded output. */
import { spawn } from 'node:child_process';
import { printable, RegistryError } from '@mlld/format';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  readonly cwd?: string;
  readonly env: Environment;
  readonly input?: Uint8Array | string;
  /** Milliseconds. Without it the program may take as long as a person needs, for instance to touch a key. */
  readonly timeout?: number;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bytes of output that a program may give before it is stopped. */
const OUTPUT_LIMIT = 32 * 1024 * 1024;

/** Runs a program to its end. @throws RegistryError PROGRAM_MISSING, PROGRAM_FAILED (too much output) */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // Not spawn's own timeout: after a program that can't be started, that one holds the process until it is over.
    const timer = options.timeout === undefined ? undefined : setTimeout(() => child.kill(), options.timeout);
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let length = 0;
    const keep = (to: Buffer[]) => (chunk: Buffer) => {
      length += chunk.length;
      if (length > OUTPUT_LIMIT) child.kill('SIGKILL');
      else to.push(chunk);
    };
    child.stdout.on('data', keep(output.stdout));
    child.stderr.on('data', keep(output.stderr));
    child.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(notStarted(program, cause));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
      resolve({ code, stdout: text(output.stdout), stderr: text(output.stderr) });
    });
    // A program that exits without reading its input says why by its status.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

function notStarted(program: string, cause: NodeJS.ErrnoException): RegistryError {
  if (cause.code === 'ENOENT') {
    return new RegistryError('PROGRAM_MISSING', `wanted the program '${program}', it is not installed`, {
      cause,
      hint: program.startsWith('ssh-')
        ? 'Install OpenSSH 8.1 or newer.'
        : `Install ${program}, or put it on PATH.`,
    });
  }
  return new RegistryError('PROGRAM_FAILED', `'${program}' can't be started: ${cause.message}`, { cause });
}

/** The last lines of what a program said, for a message. */
export function lastWords(text: string): string {
  return printable(text.trim().split('\n').slice(-3).join(' / '), 400);
}
