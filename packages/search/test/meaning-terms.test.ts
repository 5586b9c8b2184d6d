/** What a text is cut into, and what is learnt of the pieces (search.md §9.3, §10.2). */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { inflate } from '../src/files/bytes.ts';
import {
  buildMeaning,
  knownTerms,
  learnFew,
  learnTerms,
  quantise,
  stemsIn,
  sumOf,
  type TermRow,
  type Tokenizing,
  termTable,
} from '../src/index.ts';
import { openMeaning } from '../src/meaning/read.ts';
import { stemOf } from '../src/meaning/stem.ts';
import { cosine } from '../src/meaning/vector.ts';
import { packing } from './fixture/index-files.ts';
import { texts } from './fixture/like.ts';

test.for([
  ['splitting', 'split'],
  ['sentences', 'sentenc'],
  ['relational', 'relat'],
  ['hopping', 'hop'],
  ['happy', 'happi'],
  ['agreed', 'agre'],
  ['adoption', 'adopt'],
  ['controlling', 'control'],
  ['yes', 'ye'],
  ['sha256', 'sha256'],
  ['größe', 'größe'],
])('the stem of %s is %s', ([word, stem]) => {
  expect(stemOf(word!)).toBe(stem);
});

test('stems of a text are those of its words and of the parts of its symbols', () => {
  expect(stemsIn('the padStart of HTMLTables')).toEqual(['pad', 'start', 'html', 'tabl']);
  expect(stemsIn('how to do it')).toEqual(['how', 'to', 'do', 'it']);
});

describe('word pieces', () => {
  const bert: Tokenizing = {
    kind: 'wordpiece',
    ...{ lowercase: true, stripAccents: true, han: true, goesOn: '##', mostChars: 100 },
  };
  const table = termTable(new Map(['un', '##aff', '##able', 'una', 'e', ',', '中'].map((one) => [one, one])));

  it('are the longest ones that fit, as BERT cuts them', () => {
    expect(knownTerms('Unaffable, É中中', bert, table)).toEqual([',', 'e', '中', '中']);
    expect(
      knownTerms('unaffable', bert, termTable(new Map(['un', '##aff', '##able'].map((one) => [one, one])))),
    ).toEqual(['un', '##aff', '##able']);
  });

  it('of the same text are the same from files that are read when they are needed', async () => {
    const pieces = ['a', 'b', 'ab', 'abc', '##a', '##b', '##bc', '##cab', 'ca', 'c', '##c'];
    const many = Array.from({ length: 3000 }, (_, i) => `w${i.toString(36)}`);
    const all = [...pieces, ...many];
    const terms: TermRow[] = all.map((one, i) => ({
      key: one,
      ...quantise(Float32Array.from({ length: 64 }, (_, k) => Math.cos(i * (k + 1)))),
    }));
    const meaning = buildMeaning(
      {
        ...{ base: '0123456789abcdef', provider: 'model2vec', model: 'test', dims: 64, each: 1 },
        entries: [{ module: 0, label: '', bytes: terms[0]!.bytes }],
        terms: { tokenizing: bert, rows: terms },
      },
      packing,
    );
    const files = new Map([...meaning.termFiles, ...meaning.files]);
    const opened = await openMeaning(
      { id: meaning.id },
      { read: async (path) => files.get(path), inflate },
      { first: 1 },
    );
    const whole = termTable(new Map(terms.map((row) => [row.key, row])));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.stringMatching(/^[abc]{1,9}$/), fc.constantFrom(...many)), { maxLength: 6 }),
        async (words) => {
          const text = words.join(' ');
          expect(await opened.embed(text)).toEqual(sumOf(knownTerms(text, bert, whole), 64));
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('what is learnt follows from the texts alone, and a vector has the direction of its text', () => {
  const list = texts.map(([, text]) => text);
  const first = learnTerms(list, learnFew);
  expect(learnTerms(list, learnFew)).toEqual(first);
  expect(first.map(({ key: one }) => one)).toEqual([...first.map(({ key: one }) => one)].sort());
  expect(learnTerms([], learnFew)).toEqual([]);
  expect(learnTerms(['', 'of the'], learnFew).length).toBeLessThan(3);
  const zero = quantise(new Float32Array([0, Number.NaN]));
  expect([...zero.bytes, zero.scale]).toEqual([0, 0, 0]);
  const { bytes } = quantise(new Float32Array([3, -4]));
  expect(cosine(new Float32Array([0.6, -0.8]), bytes)).toBeGreaterThan(0.999);
});
