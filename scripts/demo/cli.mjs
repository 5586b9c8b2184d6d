// The `mlld` command as a user starts it: the built bundle in a process of its own.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from '../lib.mjs';

export const bundle = path.join(root, 'packages/cli/dist/bundle/mlld.cjs');

/** Nothing of the user's own configuration (tokens, keys, settings of git and mlld), and nothing left behind. */
export function plainEnvironment(home) {
  const kept = Object.fromEntries(
    ['PATH', 'SystemRoot', 'LANG']
      .filter((name) => process.env[name] !== undefined)
      .map((name) => [name, process.env[name]]),
  );
  return {
    ...kept,
    HOME: home,
    TMPDIR: home,
    TEMP: home,
    TMP: home,
    USERPROFILE: home,
    GIT_CONFIG_GLOBAL: path.join(home, '.gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    NO_COLOR: '1',
  };
}

const running = new Set();
let ended = false;

/** Ends the programs that run to their end at the moment, and starts no more: the user has had enough, or one failed. */
export function endPrograms() {
  ended = true;
  for (const child of running) child.kill('SIGTERM');
}

/** Runs a program to its end. Throws what it said if it fails. */
export async function runProgram(command, args, { cwd, env }) {
  if (ended) throw new Error(`ended before ${path.basename(command)} was started`);
  const started = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text) => {
      said[name] += text;
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(error.code === 'ENOENT' ? new Error(`'${command}' is needed, and is not installed`) : error),
    );
    child.on('close', resolve);
  });
  running.delete(child);
  if (code !== 0) {
    throw new Error(
      `${[path.basename(command), ...args].join(' ')} ended with ${code}:\n${said.stderr || said.stdout}`,
    );
  }
  return { ...said, ms: performance.now() - started };
}

/** Runs `mlld` to its end. */
export function mlld(args, options) {
  return runProgram(process.execPath, [bundle, ...args], options);
}

/**
 * Starts `mlld registry serve`, which runs until `stop`. `lines` grows with a line for each request and question that
 * it answers.
 */
export async function startServer(args, { cwd, env }) {
  // In a process group of its own: a Ctrl-C at the terminal reaches this process, which then ends the server.
  const child = spawn(process.execPath, [bundle, 'registry', 'serve', ...args, '--json', '--verbose'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines = [];
  const waiting = new Set();
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    lines.push(...parts);
    for (const check of waiting) check();
  });
  const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
  const killed = () => child.kill('SIGKILL');
  process.on('exit', killed);
  const address = await new Promise((resolve, reject) => {
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      try {
        resolve(JSON.parse(stdout));
      } catch {
        // The document is not whole yet.
      }
    });
    void ended.then((code) => {
      const failure = new Error(`mlld registry serve ended with ${code}:\n${stdout}${lines.join('\n')}`);
      reject(Object.assign(failure, { portBusy: stdout.includes('"PORT_BUSY"') }));
    });
  });
  return {
    ...address,
    lines,
    ended,
    /** Resolves when a line that `matches` is there, which is then after all that was answered before. */
    seen: (matches) =>
      new Promise((resolve) => {
        const check = () => {
          if (!lines.some(matches)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    stop: async () => {
      process.removeListener('exit', killed);
      child.kill('SIGTERM');
      await ended;
    },
  };
}
