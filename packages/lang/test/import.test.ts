import { describe, expect, it } from 'vitest';
import { run } from '../src/index.ts';
import { type Modules, memoryHost } from './memory-host.ts';

async function print(source: string, modules: Modules): Promise<string> {
  const host = memoryHost(modules);
  await run(source, { file: 'main.mld', host });
  return host.printed();
}

async function codeOf(source: string, modules: Modules): Promise<unknown> {
  return print(source, modules).catch((error: unknown) => (error as { code?: unknown }).code);
}

// docs/spec/language.md §4
describe('imports', () => {
  const strings =
    'exe @up(s) = js { return s.toUpperCase() }\nvar @sep = "-"\nexe @_own() = "x"\nexport { @up, @sep as @separator }';

  it.each([
    ['names and aliases', 'import { up, separator as @s } from @a/s\nshow `@up("x")@s`'],
    ['a namespace', 'import @a/s as @s\nshow `@s.up("x")@s.separator`'],
    ['a wildcard as a namespace', 'import { * as @s } from @a/s\nshow `@s.up("x")@s["separator"]`'],
    ['everything', 'import { * } from @a/s\nshow `@up("x")@separator`'],
  ])('binds %s', async (_, source) => {
    expect(await print(source, { '@a/s': strings })).toBe('X-\n');
  });

  it('exports everything where nothing is said', async () => {
    expect(
      await print('import { f, v } from "lib"\nshow `@f()@v`', { lib: 'exe @f() = "f"\nvar @v = "v"' }),
    ).toBe('fv\n');
  });

  it('exports again what it imported, lazily', async () => {
    const modules = {
      mid: 'import { f as @g, v } from "deep"\nexport { @g, @v }',
      deep: 'exe @f() = "deep"\nvar @v = @f()',
    };
    expect(await print('import { g, v } from "mid"\nshow `@g() @v`', modules)).toBe('deep deep\n');
  });

  it('lets modules import each other', async () => {
    const modules = {
      even: 'import { odd } from "odd"\nexe @even(n) = when [ @n == 0 => true; * => @odd(@n - 1) ]\nexport { @even }',
      odd: 'import { even } from "even"\nexe @odd(n) = when [ @n == 0 => false; * => @even(@n - 1) ]\nexport { @odd }',
    };
    expect(await print('import { even } from "even"\nshow @even(4)', modules)).toBe('true\n');
  });

  it('reads each module once, and passes on what the import says', async () => {
    const host = memoryHost({
      '@a/s@^1': strings,
      '@a/t': 'import { up } from @a/s@^1\nexe @f() = @up("t")\nexport { @f }',
    });
    await run('import { up } from @a/s@^1 (7d) <trust verify>\nimport { f } from @a/t\nshow `@up("m")@f()`', {
      file: 'main.mld',
      host,
    });
    expect(host.printed()).toBe('MT\n');
    expect(host.resolved[0]).toMatchObject({
      ref: '@a/s@^1',
      kind: 'registry',
      ttl: '7d',
      trust: 'verify',
      names: ['up'],
      from: { file: 'main.mld', origin: null },
    });
    expect(host.resolved[2]).toMatchObject({
      ref: '@a/s@^1',
      from: { file: '@a/t.mld', origin: { name: '@a/t' } },
    });
  });

  it('gives the value that an imported program returns', async () => {
    expect(
      await print('import { default as @r } from "lib"\nshow @r.code', {
        lib: 'show "no"\n=> { code: 200 }',
      }),
    ).toBe('200\n');
  });

  it.each([
    ['an export that is not there', 'import { upp } from @a/s', 'UNKNOWN_EXPORT'],
    ['a name that is not exported', 'import { _own } from @a/s', 'UNKNOWN_EXPORT'],
    ['a field of a namespace that is not exported', 'import @a/s as @s\nshow @s._own()', 'UNKNOWN_EXPORT'],
    ['a circle of exports', 'import { a } from "ring"\nshow @a', 'IMPORT_CYCLE'],
    ['a module with mistakes', 'import { a } from "broken"', 'UNCLOSED'],
    ['a module that is not there', 'import { a } from "none"', 'IMPORT_FAILED'],
    ['an MCP server', 'import tools { a } from mcp "server"', 'NOT_SUPPORTED'],
  ])('refuses %s', async (_, source, code) => {
    const modules = {
      '@a/s': strings,
      ring: 'import { a } from "ring2"\nexport { @a }',
      ring2: 'import { a } from "ring"\nexport { @a }',
      broken: 'exe @a() = [',
    };
    expect(await codeOf(source, modules)).toBe(code);
  });

  it('never acts while importing', async () => {
    const acting =
      'show "no"\nrun sh { echo no >&2 }\nlog "no"\noutput "no" to "no.txt"\nif true [ show "no" ]\n@f()\nvar @x = sh { echo no }\nexe @f() = js { console.error("no") }\nexe @ok() = "ok"\nexport { @x, @ok }';
    const host = memoryHost({ lib: acting, '@a/lib': acting });
    await run('import { x, ok } from "lib"\nimport @a/lib as @l\nshow `@ok() @l.ok()`', {
      file: 'main.mld',
      host,
    });
    expect(host.printed()).toBe('ok ok\n');
    expect(host.errors()).toBe('');
    expect(await codeOf('import { x } from "lib"\nshow @x', { lib: acting })).toBe('IMPORT_EFFECT');
  });

  it.each(['show "x"', '<file.md>', 'cmd { date }', 'node { return 1 }', '@act()', '|| @act()'])(
    'refuses a variable that would act: %s',
    async (value) => {
      const lib = `exe @act() = sh { echo x }\nvar @x = ${value.startsWith('show') ? `when [ * => ${value} ]` : value}\nexport { @x }`;
      expect(await codeOf('import { x } from "lib"\nshow @x', { lib })).toBe('IMPORT_EFFECT');
    },
  );

  it('shows an imported module only variables that begin with MLLD_', async () => {
    const lib = 'import { MLLD_A, SECRET } from @input\nexe @f() = `[@MLLD_A][@SECRET]`\nexport { @f }';
    const host = memoryHost({ '@a/lib': lib }, false, { env: (name) => `value of ${name}` });
    await run('import { f } from @a/lib\nshow @f()', { file: 'main.mld', host });
    expect(host.printed()).toBe('[value of MLLD_A][null]\n');
  });
});
