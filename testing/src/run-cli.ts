import { fileURLToPath } from 'node:url';
import { FIXED_DATE } from './git.ts';
import { bareEnvironment, runProcess } from './process.ts';
import { makeTempDir } from './temp-dir.ts';

/** What the system starts as `mlld`. */
export const BUNDLE = fileURLToPath(new URL('../../packages/cli/dist/bundle/mlld.cjs', import.meta.url));

export interface RunCliOptions {
  readonly cwd: string;
  /** Added to an environment that has nothing but PATH, a temporary HOME and an isolated git. */
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Milliseconds. Default 60,000. */
  readonly timeout?: number;
  /** The program to start instead of the built bundle. */
  readonly bundle?: string;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the built `mlld` command as a user's shell would, without a terminal. HOME is a temporary folder that is
 * removed afterwards, unless `env` brings one; tokens, proxies and Node options of the caller are not passed on.
 */
export async function runCli(args: readonly string[], options: RunCliOptions): Promise<CliResult> {
  const home = await makeTempDir('mlld-home-');
  try {
    const result = await runProcess(process.execPath, [options.bundle ?? BUNDLE, ...args], {
      cwd: options.cwd,
      env: cliEnvironment(home.path, options.env),
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    });
    return { code: result.code, stdout: result.stdout.toString('utf8'), stderr: result.stderr };
  } finally {
    await home.remove();
  }
}

/** Nothing but PATH, a home and an isolated git, and what is added. */
export function cliEnvironment(home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return bareEnvironment({
    HOME: home,
    USERPROFILE: home,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_DATE: FIXED_DATE,
    GIT_COMMITTER_DATE: FIXED_DATE,
    ...more,
  });
}
