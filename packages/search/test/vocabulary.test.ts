import { isRegistryError } from '@mlld/format';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeVocabulary,
  dfIn,
  encodeVocabulary,
  lettersOf,
  wordAt,
  wordList,
} from '../src/files/vocabulary.ts';

const letters = fc.oneof(fc.constantFrom(...'abcstz09'), fc.constantFrom('é', 'ß', '日', '本', '𝒳', 'ก'));
const words = fc
  .uniqueArray(
    fc
      .tuple(
        fc.array(letters, { minLength: 1, maxLength: 12 }).map((units) => units.join('')),
        fc.integer({ min: 1, max: 5000 }),
      )
      .map(([term, df]) => ({ term, df })),
    { selector: ({ term }) => term, maxLength: 60 },
  )
  .map((list) => list.sort((a, b) => (a.term < b.term ? -1 : 1)));

test('a vocabulary gives back its words, how many have them roughly, and their letters', () => {
  fc.assert(
    fc.property(words, (list) => {
      const bytes = encodeVocabulary(list);
      const decoded = decodeVocabulary(bytes, 'words');
      const inMemory = wordList(list);
      expect([decoded.size, inMemory.size]).toEqual([list.length, list.length]);
      expect(dfIn(decoded, '!')).toBe(0);
      for (const [i, { term, df }] of list.entries()) {
        expect([wordAt(decoded, i), wordAt(inMemory, i)]).toEqual([term, term]);
        expect([decoded.letters[i], inMemory.letters[i]]).toEqual([lettersOf(term), lettersOf(term)]);
        expect([dfIn(decoded, term), dfIn(inMemory, term)]).toEqual([2 ** Math.floor(Math.log2(df)), df]);
      }
    }),
    { numRuns: 60 },
  );
});

test('one that is cut short is an error', () => {
  const bytes = encodeVocabulary([
    { term: 'format', df: 3 },
    { term: 'formatés', df: 1 },
  ]);
  for (let length = 0; length < bytes.length; length++) {
    try {
      decodeVocabulary(bytes.subarray(0, length), 'words');
      expect.unreachable();
    } catch (error) {
      expect(isRegistryError(error, 'BAD_SHAPE')).toBe(true);
    }
  }
});
