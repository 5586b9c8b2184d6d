/** Whatever comes in, a parser answers, or fails with a code of ours: no other exception, and no hang. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeIndex,
  encodeLock,
  encodeProof,
  encodeStatement,
  encodeTxt,
  parseChange,
  parseConfig,
  parseDnsSetting,
  parseIndex,
  parseKeyset,
  parseLock,
  parseMetadata,
  parseProof,
  parseRegistryInfo,
  parseRelease,
  parseTags,
  parseTxt,
} from '../src/index.ts';
import {
  anyHash,
  anyIndex,
  anyKeyset,
  anyLock,
  anyProof,
  anyRelease,
  anyUnicode,
  anyVersion,
} from './arbitraries.ts';
import { code } from './codes.ts';

const json = fc.json({ maxDepth: 4 });
const parsers: Record<string, { parse: (text: string) => unknown; seeds: fc.Arbitrary<string> }> = {
  release: { parse: parseRelease, seeds: anyRelease.map(encodeStatement) },
  keyset: { parse: parseKeyset, seeds: anyKeyset.map(encodeStatement) },
  change: { parse: parseChange, seeds: json },
  index: { parse: parseIndex, seeds: anyIndex.map(encodeIndex) },
  proof: { parse: parseProof, seeds: anyProof.map(encodeProof) },
  lock: { parse: parseLock, seeds: anyLock.map(encodeLock) },
  config: { parse: parseConfig, seeds: json },
  'DNS setting': { parse: parseDnsSetting, seeds: fc.string() },
  'registry.json': { parse: parseRegistryInfo, seeds: json },
  'metadata.json': { parse: (text) => parseMetadata(text, 'x'), seeds: json },
  'tags.json': { parse: (text) => parseTags(text, 'x'), seeds: json },
  'TXT record': {
    parse: parseTxt,
    seeds: fc
      .record({
        kind: fc.constant('module' as const),
        url: fc.webUrl(),
        version: anyVersion,
        sha256: anyHash,
      })
      .map(encodeTxt),
  },
};

/** A good text with pieces removed, doubled, moved or replaced. */
function broken(seeds: fc.Arbitrary<string>): fc.Arbitrary<string> {
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
function swapped(seeds: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const values = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?|true|false|null|\[\]|\{\}/g;
  return fc
    .tuple(seeds, fc.nat(), fc.oneof(json, fc.constantFrom('"constructor"', '9007199254740993', '[[[]]]')))
    .map(([text, at, by]) => {
      const found = [...text.matchAll(values)];
      const one = found[at % Math.max(1, found.length)];
      return one === undefined ? by : text.slice(0, one.index) + by + text.slice(one.index + one[0].length);
    });
}

describe.each(Object.keys(parsers))('%s', (name) => {
  const { parse, seeds } = parsers[name]!;
  it('fails only with codes', () => {
    fc.assert(
      fc.property(fc.oneof(broken(seeds), swapped(seeds), json, anyUnicode()), (text) => {
        expect(code(() => parse(text))).toMatch(/^[A-Za-z_]+$/);
      }),
      { numRuns: 300 },
    );
  });
});
