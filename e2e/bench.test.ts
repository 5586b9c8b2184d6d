// Each benchmark runs on a small input and gives rows of the form that docs/benchmarks.md is made from. No time is
// asserted: what a busy machine measures says nothing.
import { readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { bareEnvironment, runProcess } from '@mlld/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
  readonly unit: string;
}

interface Row {
  readonly what: string;
  readonly ours: Figure;
  readonly theirs?: Figure & { readonly what: string };
  readonly ratio?: number;
  readonly goal?: string;
  readonly met?: boolean;
}

interface Results {
  readonly v: number;
  readonly date: string;
  readonly quick: boolean;
  readonly versions: Readonly<Record<string, string | number>>;
  readonly benchmarks: readonly {
    readonly name: string;
    readonly goals: readonly string[];
    readonly rows?: readonly Row[];
    readonly peers?: Readonly<Record<string, string>>;
    readonly skipped?: string;
    readonly error?: string;
  }[];
}

const names = readdirSync(path.join(root, 'bench'))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length));
let results: Results;

beforeAll(async () => {
  // The benchmarks import the packages as they are published; the command's bundle is there already.
  const node = async (...args: string[]) => {
    const options = { cwd: root, env: bareEnvironment(), timeout: 230_000 };
    const { stdout, ...rest } = await runProcess(process.execPath, args, options);
    return { ...rest, stdout: stdout.toString('utf8') };
  };
  const built = await node('node_modules/typescript/bin/tsc', '-b', 'tsconfig.build.json');
  expect(built.code, built.stdout).toBe(0);
  const run = await node('scripts/bench.mjs', '--quick', '--no-build', '--no-install');
  expect(run.code, run.stderr).toBe(0);
  const file = /^bench\/results\/\S+\.json$/m.exec(run.stdout)?.[0];
  expect(file, run.stdout).toBeDefined();
  results = JSON.parse(await readFile(path.join(root, file ?? ''), 'utf8'));
  await rm(path.join(root, file ?? ''));
}, 240_000);

describe('npm run bench -- --quick', () => {
  it('says what the figures depend on, and names no machine', () => {
    expect(results).toMatchObject({ v: 1, quick: true });
    expect(Object.keys(results.versions).sort()).toEqual([
      'commit',
      'cpu',
      'load',
      'memoryGiB',
      'node',
      'os',
    ]);
    expect(results.benchmarks.map(({ name }) => name).sort()).toEqual([...names].sort());
  });

  it.for(names)('%s gives rows', (name, { skip }) => {
    const found = results.benchmarks.find((one) => one.name === name);
    expect(found?.error).toBeUndefined();
    expect(found?.goals.length).toBeGreaterThan(0);
    // What compares with another program needs that program: `npm run bench -- install` puts it in place.
    if (found?.skipped !== undefined) skip(found.skipped);
    expect(found?.rows?.length).toBeGreaterThan(0);
    for (const row of found?.rows ?? []) expectRow(row);
  });
});

function expectRow({ what, ours, theirs, ratio, goal, met }: Row): void {
  expect(what).not.toBe('');
  expectFigure(ours);
  if (theirs !== undefined) expectFigure(theirs);
  if (theirs !== undefined) expect(theirs.what).not.toBe('');
  if (ratio !== undefined) expect(ratio).toBeGreaterThan(0);
  expect(typeof met).toBe(goal === undefined ? 'undefined' : 'boolean');
}

function expectFigure({ median, min, max, n, unit }: Figure): void {
  expect(unit).not.toBe('');
  expect(n).toBeGreaterThan(0);
  expect(median).toBeGreaterThanOrEqual(min);
  expect(median).toBeLessThanOrEqual(max);
}
