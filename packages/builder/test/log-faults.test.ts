import { spawn } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isRegistryError, layout } from '@mlld/format';
import { makeTempDir, type TempDir } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from '../src/index.ts';
import { checkDistribution, logKey, policyFiles } from './log-registry.ts';
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
await build(repo, { out, offline: true, log: { key: process.env.LOG_KEY, begin: true } });
fs.writeSync(1, String(count));
`;

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);
const names = ['@alice/report', '@alice/strings', '@bob/lists'];

beforeAll(async () => {
  dir = await makeTempDir();
  const { build: bundle } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  await bundle({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
    outfile: at('builder.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['source'],
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  writeFiles(dir.path, new Map([['child.mjs', child]]));
});

afterAll(() => dir.remove());

function run(killAt: number): Promise<{ signal: string | null; operations: number }> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, BUILDER: at('builder.mjs'), LOG_KEY: logKey.pem };
    const words = [at('child.mjs'), at('repo'), at('out'), String(killAt)];
    const started = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    started.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    started.on('error', reject);
    started.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the child ended with ${code}`));
      else resolve({ signal, operations: Number(stdout) });
    });
  });
}

function startFrom(folder: string): void {
  for (const part of ['', '.state']) {
    rmSync(at(`out${part}`), { recursive: true, force: true });
    cpSync(at(folder + part), at(`out${part}`), { recursive: true, preserveTimestamps: true });
  }
}

const withLog = { offline: true, log: { key: logKey.pem } };

test('a build that is killed at any step: what it signed is continued, what it had not signed can be undone', {
  timeout: 120_000,
}, async () => {
  const next = merge(
    releaseFiles({ name: '@alice/strings', version: '1.3.0', minute: 20 }),
    changeFiles('@bob/lists', 1, { type: 'deprecate', message: 'gone' }),
  );
  const withdrawn = new Map([...next.keys()].map((file) => [file, null]));
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await build(at('repo'), { ...withLog, out: at('before'), log: { ...withLog.log, begin: true } });
  const oldTree = readTree(at('before'));
  startFrom('before');
  writeFiles(at('repo'), next);
  const { operations } = await run(0);
  const newTree = readTree(at('out'));
  checkDistribution(at('out'), names);
  const stride = Math.max(1, Math.floor(operations / 10));
  const outcomes = new Set<string>();
  for (let point = 1; point <= operations; point += stride) {
    startFrom('before');
    writeFiles(at('repo'), next);
    expect((await run(point)).signal).toBe('SIGKILL');
    for (const [file, bytes] of readTree(at('out')))
      expect(
        file.startsWith('.tmp') || [oldTree, newTree].some((tree) => tree.get(file) === bytes),
        file,
      ).toBe(true);
    // The author changes their mind. That works until the new checkpoint is signed and written: then it has been said.
    writeFiles(at('repo'), withdrawn);
    const signed = readTree(at('out')).get(layout.checkpoint) !== oldTree.get(layout.checkpoint);
    const undone = await build(at('repo'), { ...withLog, out: at('out') }).catch((error: unknown) => error);
    outcomes.add(signed ? 'said' : 'undone');
    if (signed) expect(isRegistryError(undone, 'LOG_STATEMENT_VANISHED')).toBe(true);
    else expect(readTree(at('out'))).toEqual(oldTree);
    writeFiles(at('repo'), next);
    await build(at('repo'), { ...withLog, out: at('out') });
    expect(readTree(at('out'))).toEqual(newTree);
  }
  expect([...outcomes].sort()).toEqual(['said', 'undone']);
});

test('a first build that is killed at any step is finished by the next', { timeout: 120_000 }, async () => {
  const { operations } = await run(0);
  const clean = () => {
    for (const part of ['out', 'out.state']) rmSync(at(part), { recursive: true, force: true });
  };
  clean();
  await run(0);
  const complete = readTree(at('out'));
  for (let point = 1; point <= operations; point += Math.max(1, Math.floor(operations / 4))) {
    clean();
    await run(point);
    expect(existsSync(at('out', layout.head)) && !existsSync(at('out', layout.checkpoint))).toBe(false);
    await build(at('repo'), { ...withLog, out: at('out'), log: { ...withLog.log, begin: true } });
    expect(readTree(at('out'))).toEqual(complete);
  }
});
