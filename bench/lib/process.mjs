// Child processes of the benchmarks: an environment of their own, the time of the whole process, servers that say when
// they are ready.
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The built `mlld` command; scripts/bench.mjs names a copy, so that a build meanwhile does not change what is measured. */
export const mlldBin = path.join(
  process.env.MLLD_BENCH_BUNDLE ?? path.join(root, 'packages/cli/dist/bundle'),
  'mlld.cjs',
);

/**
 * What a child sees: nothing of the caller's that would change what is measured. NODE_EXTRA_CA_CERTS alone costs a Node
 * process about 50 ms at its start.
 */
export function childEnvironment(extra = {}) {
  const { PATH, TMPDIR, LANG } = process.env;
  const kept = Object.entries({ PATH, TMPDIR, LANG }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(kept), NO_COLOR: '1', ...extra };
}

/** Waits until all that was written before is on the disk: else what is timed next would wait for it. */
export function settleDisk() {
  spawnSync('sync', { timeout: 120_000 });
}

/**
 * Runs a program to its end. @returns {{ms: number, stdout: string, stderr: string}}
 * @throws Error with its output if its status is not 0
 */
export function runTimed(command, args, { cwd, env, input } = {}) {
  const start = performance.now();
  const result = spawnSync(command, args, {
    cwd,
    env: childEnvironment(env),
    input,
    encoding: 'utf8',
    stdio: input === undefined ? ['ignore', 'pipe', 'pipe'] : 'pipe',
    maxBuffer: 256 * 1024 * 1024,
    timeout: 600_000,
  });
  const ms = performance.now() - start;
  if (result.error) throw result.error;
  if (result.status !== 0) {
    const output = `${result.stdout}\n${result.stderr}`.trim().slice(-4000);
    throw new Error(`${[path.basename(command), ...args].join(' ')} ended with ${result.status}\n${output}`);
  }
  return { ms, stdout: result.stdout, stderr: result.stderr };
}

/**
 * As `runTimed`, without blocking this process: for children that ask a server or a proxy which runs in it.
 */
export function runTimedAsync(command, args, { cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, {
      cwd,
      env: childEnvironment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text;
      });
    child.once('error', reject);
    child.once('close', (status) => {
      const ms = performance.now() - start;
      if (status === 0) return resolve({ ms, ...output });
      const text = `${output.stdout}\n${output.stderr}`.trim().slice(-4000);
      reject(new Error(`${[path.basename(command), ...args].join(' ')} ended with ${status}\n${text}`));
    });
  });
}

/** Runs the built `mlld`. */
export function mlld(args, options) {
  return runTimed(process.execPath, [mlldBin, ...args], options);
}

export function mlldAsync(args, options) {
  return runTimedAsync(process.execPath, [mlldBin, ...args], options);
}

/**
 * Starts a server and waits until a line of its output matches `ready`.
 * @returns {Promise<{match: RegExpExecArray, output: () => string, stop: () => Promise<void>}>}
 */
export async function startServer(command, args, { cwd, env, ready, timeoutMs = 60_000 }) {
  const child = spawn(command, args, { cwd, env: childEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(late);
    }
  };
  const match = await new Promise((resolve, reject) => {
    const fail = (why) =>
      reject(new Error(`${path.basename(args[0] ?? command)}: ${why}\n${output.slice(-4000)}`));
    const timer = setTimeout(() => fail(`not ready after ${timeoutMs} ms`), timeoutMs);
    const read = (text) => {
      output += text;
      const found = ready.exec(output);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      fail(`ended with ${status} before it was ready`);
    });
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  return { match, output: () => output, stop };
}
