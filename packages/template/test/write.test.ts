import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tempDir } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyChanges,
  hasMarks,
  lookAt,
  mergeProjects,
  parseRecord,
  recover,
  writeProject,
} from '../src/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const filesOf = (of: Record<string, string>) =>
  new Map(Object.entries(of).map(([file, text]) => [file, bytes(text)]));

async function read(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));
  const found = await Promise.all(
    files.sort().map(async (file) => [path.relative(folder, file), await readFile(file, 'utf8')]),
  );
  return Object.fromEntries(found);
}

describe('a project', () => {
  test('comes as a whole; what killed runs left beside it goes', async () => {
    const dir = await tempDir('mlld-create-');
    await mkdir(dir.join('.tea.mld-4194305-aabbccddeeff'));
    await mkdir(dir.join('.tea.mlld-4194305-aabbccddeeff/half'), { recursive: true });
    const files = filesOf({ 'a/b.mld': '1', 'c.mld': '2' });
    await writeProject(await lookAt(dir.join('tea'), files), files);
    expect(await read(dir.join('tea'))).toEqual({ 'a/b.mld': '1', 'c.mld': '2' });
    expect((await readdir(dir.path)).sort()).toEqual(['.tea.mld-4194305-aabbccddeeff', 'tea']);
  });

  test('goes into an empty folder; of one in use it says what is there', async () => {
    const dir = await tempDir('mlld-create-');
    await mkdir(dir.join('tea'));
    const files = filesOf({ 'a/b.mld': '1', 'c.mld': '2' });
    expect(await lookAt(dir.join('tea'), files)).toMatchObject({ inUse: false, existing: [] });
    await writeProject(await lookAt(dir.join('tea'), files), files);
    expect(await lookAt(dir.join('tea'), files)).toMatchObject({
      inUse: true,
      existing: ['a/b.mld', 'c.mld'],
    });
    await writeFile(dir.join('file'), '');
    await expect(lookAt(dir.join('file'), files)).rejects.toMatchObject({ code: 'IO' });
  });

  test.each([
    ['a link to a folder', 'a', 'link'],
    ['a link to a file', 'a/b.mld', 'link'],
    ['a name of another case', 'A', 'same name'],
    ['a file where a folder should be', 'a', 'no folder'],
  ])('never goes through %s', async (_, at, says) => {
    const dir = await tempDir('mlld-create-');
    await mkdir(dir.join('outside'));
    await writeFile(dir.join('secret'), 'secret');
    await mkdir(path.dirname(dir.join('tea', at)), { recursive: true });
    if (says !== 'link') await writeFile(dir.join('tea', at), 'x');
    else await symlink(at === 'a' ? dir.join('outside') : dir.join('secret'), dir.join('tea', at));
    const before = await read(dir.path);
    const files = filesOf({ 'a/b.mld': '1', 'c.mld': '2' });
    await expect(lookAt(dir.join('tea'), files)).rejects.toMatchObject({
      code: 'BAD_PATH',
      message: expect.stringContaining(says),
    });
    await expect(applyChanges(dir.join('tea'), files)).rejects.toMatchObject({ code: 'BAD_PATH' });
    expect(await read(dir.path)).toEqual(before);
  });

  test('is changed as a whole: interrupted at any step, the next run ends it', async () => {
    const changes: [string, string | undefined][] = [
      ['a/x', 'new'],
      ['b', undefined],
      ['c/d/e', 'added'],
    ];
    for (let done = 0; done <= changes.length; done++) {
      const dir = await tempDir('mlld-create-');
      await mkdir(dir.join('a'));
      await writeFile(dir.join('a/x'), 'old');
      await writeFile(dir.join('b'), 'old');
      // What stands there after the journal was written and `done` steps were made.
      await mkdir(dir.join('.mlld/create'), { recursive: true });
      const steps = changes.map(([file, content], i) => ({
        path: file,
        ...(content === undefined ? {} : { staged: String(i) }),
      }));
      for (const [i, [file, content]] of changes.entries()) {
        if (content === undefined) {
          if (i < done) await (await import('node:fs/promises')).rm(dir.join(file));
        } else {
          const target = i < done ? dir.join(file) : dir.join('.mlld/create', String(i));
          await mkdir(path.dirname(target), { recursive: true });
          await writeFile(target, content);
        }
      }
      await writeFile(dir.join('.mlld/create/journal.json'), JSON.stringify({ v: 1, steps }));
      expect(await recover(dir.path)).toBe(true);
      expect(await read(dir.path)).toEqual({ 'a/x': 'new', 'c/d/e': 'added' });
      expect(await recover(dir.path)).toBe(false);
    }
  });

  test('interrupted before its journal, nothing has happened; a hostile journal writes nothing outside', async () => {
    const dir = await tempDir('mlld-create-');
    await mkdir(dir.join('.mlld/create'), { recursive: true });
    await writeFile(dir.join('.mlld/create/0'), 'staged');
    await writeFile(dir.join('kept'), 'kept');
    expect(await recover(dir.path)).toBe(false);
    expect(await read(dir.path)).toEqual({ kept: 'kept' });
    await mkdir(dir.join('.mlld/create'), { recursive: true });
    for (const step of [
      { path: '../x', staged: '0' },
      { path: 'x', staged: '../../kept' },
    ]) {
      await writeFile(dir.join('.mlld/create/journal.json'), JSON.stringify({ v: 1, steps: [step] }));
      await expect(recover(dir.path)).rejects.toMatchObject({ code: 'BAD_PATH' });
    }
  });
});

describe('a merge', () => {
  const text = (of: Uint8Array | undefined) => (of === undefined ? undefined : new TextDecoder().decode(of));
  const merge = (
    base: Record<string, string>,
    theirs: Record<string, string>,
    ours: Record<string, string>,
  ) => {
    const made = mergeProjects({
      base: filesOf(base),
      theirs: filesOf(theirs),
      ours: filesOf(ours),
      label: 'template 2.0.0',
    });
    const outcomes = Object.fromEntries(made.files.map((one) => [one.path, one.outcome]));
    return {
      outcomes,
      changes: Object.fromEntries([...made.changes].map(([file, content]) => [file, text(content)])),
    };
  };

  test('brings in what only the template changed, keeps what only the project changed', () => {
    const made = merge(
      { same: '1', theirs: '1', ours: '1', gone: '1', both: 'a\nb\nc\nd\ne\n', deleted: '1', dropped: '1' },
      { same: '1', theirs: '2', ours: '1', both: 'A\nb\nc\nd\ne\n', deleted: '2', new: '1', dropped: '1' },
      { same: '1', theirs: '1', ours: '2', gone: '1', both: 'a\nb\nc\nd\nE\n' },
    );
    expect(made.outcomes).toEqual({
      same: 'unchanged',
      theirs: 'updated',
      ours: 'unchanged',
      gone: 'removed',
      both: 'merged',
      deleted: 'kept',
      dropped: 'unchanged',
      new: 'added',
    });
    expect(made.changes).toEqual({ theirs: '2', gone: undefined, both: 'A\nb\nc\nd\nE\n', new: '1' });
  });

  test('marks what both changed, and is told of marks that are left', () => {
    const made = merge({ a: 'x\none\ny\n' }, { a: 'x\ntheirs\ny\n' }, { a: 'x\nours\ny\n' });
    expect(made.outcomes).toEqual({ a: 'conflict' });
    expect(made.changes.a).toBe('x\n<<<<<<< yours\nours\n=======\ntheirs\n>>>>>>> template 2.0.0\ny\n');
    expect(hasMarks(bytes(made.changes.a ?? ''))).toBe(true);
    expect(hasMarks(bytes('x\n'))).toBe(false);
  });

  test('leaves bytes that are no text, and puts the new ones beside', () => {
    const made = merge({ a: 'a\0' }, { a: 'b\0' }, { a: 'c\0' });
    expect(made).toEqual({ outcomes: { a: 'beside' }, changes: { 'a.theirs': 'b\0' } });
  });

  test('keeps the line ends of the project', () => {
    expect(merge({ a: 'a\nb\nc\n' }, { a: 'a\nb\nC\n' }, { a: 'A\r\nb\r\nc\r\n' }).changes.a).toBe(
      'A\r\nb\r\nC\r\n',
    );
  });

  const line = fc.constantFrom('a', 'b', 'c', '', '=======', 'd');
  const file = fc.array(line, { maxLength: 8 }).map((lines) => lines.map((one) => `${one}\n`).join(''));

  test('of what one side did not touch is the other side, whatever they are', () => {
    fc.assert(
      fc.property(file, file, (base, changed) => {
        const byTemplate = merge({ f: base }, { f: changed }, { f: base }).changes.f ?? base;
        expect(byTemplate).toBe(changed);
        expect(merge({ f: base }, { f: base }, { f: changed }).changes).toEqual({});
        expect(merge({ f: base }, { f: changed }, { f: changed }).changes).toEqual({});
      }),
    );
  });

  test('loses no line: each of both sides is in the result, or was taken out by the other', () => {
    fc.assert(
      fc.property(file, file, file, (base, theirs, ours) => {
        const made = merge({ f: base }, { f: theirs }, { f: ours });
        const result = new Set((made.changes.f ?? ours).split('\n'));
        const common = new Set(base.split('\n'));
        for (const one of [...theirs.split('\n'), ...ours.split('\n')])
          if (!common.has(one)) expect(result).toContain(one);
      }),
    );
  });
});

test('a record is read strictly', () => {
  const good = {
    v: 1,
    template: '@templates/api-docs',
    version: '1.0.0',
    digest: 'a'.repeat(64),
    answers: { a: 'x', b: true },
  };
  expect(parseRecord(JSON.stringify(good)).answers).toEqual(
    new Map<string, unknown>([
      ['a', 'x'],
      ['b', true],
    ]),
  );
  for (const change of [
    { v: 2 },
    { template: '../x' },
    { version: 'x' },
    { digest: 'x' },
    { answers: { a: 1 } },
    { more: 1 },
  ])
    expect(() => parseRecord(JSON.stringify({ ...good, ...change }))).toThrow();
});
