/** C2SP tlog-witness v1, add-checkpoint (docs/spec/log.md §11). */
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  formatAddCheckpoint,
  formatCheckpoint,
  formatNote,
  type HashReader,
  judgeCheckpoint,
  leafHash,
  nodeHash,
  noteSigner,
  parseAddCheckpoint,
  proveConsistency,
  signNote,
  treeRoot,
  type WitnessView,
} from '../../src/log/index.ts';

const origin = 'registry.example.org/log';
const signer = noteSigner(origin, 'ed25519', Buffer.alloc(32, 7));
const stranger = noteSigner(origin, 'ed25519', Buffer.alloc(32, 8));
const leaves = Array.from({ length: 40 }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
const others = leaves.map((leaf, i) => (i === 3 ? leafHash(Buffer.from('another')) : leaf));

function hashesOf(list: readonly Uint8Array[]): HashReader {
  const read: HashReader = (level, index) =>
    level === 0 ? list[index]! : nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
  return read;
}

const at = (size: number, list = leaves): Checkpoint => ({
  origin,
  size,
  root: treeRoot(size, hashesOf(list)),
});
const noteOf = (checkpoint: Checkpoint, by = signer) => {
  const text = formatCheckpoint(checkpoint);
  return formatNote({ text, signatures: [signNote(text, by)] });
};
const request = (old: number, size: number, { list = leaves, by = signer } = {}) =>
  formatAddCheckpoint({
    old,
    proof: old === 0 || old >= size ? [] : proveConsistency(old, size, hashesOf(list)),
    checkpoint: noteOf(at(size, list), by),
  });
const seen = (latest?: Checkpoint): WitnessView => ({
  keysOf: (name) => (name === origin ? [signer.key] : []),
  latestOf: () => latest,
});

describe('a witness', () => {
  it('cosigns what has only grown, from every size to every larger one', () => {
    for (let old = 0; old <= 20; old++)
      for (let size = Math.max(1, old); size <= 40; size += 3)
        expect(judgeCheckpoint(request(old, size), seen(old === 0 ? undefined : at(old)))).toMatchObject({
          status: 200,
          checkpoint: { size },
        });
  });

  it.each<[string, number, string, WitnessView]>([
    ['no such log', 404, request(0, 5), { ...seen(), keysOf: () => [] }],
    ['a signature by a key that is not known', 403, request(0, 5, { by: stranger }), seen()],
    ['an old size above the new one', 400, request(6, 5), seen(at(6))],
    ['another size than was cosigned last', 409, request(3, 8), seen(at(5))],
    ['a first request that names a size', 409, request(3, 8), seen()],
    ['a second first request', 409, request(0, 8), seen(at(5))],
    ['a proof of another tree', 422, request(5, 8, { list: others }), seen(at(5))],
    ['another root of the same size', 422, request(5, 5, { list: others }), seen(at(5))],
    ['no request at all', 400, 'hello', seen()],
    ['a note without a signature', 400, `old 0\n\n${formatCheckpoint(at(3))}`, seen()],
  ])('answers to %s with %i', (_what, status, body, view) => {
    expect(judgeCheckpoint(body, view)).toMatchObject(
      status === 409 ? { status, size: view.latestOf('')?.size ?? 0 } : { status },
    );
  });

  it('never cosigns a proof with a bit turned, and never fails in another way', () => {
    const body = request(5, 23);
    const good = judgeCheckpoint(body, seen(at(5)));
    expect(good.status).toBe(200);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 127 }), (place, flip) => {
        const turned = String.fromCharCode(body.charCodeAt(place) ^ flip);
        const judged = judgeCheckpoint(body.slice(0, place) + turned + body.slice(place + 1), seen(at(5)));
        if (judged.status !== 200) return;
        // What is turned outside of what is signed (a name of a signature that nobody knows) changes no tree.
        expect(judged.checkpoint).toEqual((good as { checkpoint: Checkpoint }).checkpoint);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string(), (text) => void judgeCheckpoint(text, seen(at(5)))));
  });

  it('reads what is written, and at most 63 hashes', () => {
    const written = { old: 5, proof: proveConsistency(5, 23, hashesOf(leaves)), checkpoint: noteOf(at(23)) };
    const read = parseAddCheckpoint(formatAddCheckpoint(written));
    expect([read.old, read.checkpoint, read.proof.map((one) => Buffer.from(one))]).toEqual([
      5,
      written.checkpoint,
      written.proof.map((one) => Buffer.from(one)),
    ]);
    const many = Array.from({ length: 64 }, () => leaves[0]!);
    expect(codeOf(() => parseAddCheckpoint(formatAddCheckpoint({ ...written, proof: many })))).toBe(
      'BAD_NOTE',
    );
  });
});
