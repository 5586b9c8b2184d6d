/** Files of vectors, and the cells that they stand in (search.md §9.2 to §9.4, §9.7, §9.8). */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  decodeCell,
  decodeHead,
  decodeMeaningDelta,
  decodeTermRows,
  encodeCell,
  encodeTerms,
  type MeaningHead,
  passagesEach,
  sumOf,
} from '../src/index.ts';
import { cellsOf, centreOf, mostInCell, nearestCells } from '../src/meaning/cells.ts';
import { encodeHead, encodeMeaningDelta } from '../src/meaning/format.ts';
import { codeOf } from './fixture/code-of.ts';

const dims = 4;
const vector = fc.int8Array({ minLength: dims, maxLength: dims });
const label = fc.stringMatching(/^[a-zA-Zäö]{0,12}$/);
const cell = fc.array(fc.record({ module: fc.nat(100_000), label, bytes: vector }), { maxLength: 20 });
const key = fc.oneof(
  fc.stringMatching(/^[a-z#]{1,8}$/),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
);
const rows = fc
  .uniqueArray(fc.record({ key, scale: fc.float({ noNaN: true, noDefaultInfinity: true }), bytes: vector }), {
    selector: (row) => row.key,
    maxLength: 20,
  })
  .map((list) => list.sort((a, b) => (a.key < b.key ? -1 : 1)));

describe('files', () => {
  it('give back what was written', () => {
    fc.assert(
      fc.property(cell, rows, (entries, terms) => {
        const read = decodeCell(encodeCell(entries), 'cell', dims);
        expect([...read.modules]).toEqual(entries.map(({ module }) => module));
        expect(read.labels).toEqual(entries.map((one) => one.label));
        expect([...read.bytes]).toEqual(entries.flatMap(({ bytes }) => [...bytes]));
        const found = decodeTermRows(encodeTerms(terms), 'terms', dims);
        expect(
          [...found].map(([one, row]) => ({ key: one, scale: row.scale, bytes: [...row.bytes] })),
        ).toEqual(terms.map((row) => ({ ...row, bytes: [...row.bytes] })));
        const delta = new Map([[7, entries.slice(0, 5)]]);
        const again = decodeMeaningDelta(encodeMeaningDelta(delta), 'delta', dims).get(7) ?? [];
        expect(again.map((one) => [one.label, ...one.bytes])).toEqual(
          entries.slice(0, 5).map((one) => [one.label, ...one.bytes]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('that are cut short, longer or changed are read or refused with a code, and never read beyond their end', () => {
    const head: MeaningHead = {
      ...{
        v: 1,
        base: '0123456789abcdef',
        provider: 'learnt',
        model: 'test',
        dims,
        each: 3,
        vectors: 9,
        cells: 2,
      },
      terms: { id: '0123456789abcdef', tokenizing: { kind: 'stems' }, routes: ['', 'm'] },
    };
    const headBytes = encodeHead(head, [new Int8Array([1, 2, 3, 4]), new Int8Array(4)]);
    const readers: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
      [headBytes, (bytes) => decodeHead(bytes, 'head')],
      [
        encodeCell([
          { module: 3, label: 'pad', bytes: new Int8Array(dims).fill(5) },
          { module: 300, label: '', bytes: new Int8Array(dims).fill(-5) },
        ]),
        (bytes) => decodeCell(bytes, 'cell', dims),
      ],
      [
        encodeTerms(
          ['a', 'ab', 'b'].map((one) => ({ key: one, scale: 1, bytes: new Int8Array(dims).fill(9) })),
        ),
        (bytes) => decodeTermRows(bytes, 'terms', dims),
      ],
      [
        encodeMeaningDelta(new Map([[2, [{ label: 'x', bytes: new Int8Array(dims).fill(1) }]]])),
        (bytes) => decodeMeaningDelta(bytes, 'delta', dims),
      ],
    ];
    const codes = ['BAD_SHAPE', 'BAD_JSON', 'UNSUPPORTED_VERSION', 'TOO_LARGE', undefined];
    for (const [whole, read] of readers) {
      expect(codeOf(() => read(whole))).toBeUndefined();
      for (let end = 0; end < whole.length; end++)
        expect(codeOf(() => read(whole.slice(0, end)))).toBeDefined();
      expect(codeOf(() => read(Uint8Array.of(...whole, 0)))).toBeDefined();
      for (let at = 0; at < whole.length; at++)
        for (const flip of [1, 128, 255]) {
          const other = whole.slice();
          other[at]! ^= flip;
          expect(codes).toContain(codeOf(() => read(other)));
        }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const [, read] of readers) expect(codes).toContain(codeOf(() => read(bytes)));
      }),
    );
  });
});

describe('cells', () => {
  it('hold every vector once, none more than a file takes, and a vector is nearest to a cell that has it', () => {
    const many: Int8Array[] = Array.from({ length: 1500 }, (_, i) =>
      Int8Array.from({ length: 64 }, (_, k) =>
        Math.round(100 * Math.sin((i + 1) * 0.37 * ((k % 7) + 1) + (i % 5))),
      ),
    );
    const cells = cellsOf(many, 64);
    expect(cells.flat().sort((a, b) => a - b)).toEqual(many.map((_, i) => i));
    for (const one of cells) expect(one.length).toBeLessThanOrEqual(mostInCell(64));
    expect(cellsOf(many, 64)).toEqual(cells);
    const centres = new Int8Array(cells.length * 64);
    for (const [n, one] of cells.entries()) centres.set(centreOf(one, many, 64), n * 64);
    let found = 0;
    for (let i = 0; i < many.length; i += 10) {
      const near = nearestCells(sumOf([{ scale: 1, bytes: many[i]! }], 64)!, centres, 4);
      if (near.some((n) => cells[n]!.includes(i))) found++;
    }
    expect(found).toBeGreaterThan(0.9 * (many.length / 10));
  });

  it('end also where all vectors are one', () => {
    const same = Array.from({ length: 400 }, () => new Int8Array(64).fill(3));
    expect(cellsOf(same, 64).flat()).toHaveLength(400);
    expect(cellsOf([], 64)).toEqual([]);
  });
});

test('of many modules few texts each are kept', () => {
  expect([0, 21, 6250, 10_000, 100_000, 1_000_000].map(passagesEach)).toEqual([32, 32, 32, 20, 2, 1]);
});
