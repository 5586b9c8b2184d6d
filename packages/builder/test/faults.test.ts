import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTempDir, type TempDir } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from '../src/index.ts';
import { changeFiles, merge, readTree, releaseFiles, smallRegistry, writeFiles } from './registry.ts';

// A process of its own that ends itself, as `kill -9` would, before its nth operation that changes the disk.
const child = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const [repo, out, at] = process.argv.slice(2);
let count = 0;
for (const name of ['writeFileSync', 'renameSync', 'rmSync', 'mkdirSync', 'rmdirSync']) {
  const real = fs[name];
  fs[name] = (...args) => {
    if (++count === Number(at)) process.kill(process.pid, 'SIGKILL');
    return real(...args);
  };
}
syncBuiltinESMExports();
const { build } = await import(process.env.BUILDER);
await build(repo, { out, offline: true, parallelFrom: 1 });
fs.writeSync(1, String(count));
`;

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);

const source = (file: string) => fileURLToPath(new URL(`../src/${file}`, import.meta.url));

beforeAll(async () => {
  dir = await makeTempDir();
  const { build: bundle } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  await bundle({
    entryPoints: {
      builder: source('index.ts'),
      'read-worker': source('repository/read-worker.ts'),
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
  writeFiles(
    dir.path,
    new Map([
      ['child.mjs', child],
      ['package.json', '{"type":"module"}'],
    ]),
  );
});

afterAll(() => dir.remove());

function run(
  repo: string,
  out: string,
  killAt: number,
): Promise<{ signal: string | null; operations: number }> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, BUILDER: at('builder.js') };
    const started = spawn(process.execPath, [at('child.mjs'), repo, out, String(killAt)], { env });
    let stdout = '';
    let stderr = '';
    started.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    started.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    started.on('error', reject);
    started.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the child ended with ${code}: ${stderr}`));
      else resolve({ signal, operations: Number(stdout) });
    });
  });
}

/** The points at which a run is ended: every operation of a short one, some twenty of a long one. */
function points(operations: number): number[] {
  const stride = Math.max(1, Math.floor(operations / 20));
  return Array.from({ length: Math.ceil(operations / stride) }, (_, i) => 1 + i * stride);
}

/** Nothing that is there is half of something: each file is as the old or the new build has it. */
function expectWhole(out: string, states: readonly ReadonlyMap<string, string>[]): void {
  if (!existsSync(out)) return;
  for (const [file, bytes] of readTree(out)) {
    if (file.startsWith('.tmp')) continue;
    expect(
      states.some((state) => state.get(file) === bytes),
      file,
    ).toBe(true);
  }
}

/** An index file never names a proof that is not there yet. */
function expectProofs(out: string): void {
  const index = path.join(out, 'index/alice/strings');
  if (!existsSync(index)) return;
  for (const line of readFileSync(index, 'utf8').split('\n').slice(1, -1))
    expect(existsSync(path.join(out, 'proof', JSON.parse(line).statement))).toBe(true);
}

test('a first build that is killed at any step is finished by the next', { timeout: 120_000 }, async () => {
  const repo = at('first');
  writeFiles(repo, smallRegistry());
  const wanted = at('wanted');
  const { operations } = await run(repo, wanted, 0);
  expect(operations).toBeGreaterThan(30);
  const complete = readTree(wanted);
  for (const point of points(operations)) {
    const out = at('out-first');
    for (const folder of [out, `${out}.state`]) rmSync(folder, { recursive: true, force: true });
    expect((await run(repo, out, point)).signal).toBe('SIGKILL');
    expectWhole(out, [complete]);
    expectProofs(out);
    await build(repo, { out, offline: true });
    expect(readTree(out)).toEqual(complete);
  }
});

test('an incremental build that is killed at any step is finished, or undone, by the next', {
  timeout: 120_000,
}, async () => {
  const [repo, before] = [at('second'), at('before')];
  const old = smallRegistry();
  const next = merge(
    releaseFiles({ name: '@alice/strings', version: '1.3.0', minute: 20 }),
    changeFiles('@bob/lists', 1, { type: 'deprecate', message: 'gone' }),
  );
  writeFiles(repo, old);
  await build(repo, { out: before, offline: true });
  const oldTree = readTree(before);
  const start = (out: string) => {
    for (const folder of ['', '.state']) {
      rmSync(out + folder, { recursive: true, force: true });
      cpSync(before + folder, out + folder, { recursive: true, preserveTimestamps: true });
    }
  };
  const out = at('out-second');
  start(out);
  writeFiles(repo, next);
  const { operations } = await run(repo, out, 0);
  const newTree = readTree(out);
  for (const point of points(operations)) {
    start(out);
    writeFiles(repo, next);
    expect((await run(repo, out, point)).signal).toBe('SIGKILL');
    expectWhole(out, [oldTree, newTree]);
    // Half of the time the author changes their mind: what was begun has to go again.
    if (point % 2 === 0) writeFiles(repo, new Map([...next.keys()].map((file) => [file, null])));
    await build(repo, { out, offline: true });
    expect(readTree(out)).toEqual(point % 2 === 0 ? oldTree : newTree);
  }
});
