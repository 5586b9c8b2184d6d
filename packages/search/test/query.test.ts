/** The language of queries: each form, what a minus leaves, orders and counts (search.md §4, §6.2). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hit, SearchRecord, Sort } from '../src/index.ts';
import { anyRecords } from './fixture/arbitrary.ts';
import { open, record } from './fixture/index-files.ts';
import { small } from './fixture/small.ts';

const namesOf = (hits: readonly Hit[]) => hits.map(({ record: { name } }) => name);
const cases: readonly (readonly [query: string, names: readonly string[]])[] = [
  ['padStart', ['@alice/strings']],
  ['exports:padstart', ['@alice/strings']],
  ['exports:pad', []],
  ['tag:text exports:pad', []],
  ['tag:json nowhere', ['@bob/json']],
  ['json', ['@bob/json', '@bob/json-schema', '@carol/json']],
  ['@carol/json', ['@carol/json']],
  ['carol/', ['@carol/dates', '@carol/json']],
  ['json -schema', ['@bob/json', '@carol/json']],
  ['json is:signed', ['@bob/json', '@bob/json-schema']],
  ['json author:bob', ['@bob/json', '@bob/json-schema']],
  ['json -author:bob', ['@carol/json']],
  ['tag:json-schema', ['@bob/json-schema']],
  ['tag:schema', []],
  ['json-schema', ['@bob/json-schema']],
  ['jsonschema', ['@bob/json-schema']],
  ['"wrap text"', ['@alice/strings']],
  ['"text wrap"', []],
  ['kind:template', ['@carol/dates']],
  ['needs:js', ['@bob/json-schema']],
  ['licence:mit', ['@bob/json-schema']],
  ['depends:@alice/strings', ['@bob/json']],
  ['score:>70', ['@bob/json-schema']],
  ['score:70..80', ['@bob/json-schema']],
  ['quality:>=90', ['@bob/json']],
  ['updated:>2y', ['@carol/dates']],
  ['updated:<6m author:carol', ['@carol/json']],
  ['updated:>2026-04-30 author:carol', ['@carol/json']],
  ['updated:<=2020-01-01', ['@carol/dates']],
  ['updated:2019-01-01..2021-12-31', ['@carol/dates']],
  ['is:deprecated', ['@carol/json']],
  ['json -is:deprecated', ['@bob/json', '@bob/json-schema']],
  ['is:reviewed', ['@alice/strings']],
  ['is:signed,reviewed', ['@alice/strings']],
  ['-is:safe', ['@dave/sentences']],
  ['is:yanked', []],
  ['author:alice,dave', ['@dave/sentences', '@alice/strings']],
  ['author:carol -kind:template', ['@carol/json']],
  ['author:bob needs:none', ['@bob/json']],
  ['category:text', ['@alice/strings']],
  ['name:json about:write', ['@bob/json']],
  ['json -tag:json', ['@bob/json-schema', '@carol/json']],
  ['text -"wrap text"', ['@dave/sentences']],
  ['json -depends:@alice/strings', ['@bob/json-schema', '@carol/json']],
  ['-json author:bob,carol', ['@carol/dates']],
  ['date', ['@carol/dates']],
  ['formats date', ['@carol/dates']],
  ['strngs', ['@alice/strings']],
  ['jsonschma', ['@bob/json-schema']],
  ['textstring', ['@alice/strings']],
  ['文章', ['@dave/sentences']],
  ['splitting', ['@dave/sentences']],
];

test.each(cases)('%s', async (query, names) => {
  const search = await open({ base: small });
  expect(namesOf((await search.search(query)).hits)).toEqual(names);
});

/** What properties say, of a record itself. */
const properties: readonly (readonly [property: string, holds: (record: SearchRecord) => boolean])[] = [
  ['author:alice', ({ author }) => author === 'alice'],
  ['author:bob,carol-json', ({ author }) => author !== 'alice'],
  ['needs:js', ({ needs }) => needs.includes('js')],
  ['needs:none', ({ needs }) => needs.length === 0],
  ['is:signed', ({ signed }) => signed],
  ['is:deprecated,signed', ({ deprecated, signed }) => deprecated && signed],
  ['score:>50', ({ score }) => score !== undefined && score > 50],
  ['score:<=50', ({ score }) => score !== undefined && score <= 50],
  ['quality:20..70', ({ quality }) => quality !== undefined && quality >= 20 && quality <= 70],
  ['updated:>2026-05-10', ({ updated }) => updated > '2026-05-10'],
  ['updated:<2026-05-10', ({ updated }) => updated < '2026-05-10'],
  ['tag:json', ({ keywords }) => keywords.includes('json')],
  ['exports:jsonParse', ({ exports }) => exports.includes('jsonParse')],
];

test('properties narrow to what they say, a minus to the rest, and several to what all of them say', async () => {
  const some = fc.uniqueArray(fc.tuple(fc.constantFrom(...properties), fc.boolean()), {
    selector: ([[property]]) => property,
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(anyRecords, some, async (base, asked) => {
      // A minus needs something to be taken from.
      const query = ['kind:module', ...asked.map(([[text], not]) => `${not ? '-' : ''}${text}`)].join(' ');
      const { hits, total, corrections } = await (await open({ base })).search(query, { limit: 100 });
      // Where no module has a keyword, one that is nearly so is taken, and that is said.
      fc.pre(corrections.length === 0);
      const wanted = base.filter((one) => asked.every(([[, holds], not]) => holds(one) !== not));
      expect(namesOf(hits).sort()).toEqual(wanted.map(({ name }) => name).sort());
      expect(total).toBe(wanted.length);
    }),
    { numRuns: 60 },
  );
});

test('an order by a property begins with the newest or the highest, and ends with what has none', async () => {
  const numberOf: Readonly<
    Record<Exclude<Sort, 'relevance' | 'trending'>, (record: SearchRecord) => number>
  > = {
    updated: ({ updated }) => Date.parse(updated),
    score: ({ score = -1 }) => score,
    quality: ({ quality = -1 }) => quality,
  };
  await fc.assert(
    fc.asyncProperty(
      anyRecords,
      fc.constantFrom('updated', 'score', 'quality'),
      fc.constantFrom('json', 'kind:module'),
      async (base, sort, query) => {
        const { hits } = await (await open({ base })).search(query, { limit: 100, sort });
        const values = hits.map(({ record }) => numberOf[sort](record));
        expect(values).toEqual([...values].sort((a, b) => b - a));
      },
    ),
    { numRuns: 30 },
  );
});

test('what is trending comes first, then the best; an order in the query goes before any other', async () => {
  const changed = [record('@erin/json-later', { about: 'json that came later' })];
  const trending = ['@erin/json-later', '@bob/json'];
  const search = await open({ base: small, changed, trending });
  const best = namesOf((await search.search('json')).hits);
  const rest = best.filter((name) => !trending.includes(name));
  expect(rest.length).toBeGreaterThan(0);
  const risen = await search.search('json', { sort: 'trending' });
  expect(namesOf(risen.hits)).toEqual([...trending, ...rest]);
  expect(namesOf((await search.search('json sort:trending', { sort: 'score' })).hits)).toEqual(
    namesOf(risen.hits),
  );
  expect(namesOf((await search.search('json sort:updated')).hits)).toEqual(
    namesOf((await search.search('json', { sort: 'updated' })).hits),
  );
  expect((await search.search('json sort:price -sort:score')).notes).toEqual([
    "'sort:price' was not understood and is left out",
    "'-sort:score' was not understood and is left out",
  ]);
  expect(risen.notes).toEqual([]);
  const without = await (await open({ base: small })).search('json sort:trending');
  expect(without.notes).toEqual([expect.stringContaining('nothing is trending')]);
});

test('facets count all that was found, also what is not shown', async () => {
  const search = await open({ base: small });
  const { total, facets, hits } = await search.search('json', { limit: 1, facets: true });
  expect([hits.length, total]).toEqual([1, 3]);
  expect(facets?.licence).toEqual([
    { value: 'CC0', count: 2 },
    { value: 'MIT', count: 1 },
  ]);
  expect(facets?.is).toContainEqual({ value: 'deprecated', count: 1 });
});

test('a mistyped word is put right and told; what can not be read in a query is told and left out', async () => {
  const search = await open({ base: small });
  expect((await search.search('strngs')).corrections).toEqual([{ from: 'strngs', to: 'strings' }]);
  expect((await search.search('json score:many')).notes).toEqual([
    "'score:many' was not understood and is left out",
  ]);
});
