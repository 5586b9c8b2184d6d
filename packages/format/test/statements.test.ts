import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeChange,
  encodeStatement,
  limits,
  type ModuleChange,
  moduleName,
  parseAuthor,
  parseChange,
  parseKeyset,
  parseRelease,
  signatureNamespace,
} from '../src/index.ts';
import { anyKeyset, anyRelease } from './arbitraries.ts';

const example = <T>(arbitrary: fc.Arbitrary<T>) => fc.sample(arbitrary, { numRuns: 1, seed: 7 })[0]!;
const release = JSON.parse(encodeStatement(example(anyRelease))) as Record<string, unknown>;
const keyset = JSON.parse(encodeStatement(example(anyKeyset))) as Record<string, unknown>;
const readRelease = (change: object) => codeOf(() => parseRelease(JSON.stringify({ ...release, ...change })));
const readKeyset = (change: object) => codeOf(() => parseKeyset(JSON.stringify({ ...keyset, ...change })));
/** Members that a release may leave out. */
const optional = new Set(['dependencies', 'mlldVersion', 'repo', 'bugs', 'homepage', 'publishedBy']);
const file = { path: 'a.mld', size: 1, sha256: 'ab'.repeat(32) };

describe('a release', () => {
  it.each([...Object.keys(release)].filter((member) => !optional.has(member)))(
    'without %s is refused',
    (member) => {
      expect(readRelease({ [member]: undefined })).toMatch(/^BAD_|^UNSUPPORTED_VERSION$/);
    },
  );

  it.each([
    ['an unknown member', { extra: 1 }, 'BAD_SHAPE'],
    ['an unknown member of a file', { entry: 'a.mld', files: [{ ...file, mode: 493 }] }, 'BAD_SHAPE'],
    ['another type', { type: 'keyset' }, 'BAD_STATEMENT'],
    ['an unknown type', { type: 'releaze' }, 'BAD_SHAPE'],
    ['a type of every object', { type: 'constructor' }, 'BAD_SHAPE'],
    ['a later schema', { v: 2 }, 'UNSUPPORTED_VERSION'],
    ['an entry that is not among its files', { entry: 'other.mld' }, 'BAD_STATEMENT'],
    ['no files', { files: [] }, 'BAD_STATEMENT'],
    ['a file that stands twice', { entry: 'a.mld', files: [file, file] }, 'BAD_PATH'],
    ['a hostile path', { files: [{ ...file, path: '../a' }] }, 'BAD_PATH'],
    ['a file without a size', { files: [{ ...file, size: undefined }] }, 'BAD_SHAPE'],
    ['a file of a negative size', { files: [{ ...file, size: -1 }] }, 'BAD_SHAPE'],
    ['a file that is too large', { files: [{ ...file, size: limits.fileBytes + 1 }] }, 'BAD_SHAPE'],
    [
      'files that are too large together',
      {
        entry: 'a0',
        files: [0, 1, 2, 3, 4].map((i) => ({ ...file, path: `a${i}`, size: limits.fileBytes })),
      },
      'TOO_LARGE',
    ],
    ['too many files', { files: Array.from({ length: 501 }, () => file) }, 'BAD_SHAPE'],
    ['a digest in capitals', { digest: 'AB'.repeat(32) }, 'BAD_DIGEST'],
    ['a base without a slash', { sources: ['https://example.org/x'] }, 'BAD_SHAPE'],
    ['a base with a query', { sources: ['https://example.org/?x=/'] }, 'BAD_SHAPE'],
    ['a base with credentials', { sources: ['https://alice:secret@example.org/'] }, 'BAD_SHAPE'],
    ['a base of a strange scheme', { sources: ['javascript://example.org/'] }, 'BAD_SHAPE'],
    ['a base with a newline', { sources: ['https://exam\nple.org/'] }, 'BAD_SHAPE'],
    ['an import of a bad name', { imports: { '@Alice/x': '1.0.0' } }, 'BAD_NAME'],
    ['an import of a bad range', { imports: { '@alice/x': 'not a range' } }, 'BAD_REF'],
    ['a build number', { version: '1.0.0+1' }, 'BAD_SHAPE'],
    ['an about that is too long', { about: 'x'.repeat(limits.aboutChars + 1) }, 'BAD_SHAPE'],
    ['an about with an escape sequence', { about: '\u001b]52;c;x\u0007' }, 'BAD_SHAPE'],
    ['a local time', { publishedAt: '2026-01-31T12:00:00+01:00' }, 'BAD_SHAPE'],
    ['a date that is none', { publishedAt: '2026-13-31T12:00:00Z' }, 'BAD_SHAPE'],
    ['a registry that is no name', { registry: 'https://example.org' }, 'BAD_NAME'],
    ['too many bytes', { keywords: [], dependencies: { x: 'ä'.repeat(31_000) } }, 'TOO_LARGE'],
  ])('with %s is refused', (_name, change, wanted) => {
    expect(readRelease(change)).toBe(wanted);
  });
});

describe('a keyset', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  it.each([
    ['an unknown member', { extra: 1 }, 'BAD_SHAPE'],
    ['number 0', { n: 0 }, 'BAD_SHAPE'],
    ['threshold 0', { threshold: 0 }, 'BAD_SHAPE'],
    ['a threshold above its keys', { keys: [{ key }], threshold: 2 }, 'BAD_STATEMENT'],
    ['no keys', { keys: [] }, 'BAD_STATEMENT'],
    ['a key that stands twice', { keys: [{ key }, { key: `${key} again` }] }, 'BAD_STATEMENT'],
    ['a key of two lines', { keys: [{ key: `${key}\n${key}` }] }, 'BAD_SHAPE'],
    ['an unknown member of a key', { keys: [{ key, role: 'root' }] }, 'BAD_SHAPE'],
    ['an account without an id', { anchors: { github: { login: 'alice' } } }, 'BAD_SHAPE'],
    ['an unknown anchor', { anchors: { twitter: 'alice' } }, 'BAD_SHAPE'],
    ['a later schema', { v: 2 }, 'UNSUPPORTED_VERSION'],
  ] satisfies [string, object, string][])('with %s is refused', (_name, change, wanted) => {
    expect(readKeyset(change)).toBe(wanted);
  });
});

describe('a change', () => {
  const base = {
    v: 1,
    registry: 'registry.example.org',
    name: moduleName('alice', 'strings'),
    n: 1,
    by: parseAuthor('alice'),
    at: '2026-01-31T12:00:00Z',
  } as const;
  const changes: ModuleChange[] = [
    { type: 'tag', ...base, tag: 'beta', version: '1.2.0' },
    { type: 'tag', ...base, tag: 'beta' },
    { type: 'yank', ...base, version: '1.2.0', yanked: true, reason: 'wrong file' },
    { type: 'deprecate', ...base, message: 'use lists', replacedBy: moduleName('alice', 'lists') },
    { type: 'deprecate', ...base, message: '' },
  ];

  it('is read as it was written', () => {
    for (const change of changes) expect(parseChange(encodeChange(change))).toEqual(change);
  });

  it.each([
    ['a member of another type', { type: 'tag', tag: 'beta', yanked: true }],
    ['a tag that reads as a version', { type: 'tag', tag: '1.2.0' }],
    ['a tag that reads as a hash', { type: 'tag', tag: 'deadbeef' }],
    ['number 0', { type: 'tag', tag: 'beta', n: 0 }],
  ])('with %s is refused', (_name, change) => {
    expect(codeOf(() => parseChange(JSON.stringify({ ...base, ...change })))).toBe('BAD_SHAPE');
  });

  it('of a type that changes nothing is refused', () => {
    expect(codeOf(() => parseChange(JSON.stringify({ ...base, type: 'release' })))).toBe('BAD_STATEMENT');
  });
});

it('the namespace of a signature names the type', () => {
  expect(signatureNamespace('release')).toBe('mlld-release@v1');
});
