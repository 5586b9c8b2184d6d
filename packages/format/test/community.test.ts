import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Author,
  encodeCommunityFile,
  encodeTrustsFile,
  isRegistryError,
  layout,
  type ModuleName,
  parseCommunityFile,
  parseTrustsFile,
} from '../src/index.ts';

const alice = 'alice' as Author;
const strings = '@alice/strings' as ModuleName;
const text = fc.record({
  statement: fc.string({ maxLength: 50 }),
  signatures: fc.array(fc.string({ maxLength: 50 }), { maxLength: 2 }),
});
const someone = fc.constantFrom('alice', 'bob', 'carol') as fc.Arbitrary<Author>;

describe('files of what people say', () => {
  test('come back as they were written', () => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 3 }),
        fc.uniqueArray(someone),
        fc.nat(),
        fc.array(fc.tuple(someone, fc.array(text, { maxLength: 2 }))),
        (reviews, by, count, chains) => {
          const file = {
            v: 1,
            name: strings,
            reviews,
            stars: { count, by },
            own: by,
            reports: 1,
            keysets: new Map(chains),
          } as const;
          const written = encodeCommunityFile(file);
          expect(parseCommunityFile(written)).toEqual(file);
          expect(encodeCommunityFile(parseCommunityFile(written))).toBe(written);
          const trusts = { v: 1, by: alice, statements: reviews, keysets: reviews } as const;
          expect(parseTrustsFile(encodeTrustsFile(trusts))).toEqual(trusts);
        },
      ),
    );
  });

  test('any other bytes are an error of ours', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (bytes) => {
        for (const parse of [parseCommunityFile, parseTrustsFile]) {
          try {
            parse(bytes);
          } catch (error) {
            expect(isRegistryError(error)).toBe(true);
          }
        }
      }),
    );
  });

  test('have paths of their own', () => {
    expect(layout.community(strings)).toBe('community/modules/alice/strings');
    expect(layout.trusts(alice)).toBe('community/people/alice');
    expect(layout.report('@alice/strings', 'bob' as Author, 1)).toBe(
      'reports/modules/alice/strings/bob/1.json',
    );
    expect(layout.report('@alice', 'bob' as Author, 2)).toBe('reports/authors/alice/bob/2.json');
    expect(layout.transfer(strings, 1)).toBe('transfers/alice/strings/1.json');
  });
});
