import { readFileSync } from 'node:fs';
import { limits, type ModuleName, parseIndex, parseProof, parseRegistryInfo } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import { verifyRelease } from '@mlld/trust';
import { expect, test } from 'vitest';
import { nameLists } from '../src/build/aggregate.ts';
import { openCatalog } from '../src/build/catalog.ts';
import { type BuildOptions, memoryTree, repositoryOf } from '../src/index.ts';
import { build } from './core.ts';
import {
  changeFiles,
  type Files,
  merge,
  readTree,
  registryName,
  releaseFiles,
  sha256,
  smallRegistry,
  sourceFetch,
  writeFiles,
} from './registry.ts';

async function built(files: Files, options: Partial<BuildOptions> = {}) {
  const dir = await tempDir();
  writeFiles(dir.join('repo'), files);
  const report = await build(dir.join('repo'), { out: dir.join('out'), offline: true, ...options });
  const read = (file: string) => readFileSync(dir.join('out', file), 'utf8');
  return { dir, report, read, index: (name: string) => parseIndex(read(`index/${name}`)) };
}

test('a signed registry becomes an index that verifies against its proofs', async () => {
  const { report, index, read } = await built(smallRegistry());
  expect(report).toMatchObject({
    modules: 3,
    releases: 5,
    findings: [],
    checked: { unchecked: 5 },
    full: true,
  });
  const { header, versions } = index('alice/strings');
  expect(versions.map(({ version }) => version)).toEqual(['1.2.0', '1.1.0', '1.0.0']);
  expect(Object.fromEntries(header.tags)).toEqual({ latest: '1.2.0' });
  for (const line of versions) {
    const proof = parseProof(read(`proof/${line.statement}`));
    const subject = { registry: registryName, name: line.name, version: line.version };
    const verified = verifyRelease(proof, { ...subject, digest: line.digest, statement: line.statement });
    expect(verified.release.entry).toBe(line.entry);
  }
});

test('a closure holds what the ranges meant when the release was published', async () => {
  const { index, read } = await built(smallRegistry());
  const closure = index('alice/report').versions[0]?.closure.map(({ name, version }) => `${name}@${version}`);
  // ~1.1.0 and, by lists, ^1.0.0 as of the time of the report: both are listed, a client takes the higher one.
  expect(closure).toEqual(['@alice/strings@1.2.0', '@alice/strings@1.1.0', '@bob/lists@0.3.0']);
  for (const one of index('alice/report').versions[0]?.closure ?? [])
    expect(parseProof(read(`proof/${one.statement}`)).statement).toContain(`"version": "${one.version}"`);
  const ofLists = index('bob/lists').versions[0]?.closure.map(({ version }) => version);
  expect(ofLists).toEqual(['1.1.0']);
});

test('imports in a circle end', async () => {
  const files = merge(
    smallRegistry(),
    releaseFiles({
      name: '@alice/strings',
      version: '1.3.0',
      minute: 9,
      imports: { '@alice/report': '^2.0.0' },
    }),
    releaseFiles({
      name: '@alice/report',
      version: '2.1.0',
      minute: 10,
      imports: { '@alice/strings': '^1.3.0' },
    }),
  );
  const { index } = await built(files);
  const [newest] = index('alice/report').versions;
  expect(newest?.closure.map(({ version }) => version)).toEqual(['1.3.0']);
});

test('yanks, tags and deprecation are in the header, and choose for nobody any more', async () => {
  const files = merge(
    smallRegistry(),
    changeFiles('@alice/strings', 1, { type: 'yank', version: '1.2.0', yanked: true, reason: 'leaks' }),
    changeFiles('@alice/strings', 2, { type: 'tag', tag: 'old', version: '1.0.0' }),
    changeFiles('@alice/strings', 3, { type: 'deprecate', message: 'gone', replacedBy: '@bob/lists' }),
    releaseFiles({
      name: '@bob/late',
      version: '1.0.0',
      minute: 20,
      imports: { '@alice/strings': '^1.0.0' },
    }),
  );
  const { index, read, report } = await built(files);
  expect(report.findings).toEqual([]);
  const { header } = index('alice/strings');
  expect(Object.fromEntries(header.tags)).toEqual({ latest: '1.1.0', old: '1.0.0' });
  expect(Object.fromEntries(header.yanked)).toEqual({ '1.2.0': 'leaks' });
  expect(header.deprecated).toEqual({ message: 'gone', replacedBy: '@bob/lists' });
  expect(index('bob/late').versions[0]?.closure[0]?.version).toBe('1.1.0');
  const legacy = JSON.parse(read('modules.json')).modules['@alice/strings'];
  expect(legacy).toMatchObject({ version: '1.1.0', availableVersions: ['1.1.0', '1.0.0'] });
});

test("modules.json holds what today's client accepts, and nothing under another licence", async () => {
  const files = merge(smallRegistry(), releaseFiles({ name: '@bob/mit', version: '1.0.0', license: 'MIT' }));
  const { read } = await built(files);
  const { version, modules } = JSON.parse(read('modules.json'));
  expect(version).toBe('2.0');
  expect(Object.keys(modules)).toEqual(['@alice/report', '@alice/strings', '@bob/lists']);
  for (const entry of Object.values<Record<string, unknown>>(modules)) {
    expect(entry).toMatchObject({
      license: 'CC0',
      needs: [],
      source: { contentHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(entry.availableVersions).toContain((entry.tags as Record<string, string>).latest);
  }
  expect(read('names/all')).toBe('@alice/report\n@alice/strings\n@bob/lists\n@bob/mit\n');
});

test('contents come from the sources, by hash and as texts, and into the zone', async () => {
  const asked: string[] = [];
  const fetch = sourceFetch(asked);
  const { dir, report, read, index } = await built(smallRegistry({ url: 'https://registry.example.org/' }), {
    offline: false,
    fetch,
  });
  expect(report.checked).toMatchObject({ match: 5 });
  expect(asked).toHaveLength(5);
  const entry = index('alice/strings').versions[0]?.files[0];
  const text = read('m/alice/strings.mld');
  expect(sha256(text)).toBe(entry?.sha256);
  expect(read(`blob/sha256/${entry?.sha256}`)).toBe(text);
  expect(read('m/alice/strings@1.0.0.mld')).toContain('1.0.0');
  expect(read('zone')).toContain(
    `strings.alice.${registryName}. IN TXT "v=mlld1;ver=1.2.0;sha256=${entry?.sha256};url=https://example.org/`,
  );
  const again = await build(dir.join('repo'), { out: dir.join('out'), fetch });
  expect(again).toMatchObject({ asked: 0, rendered: 0, written: 0 });
  expect(asked).toHaveLength(5);
});

test('a source that lies or is gone is told in the index', async () => {
  const fetch = sourceFetch([], (url) => {
    if (url.includes('/1.0.0/')) return new Response('something else');
    if (url.includes('/1.1.0/')) return new Response('', { status: 404 });
    return undefined;
  });
  const { report, index } = await built(smallRegistry(), { offline: false, fetch });
  expect(report.checked).toEqual({ match: 3, mismatch: 1, unreachable: 1, unchecked: 0 });
  const states = index('alice/strings').versions.map(({ checked }) => checked);
  expect(states).toEqual([
    { state: 'match' },
    { state: 'unreachable', reason: 'strings.mld: HTTP status 404' },
    { state: 'mismatch', found: expect.any(String), reason: 'strings.mld has another hash' },
  ]);
});

test('a repository without registry.json is the registry of today, or what the caller says', async () => {
  const record = {
    version: '1.0.0',
    needs: [],
    license: 'CC0',
    mlldVersion: '*',
    dependencies: {},
    keywords: [],
    source: {
      type: 'gist',
      gistId: 'abc',
      url: 'https://gist.githubusercontent.com/alice/abc/raw/def/x.mld',
      contentHash: `sha256:${'a'.repeat(64)}`,
    },
    publishedAt: '2026-01-01T00:00:00Z',
    publishedBy: null,
  };
  const files = new Map([['modules/alice/x/1.0.0.json', JSON.stringify(record)]]);
  const { report, index } = await built(files);
  expect(report.info.name).toBe('registry.mlld.ai');
  expect(index('alice/x').versions[0]).toMatchObject({
    evidence: 0,
    contentHash: 'a'.repeat(64),
    shape: 'file',
  });
  const info = parseRegistryInfo('{"v":1,"name":"other.example.org"}');
  expect((await built(files, { info })).report.info.name).toBe('other.example.org');
});

test('a folder with something else in it is not written to', async () => {
  const dir = await tempDir();
  writeFiles(dir.path, merge(smallRegistry(), new Map([['taken/notes.txt', 'mine']])));
  await expect(build(dir.path, { out: dir.join('taken'), offline: true })).rejects.toMatchObject({
    code: 'USAGE',
  });
  expect([...readTree(dir.join('taken')).keys()]).toEqual(['notes.txt']);
});

test('two builds at once: the second is told', async () => {
  const dir = await tempDir();
  writeFiles(dir.join('repo'), smallRegistry());
  const options = {
    out: dir.join('out'),
    fetch: async () => new Promise<Response>((resolve) => setTimeout(() => resolve(new Response('x')), 100)),
  };
  const first = build(dir.join('repo'), options);
  await expect(build(dir.join('repo'), options)).rejects.toMatchObject({ code: 'LOCK_BUSY' });
  expect((await first).checked.mismatch).toBe(5);
});

test('a name of many modules is listed in shards once the list is long', async () => {
  const names = Array.from(
    { length: 40_000 },
    (_, i) => `@${i % 2 ? 'a' : 'b'}${'x'.repeat(20)}/m${i}`,
  ).sort() as ModuleName[];
  const shards = nameLists(Buffer.from(names.map((name) => `${name}\n`).join('')));
  expect([...shards.keys()]).toEqual(['names/a', 'names/b']);
  expect([...shards.values()].join('').split('\n')).toHaveLength(40_001);
});

test('a chain of imports beyond all measure is cut, and said', { timeout: 60_000 }, async () => {
  const chain = Array.from({ length: limits.closureEntries + 5 }, (_, i) =>
    releaseFiles({
      name: `@alice/m${i}`,
      version: '1.0.0',
      minute: i,
      imports: i === 0 ? {} : { [`@alice/m${i - 1}`]: '*' },
    }),
  );
  const files = new Map(
    [...merge(smallRegistry(), ...chain)].map(([file, text]) => [file, Buffer.from(text)]),
  );
  const store = {
    result: () => undefined,
    bytes: () => undefined,
    keep: () => {},
    keepBytes: (bytes: Uint8Array) => sha256(bytes),
  };
  const catalog = openCatalog(repositoryOf(memoryTree(files)), store);
  const { facts } = await catalog.module(`@alice/m${limits.closureEntries + 4}` as ModuleName);
  const { artifacts } = await catalog.closure(facts[0]!);
  expect(artifacts.length).toBeGreaterThan(limits.closureEntries);
  expect(artifacts.length).toBeLessThan(limits.closureEntries + 4);
});
