import { appendFileSync, readdirSync, truncateSync } from 'node:fs';
import { tempDir } from '@mlld/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openTable, type TablePlace } from '../src/build/table.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const key = fc.oneof(
  fc.constantFrom('@a/b', '@a/b-c', '@a/c', 'ä', '😀', '￿', ''),
  text.map((one) => one.replace(/[\t\n]/g, '')),
);
const value = fc.oneof(text, fc.constantFrom('two\nlines', 'tab\there', `${'long '.repeat(1500)}end`, ''));
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('set' as const), key, value) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('delete' as const), key) },
  { weight: 2, arbitrary: fc.constant(['commit'] as const) },
  { weight: 1, arbitrary: fc.constant(['anew'] as const) },
);

test('a table is what a map is, however it is read, over many builds', async () => {
  const dir = await tempDir();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const name = `table-${count++}`;
      const wanted = new Map<string, string>();
      let place: TablePlace | undefined;
      let table = openTable(dir.path, name);
      for (const one of steps) {
        if (one[0] === 'set') {
          table.set(one[1], one[2]);
          wanted.set(one[1], one[2]);
        } else if (one[0] === 'delete') {
          table.delete(one[1]);
          wanted.delete(one[1]);
        } else if (one[0] === 'commit') {
          place = table.commit();
          table = openTable(dir.path, name, place);
        } else {
          table.clear();
          wanted.clear();
        }
        if (one.length > 1) expect(table.get(one[1] ?? '')).toBe(wanted.get(one[1] ?? ''));
      }
      expect(table.size).toBe(wanted.size);
      expect(new Map(table.entries())).toEqual(wanted);
      expect([...table.entries()].length).toBe(wanted.size);
      for (const prefix of ['@a/b', '😀', 'x']) {
        const begun = [...wanted].filter(([one]) => one.startsWith(prefix));
        expect(new Map(table.entries(prefix))).toEqual(new Map(begun));
      }
      const having = new Set(table.having('end'));
      for (const [one, found] of wanted) if (found.includes('end')) expect(having).toContain(one);
      const sorted = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1));
      const values = sorted.map(([, one]) => one);
      table.prepare('|');
      expect(table.joined({ after: '|' }).toString()).toBe(values.map((one) => `${one}|`).join(''));
      const around = { head: 'ö{', after: ',', tail: '}\n' };
      expect(table.joined(around).toString()).toBe(`ö{${values.join(',')}}\n`);
    }),
    { numRuns: 200 },
  );
});

test('a publish adds a line; what a build that was interrupted added counts for nothing', async () => {
  const dir = await tempDir();
  const first = openTable(dir.path, 't');
  for (let i = 0; i < 5000; i++) first.set(`@a/${i}`, `row ${i}`);
  first.set('@a/25', 'longer than what is read at once '.repeat(10_000));
  const place = first.commit();
  const second = openTable(dir.path, 't', place);
  second.set('@a/7', 'other');
  second.set('@b/new', 'new');
  second.delete('@a/8');
  const next = second.commit();
  expect(next).toMatchObject({ file: place.file, sorted: place.bytes, later: 3, rows: 5000 });
  second.settle();
  // The state still names the old place: the build ended before it said so.
  const again = openTable(dir.path, 't', place);
  expect([again.get('@a/7'), again.get('@b/new'), again.get('@a/8')]).toEqual(['row 7', undefined, 'row 8']);
  for (const i of [0, 24, 26, 2499, 4999]) expect(again.get(`@a/${i}`)).toBe(`row ${i}`);
  expect(again.get('@a/25')).toHaveLength(330_000);
  again.set('@c/c', 'c');
  const last = openTable(dir.path, 't', again.commit());
  expect([last.size, last.get('@c/c'), last.get('@b/new')]).toEqual([5001, 'c', undefined]);
  for (let i = 0; i < 3000; i++) last.set(`@a/${i}`, 'changed');
  expect(last.commit()).toMatchObject({ file: 't.2', later: 0, rows: 5001 });
  last.settle();
  expect(readdirSync(dir.path)).toEqual(['t.2']);
});

test('a file that is cut, or has something else in it, is damaged', async () => {
  const dir = await tempDir();
  const table = openTable(dir.path, 't');
  table.set('a', '1');
  table.set('b', '2');
  const place = table.commit();
  truncateSync(dir.join(place.file), place.bytes - 1);
  const open = () => openTable(dir.path, 't', place);
  expect(() => [...open().keys()]).toThrow(/damaged/);
  appendFileSync(dir.join(place.file), 'x');
  expect(() => [...open().keys()]).toThrow(/damaged/);
  truncateSync(dir.join(place.file), 0);
  expect(() => open().get('a')).toThrow(/damaged/);
});
