import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  checkGrowth,
  formatCheckpoint,
  formatLogProof,
  formatNote,
  formatVerifierKey,
  noteSigner,
  parseLogPolicy,
  parseLogProof,
  proveConsistency,
  proveInclusion,
  signNote,
  treeRoot,
  verifyLogProof,
} from '../../src/log/index.ts';
import { entryOf, leavesOf, memoryReader, turned } from './tree.ts';

const origin = 'registry.example.org/log';
const log = noteSigner(origin, 'ed25519', Buffer.alloc(32, 1));
const policy = parseLogPolicy(`log ${formatVerifierKey(log.key)}\nquorum none\n`);
const read = memoryReader(leavesOf(1000));
const at = (size: number): Checkpoint => ({ origin, size, root: treeRoot(size, read) });
const noteOf = (checkpoint: Checkpoint) => {
  const text = formatCheckpoint(checkpoint);
  return formatNote({ text, signatures: [signNote(text, log)] });
};
const proofOf = (index: number, size: number) => ({
  index,
  path: proveInclusion(index, size, read),
  checkpoint: noteOf(at(size)),
});

describe('a proof', () => {
  it('verifies the entry that it is about, and no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(), fc.boolean(), (size, any, withExtra) => {
        const index = any % size;
        const text = formatLogProof({
          ...proofOf(index, size),
          ...(withExtra ? { extra: Buffer.from('x') } : {}),
        });
        const proof = parseLogProof(text);
        expect(formatLogProof(proof)).toBe(text);
        expect(verifyLogProof(proof, { entry: entryOf(index), policy }).checkpoint.size).toBe(size);
        expect(codeOf(() => verifyLogProof(proof, { entry: entryOf(index + 1), policy }))).toBe(
          'NOT_INCLUDED',
        );
        expect(
          codeOf(() => verifyLogProof({ ...proof, index: index + 1 }, { entry: entryOf(index), policy })),
        ).toBe('NOT_INCLUDED');
      }),
      { numRuns: 50 },
    );
  });

  it('with any bit of its path turned is NOT_INCLUDED', () => {
    const proof = proofOf(123, 777);
    for (const [i, hash] of proof.path.entries()) {
      const path = proof.path.with(i, turned(hash, i * 37));
      expect(codeOf(() => verifyLogProof({ ...proof, path }, { entry: entryOf(123), policy }))).toBe(
        'NOT_INCLUDED',
      );
    }
  });

  it('for another checkpoint is NOT_INCLUDED, by another log UNKNOWN_KEY', () => {
    const entry = entryOf(5);
    const proof = { ...proofOf(5, 100), checkpoint: noteOf(at(101)) };
    expect(codeOf(() => verifyLogProof(proof, { entry, policy }))).toBe('NOT_INCLUDED');
    const stranger = noteSigner(origin, 'ed25519', Buffer.alloc(32, 2));
    const strange = parseLogPolicy(`log ${formatVerifierKey(stranger.key)}\nquorum none\n`);
    expect(codeOf(() => verifyLogProof(proofOf(5, 100), { entry, policy: strange }))).toBe('UNKNOWN_KEY');
  });

  const good = formatLogProof(proofOf(3, 9));
  const hash = Buffer.alloc(32).toString('base64');
  it.each([
    ['another version', good.replace('@v1', '@v2')],
    ['no index', good.replace(/index \d+\n/, '')],
    ['a leading zero', good.replace('index 3', 'index 03')],
    ['a negative index', good.replace('index 3', 'index -3')],
    ['an index that is not held exactly', good.replace('index 3', 'index 9007199254740993')],
    ['a short hash', good.replace(/(index 3\n)[^\n]+/, '$1AAAA')],
    ['extra data that is no base64', good.replace('index', 'extra ?\nindex')],
    ['extra data after the index', good.replace(/(index 3\n)/, '$1extra AAAA\n')],
    ['54 hashes', good.replace(/(index 3\n)/, `$1${`${hash}\n`.repeat(54)}`)],
    ['no empty line', good.replace('\n\n', '\n')],
    ['nothing', ''],
  ])('with %s is BAD_NOTE', (_name, text) => {
    expect(codeOf(() => parseLogProof(text))).toBe('BAD_NOTE');
  });

  it('fails only with codes, whatever is changed in its text', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(20),
        fc.constantFrom('', '\n', ' ', 'A', '=', '—', '\u0000'),
        (where, length, by) => {
          const start = where % good.length;
          const text = good.slice(0, start) + by + good.slice(start + length);
          const found = codeOf(() => verifyLogProof(parseLogProof(text), { entry: entryOf(3), policy }));
          if (text !== good)
            expect(found).toMatch(/^(?:BAD_NOTE|NOT_INCLUDED|UNKNOWN_KEY|BAD_SIGNATURE|WRONG_SUBJECT)$/);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('growth', () => {
  it('is shown by a proof, whichever checkpoint was seen first', () => {
    const path = proveConsistency(300, 700, read);
    expect(codeOf(() => checkGrowth(at(300), at(700), path))).toBe('ok');
    expect(codeOf(() => checkGrowth(at(700), at(300), path))).toBe('ok');
    expect(codeOf(() => checkGrowth(at(300), at(300), []))).toBe('ok');
  });

  it('that is not shown is LOG_FORK, with both checkpoints to show around', () => {
    const forked = { ...at(700), root: turned(at(700).root, 5) };
    expect(codeOf(() => checkGrowth(at(300), forked, proveConsistency(300, 700, read)))).toBe('LOG_FORK');
    expect(codeOf(() => checkGrowth(at(700), forked, []))).toBe('LOG_FORK');
    expect(codeOf(() => checkGrowth(at(300), at(700), []))).toBe('LOG_FORK');
    let data: unknown;
    try {
      checkGrowth(at(700), forked, []);
    } catch (error) {
      data = (error as { data?: unknown }).data;
    }
    expect(data).toEqual({ seen: formatCheckpoint(at(700)), shown: formatCheckpoint(forked) });
  });

  it('is of one log', () => {
    expect(codeOf(() => checkGrowth(at(3), { ...at(3), origin: 'other.example.org' }, []))).toBe(
      'WRONG_SUBJECT',
    );
  });
});
