/** Faults with real processes: killed at any moment, many at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseLock } from '@mlld/format';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { lockedVersion } from '../src/resolve/plan.ts';
import { type Project, project, tempFolder } from './fixture/project.ts';
import { distribution, type FixtureModule, serve } from './fixture/registry.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
let program = '';

/** `node program.mjs <root> <cache> <registry> <install | ref…>` */
const source = `
import { createClient } from '@mlld/client';
const [root, cacheDir, registry, ...words] = process.argv.slice(2);
const client = createClient({ cwd: root, root, cacheDir, registry, dns: 'off', env: {} });
try {
  if (words[0] === 'install') await client.install();
  else await client.add(words);
} catch (error) {
  console.error(error.code, error.message);
  process.exitCode = 1;
}
client.close();
`;

beforeAll(async () => {
  const built = await build({
    stdin: { contents: source, resolveDir: here, sourcefile: 'program.js' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    external: ['dns-packet'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    write: false,
  });
  program = built.outputFiles[0]!.text;
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

function start(file: string, args: readonly string[]): Run {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stderr }));
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ended };
}

function programFile(): string {
  const file = path.join(tempFolder(), 'program.mjs');
  writeFileSync(file, program);
  return file;
}

const tree: readonly FixtureModule[] = [
  ...Array.from({ length: 20 }, (_, i) => ({
    ref: `@deep/m${i}@1.0.0`,
    files: { 'index.mld': `>> ${i}\n${'text\n'.repeat(200)}`, 'README.md': `# ${i}\n` },
    imports: i === 0 ? {} : { [`@deep/m${i - 1}`]: '^1.0.0' },
  })),
];

/** Whatever happened before: the lock file is whole, and every pin in it has its entry. */
function assertWhole(my: Project): number {
  let text: string;
  try {
    text = my.lockText();
  } catch {
    return 0;
  }
  const lock = parseLock(text);
  for (const { imports } of lock.modules.values())
    for (const [name, version] of imports) expect(lockedVersion(lock, name, version)).toBeDefined();
  return lock.modules.size;
}

describe('kill −9 (resolve.md §7.4, §8.3)', () => {
  it('at any moment of an install leaves nothing that is wrong, and the next one finishes it', {
    timeout: 60_000,
  }, async () => {
    const served = await serve(distribution(tree).files);
    const file = programFile();
    // How long an undisturbed one takes here and now, to spread the kills over all of it.
    const first = project();
    const began = performance.now();
    expect(await start(file, [first.root, first.cacheDir, served.base, '@deep/m19']).ended).toEqual({
      code: 0,
      stderr: '',
    });
    const usual = performance.now() - began;

    const my = project();
    const sizes = new Set<number>();
    for (let i = 0; i < 10; i++) {
      const run = start(file, [my.root, my.cacheDir, served.base, '@deep/m19']);
      const timer = setTimeout(() => run.child.kill('SIGKILL'), (usual * i) / 9 + 20);
      await run.ended;
      clearTimeout(timer);
      sizes.add(assertWhole(my));
      expect((await my.client().cache.verify()).damaged).toEqual([]);
    }
    expect([...sizes].every((size) => size === 0 || size === 20)).toBe(true);
    expect((await start(file, [my.root, my.cacheDir, served.base, '@deep/m19']).ended).code).toBe(0);
    expect(assertWhole(my)).toBe(20);
    const found = await my.client({ offline: true }).resolveImport('@deep/m19');
    expect(found.evidence).toBe(2);
  });
});

describe('twenty at once', () => {
  it('into one cache and one lock file lose nothing', { timeout: 60_000 }, async () => {
    const modules = Array.from({ length: 20 }, (_, i) => ({
      ref: `@many/m${i}@1.0.0`,
      imports: { '@deep/m3': '*' },
    }));
    const served = await serve(distribution([...tree, ...modules]).files);
    const file = programFile();
    const my = project();
    const runs = modules.map(({ ref }) => start(file, [my.root, my.cacheDir, served.base, ref.slice(0, -6)]));
    for (const { ended } of runs) expect(await ended).toEqual({ code: 0, stderr: '' });
    const lock = my.lock();
    expect(assertWhole(my)).toBe(24);
    for (const { ref } of modules) expect(lock.modules.get(ref.slice(0, -6))?.version).toBe('1.0.0');
    const config = JSON.parse(
      await import('node:fs').then(({ readFileSync }) =>
        readFileSync(path.join(my.root, 'mlld-config.json'), 'utf8'),
      ),
    );
    expect(Object.keys(config.dependencies)).toHaveLength(20);
    expect(readdirSync(my.root).sort()).toEqual(['mlld-config.json', 'mlld-lock.json']);
    expect((await my.client().cache.verify()).damaged).toEqual([]);
    expect((await my.client({ offline: true }).install()).modules).toHaveLength(24);
  });
});

describe('a file-size limit', () => {
  it('ends with DISK_FULL and nothing half-written', { timeout: 30_000 }, async () => {
    const served = await serve(distribution([{ ref: '@a/x@1.0.0', files: 'text\n'.repeat(20_000) }]).files);
    const file = programFile();
    const my = project();
    const args = [process.execPath, file, my.root, my.cacheDir, served.base, '@a/x'];
    const child = spawn('bash', ['-c', 'ulimit -f 40; exec "$@"', 'bash', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(1);
    expect(stderr).toContain('DISK_FULL');
    expect(() => my.lock()).toThrow();
    const left = (readdirSync(my.cacheDir, { recursive: true }) as string[]).filter(
      (name) => name.includes('mlld-tmp') || name.includes('blob/sha256/'),
    );
    expect(left).toEqual([]);
  });
});
