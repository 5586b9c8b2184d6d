/**
 * The Merkle tree of a log (docs/spec/log.md §3; RFC 6962 §2.1, RFC 9162 §2.1): hashes, proofs and their verification.
 * Sizes and indices are whole numbers up to 2^53 − 1, so that nothing here shifts bits: JavaScript's shifts have 32.
 */
import { hash as digest } from 'node:crypto';

/** 32 octets. */
export type Hash = Uint8Array;

/**
 * The root of the perfect subtree of 2^level leaves that starts at leaf index · 2^level. Whoever makes a proof passes
 * one that reads memory, files or tiles.
 */
export type HashReader = (level: number, index: number) => Hash;

/** Hash of an entry (RFC 6962 §2.1: 0x00 before it, so that no entry is a node). */
export function leafHash(entry: Uint8Array): Hash {
  return sha256(Buffer.concat([Uint8Array.of(0), entry]));
}

/** What an inner node's hash is made of; used again for each, because a proof is little else than these hashes. */
const node = Buffer.alloc(65, 1);

/** Hash of an inner node (0x01 before it). */
export function nodeHash(left: Hash, right: Hash): Hash {
  node.set(left, 1);
  node.set(right, 33);
  return sha256(node);
}

const emptyRoot = sha256(new Uint8Array());

/** Root of the tree of the first `size` leaves; of none: the hash of nothing. */
export function treeRoot(size: number, read: HashReader): Hash {
  return size === 0 ? emptyRoot : rangeHash(0, size, read);
}

/** The audit path of a leaf, from its sibling up (RFC 6962 §2.1.1). */
export function proveInclusion(index: number, size: number, read: HashReader): Hash[] {
  assertSize(size);
  if (!isWhole(index) || index >= size) throw new RangeError(`leaf ${index} is not in a tree of ${size}`);
  const path = (low: number, high: number): Hash[] => {
    if (high - low === 1) return [];
    const middle = low + split(high - low);
    return index < middle
      ? [...path(low, middle), rangeHash(middle, high, read)]
      : [...path(middle, high), rangeHash(low, middle, read)];
  };
  return path(0, size);
}

/** The proof that the tree of `from` leaves is the start of that of `to` leaves (RFC 6962 §2.1.2). */
export function proveConsistency(from: number, to: number, read: HashReader): Hash[] {
  assertSize(to);
  if (!isWhole(from) || from > to) throw new RangeError(`a tree of ${from} is not the start of one of ${to}`);
  if (from === 0) return [];
  const path = (low: number, high: number, known: boolean): Hash[] => {
    if (from === high) return known ? [] : [rangeHash(low, high, read)];
    const middle = low + split(high - low);
    return from <= middle
      ? [...path(low, middle, known), rangeHash(middle, high, read)]
      : [...path(middle, high, false), rangeHash(low, middle, read)];
  };
  return path(0, to, true);
}

export interface TreeHead {
  /** Leaves. */
  readonly size: number;
  readonly root: Hash;
}

export interface InclusionProof {
  readonly leaf: Hash;
  readonly index: number;
  readonly path: readonly Hash[];
}

/** Whether the leaf stands at its index in the tree (RFC 9162 §2.1.3.2). Never throws. */
export function isIncluded({ leaf, index, path }: InclusionProof, { size, root }: TreeHead): boolean {
  if (!isWhole(index) || !isWhole(size) || index >= size || leaf.length !== 32) return false;
  let [at, last, found] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) return false;
    if (isOdd(at) || at === last) {
      found = nodeHash(sibling, found);
      [at, last] = skipMissingSiblings(at, last);
    } else {
      found = nodeHash(found, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(found, root);
}

/**
 * Whether the tree `from` is the start of the tree `to` (RFC 9162 §2.1.4.2). An empty tree is the start of any. Never
 * throws.
 */
export function isConsistent(path: readonly Hash[], from: TreeHead, to: TreeHead): boolean {
  if (!isWhole(from.size) || !isWhole(to.size) || from.size > to.size) return false;
  if (from.size === 0) return path.length === 0 && equal(from.root, emptyRoot);
  if (from.size === to.size) return path.length === 0 && equal(from.root, to.root);
  if ([from.root, to.root, ...path].some((hash) => hash.length !== 32)) return false;
  let [at, last] = [from.size - 1, to.size - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  // When `from` is a perfect tree its root is a node of `to`, and the proof leaves it out.
  const [first, ...rest] = at === 0 ? [from.root, ...path] : path;
  if (first === undefined) return false;
  let [before, after] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      before = nodeHash(sibling, before);
      after = nodeHash(sibling, after);
      [at, last] = skipMissingSiblings(at, last);
    } else {
      after = nodeHash(after, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(before, from.root) && equal(after, to.root);
}

/** Above the right edge of the tree, nodes without a right sibling are the same node one level up. */
function skipMissingSiblings(node: number, last: number): [number, number] {
  let [n, l] = [node, last];
  while (!isOdd(n) && n !== 0) [n, l] = [half(n), half(l)];
  return [n, l];
}

/** Hash of leaves `low` to `high`, where `low` is a multiple of a power of two that is at least `high − low`. */
function rangeHash(low: number, high: number, read: HashReader): Hash {
  const size = high - low;
  const left = split(size);
  if (left * 2 === size || size === 1) return read(Math.log2(size), low / size);
  return nodeHash(rangeHash(low, low + left, read), rangeHash(low + left, high, read));
}

/** The largest power of two below `size`; half of a power of two. */
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function assertSize(size: number): void {
  if (!isWhole(size)) throw new RangeError(`${size} is no size of a tree`);
}

const half = (value: number) => Math.floor(value / 2);
const isOdd = (value: number) => value % 2 === 1;

function sha256(octets: Uint8Array): Hash {
  return digest('sha256', octets, 'buffer');
}
