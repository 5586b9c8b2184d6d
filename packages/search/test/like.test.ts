/** Questions in one's own words: what is near, and how both lists are fused (search.md §9.5, §9.6). */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { openSearch } from '../src/index.ts';
import { fusion, proseOf } from '../src/search/like.ts';
import { now, open, record } from './fixture/index-files.ts';
import { searchOver, texts } from './fixture/like.ts';

describe('a question', () => {
  it('finds what shares no word with it, and says how', async () => {
    const { search, asked } = await searchOver(texts);
    const { hits, meaning, notes } = await search.like('calendar');
    expect(meaning).toEqual({ provider: 'learnt', model: 'words of this registry' });
    expect(notes).toEqual([]);
    expect(hits[0]?.record.name).toBe('@alice/dates');
    expect(hits[0]?.like).toMatchObject({ text: 1, meaning: { place: 1, label: 'only' } });
    expect(hits[0]?.like.score).toBeCloseTo(2 / (fusion + 1), 10);
    expect(asked.length).toBeLessThan(12);
    const taxes = await search.like('tax', { by: 'meaning' });
    expect(taxes.hits.map(({ record: { name } }) => name).slice(0, 2)).toEqual([
      '@alice/money',
      '@bob/invoices',
    ]);
    expect(taxes.hits[1]?.why).toMatchObject({ match: 'any', words: [] });
    expect(taxes.hits[1]?.like.text).toBeUndefined();
  });

  it('is narrowed by properties, which are no part of what is asked', async () => {
    const { search } = await searchOver(texts);
    const { hits, total } = await search.like('a sentence of letters author:bob -invoices', { facets: true });
    expect(hits.map(({ record: { name } }) => name)).toEqual(['@bob/letters']);
    expect(total).toBe(1);
    expect(proseOf('wrap "long text" needs:js -html is:signed')).toBe('wrap  long text ');
  });

  it('finds what changed since the index was made, and no longer what is gone', async () => {
    const { search } = await searchOver(texts, [
      ['@alice/dates', 'Prices. An invoice with taxes.'],
      ['@carol/weeks', 'Weekdays of a calendar month.'],
    ]);
    const { hits } = await search.like('calendar');
    expect(hits[0]?.record.name).toBe('@carol/weeks');
    expect(hits[0]?.like.meaning?.label).toBe('new');
    expect(hits.find(({ record: { name } }) => name === '@alice/dates')?.like.text).toBeUndefined();
  });

  it('of unknown words, and one without vectors, is answered by words alone and says so', async () => {
    const { search } = await searchOver(texts);
    const unknown = await search.like('zzz');
    expect(unknown.hits).toEqual([]);
    expect(unknown.notes).toHaveLength(1);
    expect(unknown.meaning).toBeUndefined();
    const bare = await open({ base: [record('@alice/strings', { about: 'split text' })] });
    const { hits, notes } = await bare.like('split a text into sentences');
    expect(hits.map(({ record: { name } }) => name)).toEqual(['@alice/strings']);
    expect(notes).toHaveLength(1);
  });

  it('is read by the model where that is at hand', async () => {
    const { files } = await searchOver(texts);
    const asked: string[] = [];
    const search = await openSearch({
      now: () => now,
      read: async (path) => files.get(path),
      embed: async (text, { dims: wanted }) => {
        asked.push(text);
        return new Float32Array(wanted).fill(1 / Math.sqrt(wanted));
      },
    });
    await search.like('anything kind:module');
    expect(asked).toEqual(['anything']);
  });
});

test('whoever fuses two lists puts first what stands well in both', async () => {
  const { search } = await searchOver(texts);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('sentence', 'price', 'month', 'letters', 'invoice', 'tax', 'word'), {
        minLength: 1,
        maxLength: 4,
      }),
      async (words) => {
        const { hits } = await search.like(words.join(' '));
        const scores = hits.map(({ like: { text, meaning, score } }) => {
          const share = (place: number | undefined) => (place === undefined ? 0 : 1 / (fusion + place));
          expect(score).toBeCloseTo(share(text) + share(meaning?.place), 12);
          return score;
        });
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
      },
    ),
    { numRuns: 40 },
  );
});
