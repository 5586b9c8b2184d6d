/** Good texts, made bad. */
import fc from 'fast-check';

export const anyJson = fc.json({ maxDepth: 4 });

/** A good text with pieces removed, doubled, moved or replaced. */
export function broken(seeds: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    '',
    '"',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '\\',
    '\u0000',
    '__proto__',
    '1e999',
    '-0',
    'null',
    '\n',
  );
  return fc
    .tuple(
      seeds,
      fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.oneof(piece, fc.string())), { minLength: 1, maxLength: 4 }),
    )
    .map(([text, edits]) =>
      edits.reduce((found, [at, length, by]) => {
        const start = at % (found.length + 1);
        return found.slice(0, start) + by + found.slice(start + length);
      }, text),
    );
}

/** A good text with one JSON value in it replaced by any other. */
export function swapped(seeds: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const values = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?|true|false|null|\[\]|\{\}/g;
  return fc
    .tuple(seeds, fc.nat(), fc.oneof(anyJson, fc.constantFrom('"constructor"', '9007199254740993', '[[[]]]')))
    .map(([text, at, by]) => {
      const found = [...text.matchAll(values)];
      const one = found[at % Math.max(1, found.length)];
      return one === undefined ? by : text.slice(0, one.index) + by + text.slice(one.index + one[0].length);
    });
}
