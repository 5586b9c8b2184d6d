/** Builds in a process of their own that ends itself, as `kill -9` would, before its nth operation that changes the disk. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { makeTempDir, type TempDir } from '@mlld/testing';
import type { BuildOptions } from '../src/index.ts';
import { writeFiles } from './registry.ts';

/** Counts operations in one thread of the build. */
const counter = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
export const count = { operations: 0 };
export function endAt(at) {
  for (const name of ['writeFileSync', 'appendFileSync', 'truncateSync', 'renameSync', 'rmSync', 'mkdirSync', 'rmdirSync']) {
    const real = fs[name];
    fs[name] = (...args) => {
      if (++count.operations === at) process.kill(process.pid, 'SIGKILL');
      return real(...args);
    };
  }
  syncBuiltinESMExports();
}
`;

const child = `
import fs from 'node:fs';
import { count, endAt } from './counter.js';
const [repo, options, where, at] = process.argv.slice(2);
if (where === 'main') endAt(Number(at));
else process.env.END_THREAD_AT = at;
const { build } = await import('./builder.js');
await build(repo, JSON.parse(options));
fs.writeSync(1, String(count.operations));
`;

/** The thread of a large build; in front of it what ends it. */
const thread = `
import { endAt } from './counter.js';
if (process.env.END_THREAD_AT !== undefined) endAt(Number(process.env.END_THREAD_AT));
await import('./real-thread.js');
`;

/** The thread that learns vectors; it leaves a file that says that it ran. */
const meaning = `
import { writeFileSync } from 'node:fs';
writeFileSync(new URL('./meaning-ran', import.meta.url), '');
await import('./real-meaning.js');
`;

export interface Killed {
  readonly signal: string | null;
  /** Of the main thread of a build that was not ended. */
  readonly operations: number;
}

export interface KillOptions {
  /** The operation before which the process ends; 0: it does not. */
  readonly at: number;
  /** `thread`: the operations of a thread count, not those of the main one. */
  readonly where?: 'main' | 'thread';
}

export interface KilledBuilds {
  readonly dir: TempDir;
  build(repo: string, options: BuildOptions, kill: KillOptions): Promise<Killed>;
}

export async function killedBuilds(): Promise<KilledBuilds> {
  const dir = await makeTempDir();
  const source = (file: string) => fileURLToPath(new URL(`../src/${file}`, import.meta.url));
  const { build: bundle } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  await bundle({
    entryPoints: {
      builder: source('index.ts'),
      'real-thread': source('build/part-worker.ts'),
      'real-meaning': source('search/meaning-worker.ts'),
      'similar-worker': source('search/similar-worker.ts'),
    },
    outdir: dir.path,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['source'],
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const files = {
    'child.js': child,
    'counter.js': counter,
    'part-worker.js': thread,
    'meaning-worker.js': meaning,
  };
  writeFiles(dir.path, new Map([...Object.entries(files), ['package.json', '{"type":"module"}']]));
  return { dir, build: (repo, options, kill) => run(dir, [repo, JSON.stringify(options)], kill) };
}

function run(dir: TempDir, words: readonly string[], { at, where = 'main' }: KillOptions): Promise<Killed> {
  return new Promise((resolve, reject) => {
    const args = [dir.join('child.js'), ...words, where, String(at)];
    const started = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    started.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    started.on('error', reject);
    started.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the build ended with ${code}`));
      else resolve({ signal, operations: Number(stdout) });
    });
  });
}

/** Where to end a run: at every operation of a short one, at some of a long one. */
export function points(operations: number, most: number): number[] {
  const stride = Math.max(1, Math.floor(operations / most));
  return Array.from({ length: Math.ceil(operations / stride) }, (_, i) => 1 + i * stride);
}
