/** Whatever comes in, a parser answers, or fails with a code of ours: no other exception, and no hang. */
import { codeOf } from '@mlld/testing';
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
import { anyJson, broken, swapped } from './fuzzing.ts';

const parsers: Record<string, { parse: (text: string) => unknown; seeds: fc.Arbitrary<string> }> = {
  release: { parse: parseRelease, seeds: anyRelease.map(encodeStatement) },
  keyset: { parse: parseKeyset, seeds: anyKeyset.map(encodeStatement) },
  change: { parse: parseChange, seeds: anyJson },
  index: { parse: parseIndex, seeds: anyIndex.map(encodeIndex) },
  proof: { parse: parseProof, seeds: anyProof.map(encodeProof) },
  lock: { parse: parseLock, seeds: anyLock.map(encodeLock) },
  config: { parse: parseConfig, seeds: anyJson },
  'DNS setting': { parse: parseDnsSetting, seeds: fc.string() },
  'registry.json': { parse: parseRegistryInfo, seeds: anyJson },
  'metadata.json': { parse: (text) => parseMetadata(text, 'x'), seeds: anyJson },
  'tags.json': { parse: (text) => parseTags(text, 'x'), seeds: anyJson },
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

describe.each(Object.keys(parsers))('%s', (name) => {
  const { parse, seeds } = parsers[name]!;
  it('fails only with codes', () => {
    fc.assert(
      fc.property(fc.oneof(broken(seeds), swapped(seeds), anyJson, anyUnicode()), (text) => {
        expect(codeOf(() => parse(text))).toMatch(/^[A-Za-z_]+$/);
      }),
      { numRuns: 300 },
    );
  });
});
