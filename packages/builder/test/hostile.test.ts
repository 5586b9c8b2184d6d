import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tempDir } from '@mlld/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check, readRepository } from '../src/index.ts';
import { build } from './core.ts';
import { merge, readTree, releaseFiles, signer, smallRegistry, writeFiles } from './registry.ts';

async function repository(extra: ReadonlyMap<string, string> = new Map()) {
  const dir = await tempDir();
  writeFiles(dir.join('repo'), merge(smallRegistry(), extra));
  return { dir, repo: dir.join('repo'), out: dir.join('out') };
}

const rulesOf = (repo: string) =>
  check(repo)
    .findings.filter(({ severity }) => severity !== 'info')
    .map(({ rule, file }) => `${rule} ${file}`);

test('symbolic links are reported and never followed', async () => {
  const { dir, repo, out } = await repository();
  writeFiles(
    dir.path,
    merge(
      new Map([['secret.json', '{"secret":1}']]),
      releaseFiles({ name: '@alice/strings', version: '9.0.0' }),
    ),
  );
  symlinkSync(dir.join('modules/alice/strings/9.0.0.json'), `${repo}/modules/alice/strings/9.0.0.json`);
  symlinkSync(dir.join('modules/alice'), `${repo}/modules/carol`);
  symlinkSync(dir.join('secret.json'), `${repo}/modules/alice/strings/tags.json`);
  expect(rulesOf(repo)).toEqual([
    'file/special modules/alice/strings/9.0.0.json',
    'file/special modules/alice/strings/tags.json',
    'file/special modules/carol',
  ]);
  const report = await build(repo, { out, offline: true });
  expect(report.releases).toBe(5);
  expect([...readTree(out).values()].join('')).not.toContain('secret');
});

test('a pipe does not block and a device is not read', async () => {
  const { repo } = await repository();
  execFileSync('mkfifo', [`${repo}/modules/alice/strings/3.0.0.json`]);
  expect(rulesOf(repo)).toEqual(['file/special modules/alice/strings/3.0.0.json']);
});

test('names that are none are findings, and nothing is written for them', async () => {
  const { repo, out } = await repository();
  for (const folder of [
    'modules/Alice/x',
    'modules/alice/-x',
    'modules/con/aux',
    'modules/alice/a..b',
    'authors/Bad Name/keyset',
  ])
    mkdirSync(`${repo}/${folder}`, { recursive: true });
  writeFileSync(`${repo}/modules/alice/strings/1.0.json`, '{}');
  writeFileSync(`${repo}/modules/alice/strings/01.0.0.json`, '{}');
  expect(rulesOf(repo)).toEqual([
    'name/good authors/Bad Name',
    'name/good modules/Alice/x',
    'name/good modules/alice/-x',
    'name/good modules/alice/a..b',
    'file/unknown modules/alice/strings/01.0.0.json',
    'file/unknown modules/alice/strings/1.0.json',
    'name/good modules/con/aux',
  ]);
  const { releases } = await build(repo, { out, offline: true });
  expect(releases).toBe(5);
});

test('what a file says about itself is not believed', async () => {
  const stolen = releaseFiles({ name: '@alice/strings', version: '1.0.0' });
  const moved = new Map(
    [...stolen].map(([file, text]) => [file.replace('alice/strings/1.0.0', 'bob/lists/1.0.0'), text]),
  );
  const forged = releaseFiles({ name: '@alice/forged', version: '1.0.0', signer: signer('mallory') });
  const other = releaseFiles({
    name: '@alice/other',
    version: '1.0.0',
    change: () => ({ registry: 'elsewhere.example.org' }),
  });
  const lied = releaseFiles({
    name: '@alice/lied',
    version: '1.0.0',
    change: () => ({ digest: 'f'.repeat(64) }),
  });
  const unsigned = new Map([...releaseFiles({ name: '@alice/unsigned', version: '1.0.0' })].slice(0, 1));
  const local = releaseFiles({ name: '@alice/local', version: '1.0.0', base: 'file:///etc/' });
  const { repo, out } = await repository(merge(moved, forged, other, lied, unsigned, local));
  expect(rulesOf(repo)).toEqual([
    'release/signature modules/alice/forged/1.0.0.json',
    'release/digest modules/alice/lied/1.0.0.json',
    'source/shape modules/alice/local/1.0.0.json',
    'registry/other modules/alice/other/1.0.0.json',
    'release/signature modules/alice/unsigned/1.0.0.json',
    'name/path modules/bob/lists/1.0.0.json',
  ]);
  expect(await build(repo, { out, offline: true })).toMatchObject({ modules: 3, releases: 5 });
});

test('files that are too large, too deep or no JSON are findings', async () => {
  const files = new Map([
    ['modules/alice/strings/4.0.0.json', `{"a":"${'x'.repeat(100_000)}"}`],
    ['modules/alice/strings/4.1.0.json', '['.repeat(5000)],
    ['modules/alice/strings/4.2.0.json', '{"type":"release","type":"release"}'],
    ['modules/alice/strings/4.3.0.json', '\ufeff{}'],
    ['modules/alice/strings/metadata.json', '{"__proto__":{}}'],
    ['modules/alice/strings/tags.json', '{"latest":"../../etc"}'],
    ['modules/alice/strings/1.0.0.json.sig', 'x'.repeat(1_000_000)],
    ['authors/bob/keyset/3.json', '{}'],
  ]);
  const { repo, out } = await repository(files);
  const found = rulesOf(repo);
  expect(found).toHaveLength(8);
  expect(found.filter((one) => one.startsWith('release/shape'))).toHaveLength(4);
  expect((await build(repo, { out, offline: true })).releases).toBe(4);
});

test('whatever stands in a repository, reading it ends without an error', { timeout: 120_000 }, async () => {
  const dir = await tempDir();
  let n = 0;
  const file = fc.constantFrom(
    'registry.json',
    'modules/alice/strings/1.0.0.json',
    'modules/alice/strings/1.0.0.json.sig',
    'modules/alice/strings/tags.json',
    'modules/alice/strings/metadata.json',
    'modules/alice/strings/changes/1.json',
    'authors/alice/keyset/1.json',
    'authors/alice/keyset/1.json.sig',
  );
  const base = smallRegistry();
  const mutated = fc.record({ at: fc.nat(5000), remove: fc.nat(20), insert: fc.string({ maxLength: 10 }) });
  const content = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.json(), mutated);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(file, content), { maxLength: 4 }), async (changes) => {
      const repo = dir.join(`repo-${n++}`);
      writeFiles(repo, base);
      for (const [name, change] of changes) {
        const old = base.get(name) ?? '{}';
        const text =
          typeof change === 'string'
            ? change
            : old.slice(0, change.at) + change.insert + old.slice(change.at + change.remove);
        writeFiles(repo, new Map([[name, text]]));
      }
      expect([...readRepository(repo)].length).toBe(3);
      expect(Array.isArray(check(repo).findings)).toBe(true);
      expect(
        (await build(repo, { out: dir.join(`out-${n}`), offline: true })).modules,
      ).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 60 },
  );
});
