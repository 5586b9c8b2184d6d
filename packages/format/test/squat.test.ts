import fc from 'fast-check';
import { expect, it } from 'vitest';
import { likeness, parseModuleName, typosquats } from '../src/index.ts';

const names = (...list: string[]) => list.map(parseModuleName);
const known = names('@alice/string-tools', '@bob/parser', '@alice/llm-core', '@mlld/http');

it.each([
  ['@a1ice/string-tools', '@alice/string-tools', 'lookalike'],
  ['@alice2/string-tools', '@alice/string-tools', 'edit'],
  ['@alcie/string-tools', '@alice/string-tools', 'edit'],
  ['@al-ice/string-tools', '@alice/string-tools', 'words'],
  ['@mlld/core-llm', '@alice/llm-core', undefined],
  ['@carol/tools-string', '@alice/string-tools', undefined],
  ['@bbo/parser', '@bob/parser', 'edit'],
  ['@parser/bob', '@bob/parser', 'swap'],
  ['@rnlld/http', '@mlld/http', 'lookalike'],
  ['@mild/http', '@mlld/http', 'lookalike'],
  ['@ml-ld/http', '@mlld/http', 'edit'],
  ['@carol/unrelated', '@mlld/http', undefined],
])('%s beside %s: %s', (name, other, how) => {
  const found = typosquats(parseModuleName(name), known).find((one) => one.name === other);
  expect(found?.how).toBe(how);
});

it("leaves an author's own names alone", () => {
  expect(typosquats(parseModuleName('@alice/string-tool'), known)).toEqual([]);
});

it('finds by keys what comparing with every name finds', () => {
  const label = fc.string({
    unit: fc.constantFrom('a', 'b', '0', 'o', 'r', 'n', 'm'),
    minLength: 1,
    maxLength: 4,
  });
  const name = fc.tuple(label, label).map(([author, short]) => parseModuleName(`@${author}/${short}`));
  fc.assert(
    fc.property(name, fc.array(name, { maxLength: 30 }), (one, all) => {
      const author = (of: string) => of.slice(1, of.indexOf('/'));
      const expected = [...new Set(all)]
        .filter((other) => author(other) !== author(one) && likeness(one, other) !== undefined)
        .sort();
      expect(
        typosquats(one, new Set(all))
          .map((found) => found.name)
          .sort(),
      ).toEqual(expected);
    }),
  );
});
