import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isNamedLater } from '../src/build/writer.ts';
import { build as buildAll } from '../src/index.ts';
import { build } from './core.ts';
import { type KilledBuilds, type KillOptions, killedBuilds, points } from './killed-build.ts';
import { changeFiles, merge, readTree, releaseFiles, smallRegistry, writeFiles } from './registry.ts';

let builds: KilledBuilds;
const at = (...parts: string[]) => builds.dir.join(...parts);

beforeAll(async () => {
  builds = await killedBuilds();
});

afterAll(() => builds.dir.remove());

const options = { offline: true, outputs: [] };

function run(repo: string, out: string, kill: KillOptions) {
  const parallelFrom = kill.where === 'thread' ? 1 : 1000;
  return builds.build(repo, { ...options, out, parallelFrom }, kill);
}

/** Nothing that is there is half of something: each file is as the old or the new build has it. */
function expectWhole(out: string, states: readonly ReadonlyMap<string, string>[]): void {
  expectFiles(out, (file, bytes) => states.some((state) => state.get(file) === bytes));
}

/** Of a new folder: what nothing names yet is written in its place, so that another thread's end can cut it short. */
function expectWholeOrUnnamed(out: string, whole: ReadonlyMap<string, string>): void {
  expectFiles(
    out,
    (file, bytes) =>
      whole.get(file) === bytes || (isNamedLater.test(file) && whole.get(file)?.startsWith(bytes) === true),
  );
}

function expectFiles(out: string, isGood: (file: string, bytes: string) => boolean): void {
  if (!existsSync(out)) return;
  const bad = [...readTree(out)].filter(([file, bytes]) => !file.startsWith('.tmp') && !isGood(file, bytes));
  expect(bad.map(([file]) => file)).toEqual([]);
}

/** An index file never names a proof that is not there yet, whole. */
function expectProofs(out: string, whole: ReadonlyMap<string, string>): void {
  const index = path.join(out, 'index/alice/strings');
  if (!existsSync(index)) return;
  for (const line of readFileSync(index, 'utf8').split('\n').slice(1, -1)) {
    const proof = `proof/${JSON.parse(line).statement}`;
    expect(readFileSync(path.join(out, proof)).toString('latin1') === whole.get(proof), proof).toBe(true);
  }
}

for (const where of ['main', 'thread'] as const)
  test(`a first build that is killed at any step of its ${where} is finished by the next`, {
    timeout: 120_000,
  }, async () => {
    const repo = at('first');
    writeFiles(repo, smallRegistry());
    const wanted = at(`wanted-${where}`);
    const { operations } = await run(repo, wanted, { at: 0, where });
    const complete = readTree(wanted);
    // A thread does not tell how much it did: no more than there are files, each with its folder.
    const all = where === 'main' ? points(operations, 20) : points(complete.size, 8);
    expect(all.length).toBeGreaterThan(5);
    const ended: (string | null)[] = [];
    for (const point of all) {
      const out = at('out-first');
      for (const folder of [out, `${out}.state`]) rmSync(folder, { recursive: true, force: true });
      ended.push((await run(repo, out, { at: point, where })).signal);
      expectWholeOrUnnamed(out, complete);
      expectProofs(out, complete);
      await build(repo, { ...options, out });
      expect(readTree(out)).toEqual(complete);
    }
    expect(ended.filter((signal) => signal === 'SIGKILL').length).toBeGreaterThan(all.length / 2);
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
  await build(repo, { ...options, out: before });
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
  const { operations } = await run(repo, out, { at: 0 });
  const newTree = readTree(out);
  for (const point of points(operations, 20)) {
    start(out);
    writeFiles(repo, next);
    expect((await run(repo, out, { at: point })).signal).toBe('SIGKILL');
    expectWhole(out, [oldTree, newTree]);
    // Half of the time the author changes their mind: what was begun has to go again.
    if (point % 2 === 0) writeFiles(repo, new Map([...next.keys()].map((file) => [file, null])));
    await build(repo, { ...options, out });
    expect(readTree(out)).toEqual(point % 2 === 0 ? oldTree : newTree);
  }
});

test('threads give the same bytes and rows as one thread', { timeout: 120_000 }, async () => {
  const repo = at('threads');
  writeFiles(repo, smallRegistry());
  const [shared, alone] = [at('out-shared'), at('out-alone')];
  await builds.build(repo, { offline: true, out: shared, parallelFrom: 1 }, { at: 0 });
  expect(existsSync(at('meaning-ran'))).toBe(true);
  await buildAll(repo, { offline: true, out: alone });
  expect(readTree(shared)).toEqual(readTree(alone));
  writeFiles(repo, releaseFiles({ name: '@alice/strings', version: '1.3.0', minute: 20 }));
  for (const out of [shared, alone]) expect((await buildAll(repo, { offline: true, out })).full).toBe(false);
  expect(readTree(shared)).toEqual(readTree(alone));
});
