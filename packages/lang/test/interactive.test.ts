import { expect, it } from 'vitest';
import { type Interactive, openInteractive } from '../src/index.ts';
import { memoryHost } from './memory-host.ts';

const modules = {
  '@alice/strings':
    'exe @loud(text, mark?) = js { return text.toUpperCase() + (mark ?? "!") }\nvar @sep = "-"\nexport { @loud, @sep }',
};

function open(): { program: Interactive; printed: () => string } {
  const host = memoryHost(modules);
  return { program: openInteractive({ file: 'repl.mld', host }), printed: host.printed };
}

it('keeps names, functions, imports and shared code from entry to entry', async () => {
  const { program, printed } = open();
  expect(await program.enter('var @x = { n: 2, list: [1, 2] }')).toEqual({ shown: undefined });
  expect(await program.enter('@x.n * 3')).toEqual({ shown: '6' });
  await program.enter('import { @loud as @cry } from @alice/strings');
  await program.enter('exe @half(n) = js { return n / 2 }\nexe js = { half }');
  await program.enter('exe @quarter(n: number) = js { return half(half(n)) }');
  expect(await program.enter('@cry("hi") | @lower')).toEqual({ shown: 'hi!' });
  expect(await program.enter('@quarter(8)')).toEqual({ shown: undefined });
  expect(printed()).toBe('2\n');
  await program.enter('@x = 5');
  expect(await program.enter('when [ @x > 4 => "big"; * => "small" ]')).toEqual({ shown: 'big' });
  expect(await program.enter('@quarter')).toEqual({ shown: 'exe @quarter(n: number)' });
  expect(await program.enter('null')).toEqual({ shown: 'null' });
  expect(await program.enter('>> only a note')).toEqual({ shown: undefined });
  await program.close();
});

it('goes on after a failure, and shows the lines of the entry', async () => {
  const { program } = open();
  await expect(program.enter('var @a = 1\nshow @nope')).rejects.toMatchObject({
    code: 'UNKNOWN_NAME',
    position: { line: 2 },
    frame: expect.stringContaining('2 | show @nope'),
  });
  expect(await program.enter('@a')).toEqual({ shown: '1' });
  await expect(program.enter('var = ')).rejects.toMatchObject({ code: 'SYNTAX' });
  await program.close();
});

it.each([
  ['var @a = [1,', true],
  ['exe @f() = js {', true],
  ['show `a', true],
  ['if @a [', true],
  ['var @a =', true],
  ['@a |', true],
  ['show "a', false],
  ['show 1', false],
  ['var @a = ]', false],
])('knows whether %j is finished', (source, isOpen) => {
  expect(open().program.isOpen(source)).toBe(isOpen);
});

it('completes names and fields, and says types', async () => {
  const { program } = open();
  await program.enter('var @user = { name: "Ada", tags: ["x"], deep: { er: 1 } }');
  await program.enter('import { * as @s } from @alice/strings');
  expect(program.names()).toEqual(expect.arrayContaining(['user', 's', 'upper', 'now']));
  expect(program.fields('user')).toEqual(['name', 'tags', 'deep']);
  expect(program.fields('user.deep')).toEqual(['er']);
  expect(program.fields('user.name')).toContain('toUpperCase');
  expect(program.fields('s')).toEqual(['loud', 'sep']);
  expect(program.fields('nothing.here')).toEqual([]);
  expect(await program.typeOf('@user')).toBe('object with name, tags, deep');
  expect(await program.typeOf('@user.tags')).toBe('array of 1');
  expect(await program.typeOf('@s.loud')).toBe('exe @loud(text, mark?)');
  expect(await program.typeOf('@s')).toBe('module with @loud, @sep');
  expect(await program.typeOf('1 + 1')).toBe('number');
});
