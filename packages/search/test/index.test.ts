import { inflateRawSync } from 'node:zlib';
import { isRegistryError, layout } from '@mlld/format';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  basePaths,
  encodePack,
  openPack,
  openSearch,
  packInMemory,
  parseManifest,
  type SearchAnswer,
  type SearchRecord,
} from '../src/index.ts';
import { anyQuery, anyRecords } from './fixture/arbitrary.ts';
import { deflateText, indexFiles, now, open, record } from './fixture/index-files.ts';
import { small } from './fixture/small.ts';

const shown = ({ hits, total, facets }: SearchAnswer) => ({
  hits: hits.map(({ record: { name }, why }) => [name, why.match, why.score]),
  total,
  facets,
});

test('a base with what changed since finds what an index made anew finds, in the same order', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyRecords,
      anyRecords,
      fc.array(anyQuery, { maxLength: 4 }),
      async (before, after, queries) => {
        const stepwise = await open(steps(before, after));
        const atOnce = await open({ base: after });
        for (const query of queries) {
          for (const sort of ['relevance', 'updated', 'quality'] as const) {
            const options = { limit: 50, sort, facets: true };
            const found = await stepwise.search(query, options);
            // Words of modules that are gone stay in the vocabulary of a base, so that corrections may differ.
            if (found.corrections.length > 0) continue;
            const expected = await atOnce.search(query, options);
            if (expected.corrections.length === 0) expect(shown(found)).toEqual(shown(expected));
          }
        }
      },
    ),
    { numRuns: 90 },
  );
});

function steps(before: readonly SearchRecord[], after: readonly SearchRecord[]) {
  const known = new Map(before.map((one) => [one.name, JSON.stringify(one)]));
  const there = new Set(after.map(({ name }) => name));
  return {
    base: before,
    changed: after.filter((one) => known.get(one.name) !== JSON.stringify(one)),
    gone: before.map(({ name }) => name).filter((name) => !there.has(name)),
  };
}

test('every module is found by its name, and by the beginning of it', async () => {
  await fc.assert(
    fc.asyncProperty(anyRecords, async (records) => {
      const search = await open({ base: records });
      for (const { name, author } of records) {
        const whole = await search.search(name, { limit: 1 });
        expect(whole.hits[0]?.record.name).toBe(name);
        expect(whole.hits[0]?.why.match).toBe('exact');
        const slug = name.slice(author.length + 2);
        const bySlug = await search.search(slug, { limit: 100 });
        expect(bySlug.hits.map((hit) => hit.record.name)).toContain(name);
        const begun = await search.search(name.slice(0, -1), { limit: 100 });
        if (slug.length > 1) expect(begun.hits.map((hit) => hit.record.name)).toContain(name);
      }
    }),
    { numRuns: 60 },
  );
});

test('a score is made of the parts that explain it, and no class of hits reaches the next', async () => {
  await fc.assert(
    fc.asyncProperty(anyRecords, anyQuery, async (records, query) => {
      const { hits } = await (await open({ base: records })).search(query, { limit: 100 });
      for (const { why } of hits) {
        expect(why.score).toBeCloseTo(why.rank + why.text * why.factor, 10);
        expect(why.text * why.factor).toBeLessThanOrEqual(1);
      }
      const scores = hits.map(({ why }) => why.score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }),
    { numRuns: 100 },
  );
});

test('similar modules share rare words; one that changed since the base was made has some as well', async () => {
  const base = [
    ...small,
    record('@erin/json-lines', { about: 'Read json line by line', keywords: ['json', 'parse'] }),
  ];
  const search = await open({ base });
  expect((await search.similar('@bob/json')).map(({ name }) => name)).toContain('@erin/json-lines');
  const fresh = record('@frank/json-stream', {
    about: 'Read and parse json as it comes',
    keywords: ['json', 'parse'],
  });
  const changed = await open({ base, changed: [fresh] });
  expect((await changed.similar('@frank/json-stream')).map(({ name }) => name)).toContain('@bob/json');
  expect(await search.similar('@nobody/nothing')).toEqual([]);
  expect(await search.similar('../etc')).toEqual([]);
});

test('a damaged file is an error that names it, never a wrong answer that hangs or throws something else', async () => {
  const files = indexFiles({ base: small });
  const paths = [...files.keys()];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (path, at, bits) => {
        const damaged = new Map(files);
        const bytes = Uint8Array.from(files.get(path) ?? []);
        bytes[at % bytes.length]! ^= bits;
        damaged.set(path, bytes);
        try {
          const search = await openSearch({ read: async (one) => damaged.get(one), now: () => now });
          await search.search('jsn parse is:signed', { facets: true });
          await search.similar('@bob/json');
        } catch (error) {
          expect(isRegistryError(error)).toBe(true);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('a pack gives each file of its base, and of any other path none', async () => {
  const files = indexFiles({ base: small });
  const { base } = await parseManifest(files.get(layout.searchManifest)!);
  const paths = [...basePaths(base)];
  expect([...paths, layout.searchManifest].sort()).toEqual([...files.keys()].sort());
  const read = openPack(base, packInMemory(encodePack(base, files)));
  for (const path of paths) expect(Buffer.from(read(path)!)).toEqual(files.get(path));
  for (const path of [
    layout.searchPack(base.id),
    layout.searchWords(base.id, 99),
    `${paths[0]}/0`,
    '',
    'all',
  ])
    expect(read(path)).toBeUndefined();
});

test('no text of a record is taken for the end of it', async () => {
  const texts = ['},{', '},{"n":', '"},{"n":"@eve/x', '\\"},{"n":', 'a\\'];
  const base = texts.map((about, i) => record(`@alice/text-${i}`, { about, keywords: [about, 'x},{'] }));
  const { hits } = await (await open({ base })).search('kind:module', { limit: 10 });
  expect(hits.map((hit) => [hit.record.name, hit.record.about, hit.record.keywords]).sort()).toEqual(
    base.map(({ name, about, keywords }) => [name, about, keywords]),
  );
});

test('records are read as well where a builder writes them with spaces, or otherwise ordered', async () => {
  const files = indexFiles({ base: small });
  const { base } = await parseManifest(files.get(layout.searchManifest)!);
  const path = layout.searchRecords(base.id, 0);
  const block = JSON.parse(inflateRawSync(files.get(path)!).toString()) as Record<string, unknown>[];
  for (const other of [
    JSON.stringify(block, undefined, 1),
    JSON.stringify(block.map(({ n, ...rest }) => ({ ...rest, n }))),
  ]) {
    const read = async (one: string) => (one === path ? deflateText(other) : files.get(one));
    const search = await openSearch({ read, now: () => now });
    expect(shown(await search.search('json'))).toEqual(
      shown(await (await open({ base: small })).search('json')),
    );
  }
});

test('a registry without an index says so', async () => {
  const opening = openSearch({ read: async () => undefined, now: () => now });
  await expect(opening).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});

test('an index of nothing finds nothing', async () => {
  const search = await open({ base: [] });
  expect(await search.search('json', { facets: true })).toMatchObject({ hits: [], total: 0 });
  expect(indexFiles({ base: [] }).has(layout.searchManifest)).toBe(true);
});
