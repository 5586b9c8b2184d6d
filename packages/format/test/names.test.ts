import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authorOf,
  compareVersions,
  editDistance,
  formatRef,
  formatSelector,
  highest,
  isModuleName,
  isRange,
  isTag,
  isVersion,
  moduleName,
  nearest,
  parseAuthor,
  parseModuleName,
  parsePath,
  parsePaths,
  parseRef,
  parseRegistryName,
  parseSelector,
  satisfies,
  shortName,
} from '../src/index.ts';
import { anyAuthor, anyLabel, anyModuleName, anyPath, anyUnicode, anyVersion } from './arbitraries.ts';
import { table } from './table.ts';

describe('names.txt', () => {
  const parsers: Record<string, (text: string) => unknown> = {
    author: parseAuthor,
    module: parseModuleName,
    registry: parseRegistryName,
    ref: parseRef,
  };
  it.each(table('names.txt', 3))('%s %s %j', (what, wanted, text) => {
    const found = codeOf(() => parsers[what!]!(text!));
    if (what === 'ref' && found === 'ok') expect(parseRef(text!).selector.kind).toBe(wanted);
    else expect(found).toBe(wanted);
  });
});

describe('versions.txt', () => {
  const rows = table('versions.txt', 2);
  const ascending = rows.filter(([mark]) => mark === '<').map(([, version]) => version!);

  it('valid versions stand in their order', () => {
    for (const [i, version] of ascending.entries()) {
      expect(isVersion(version), version).toBe(true);
      const next = ascending[i + 1];
      if (next !== undefined) expect(compareVersions(version, next), `${version} < ${next}`).toBeLessThan(0);
    }
    expect(highest([...ascending].reverse(), '>=0.0.0-0')).toBe(ascending.at(-1));
  });

  it.each(rows.filter(([mark]) => mark === '!'))('%s %j is no version', (_mark, text) => {
    expect(isVersion(text!)).toBe(false);
  });

  it.each(rows.filter(([mark]) => mark === 'in' || mark === 'out'))('%s %s', (mark, text) => {
    const [range, version] = text!.split(' ').map((word) => word.replaceAll(',', ' '));
    expect(isRange(range!)).toBe(true);
    expect(satisfies(version!, range!)).toBe(mark === 'in');
  });
});

describe('paths.txt', () => {
  const rows = table('paths.txt', 2);
  it('has at least 60 hostile paths', () => {
    expect(rows.filter(([mark]) => mark === 'bad').length).toBeGreaterThanOrEqual(60);
  });
  it.each(rows)('%s %j', (mark, text) => {
    expect(codeOf(() => parsePath(text!))).toBe(mark === 'ok' ? 'ok' : 'BAD_PATH');
  });

  it('together: none is another in different case, or a folder of another', () => {
    expect(codeOf(() => parsePaths(['README.md', 'lib/a.mld', 'lib/b.mld']))).toBe('ok');
    expect(codeOf(() => parsePaths(['README.md', 'readme.md']))).toBe('BAD_PATH');
    expect(codeOf(() => parsePaths(['lib', 'lib/a.mld']))).toBe('BAD_PATH');
    expect(codeOf(() => parsePaths(['a/b/c', 'A/B']))).toBe('BAD_PATH');
    expect(codeOf(() => parsePaths(['x', 'x']))).toBe('BAD_PATH');
  });

  it('what passes stays below any folder, as a path and as a URL', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        expect(new URL(path, 'https://example.org/base/').href).toBe(`https://example.org/base/${path}`);
      }),
    );
  });
});

describe('names', () => {
  it('are taken apart and put together again', () => {
    fc.assert(
      fc.property(anyAuthor, anyLabel, (author, label) => {
        const name = moduleName(author, label);
        expect([authorOf(name), shortName(name), isModuleName(name)]).toEqual([author, label, true]);
      }),
    );
  });

  it('any text is a good name or fails with a code', () => {
    fc.assert(
      fc.property(anyUnicode(), (text) => {
        expect(codeOf(() => parseRef(`@${text}`))).toMatch(/^(?:ok|BAD_NAME|BAD_REF)$/);
        expect(codeOf(() => parseSelector(text))).toMatch(/^(?:ok|BAD_REF)$/);
      }),
    );
  });
});

describe('references', () => {
  it('are read as they were written', () => {
    const selectors = fc.oneof(anyVersion, fc.constantFrom('^1.2.0', 'latest', 'sha256:deadbeef', '1 - 2'));
    fc.assert(
      fc.property(anyModuleName, selectors, (name, selector) => {
        const ref = parseRef(`${name}@${selector}`);
        expect(formatRef(ref)).toBe(`${name}@${selector}`);
        expect(parseSelector(formatSelector(ref.selector))).toEqual(ref.selector);
      }),
    );
  });

  it('a tag is never read as anything else', () => {
    fc.assert(
      fc.property(anyLabel, (text) => {
        if (isTag(text)) expect(parseSelector(text)).toEqual({ kind: 'tag', tag: text });
      }),
    );
    expect(isTag('deadbeef')).toBe(false);
  });

  it('take no time to refuse, however they are spaced', () => {
    for (const gap of [' ', '  '.repeat(5), '||', ' - ', '>', '^ ', '\t'])
      for (const end of ['!', '', ' ', '1', '||'])
        expect(typeof isRange(`1${gap}`.repeat(200).slice(0, 199) + end)).toBe('boolean');
  });
});

describe('nearest', () => {
  it('counts a swap of neighbours as one edit', () => {
    expect(editDistance('strings', 'stirngs')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('finds what was meant, and nothing far away', () => {
    const known = ['@alice/strings', '@alice/lists', '@bob/strings', '@alice/dates'];
    expect(nearest('@alice/stirngs', known)[0]).toBe('@alice/strings');
    expect(nearest('@carol/quantum-physics', known)).toEqual([]);
  });

  it('is a metric between texts', () => {
    const text = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
