import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, parseJson, parseNdjson } from '../src/index.ts';
import { anyUnicode } from './arbitraries.ts';

const wellFormed = anyUnicode();
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((n) => !Object.is(n, -0) && (!Number.isInteger(n) || Number.isSafeInteger(n))),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(null, true, false),
    number,
    wellFormed,
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.dictionary(
      wellFormed.filter((key) => key !== '__proto__'),
      tie('tree'),
      { maxKeys: 5 },
    ),
  ),
}));

describe('strict JSON', () => {
  it('reads what JSON.parse reads, where that leaves nothing open', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 200 },
    );
  });

  it('refuses whatever JSON.parse refuses', () => {
    const junk = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0019.eE+-truefalsn \n\t') }),
      tree.chain((value) => {
        const text = JSON.stringify(value);
        return fc
          .tuple(fc.nat(text.length), fc.constantFrom('', ',', '"', '}', '0', '\\', ' '))
          .map(([at, change]) => text.slice(0, at) + change + text.slice(at + 1));
      }),
    );
    fc.assert(
      fc.property(junk, (text) => {
        let wanted: unknown;
        try {
          wanted = JSON.parse(text);
        } catch {
          expect(codeOf(() => parseJson(text))).toBe('BAD_JSON');
          return;
        }
        if (codeOf(() => parseJson(text)) === 'ok') expect(parseJson(text)).toEqual(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a member that stands twice', '{"a":1,"a":1}'],
    ['a member twice, once escaped', '{"a":1,"\\u0061":1}'],
    ['a member __proto__', '{"__proto__":{}}'],
    ['a member __proto__, escaped', '{"\\u005f_proto__":{}}'],
    ['an integer beyond 2^53', '9007199254740993'],
    ['an integer beyond 2^53, as a decimal', '9007199254740993.0'],
    ['an integer beyond 2^53, with an exponent', '1e25'],
    ['a number without end', '1e400'],
    ['a number that is too small to be held', '1e-400'],
    ['minus zero', '-0'],
    ['minus zero, as a decimal', '-0.0'],
    ['half of a surrogate pair', '"\\ud800"'],
    ['surrogates the wrong way round', '"\\udc00\\ud800"'],
    ['a byte order mark', '\ufeff{}'],
    ['a no-break space', '\u00a0{}'],
    ['text after the value', '{} {}'],
    ['a comma at the end', '[1,]'],
    ['a remark', '{}//x'],
    ['single quotes', "{'a':1}"],
    ['a bare member name', '{a:1}'],
    ['a plus sign', '+1'],
    ['a leading zero', '01'],
    ['a hex number', '0x1'],
    ['NaN', 'NaN'],
    ['a control character', '"\u0001"'],
    ['a newline in a string', '"\n"'],
    ['an unknown escape', '"\\x41"'],
    ['an escape of an inherited name', '"\\constructor"'],
    ['an integer beyond 2^53 that comes back the same', '[9007199254740992]'],
    ['the same with an exponent', '{"a":[1e+25]}'],
    ['a deep member __proto__', '[{"a":{"__proto__":1}}]'],
    ['a deep member that stands twice', '[{"b":1,"a":2,"b":1}]'],
    ['a member that stands twice, on lines', '{\n  "a": 1,\n  "a": 1\n}'],
    ['a member __proto__, on lines', '{\n  "__proto__": {}\n}'],
    ['half of a surrogate pair, on lines', '[\n  "\ud800"\n]'],
    ['65 levels, on lines', `${'[\n  '.repeat(65)}${']'.repeat(65)}`],
    ['minus zero in a list', '[-0]'],
    ['half of a surrogate pair in a list', '["\\ud800"]'],
    ['half of a surrogate pair as it is', '["\ud800"]'],
    ['a newline and a space after it', '{}\n\u00a0'],
    ['nothing', ''],
    ['space alone', '  '],
    ['65 levels', '['.repeat(65) + ']'.repeat(65)],
    ['a hundred thousand levels', '['.repeat(60_000)],
  ])('refuses %s', (_name, text) => {
    expect(codeOf(() => parseJson(text))).toBe('BAD_JSON');
  });

  it('reads the shortest form, and that of statements, as any other', () => {
    const anyNumber = fc.oneof(
      number,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.bigInt().map(Number),
    );
    const leaf = fc.oneof(anyNumber, fc.string({ unit: 'binary' }), fc.constantFrom(null, true, '\\u0041'));
    const value = fc.array(
      fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), leaf, { maxKeys: 3 }),
    );
    fc.assert(
      fc.property(
        value,
        fc.constantFrom(0, 2, 4),
        fc.constantFrom('', '\n', ' ', '\n\n'),
        (list, indent, end) => {
          const text = JSON.stringify(list, null, indent) + end;
          const spaced = ` ${text}`;
          const wanted = codeOf(() => parseJson(spaced));
          expect(codeOf(() => parseJson(text))).toBe(wanted);
          if (wanted === 'ok') expect(parseJson(text)).toEqual(parseJson(spaced));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('reads 64 levels, and a surrogate pair in escapes', () => {
    expect(codeOf(() => parseJson('['.repeat(64) + ']'.repeat(64)))).toBe('ok');
    expect(parseJson('"\\ud83d\\ude00"')).toBe('😀');
  });

  it('refuses bytes that are not UTF-8, overlong ones among them', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0xaf, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ])
      expect(codeOf(() => parseJson(Uint8Array.from(bytes)))).toBe('BAD_JSON');
  });

  it('counts bytes, not characters', () => {
    const text = JSON.stringify('ä'.repeat(40));
    expect(codeOf(() => parseJson(text, { maxBytes: 82 }))).toBe('ok');
    expect(codeOf(() => parseJson(text, { maxBytes: 81 }))).toBe('TOO_LARGE');
    expect(codeOf(() => parseJson(Buffer.from(text), { maxBytes: 81 }))).toBe('TOO_LARGE');
  });

  it('says where', () => {
    expect(() => parseJson('{\n  "a": 1,\n  "a": 2\n}', { where: 'x.json' })).toThrow(
      /^x\.json: member 'a' stands twice \(line 3, column 6\)$/,
    );
  });

  it('reads lines, and says which is bad', () => {
    fc.assert(
      fc.property(fc.array(tree as fc.Arbitrary<Json>), (values) => {
        const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
        expect(parseNdjson(text)).toEqual(values.map((value) => JSON.parse(JSON.stringify(value))));
      }),
    );
    expect(() => parseNdjson('{}\n{\n')).toThrow(/line 2/);
    expect(codeOf(() => parseNdjson('{}\n\n'))).toBe('BAD_JSON');
  });
});
