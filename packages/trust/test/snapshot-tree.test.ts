import { type ModuleName, parseModuleName, type Sha256Hex } from '@mlld/format';
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../src/index.ts';
import {
  type SnapshotDigits,
  snapshotDigits,
  snapshotFiles,
  snapshotPrefixes,
  verifySnapshot,
} from '../src/log/index.ts';

const name = (i: number): ModuleName => parseModuleName(`@alice/m${i}`);
const tree = (count: number, salt = ''): Map<ModuleName, Sha256Hex> =>
  new Map(Array.from({ length: count }, (_, i) => [name(i), sha256(`${salt}${i}`)]));
const digitsOf = fc.constantFrom<SnapshotDigits>(0, 2, 3, 4);

function prove(files: ReadonlyMap<string, Uint8Array>, module: ModuleName, digits: SnapshotDigits) {
  const shown = new Map(snapshotPrefixes(module, digits).map((prefix) => [prefix, files.get(prefix)]));
  return { name: module, digits, root: sha256(files.get('')!), files: shown };
}

describe('snapshot.md: the index tree', () => {
  test('§2: the digits grow with the modules', () => {
    expect([0, 32, 33, 8192, 8193, 131_072, 131_073].map(snapshotDigits)).toEqual([0, 0, 2, 2, 3, 3, 4]);
  });

  test('§4: every name has its proof, and every other name the proof that it is not there', () => {
    fc.assert(
      fc.property(fc.nat(60), digitsOf, (count, digits) => {
        const entries = tree(count);
        const files = snapshotFiles(entries, digits);
        for (let i = 0; i < count + 5; i++)
          expect(verifySnapshot(prove(files, name(i), digits))).toBe(entries.get(name(i)));
      }),
      { numRuns: 30 },
    );
  });

  test('§4: a file of another state, a changed bit, or a missing file is refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), digitsOf, fc.nat(), (count, digits, at) => {
        const files = snapshotFiles(tree(count), digits);
        const proof = prove(files, name(at % count), digits);
        const prefixes = snapshotPrefixes(name(at % count), digits);
        const prefix = prefixes[at % prefixes.length]!;
        const flipped = Buffer.from(files.get(prefix)!);
        const octet = at % flipped.length;
        flipped[octet] = flipped[octet]! ^ (1 << (at % 8));
        const others = snapshotFiles(tree(count, 'other'), digits);
        for (const bad of [flipped, others.get(prefix), undefined]) {
          const changed = { ...proof, files: new Map([...proof.files, [prefix, bad]]) };
          expect(codeOf(() => verifySnapshot(changed))).toBe('NOT_IN_SNAPSHOT');
        }
      }),
      { numRuns: 50 },
    );
  });

  test('§5: one changed index file changes the files of its path alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 80 }), digitsOf, fc.nat(39), (count, digits, changed) => {
        const entries = tree(count);
        const before = snapshotFiles(entries, digits);
        const after = snapshotFiles(new Map([...entries, [name(changed), sha256('changed')]]), digits);
        const rewritten = [...after].filter(
          ([prefix, bytes]) => !Buffer.from(bytes).equals(Buffer.from(before.get(prefix)!)),
        );
        expect(rewritten.map(([prefix]) => prefix).sort()).toEqual(
          [...snapshotPrefixes(name(changed), digits)].sort(),
        );
      }),
      { numRuns: 30 },
    );
  });
});
