import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { gitRepo, makeTempDir, tempDir } from '@mlld/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { outputs as allOutputs } from '../src/outputs/list.ts';
import type { Output } from '../src/outputs/output.ts';
import { build } from './core.ts';
import {
  changeFiles,
  keysetFiles,
  merge,
  metadataFile,
  readTree,
  registryFile,
  releaseFiles,
  smallRegistry,
  sourceFetch,
  writeFiles,
} from './registry.ts';

/** A new build in a new folder, with the same kept results of sources. */
async function clean(
  repo: string,
  out: string,
  outputs: readonly Output[] = [],
): Promise<Map<string, string>> {
  const fresh = `${out}-clean`;
  for (const folder of [fresh, `${fresh}.state`]) rmSync(folder, { recursive: true, force: true });
  for (const kept of ['sources', 'bytes'])
    if (existsSync(`${out}.state/${kept}`))
      cpSync(`${out}.state/${kept}`, `${fresh}.state/${kept}`, { recursive: true });
  await build(repo, { out: fresh, offline: true, outputs });
  return readTree(fresh);
}

const name = fc.constantFrom('@alice/strings', '@alice/new', '@bob/lists', '@bob/other', '@carol/one');
const version = fc.constantFrom('0.9.0', '1.0.0', '1.1.0', '1.2.0-beta.1', '1.3.0', '2.0.0');
const at = fc.integer({ min: 0, max: 30 });

type Step = (counters: Map<string, number>) => ReadonlyMap<string, string | null>;

const publish = fc.record({
  name,
  version,
  minute: at,
  from: name,
  range: fc.constantFrom('^1.0.0', '*', '1.1.0', '~1.3.0', 'beta'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  publish.map(
    ({ from, range, ...spec }): Step =>
      () =>
        releaseFiles({ ...spec, imports: { [from]: range } }),
  ),
  publish.map(
    ({ name: one, version: other }): Step =>
      () => {
        const file = `modules/${one.slice(1)}/${other}.json`;
        return new Map([
          [file, null],
          [`${file}.sig`, null],
        ]);
      },
  ),
  fc.record({ name, version, minute: at, yanked: fc.boolean() }).map(
    ({ name: one, ...spec }): Step =>
      (counters) => {
        const n = (counters.get(one) ?? 0) + 1;
        counters.set(one, n);
        return changeFiles(one, n, { type: 'yank', reason: 'x', ...spec });
      },
  ),
  fc.record({ name, version, minute: at, tag: fc.constantFrom('latest', 'beta') }).map(
    ({ name: one, ...spec }): Step =>
      (counters) => {
        const n = (counters.get(one) ?? 0) + 1;
        counters.set(one, n);
        return changeFiles(one, n, { type: 'tag', ...spec });
      },
  ),
  fc.record({ name, version }).map(
    ({ name: one, version: other }): Step =>
      () =>
        new Map([[`modules/${one.slice(1)}/tags.json`, JSON.stringify({ latest: other })]]),
  ),
  name.map(
    (one): Step =>
      () =>
        metadataFile(one, ['alice', 'bob']),
  ),
  fc.constantFrom('alice', 'bob', 'carol').map(
    (author): Step =>
      () =>
        keysetFiles(author),
  ),
  name.map(
    (one): Step =>
      () =>
        new Map([[`modules/${one.slice(1)}`, null]]),
  ),
);

for (const [what, outputs, numRuns] of [
  ['', [], 25],
  [', with all outputs', allOutputs, 4],
] as const)
  test(`whatever happens to a repository, a build after each step gives what a clean build gives${what}`, {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const dir = await makeTempDir();
        try {
          const [repo, out] = [dir.join('repo'), dir.join('out')];
          writeFiles(repo, smallRegistry());
          await build(repo, { out, outputs, fetch: sourceFetch() });
          const counters = new Map<string, number>();
          for (const [i, one] of steps.entries()) {
            writeFiles(repo, one(counters));
            await build(repo, { out, outputs, offline: i % 2 === 0, fetch: sourceFetch() });
          }
          expect(readTree(out)).toEqual(await clean(repo, out, outputs));
        } finally {
          await dir.remove();
        }
      }),
      { numRuns },
    );
  });

test('in a git work tree, commits, edits and files outside of git are seen', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  const git = await gitRepo(repo, Object.fromEntries(smallRegistry()));
  await build(repo, { out, offline: true });
  expect(await build(repo, { out, offline: true })).toMatchObject({ full: false, rendered: 0, written: 0 });

  await git.commit(Object.fromEntries(releaseFiles({ name: '@bob/lists', version: '0.4.0', minute: 9 })));
  const one = await build(repo, { out, offline: true });
  expect(one).toMatchObject({ full: false, rendered: 1, releases: 6 });
  expect(readTree(out)).toEqual(await clean(repo, out));

  writeFiles(repo, new Map([['.gitignore', 'metadata.json\n']]));
  for (const owners of [['bob'], ['bob', 'alice']]) {
    writeFiles(
      repo,
      merge(metadataFile('@bob/lists', owners), releaseFiles({ name: '@bob/loose', version: '1.0.0' })),
    );
    expect(await build(repo, { out, offline: true })).toMatchObject({ full: false });
    expect(readTree(out)).toEqual(await clean(repo, out));
  }

  // A file that git does not know any longer, and that stayed where it was.
  const file = 'modules/bob/lists/metadata.json';
  for (const words of [
    ['add', '-f', file],
    ['rm', '-q', '--cached', file],
  ]) {
    await git.git(...words);
    await build(repo, { out, offline: true });
  }
  writeFiles(repo, metadataFile('@bob/lists', ['alice']));
  await build(repo, { out, offline: true });
  expect(readTree(out)).toEqual(await clean(repo, out));

  // Everything is rendered once, and looked at as before.
  writeFiles(repo, new Map([registryFile({ title: 'Other' })]));
  expect(await build(repo, { out, offline: true })).toMatchObject({ full: true });
  expect(await build(repo, { out, offline: true })).toMatchObject({ full: false, rendered: 2 });

  writeFiles(repo, new Map([['modules/bob/loose', null]]));
  await build(repo, { out, offline: true });
  expect(readTree(out)).toEqual(await clean(repo, out));
});

test('a publish writes a number of files that does not grow with the registry', async () => {
  const counts: number[] = [];
  for (const size of [10, 40]) {
    const dir = await tempDir();
    const [repo, out] = [dir.join('repo'), dir.join('out')];
    const many = Array.from({ length: size }, (_, i) =>
      releaseFiles({ name: `@alice/m${i}`, version: '1.0.0', minute: i }),
    );
    const users = Array.from({ length: size }, (_, i) =>
      releaseFiles({
        name: `@bob/u${i}`,
        version: '1.0.0',
        minute: 100 + i,
        imports: { '@alice/m1': '^1.0.0' },
      }),
    );
    writeFiles(repo, merge(smallRegistry(), ...many, ...users));
    await build(repo, { out, offline: true });
    writeFiles(repo, releaseFiles({ name: '@alice/m1', version: '1.1.0', minute: 500 }));
    const report = await build(repo, { out, offline: true });
    expect(report).toMatchObject({ full: false, rendered: 1 });
    counts.push(report.written);
  }
  // The index, the proof, the statement, the zone; modules.json and its two variants.
  expect(counts).toEqual([7, 7]);
});

test('a release dated before others changes what they chose, and only then are they written', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  writeFiles(repo, smallRegistry());
  await build(repo, { out, offline: true });
  writeFiles(repo, releaseFiles({ name: '@alice/strings', version: '1.1.5', minute: 2.5 }));
  expect(await build(repo, { out, offline: true })).toMatchObject({ full: false, rendered: 3 });
  expect(readTree(out)).toEqual(await clean(repo, out));
});

test('a distribution that was emptied, or made by another compressor, is made again', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  writeFiles(repo, smallRegistry());
  await build(repo, { out, offline: true });
  const before = readTree(out);
  rmSync(out, { recursive: true });
  expect(await build(repo, { out, offline: true })).toMatchObject({ full: true });
  expect(readTree(out)).toEqual(before);
  writeFiles(`${out}.state`, new Map([['state', 'not a state']]));
  expect(await build(repo, { out, offline: true })).toMatchObject({ full: true, written: 0 });
});

test('a table of the state that is damaged makes the next build a full one', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  writeFiles(repo, smallRegistry());
  const tables = ['folders.', 'legacy.'];
  for (const [i, table] of tables.entries()) {
    await build(repo, { out, offline: true });
    const file = `${out}.state/${readdirSync(`${out}.state`).find((one) => one.startsWith(table))}`;
    writeFileSync(file, 'x'.repeat(statSync(file).size));
    writeFiles(repo, releaseFiles({ name: '@alice/strings', version: `3.${i}.0`, minute: 50 + i }));
    expect(await build(repo, { out, offline: true }), table).toMatchObject({ full: true });
    expect(readTree(out)).toEqual(await clean(repo, out));
  }
});
