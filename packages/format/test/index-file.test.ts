import { codeOf } from '@mlld/testing';
import { describe, expect, it } from 'vitest';
import { parseIndex } from '../src/index.ts';

const hash = 'ab'.repeat(32);
const header = { v: 1, name: '@alice/strings', about: 'Text in other shapes' };
const line = {
  v: 1,
  version: '1.2.0',
  digest: hash,
  shape: 'file',
  entry: 'strings.mld',
  files: [{ path: 'strings.mld', size: 10, sha256: hash }],
  sources: ['https://example.org/'],
  kind: 'module',
  needs: [],
  license: 'CC0',
  evidence: 2,
  statement: hash,
  checked: { state: 'match' },
};
const indexOf = (...lines: object[]) => lines.map((one) => `${JSON.stringify(one)}\n`).join('');
const read = (...lines: object[]) => codeOf(() => parseIndex(indexOf(...lines)));

describe('an index file', () => {
  it('names its module once', () => {
    const { header: found, versions } = parseIndex(indexOf(header, line));
    expect(found.name).toBe('@alice/strings');
    expect(versions[0]!.name).toBe('@alice/strings');
  });

  it('may have versions of a later schema, which are skipped and told', () => {
    const later = { v: 2, version: '2.0.0', anything: [] };
    expect(parseIndex(indexOf(header, later, line))).toMatchObject({
      versions: [{ version: '1.2.0' }],
      skipped: ['2.0.0'],
    });
  });

  it('names the statement of a version that is signed (index.md §2.4)', () => {
    const { statement: _statement, ...unsigned } = line;
    expect(read(header, unsigned)).toBe('BAD_SHAPE');
    expect(() => parseIndex(indexOf(header, { ...unsigned, evidence: 1 }))).not.toThrow();
  });

  it('may leave out hashes only where it gives none of the whole', () => {
    const { digest: _digest, ...rest } = line;
    const unhashed = { ...rest, contentHash: hash, files: [{ path: 'strings.mld' }], evidence: 0 };
    expect(read(header, unhashed)).toBe('ok');
    expect(read(header, { ...line, files: [{ path: 'strings.mld' }] })).toBe('BAD_SHAPE');
    expect(read(header, rest)).toBe('BAD_SHAPE');
  });

  it.each([
    ['a version twice', [header, line, line], 'BAD_INDEX'],
    ['nothing', [], 'BAD_INDEX'],
    ['a header of a later schema', [{ ...header, v: 2 }], 'UNSUPPORTED_VERSION'],
    ['a hostile path', [header, { ...line, files: [{ path: '../x', sha256: hash }] }], 'BAD_PATH'],
    ['an entry that is no file of its', [header, { ...line, entry: 'x.mld' }], 'BAD_SHAPE'],
    ['a file twice', [header, { ...line, files: [...line.files, ...line.files] }], 'BAD_PATH'],
    ['a source without a slash', [header, { ...line, sources: ['https://example.org'] }], 'BAD_SHAPE'],
    ['an unknown state', [header, { ...line, checked: { state: 'fine' } }], 'BAD_SHAPE'],
    ['evidence 5', [header, { ...line, evidence: 5 }], 'BAD_SHAPE'],
    ['a closure of bad names', [header, { ...line, closure: [{ ...line, name: '@a/B' }] }], 'BAD_NAME'],
  ] as [string, object[], string][])('with %s is refused', (_name, lines, wanted) => {
    expect(read(...lines)).toBe(wanted);
  });

  it('says which line is bad', () => {
    expect(() => parseIndex(indexOf(header, line, { ...line, version: 'x' }), 'index/alice/strings')).toThrow(
      /^index\/alice\/strings, line 3: \$\.version: wanted a version/,
    );
  });
});
