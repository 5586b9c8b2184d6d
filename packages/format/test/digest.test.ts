import { createHash } from 'node:crypto';
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareBytes,
  contentDigest,
  isSha256,
  legacyContentHash,
  parseHashPrefix,
  parseSha256,
} from '../src/index.ts';
import { anyHash, anyPaths } from './arbitraries.ts';

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');
const hash = 'ab'.repeat(32);
const anyFiles = anyPaths.chain((paths) =>
  fc
    .tuple(...paths.map(() => anyHash))
    .map((hashes) => paths.map((path, i) => ({ path, sha256: hashes[i]! }))),
);

describe('a content digest', () => {
  it('does not depend on the order of the files', () => {
    fc.assert(
      fc.property(anyFiles, (files) => {
        const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
        const lines = sorted.map((file) => `${file.sha256}  ${file.path}\n`).join('');
        expect(contentDigest([...files].reverse(), sha256)).toBe(sha256(lines));
      }),
    );
  });

  it('depends on every path and every hash', () => {
    const files = [
      { path: 'a', sha256: hash },
      { path: 'b', sha256: hash },
    ];
    const digests = [
      contentDigest(files, sha256),
      contentDigest(files.slice(1), sha256),
      contentDigest([{ path: 'c', sha256: hash }, files[1]!], sha256),
      contentDigest([{ path: 'a', sha256: 'cd'.repeat(32) }, files[1]!], sha256),
      contentDigest([], sha256),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('sorts by bytes, not by language', () => {
    expect(['index.mld', 'README.md', 'a', 'B'].sort(compareBytes)).toEqual([
      'B',
      'README.md',
      'a',
      'index.mld',
    ]);
    expect(compareBytes('a', 'a')).toBe(0);
  });
});

describe("today's contentHash", () => {
  it('of a single file is its own hash', () => {
    expect(legacyContentHash([{ path: 'strings.mld', sha256: hash }], 'file', sha256)).toBe(hash);
  });

  it('of a directory sorts as English does, without a newline at the end', () => {
    const files = [
      { path: 'README.md', sha256: '2'.repeat(64) },
      { path: 'module.yml', sha256: '3'.repeat(64) },
      { path: 'index.mld', sha256: '1'.repeat(64) },
    ];
    const lines = `index.mld:${'1'.repeat(64)}\nmodule.yml:${'3'.repeat(64)}\nREADME.md:${'2'.repeat(64)}`;
    expect(legacyContentHash(files, 'directory', sha256)).toBe(sha256(lines));
    expect(legacyContentHash(files.slice(0, 1), 'directory', sha256)).toBe(
      sha256(`README.md:${'2'.repeat(64)}`),
    );
  });
});

describe('hashes', () => {
  it.each([hash, `sha256:${hash}`])('%s is one', (text) => {
    expect(parseSha256(text)).toBe(hash);
  });

  it.each([
    hash.toUpperCase(),
    hash.slice(1),
    `${hash}0`,
    `sha512:${hash}`,
    `sha256-${hash}`,
    ` ${hash}`,
    `${hash}\n`,
    '',
  ])('%j is none', (text) => {
    expect(codeOf(() => parseSha256(text))).toBe('BAD_DIGEST');
    expect(isSha256(text)).toBe(false);
  });

  it('are named by 8 to 64 digits', () => {
    expect(parseHashPrefix('deadbeef')).toBe('deadbeef');
    expect(parseHashPrefix(`sha256:${hash}`)).toBe(hash);
    for (const text of ['deadbee', `${hash}0`, 'DEADBEEF', 'sha256:', 'ghijklmn'])
      expect(parseHashPrefix(text)).toBeUndefined();
  });
});
