import { codeOf } from '@mlld/testing';
import { describe, expect, it } from 'vitest';
import {
  decodeVersionRecord,
  isStatement,
  type JsonObject,
  locate,
  parseMetadata,
  parseRegistryInfo,
  parseTags,
} from '../src/index.ts';

const hash = 'ab'.repeat(32);
const record = {
  version: '1.2.0',
  needs: ['js'],
  license: 'CC0',
  source: { type: 'github', url: 'https://example.org/alice/strings.mld.md', contentHash: `sha256:${hash}` },
};
const read = (change: JsonObject) =>
  codeOf(() => decodeVersionRecord({ ...record, ...change }, '1.2.0.json'));

describe('a version record', () => {
  it('may leave out, or have as null, what today leaves out', () => {
    const nothing = {
      mlldVersion: null,
      repo: null,
      bugs: null,
      homepage: null,
      publishedAt: null,
      publishedBy: null,
    };
    const found = decodeVersionRecord({ ...record, ...nothing, somethingElse: 1 }, 'x');
    expect(found).toEqual({
      version: '1.2.0',
      needs: ['js'],
      license: 'CC0',
      source: { ...record.source, contentHash: hash },
      dependencies: {},
      keywords: [],
    });
    expect(isStatement(record)).toBe(false);
    expect(isStatement({ ...record, type: 'release', v: 1 })).toBe(true);
  });

  it.each([
    ['another version form', { version: 'v1.2.0' }, 'BAD_SHAPE'],
    ['needs as a text', { needs: 'js' }, 'BAD_SHAPE'],
    ['no source', { source: null }, 'BAD_SHAPE'],
    ['an unknown kind of source', { source: { ...record.source, type: 'ftp' } }, 'BAD_SHAPE'],
    ['no hash', { source: { type: 'url', url: 'https://example.org/x.mld' } }, 'BAD_SHAPE'],
    ['a script for a URL', { source: { ...record.source, url: 'javascript:alert(1)' } }, 'BAD_SHAPE'],
    [
      'a hostile file',
      {
        source: {
          type: 'directory',
          baseUrl: 'https://example.org',
          files: ['../x'],
          entryPoint: '../x',
          contentHash: hash,
        },
      },
      'BAD_PATH',
    ],
    [
      'an entry that is not among its files',
      {
        source: {
          type: 'directory',
          baseUrl: 'https://example.org',
          files: ['x'],
          entryPoint: 'y',
          contentHash: hash,
        },
      },
      'BAD_SHAPE',
    ],
  ] as [string, JsonObject, string][])('with %s is refused', (_name, change, wanted) => {
    expect(read(change)).toBe(wanted);
  });
});

describe('a source', () => {
  it('of one file is at the last segment of its URL', () => {
    expect(locate(decodeVersionRecord(record, 'x').source)).toEqual({
      base: 'https://example.org/alice/',
      files: ['strings.mld.md'],
      entry: 'strings.mld.md',
      shape: 'file',
    });
  });

  it.each([
    'https://example.org/',
    'https://example.org/x.mld?raw=1',
    'https://example.org/a%2Fb',
    'https://example.org/..',
  ])('of one file at %s has no file name', (url) => {
    const { source } = decodeVersionRecord({ ...record, source: { ...record.source, url } }, 'x');
    expect(codeOf(() => locate(source))).toBe('BAD_PATH');
  });
});

describe('metadata.json and tags.json', () => {
  const metadata = { name: 'strings', author: 'alice', about: 'Texts', owners: ['alice'] };

  it('say whose module it is, and what its tags point at', () => {
    expect(parseMetadata(JSON.stringify(metadata), 'x')).toEqual({
      name: '@alice/strings',
      about: 'Texts',
      owners: ['alice'],
      maintainers: [],
    });
    expect([...parseTags('{"latest":"1.2.0","beta":"2.0.0-beta.1"}', 'x')]).toEqual([
      ['latest', '1.2.0'],
      ['beta', '2.0.0-beta.1'],
    ]);
  });

  it.each([
    ['another name', JSON.stringify({ ...metadata, name: '@alice/strings' }), 'BAD_NAME'],
    ['another author', JSON.stringify({ ...metadata, author: 'Alice' }), 'BAD_NAME'],
    ['no owners', JSON.stringify({ ...metadata, owners: undefined }), 'BAD_SHAPE'],
  ])('metadata with %s is refused', (_name, text, wanted) => {
    expect(codeOf(() => parseMetadata(text, 'x'))).toBe(wanted);
  });

  it.each(['{"1.0.0":"1.0.0"}', '{"x":"1.0.0"}', '{"latest":"1"}', '{"deadbeef":"1.0.0"}', '[]'])(
    'tags %s are refused',
    (text) => {
      expect(codeOf(() => parseTags(text, 'x'))).toBe('BAD_SHAPE');
    },
  );
});

describe('registry.json', () => {
  it('has defaults, and base URLs that end in a slash', () => {
    const text =
      '{"v":1,"name":"registry.example.org","url":"https://example.org/r","mirrors":["https://m.example.org"]}';
    expect(parseRegistryInfo(text)).toMatchObject({
      title: 'registry.example.org',
      url: 'https://example.org/r/',
      mirrors: ['https://m.example.org/'],
      blobs: true,
      fileSources: false,
    });
  });

  it.each([
    ['{"v":2,"name":"registry.example.org"}', 'UNSUPPORTED_VERSION'],
    ['{"v":1,"name":"localhost"}', 'BAD_NAME'],
    ['{"v":1}', 'BAD_SHAPE'],
    ['{"v":1,"name":"registry.example.org","url":"data:x"}', 'BAD_SHAPE'],
    ['{"v":1,"name":"registry.example.org","blobs":"yes"}', 'BAD_SHAPE'],
  ])('%s is %s', (text, wanted) => {
    expect(codeOf(() => parseRegistryInfo(text))).toBe(wanted);
  });
});
