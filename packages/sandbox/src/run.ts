/** Runs a program in a sandbox to its end. */
import { type LaunchRequest, launch } from './launch.ts';

export interface RunRequest extends LaunchRequest {
  readonly input?: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes of output after which it is ended. */
  readonly maxOutput: number;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was ended before it was done. */
  readonly stopped: 'time' | 'output' | undefined;
}

/** @throws RegistryError NO_SANDBOX, BAD_CONFIG */
export async function runSandboxed({
  input,
  timeout,
  maxOutput,
  ...request
}: RunRequest): Promise<RunResult> {
  const { child, stop } = await launch(request);
  return new Promise((resolve, reject) => {
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let size = 0;
    let stopped: RunResult['stopped'];
    const end = (why: NonNullable<RunResult['stopped']>): void => {
      stopped ??= why;
      stop();
    };
    const timer = setTimeout(() => end('time'), timeout);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxOutput) end('output');
        else output[name].push(chunk);
      });
    }
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8');
      const exitCode = code ?? (signal === null ? 1 : 128);
      resolve({ exitCode, stdout: text(output.stdout), stderr: text(output.stderr), stopped });
    });
    // A program that does not read its input is no mistake.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}
