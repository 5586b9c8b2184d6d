import { cpSync, existsSync, rmSync } from 'node:fs';
import { isRegistryError, layout } from '@mlld/format';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from './core.ts';
import { type KilledBuilds, killedBuilds, points } from './killed-build.ts';
import { checkDistribution, logKey, policyFiles } from './log-registry.ts';
import { changeFiles, merge, readTree, releaseFiles, smallRegistry, writeFiles } from './registry.ts';

let builds: KilledBuilds;
const at = (...parts: string[]) => builds.dir.join(...parts);
const names = ['@alice/report', '@alice/strings', '@bob/lists'];
const withLog = { offline: true, outputs: [], log: { key: logKey.pem } };

beforeAll(async () => {
  builds = await killedBuilds();
});

afterAll(() => builds.dir.remove());

function run(killAt: number) {
  const log = { ...withLog.log, begin: true };
  return builds.build(at('repo'), { ...withLog, log, out: at('out') }, { at: killAt });
}

function startFrom(folder: string): void {
  for (const part of ['', '.state']) {
    rmSync(at(`out${part}`), { recursive: true, force: true });
    cpSync(at(folder + part), at(`out${part}`), { recursive: true, preserveTimestamps: true });
  }
}

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
  const outcomes = new Set<string>();
  for (const point of points(operations, 10)) {
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
  for (const point of points(operations, 4)) {
    clean();
    await run(point);
    expect(existsSync(at('out', layout.head)) && !existsSync(at('out', layout.checkpoint))).toBe(false);
    await build(at('repo'), { ...withLog, out: at('out'), log: { ...withLog.log, begin: true } });
    expect(readTree(at('out'))).toEqual(complete);
  }
});
