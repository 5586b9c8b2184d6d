import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeIndex,
  encodeLock,
  encodeProof,
  encodeRegistryInfo,
  encodeStatement,
  encodeTxt,
  parseIndex,
  parseKeyset,
  parseLock,
  parseProof,
  parseRegistryInfo,
  parseRelease,
  parseTxt,
  txtStrings,
} from '../src/index.ts';
import {
  anyBase,
  anyHash,
  anyIndex,
  anyKeyset,
  anyLock,
  anyProof,
  anyRelease,
  anyVersion,
} from './arbitraries.ts';

describe('what one release writes, every later one reads as it was', () => {
  it('release', () => {
    fc.assert(
      fc.property(anyRelease, (one) => {
        expect(parseRelease(encodeStatement(one))).toEqual(one);
      }),
    );
  });

  it('keyset', () => {
    fc.assert(
      fc.property(anyKeyset, (one) => {
        expect(parseKeyset(encodeStatement(one))).toEqual(one);
      }),
    );
  });

  it('proof bundle, with its texts byte for byte', () => {
    fc.assert(
      fc.property(anyProof, (one) => {
        expect(parseProof(Buffer.from(encodeProof(one)))).toEqual(one);
      }),
    );
  });

  it('index file, always as the same bytes', () => {
    fc.assert(
      fc.property(anyIndex, (one) => {
        const text = encodeIndex(one);
        const read = parseIndex(Buffer.from(text));
        expect(read).toEqual(one);
        expect(encodeIndex(read)).toBe(text);
      }),
    );
  });

  it('lock file, always as the same bytes', () => {
    fc.assert(
      fc.property(anyLock, (one) => {
        const text = encodeLock(one);
        const read = parseLock(text);
        expect(read.modules).toEqual(one.modules);
        expect(read.legacy).toEqual(one.legacy);
        expect(read.authors).toEqual(one.authors);
        expect(encodeLock(read)).toBe(text);
      }),
    );
  });

  it('registry.json', () => {
    const info = {
      v: 1 as const,
      name: 'registry.example.org',
      title: 'Example',
      zone: 'modules.example.org',
      url: 'https://registry.example.org/',
      blobs: true,
      fileSources: false,
      mirrors: ['https://mirror.example.org/'],
      repository: 'https://github.com/alice/registry',
    };
    expect(parseRegistryInfo(encodeRegistryInfo(info))).toEqual(info);
  });

  it('TXT record, in strings of at most 255 octets', () => {
    const url = fc
      .tuple(anyBase, fc.constantFrom('', '?a=1;url=x', '#;sha256=1'))
      .map((parts) => parts.join(''));
    const version = fc.option(anyVersion, { nil: undefined });
    fc.assert(
      fc.property(
        url.filter((one) => !one.startsWith('file:')),
        version,
        fc.option(anyHash, { nil: undefined }),
        (one, ver, sha256) => {
          const record = {
            kind: 'module' as const,
            url: one,
            ...(ver === undefined ? {} : { version: ver }),
            ...(sha256 === undefined ? {} : { sha256 }),
          };
          const text = encodeTxt(record);
          expect(parseTxt(text)).toEqual(record);
          const strings = txtStrings(text);
          expect(strings.join('')).toBe(text);
          for (const part of strings) expect(part.length).toBeLessThanOrEqual(255);
        },
      ),
    );
    expect(parseTxt('v=mlldr1;url=https://example.org/r')).toEqual({
      kind: 'registry',
      url: 'https://example.org/r/',
    });
  });
});
