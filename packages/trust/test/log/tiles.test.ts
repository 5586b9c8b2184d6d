import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeEntries,
  encodeEntries,
  entriesPath,
  growEntries,
  growTree,
  hashesFromTiles,
  isConsistent,
  isIncluded,
  leafHash,
  newTiles,
  parseTilePath,
  proveConsistency,
  proveInclusion,
  type Tile,
  tilePath,
  tilesNeeded,
  treeRoot,
} from '../../src/log/index.ts';
import { entryOf, leavesOf, memoryReader } from './tree.ts';

const leaves = leavesOf(70_000);
const memory = memoryReader(leaves);

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Files by path, as a log serves them. */
function served(size: number): { files: Map<string, Uint8Array>; read: (tile: Tile) => Uint8Array } {
  const grown = growTree(0, () => new Uint8Array(), leaves.slice(0, size));
  const files = new Map(grown.tiles.map(({ tile, octets }) => [tilePath(tile), octets]));
  return {
    files,
    read: (tile) => {
      const octets = files.get(tilePath(tile));
      if (octets === undefined) throw new Error(`tile/${tilePath(tile)} is not served`);
      return octets;
    },
  };
}

describe('paths', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, '0/000'],
    [{ level: 0, index: 5, width: 1 }, '0/005.p/1'],
    [{ level: 1, index: 999, width: 256 }, '1/999'],
    [{ level: 1, index: 1000, width: 255 }, '1/x001/000.p/255'],
    [{ level: 63, index: 1234067, width: 256 }, '63/x001/x234/067'],
    [{ level: 0, index: 35184372088831, width: 256 }, '0/x035/x184/x372/x088/831'],
  ])('of %j is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it('of entries have their own level', () => {
    expect(entriesPath(1234067, 7)).toBe('entries/x001/x234/067.p/7');
    expect(parseTilePath('entries/x001/x234/067.p/7')).toEqual({
      level: 'entries',
      index: 1234067,
      width: 7,
    });
  });

  it.each([
    '64/000',
    '00/000',
    '0/0',
    '0/0000',
    '0/x000/000',
    '0/x000/001',
    '0/001/000',
    '0/x001',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '0/000.p/',
    '0/-01',
    '../0/000',
    '0/x999/x999/x999/x999/x999/x999/999',
    'data/000',
    '',
  ])('%j is none', (path) => {
    expect(codeOf(() => parseTilePath(path))).toBe('BAD_TILE');
  });
});

describe('the tiles of a tree', () => {
  it('of 70,000 leaves are those that the specification counts', () => {
    const tiles = newTiles(0, 70_000);
    const count = (level: number, full: boolean) =>
      tiles.filter((tile) => tile.level === level && (tile.width === 256) === full);
    expect(count(0, true)).toHaveLength(273);
    expect(count(0, false)).toEqual([{ level: 0, index: 273, width: 112 }]);
    expect(count(1, true)).toHaveLength(1);
    expect(count(1, false)).toEqual([{ level: 1, index: 1, width: 17 }]);
    expect(count(2, false)).toEqual([{ level: 2, index: 0, width: 1 }]);
    expect(tiles).toHaveLength(277);
    expect(newTiles(0, 256)).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect(newTiles(5, 5)).toEqual([]);
  });

  it('hold every proof', () => {
    for (const size of [1, 2, 255, 256, 257, 513, 65_536, 70_000]) {
      const hashes = hashesFromTiles(size, served(size).read);
      const head = { size, root: treeRoot(size, memory) };
      expect(treeRoot(size, hashes)).toEqual(head.root);
      for (const index of [0, 1, 255, 256, Math.floor(size / 2), size - 1].filter((i) => i < size)) {
        const path = proveInclusion(index, size, hashes);
        expect(isIncluded({ leaf: leaves[index]!, index, path }, head)).toBe(true);
        const from = { size: index, root: treeRoot(index, memory) };
        expect(isConsistent(proveConsistency(index, size, hashes), from, head)).toBe(true);
      }
    }
  });

  it('that a proof needs are few, and known before', () => {
    const size = 70_000;
    const { files } = served(size);
    const needed = tilesNeeded(size, (hashes) => proveInclusion(300, size, hashes));
    expect(needed.length).toBeLessThanOrEqual(6);
    const fetched = new Map(needed.map((tile) => [tilePath(tile), files.get(tilePath(tile))!]));
    const hashes = hashesFromTiles(size, (tile) => fetched.get(tilePath(tile))!);
    expect(proveInclusion(300, size, hashes)).toEqual(proveInclusion(300, size, memory));
  });

  it('may be wider than asked for', () => {
    const wide = served(256);
    const hashes = hashesFromTiles(
      100,
      ({ level, index }) => wide.files.get(tilePath({ level, index, width: 256 }))!,
    );
    expect(treeRoot(100, hashes)).toEqual(treeRoot(100, memory));
  });

  it.each([0, 31, 33, 99 * 32, 257 * 32])('of %i octets are refused', (length) => {
    const hashes = hashesFromTiles(100, () => new Uint8Array(length));
    expect(codeOf(() => treeRoot(100, hashes))).toBe('BAD_TILE');
  });
});

describe('a log that grows', () => {
  it('has at each size the tiles of a log made at once, and reads only its right edge', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(steps, (sizes) => {
        const files = new Map<string, Uint8Array>();
        let size = 0;
        for (const more of sizes) {
          let reads = 0;
          const readTile = (tile: Tile) => {
            reads++;
            return files.get(tilePath(tile))!;
          };
          const grown = growTree(size, readTile, leaves.slice(size, size + more));
          expect(grown.tiles.map(({ tile }) => tile)).toEqual(newTiles(size, size + more));
          for (const { tile, octets } of grown.tiles) files.set(tilePath(tile), octets);
          expect(reads).toBeLessThanOrEqual(4);
          size += more;
          expect(grown.size).toBe(size);
          expect(grown.root).toEqual(treeRoot(size, memory));
        }
        for (const [path, octets] of served(size).files)
          expect(same(files.get(path)!, octets), path).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('has bundles whose entries hash to the leaves', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(steps, (sizes) => {
        const files = new Map<string, Uint8Array>();
        let size = 0;
        for (const more of sizes) {
          const entries = Array.from({ length: more }, (_, i) => entryOf(size + i));
          const bundles = growEntries(size, (index, width) => files.get(entriesPath(index, width))!, entries);
          for (const { path, octets } of bundles) files.set(path, octets);
          size += more;
        }
        const found = newTiles(0, size)
          .filter(({ level }) => level === 0)
          .flatMap(({ index, width }) => decodeEntries(files.get(entriesPath(index, width))!));
        expect(found).toHaveLength(size);
        expect(found.every((entry, i) => same(leafHash(entry), leaves[i]!))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('needs its own tiles and bundles', () => {
    expect(codeOf(() => growTree(3, () => new Uint8Array(64), leaves.slice(0, 1)))).toBe('BAD_TILE');
    expect(codeOf(() => growEntries(3, () => encodeEntries([entryOf(0)]), [entryOf(3)]))).toBe('BAD_TILE');
  });
});

describe('a bundle of entries', () => {
  it('is read as it was written', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 });
    fc.assert(
      fc.property(entries, (all) => {
        expect(decodeEntries(encodeEntries(all)).every((one, i) => same(one, all[i]!))).toBe(true);
      }),
      { numRuns: 30 },
    );
    expect(encodeEntries([Buffer.from('ab'), Buffer.alloc(0)])).toEqual(Buffer.from([0, 2, 97, 98, 0, 0]));
  });

  it('has entries of at most 65,535 octets, and at most 256 of them', () => {
    expect(codeOf(() => encodeEntries([Buffer.alloc(65_535)]))).toBe('ok');
    expect(codeOf(() => encodeEntries([Buffer.alloc(65_536)]))).toBe('TOO_LARGE');
    expect(codeOf(() => decodeEntries(Buffer.alloc(257 * 2)))).toBe('BAD_TILE');
  });

  it('that passes its end is refused', () => {
    const good = Buffer.from(encodeEntries([Buffer.from('hello')]));
    for (let length = 1; length < good.length; length++)
      expect(codeOf(() => decodeEntries(good.subarray(0, length)))).toBe('BAD_TILE');
  });
});
