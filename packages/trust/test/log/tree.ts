/** A tree in memory, hashed from the definition (RFC 6962 §2.1): the oracle for proofs and tiles. */
import { type Hash, type HashReader, leafHash, nodeHash } from '../../src/log/index.ts';

export const entryOf = (i: number) => Buffer.from(`entry ${i}`);

/** Leaf hashes of the entries 0 … size − 1. */
export function leavesOf(size: number): Hash[] {
  return Array.from({ length: size }, (_, i) => leafHash(entryOf(i)));
}

/** MTH(D[low:high]), as RFC 6962 writes it. */
export function mth(leaves: readonly Hash[], low = 0, high = leaves.length): Hash {
  if (high - low === 1) return leaves[low]!;
  let k = 1;
  while (k * 2 < high - low) k *= 2;
  return nodeHash(mth(leaves, low, low + k), mth(leaves, low + k, high));
}

/** Reads perfect subtrees of the leaves; each is hashed once. */
export function memoryReader(leaves: readonly Hash[]): HashReader {
  const known = new Map<string, Hash>();
  const read: HashReader = (level, index) => {
    if (level === 0) return leaves[index]!;
    const key = `${level}/${index}`;
    const hash = known.get(key) ?? nodeHash(read(level - 1, index * 2), read(level - 1, index * 2 + 1));
    known.set(key, hash);
    return hash;
  };
  return read;
}

/** A copy with one bit turned. */
export function turned(octets: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(octets);
  const at = bit % (copy.length * 8);
  copy[at >> 3]! ^= 1 << (at & 7);
  return copy;
}
