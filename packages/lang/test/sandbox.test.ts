import { describe, expect, it } from 'vitest';
import { type Limits, type MlldError, run } from '../src/index.ts';
import { memoryHost } from './memory-host.ts';

const tight: Partial<Limits> = {
  jsTime: 300,
  jsMemory: 16 * 1024 * 1024,
  jsOutput: 100_000,
  programTime: 20_000,
};

async function js(
  code: string,
  limits: Partial<Limits> = tight,
): Promise<{ printed: string; error: MlldError | undefined }> {
  const host = memoryHost({ '@a/lib': `exe @f(x) = js {${code}}\nexe @ok() = js { return "ok" }` }, false, {
    limits,
  });
  const source = 'import { f, ok } from @a/lib\nvar @r = @f({ a: 1 })\nshow @r';
  try {
    await run(source, { file: 'main.mld', host });
    return { printed: host.printed(), error: undefined };
  } catch (error) {
    return { printed: host.printed(), error: error as MlldError };
  }
}

// docs/spec/language.md §6.1
describe('js of a module', () => {
  it.each([
    ['a loop', 'while (true);', 'TIME_LIMIT'],
    ['a loop of promises', 'async function f() { for (;;) await null } return f()', 'TIME_LIMIT'],
    ['a regular expression', 'return /(a+)+$/.test("a".repeat(50) + "b")', 'TIME_LIMIT'],
    [
      'a loop within a built-in',
      'return Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1)',
      'TIME_LIMIT',
    ],
    ['much memory', 'const a = []; for (;;) a.push({ x: 1 })', 'MEMORY_LIMIT'],
    [
      'many buffers',
      'const a = []; for (let i = 0; i < 1536; i++) a.push(new Uint8Array(1048576)); return a.length',
      'MEMORY_LIMIT',
    ],
    ['one great text', 'return "x".repeat(1e9)', 'MEMORY_LIMIT'],
    ['deep calls', 'function f() { return f() } return f()', 'CODE_FAILED'],
    ['deep data', 'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a', /MEMORY_LIMIT|CODE_FAILED/],
    ['a great result', 'return "x".repeat(200000)', 'OUTPUT_LIMIT'],
    ['great logs', 'for (let i = 0; i < 1000; i++) console.log("x".repeat(1000))', 'OUTPUT_LIMIT'],
    ['data in a circle', 'const a = {}; a.a = a; return a', 'CODE_FAILED'],
    ['a thrown value', 'throw { not: "an error" }', 'CODE_FAILED'],
  ])('ends %s', async (_, code, expected) => {
    // What is about memory gets time enough: a busy machine is slow to fill it.
    const limits = expected === 'TIME_LIMIT' ? tight : { ...tight, jsTime: 15_000 };
    expect((await js(code, limits)).error?.code).toMatch(expected);
  });

  it.each([
    'process',
    'require',
    'fetch',
    'setTimeout',
    'Buffer',
    'WebAssembly',
    'std',
    'os',
    'globalThis.process',
    'import.meta',
  ])('knows nothing of %s', async (name) => {
    const { printed, error } = await js(
      `let t; try { t = typeof ${name} } catch { t = "undefined" } return t`,
    );
    expect(error?.code ?? printed.trim()).toMatch(/^undefined$|^CODE_FAILED$/);
  });

  it('cannot load modules', async () => {
    expect((await js('return await import("node:fs")')).error?.code).toBe('CODE_FAILED');
    expect((await js('return import("std")')).error?.code).toBe('CODE_FAILED');
  });

  it('cannot reach the host through what it gets', async () => {
    const { printed } = await js(
      'return (() => {}).constructor("return typeof process")() + x.constructor.constructor("return typeof require")()',
    );
    expect(printed).toBe('undefinedundefined\n');
  });

  it('goes on after a call that was ended', async () => {
    const lib =
      'exe @bad() = js { return Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1) }\nexe @ok() = js { return "ok" }';
    const host = memoryHost({ '@a/lib': lib }, false, { limits: tight });
    const source =
      'import { bad, ok } from @a/lib\nshow @ok()\nvar @r = for parallel @x in [1] => @bad()\nshow @ok()';
    await run(source, { file: 'main.mld', host }).catch(() => {});
    expect(host.printed()).toBe('ok\n');
    await run('import { ok } from @a/lib\nshow @ok()', { file: 'main.mld', host });
    expect(host.printed()).toBe('ok\nok\n');
  });

  it('keeps modules apart', async () => {
    const host = memoryHost({
      '@a/one':
        'exe @set() = js { globalThis.secret = 1; Array.prototype.map = () => "broken"; JSON.stringify = () => "broken"; return "set" }',
      '@b/two': 'exe @get() = js { return [typeof globalThis.secret, [1].map(x => x + 1)] }',
    });
    await run('import { set } from @a/one\nimport { get } from @b/two\nshow @set()\nshow @get() | @json', {
      file: 'm.mld',
      host,
    });
    expect(host.printed()).toBe('set\n[\n  "undefined",\n  [\n    2\n  ]\n]\n');
  });

  it.each([
    ['{"__proto__": {"polluted": true}, "constructor": 1}'],
    ['[null, true, 1.5, "é\\u2028😀", {"": {}}]'],
    ['""'],
  ])('passes %s there and back', async (json) => {
    const host = memoryHost({});
    await run(`exe @id(x) = js { return x }\nvar @x = '${json}' | @parse\nshow \`@id([@x])\``, {
      file: 'm.mld',
      host,
    });
    expect(JSON.parse(host.printed())).toEqual([JSON.parse(json)]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('sees regular expressions of mlld itself end too', async () => {
    const host = memoryHost({}, false, { limits: tight });
    const source = `show "${'a'.repeat(50)}b".match("(a+)+$")`;
    await expect(run(source, { file: 'm.mld', host })).rejects.toMatchObject({ code: 'TIME_LIMIT' });
  });
});

// docs/spec/language.md §6.7
describe('programs that do not end', () => {
  it.each([
    ['loops', 'show loop(endless) [ continue ]', 'STEP_LIMIT'],
    ['recursion', 'exe @f(n) = [ let @a = @f(@n)\n => @a ]\nshow @f(1)', 'CALL_DEPTH_LIMIT'],
    [
      'doubling texts',
      'show loop(endless) [\n let @s = (@input ?? "xxxxxxxx")\n continue `@s@s`\n]',
      'MEMORY_LIMIT',
    ],
    ['great repetitions', 'show "x".repeat(1000000000)', 'MEMORY_LIMIT'],
    ['great paddings', 'show "x".padStart(1000000000)', 'MEMORY_LIMIT'],
    [
      'great products',
      'exe @f(a, b, c) = @a\nvar @x = js { return new Array(1000).fill(1) }\nshow foreach @f(@x, @x, @x)',
      'MEMORY_LIMIT',
    ],
    ['processes', 'show sh { sleep 60 }', 'TIME_LIMIT'],
    ['endless output', 'show cmd { yes }', 'OUTPUT_LIMIT'],
  ])('ends %s', async (_, source, code) => {
    const limits = {
      steps: 200_000,
      programTime: 10_000,
      processTime: 300,
      processOutput: 1_000_000,
      stringLength: 1_000_000,
      jsTime: 5000,
    };
    const host = memoryHost({}, false, { limits });
    await expect(run(source, { file: 'm.mld', host })).rejects.toMatchObject({ code });
  });
});
