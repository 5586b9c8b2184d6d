import { createRequire } from 'node:module';
import { BUNDLE, type CliResult, cliEnvironment, type RunCliOptions } from './run-cli.ts';
import { makeTempDir } from './temp-dir.ts';

type Main = (words: readonly string[]) => Promise<number>;

let running = false;

/**
 * As `runCli`, but in this process: the same bundle, without the time that Node takes to start and to load it. For journeys of
 * many commands whose own process is not what is tested. One at a time, because a process has one folder, one environment
 * and one output; without input.
 */
export async function runCliHere(
  args: readonly string[],
  options: Pick<RunCliOptions, 'cwd' | 'env'>,
): Promise<CliResult> {
  if (running) throw new Error(`mlld ${args.join(' ')}: another command runs in this process`);
  running = true;
  const home = await makeTempDir('mlld-home-');
  const restore = enter(options.cwd, { ...cliEnvironment(home.path, options.env), CI: 'true' });
  const output = { stdout: captured(process.stdout), stderr: captured(process.stderr) };
  try {
    const { commands } = createRequire(BUNDLE)(BUNDLE) as { commands: { main: Main } };
    const code = await commands.main(args);
    return { code, stdout: output.stdout.text(), stderr: output.stderr.text() };
  } finally {
    output.stdout.release();
    output.stderr.release();
    restore();
    await home.remove();
    running = false;
  }
}

/** Puts the process into a folder and an environment. @returns what puts both back */
function enter(cwd: string, env: NodeJS.ProcessEnv): () => void {
  const before = { cwd: process.cwd(), env: { ...process.env } };
  process.chdir(cwd);
  replaceEnvironment(env);
  return () => {
    process.chdir(before.cwd);
    replaceEnvironment(before.env);
  };
}

/** In place: programs hold on to `process.env`. */
function replaceEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}

function captured(stream: NodeJS.WriteStream): { text(): string; release(): void } {
  const own = stream.write;
  const parts: string[] = [];
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    parts.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    for (const one of rest) if (typeof one === 'function') one();
    return true;
  }) as typeof stream.write;
  return {
    text: () => parts.join(''),
    release() {
      stream.write = own;
    },
  };
}
