import { readFileSync } from 'node:fs';
import path from 'node:path';
import { layout } from '@mlld/format';
import { openSearch, parseManifest } from '@mlld/search';
import { tempDir } from '@mlld/testing';
import { expect, test } from 'vitest';
import { build } from '../src/index.ts';
import type { Output } from '../src/outputs/output.ts';
import { search as searchOutput } from '../src/search/output.ts';
import { headingsIn } from '../src/search/record.ts';
import {
  changeFiles,
  type Files,
  keysetFiles,
  merge,
  readTree,
  registryFile,
  releaseFiles,
  smallRegistry,
  writeFiles,
} from './registry.ts';

const options = { offline: true, outputs: [searchOutput] };

async function searchIn(out: string) {
  const read = async (file: string) => {
    try {
      return readFileSync(path.join(out, file));
    } catch {
      return undefined;
    }
  };
  const search = await openSearch({ read, now: () => Date.UTC(2026, 0, 2) });
  return async (query: string) => {
    const { hits, total } = await search.search(query, { limit: 50 });
    return {
      names: hits.map(({ record: { name } }) => name),
      versions: hits.map(({ record }) => record.version),
      total,
    };
  };
}

test('a build writes an index that finds its modules, also after each change', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  writeFiles(repo, smallRegistry());
  await build(repo, { out, ...options });
  const before = await (await searchIn(out))('strings');
  expect(before.names).toEqual(['@alice/strings']);
  writeFiles(repo, releaseFiles({ name: '@alice/strings', version: '9.0.0', minute: 30 }));
  await build(repo, { out, ...options });
  expect((await (await searchIn(out))('exports:greet author:alice')).versions).toContain('9.0.0');
  writeFiles(repo, changeFiles('@alice/strings', 1, { type: 'deprecate', message: 'gone' }));
  await build(repo, { out, ...options });
  expect((await (await searchIn(out))('strings is:deprecated')).names).toEqual(['@alice/strings']);
});

const many = (from: number, to: number): Files =>
  merge(
    ...Array.from({ length: to - from }, (_, i) =>
      releaseFiles({ name: `@alice/module-${from + i}`, version: '1.0.0', minute: 10 }),
    ),
  );

const searchFiles = (out: string) =>
  new Map([...readTree(out)].filter(([file]) => file.startsWith('search/')));

test('a publish into a larger registry writes three files; many of them make a new base', {
  timeout: 120_000,
}, async () => {
  const dir = await tempDir();
  const [repo, out, fresh] = [dir.join('repo'), dir.join('out'), dir.join('fresh')];
  writeFiles(repo, merge(new Map([registryFile()]), keysetFiles('alice'), many(0, 300)));
  await build(repo, { out, ...options });
  const first = searchFiles(out);
  writeFiles(repo, releaseFiles({ name: '@alice/new-thing', version: '1.0.0', minute: 30 }));
  writeFiles(repo, new Map([['modules/alice/module-7', null]]));
  await build(repo, { out, ...options });
  const second = searchFiles(out);
  const written = [...second].filter(([file, bytes]) => first.get(file) !== bytes).map(([file]) => file);
  expect(written.map((file) => file.replace(/[0-9a-f]{16}/, '*')).sort()).toEqual([
    'search/delta/*',
    'search/manifest',
    'search/meaning/delta/*',
  ]);
  const find = await searchIn(out);
  expect((await find('new thing')).names).toEqual(['@alice/new-thing']);
  expect((await find('@alice/module-7')).names).not.toContain('@alice/module-7');

  writeFiles(repo, many(300, 345));
  await build(repo, { out, ...options });
  const manifestBytes = readFileSync(path.join(out, layout.searchManifest));
  const { base, delta } = await parseManifest(manifestBytes);
  expect(delta).toBeUndefined();
  expect(base.modules).toBe(345);
  expect([...searchFiles(out).keys()].some((file) => file.startsWith('search/delta/'))).toBe(false);
  await build(repo, { out: fresh, ...options });
  // What was learnt is not learnt anew for so few modules (search.md §10.2): its files have other names.
  const words = (files: ReadonlyMap<string, unknown>) =>
    [...files.keys()].filter((file) => !file.startsWith('search/meaning/'));
  expect(words(searchFiles(out))).toEqual(words(searchFiles(fresh)));
  expect(searchFiles(out).size).toBe(searchFiles(fresh).size);
  const atOnce = await searchIn(fresh);
  const stepwise = await searchIn(out);
  for (const query of ['module', 'new', 'module-3', 'author:alice greet'])
    expect(await stepwise(query)).toEqual(await atOnce(query));
});

test('what statistics find trending is in the manifest, without what nobody should be led to; a day changes nothing else', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  /** Finds trending what a file names. */
  const statistics: Output = {
    name: 'statistics',
    version: 1,
    owns: ['installs/'],
    reads: ['statistics'],
    async *late({ rows, repository }) {
      const names = repository.tree.read('statistics/names', 1000)?.toString().split(' ') ?? [];
      rows.set('~trending', JSON.stringify(names.map((name) => [name, 50, 1])));
    },
  };
  const day = async (...names: string[]) => {
    writeFiles(repo, new Map([['statistics/names', names.join(' ')]]));
    await build(repo, { ...options, out, outputs: [statistics, searchOutput] });
    return (await (await searchIn(out))('kind:module sort:trending')).names;
  };
  writeFiles(repo, merge(new Map([registryFile()]), keysetFiles('alice'), many(0, 5)));
  const [first, second] = ['@alice/module-3', '@alice/module-1'];
  expect((await day(first, second)).slice(0, 2)).toEqual([first, second]);
  const before = searchFiles(out);
  expect((await day('@alice/gone', second, first)).slice(0, 2)).toEqual([second, first]);
  const after = searchFiles(out);
  expect([...after].filter(([file, bytes]) => before.get(file) !== bytes).map(([file]) => file)).toEqual([
    layout.searchManifest,
  ]);
  writeFiles(repo, changeFiles('@alice/module-1', 1, { type: 'deprecate', message: 'gone' }));
  expect((await day('@alice/gone', second, first))[0]).toBe(first);
});

test('headings are those outside of code, without marks', () => {
  const text =
    '# @alice/x\n## `pad(text)`\n```sh\n# no heading\n```\n### See [docs](https://example.org)\n## Usage\n';
  expect(headingsIn(text)).toEqual(['@alice/x', 'pad', 'See docs']);
});

test('nothing that is paid moves a module: with money or without, the index is the same bytes', async () => {
  const dir = await tempDir();
  const paid = {
    funding: 'https://example.org/pay',
    sponsor: 'A rich company',
    sponsors: ['A', 'B'],
    promoted: true,
    tier: 'gold',
  };
  const indexes = [];
  for (const [name, more] of [
    ['free', {}],
    ['paid', paid],
  ] as const) {
    const files = smallRegistry();
    for (const [file, text] of files)
      if (file.endsWith('/metadata.json') && file.includes('strings'))
        files.set(file, JSON.stringify({ ...JSON.parse(String(text)), ...more }));
    writeFiles(dir.join(name), files);
    await build(dir.join(name), { out: dir.join(`${name}-out`), ...options });
    indexes.push(searchFiles(dir.join(`${name}-out`)));
  }
  expect(indexes[0]!.size).toBeGreaterThan(3);
  expect(indexes[1]).toEqual(indexes[0]);
});
