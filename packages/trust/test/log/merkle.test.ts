import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Hash,
  isConsistent,
  isIncluded,
  leafHash,
  nodeHash,
  proveConsistency,
  proveInclusion,
  treeRoot,
} from '../../src/log/index.ts';
import { leavesOf, memoryReader, mth, turned } from './tree.ts';

const most = 300;
const leaves = leavesOf(most + 1);
const read = memoryReader(leaves);
const roots = Array.from({ length: most + 2 }, (_, size) => treeRoot(size, read));
const head = (size: number) => ({ size, root: roots[size]! });
/** Checks without `expect`, which would take most of the time of a hundred thousand proofs. */
const must = (holds: boolean, what: () => string) => {
  if (!holds) throw new Error(what());
};

describe('hashes', () => {
  const hex = (hash: Hash) => Buffer.from(hash).toString('hex');

  it('are those of RFC 6962 §2.1', () => {
    expect(hex(treeRoot(0, read))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(leafHash(new Uint8Array()))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    for (let size = 1; size <= most; size++)
      must(Buffer.compare(roots[size]!, mth(leaves, 0, size)) === 0, () => `root of ${size}`);
  });

  it('of a leaf are none of a node', () => {
    const [left, right] = [leaves[0]!, leaves[1]!];
    expect(hex(leafHash(Buffer.concat([left, right])))).not.toBe(hex(nodeHash(left, right)));
  });
});

describe(`every proof of every tree of up to ${most} leaves`, () => {
  it('of inclusion holds, and holds for nothing else', { timeout: 60_000 }, () => {
    for (let size = 1; size <= most; size++) {
      for (let index = 0; index < size; index++) {
        const path = proveInclusion(index, size, read);
        const proof = { leaf: leaves[index]!, index, path };
        const what = () => `leaf ${index} of ${size}`;
        must(isIncluded(proof, head(size)), what);
        const bit = size * 31 + index * 7;
        if (path.length > 0) {
          const at = bit % path.length;
          must(!isIncluded({ ...proof, path: path.with(at, turned(path[at]!, bit)) }, head(size)), what);
        }
        if (size % 16 === 0) {
          must(path.length === 0 || !isIncluded({ ...proof, path: path.slice(0, -1) }, head(size)), what);
          must(!isIncluded({ ...proof, path: [...path, leaves[0]!] }, head(size)), what);
          must(!isIncluded({ ...proof, leaf: turned(proof.leaf, bit) }, head(size)), what);
          must(!isIncluded(proof, { size, root: turned(roots[size]!, bit) }), what);
          must(size === 1 || !isIncluded({ ...proof, index: (index + 1) % size }, head(size)), what);
          must(!isIncluded(proof, { size: index, root: roots[size]! }), what);
        }
      }
    }
  });

  it('of consistency holds, and holds for nothing else', { timeout: 60_000 }, () => {
    for (let to = 1; to <= most; to++) {
      for (let from = 1; from <= to; from++) {
        const path = proveConsistency(from, to, read);
        const what = () => `${from} to ${to}`;
        must(isConsistent(path, head(from), head(to)), what);
        const bit = to * 31 + from * 7;
        if (path.length > 0) {
          const at = bit % path.length;
          must(!isConsistent(path.with(at, turned(path[at]!, bit)), head(from), head(to)), what);
        }
        if (to % 16 === 0) {
          must(path.length === 0 || !isConsistent(path.slice(0, -1), head(from), head(to)), what);
          must(!isConsistent([...path, leaves[0]!], head(from), head(to)), what);
          must(!isConsistent(path, { size: from, root: turned(roots[from]!, bit) }, head(to)), what);
          must(!isConsistent(path, head(from), { size: to, root: turned(roots[to]!, bit) }), what);
          must(!isConsistent(path, head(to + 1), head(to)), what);
          must(from === to || !isConsistent(path, { size: from + 1, root: roots[from]! }, head(to)), what);
        }
      }
    }
  });
});

describe('proofs', () => {
  it('with any one bit turned hold no more', () => {
    const [size, index, from] = [201, 77, 150];
    const path = proveInclusion(index, size, read);
    const growth = proveConsistency(from, size, read);
    for (const [at, hash] of path.entries())
      for (let bit = 0; bit < 256; bit++)
        must(
          !isIncluded({ leaf: leaves[index]!, index, path: path.with(at, turned(hash, bit)) }, head(size)),
          () => `hash ${at} bit ${bit}`,
        );
    for (const [at, hash] of growth.entries())
      for (let bit = 0; bit < 256; bit++)
        must(!isConsistent(growth.with(at, turned(hash, bit)), head(from), head(size)), () => `${at} ${bit}`);
  });

  it('of an empty tree are empty', () => {
    expect(proveConsistency(0, 5, read)).toEqual([]);
    expect(isConsistent([], head(0), head(5))).toBe(true);
    expect(isConsistent([], { size: 0, root: roots[1]! }, head(5))).toBe(false);
    expect(isConsistent([leaves[0]!], head(0), head(5))).toBe(false);
    expect(isIncluded({ leaf: leaves[0]!, index: 0, path: [] }, head(0))).toBe(false);
  });

  it('of leaves and trees that are not there can not be made', () => {
    expect(() => proveInclusion(5, 5, read)).toThrow(RangeError);
    expect(() => proveInclusion(-1, 5, read)).toThrow(RangeError);
    expect(() => proveInclusion(0.5, 5, read)).toThrow(RangeError);
    expect(() => proveConsistency(6, 5, read)).toThrow(RangeError);
    expect(() => proveConsistency(1, Number.POSITIVE_INFINITY, read)).toThrow(RangeError);
  });

  it('reach beyond 2^32 leaves', () => {
    // All leaves are the same, so that every perfect subtree of one level is.
    const levels: Hash[] = [leafHash(Buffer.from('x'))];
    for (let level = 1; level <= 53; level++) levels.push(nodeHash(levels.at(-1)!, levels.at(-1)!));
    const same = (level: number) => levels[level]!;
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const [index, size] = [Math.min(a, b), Math.max(a, b) || 1];
        const at = Math.min(index, size - 1);
        const to = { size, root: treeRoot(size, same) };
        const path = proveInclusion(at, size, same);
        expect(isIncluded({ leaf: levels[0]!, index: at, path }, to)).toBe(true);
        const from = { size: index, root: treeRoot(index, same) };
        expect(isConsistent(proveConsistency(index, size, same), from, to)).toBe(true);
      }),
    );
  });

  it('of any shape are answered, never thrown at', () => {
    const hash = fc.uint8Array({ minLength: 31, maxLength: 33 });
    const size = fc.oneof(fc.double(), fc.nat(20));
    fc.assert(
      fc.property(fc.array(hash, { maxLength: 70 }), size, size, hash, (path, a, b, root) => {
        expect(typeof isIncluded({ leaf: root, index: a, path }, { size: b, root })).toBe('boolean');
        expect(typeof isConsistent(path, { size: a, root }, { size: b, root })).toBe('boolean');
      }),
    );
  });
});
