import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capabilities, type Host, type Limits, type MlldError, nodeHost, run } from '../src/index.ts';
import { withHints } from '../src/wasm-hints.ts';
import { withBoundedMemory } from '../src/wasm-memory.ts';

const folder = path.join(import.meta.dirname, '../testdata/wasm');
const hostile = readFileSync(path.join(folder, 'hostile.wasm'));

async function outcome(source: string, overrides: Partial<Host> & { limits?: Partial<Limits> } = {}) {
  let [out, err] = ['', ''];
  const host = nodeHost({
    root: folder,
    overrides: {
      writeOut: (text) => {
        out += text;
      },
      writeErr: (text) => {
        err += text;
      },
      ...overrides,
    },
  });
  const file = path.join(folder, 'main.mld');
  return run(source, { file, host }).then(
    () => ({ out, err }),
    (error: MlldError) => ({ code: error.code, message: error.message }),
  );
}

function call(name: string, parameters = '', args = ''): string {
  return `exe @f(${parameters}) = wasm "./hostile.wasm" "${name}"\nshow @f(${args})`;
}

// docs/spec/wasm.md
describe('functions of WebAssembly', () => {
  it.each([
    ['"a text"', 'a text'],
    ['"ä €\\n🙂"', 'ä €\n🙂'],
    ['12.5', '12.5'],
    ['[1, "two", null]', '[1,"two",null]'],
    ['{ a: { b: true } }', '{"a":{"b":true}}'],
    ['null', 'null'],
    ['""', ''],
  ])('pass %s there and back', async (given, expected) => {
    const { out } = (await outcome(call('echo', 'x', given))) as { out: string };
    expect(out.replace(/\n$/, '').replace(/\s+(?=["\]}[{])|(?<=[[,:{])\s+/g, '')).toBe(
      expected.replace(/\s+$/, ''),
    );
  });

  it('take several arguments, or those that are listed', async () => {
    expect(await outcome(call('second', 'a, b', '"x", "y"'))).toEqual({ out: 'y\n', err: '' });
    const listed = 'exe @f(a, b, c) = wasm "./hostile.wasm" "second" (@c, @a)\nshow @f("x", "y", "z")';
    expect(await outcome(listed)).toEqual({ out: 'x\n', err: '' });
  });

  it('give data if what they return is JSON', async () => {
    const source =
      'exe @f(x) = wasm "./hostile.wasm" "echo"\nvar @y = @f({ n: 41 })\nshow @y.n\nshow @f("7") + 1';
    expect(await outcome(source)).toEqual({ out: '41\n8\n', err: '' });
  });

  it('start anew at each call', async () => {
    const source = 'exe @f() = wasm "./hostile.wasm" "count"\nshow `@f() @f()`';
    expect(await outcome(source)).toEqual({ out: '1 1\n', err: '' });
  });

  it('log, by the interface or by WASI', async () => {
    expect(await outcome(call('logs', 'x', '"line"'))).toEqual({ out: 'done\n', err: 'line\nline\n' });
  });

  it.each([
    ['fails', 'CODE_FAILED', /my reason/, 'x', '"my reason"'],
    ['spins', 'TIME_LIMIT', /longer than 300 ms/],
    ['grows', 'CODE_FAILED', /no memory is left/],
    ['floods', 'OUTPUT_LIMIT', /more than it may/],
    ['outside', 'CODE_FAILED', /does not have/],
    ['binary', 'CODE_FAILED', /UTF-8/],
    ['recurses', 'CODE_FAILED', /out of bounds/],
    ['number', 'CODE_FAILED', /no i64/],
    ['absent', 'CODE_FAILED', /exports no function 'absent'/],
    ['echo', 'CODE_FAILED', /takes 1 texts, and is given 0/],
  ])('end %s with %s', async (name, code, message, parameters = '', args = '') => {
    const limits = { wasmTime: 300, wasmMemory: 8 * 1024 * 1024, jsOutput: 1_000_000 };
    const result = await outcome(call(name, parameters, args), { limits });
    expect(result).toEqual({ code, message: expect.stringMatching(message) });
  });

  it.each(['environment', 'reads', 'connects'])('get nothing of the world: %s', async (name) => {
    expect(await outcome(call(name))).toEqual({ out: 'no\n', err: '' });
  });

  it.each(['../wasm/hostile.wasm', '/etc/passwd', 'a/../../x.wasm', 'hostile.c', './.hidden.wasm'])(
    'are no files but those beside the module: %s',
    async (file) => {
      const result = await outcome(`exe @f() = wasm "${file}" "f"\nshow @f()`);
      expect(result).toMatchObject({ code: 'FILE_REFUSED' });
    },
  );

  it('of a registry are read from what the registry gave', async () => {
    const asked: string[] = [];
    let out = '';
    const host = nodeHost({
      root: folder,
      resolveModule: async ({ ref, from }) => {
        asked.push(`${from.origin?.name} ${ref}`);
        return {
          source: 'exe @f(x) = wasm "hostile.wasm" "echo"\nexport { @f }',
          bytes: hostile,
          file: '@alice/x@1.0.0/index.mld',
          origin: { name: '@alice/x', version: '1.0.0', digest: 'sha256:1' },
        };
      },
      overrides: {
        writeOut: (text) => {
          out += text;
        },
      },
    });
    await run('import { f } from @alice/x\nshow @f("hi")', { file: path.join(folder, 'main.mld'), host });
    expect({ out, asked }).toEqual({ out: 'hi\n', asked: ['undefined @alice/x', '@alice/x ./hostile.wasm'] });
  });
});

const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    validate: (bytes: Uint8Array) => boolean;
    Module: (new (
      bytes: Uint8Array,
    ) => object) & {
      customSections: (module: object, name: string) => ArrayBuffer[];
    };
  };
};

describe('withBoundedMemory, withHints', () => {
  it('mark each function of the file, and let no other mark in', () => {
    const none = new Set<number>();
    const marked = withHints(hostile, new Set([0, 2]));
    const foreign = Uint8Array.of(...hostile, 0, 18, 0x90, 0, ...Buffer.from('compilationHints'));
    for (const bytes of [marked, withHints(foreign, none), withHints(marked, none)]) {
      const sections = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), 'compilationHints');
      expect(sections).toHaveLength(1);
      const [count, ...hints] = new Uint8Array(sections[0]!);
      expect(hints).toHaveLength(count!);
      expect(hints.map((hint) => hint & 3).join('')).toMatch(bytes === marked ? /^2121+$/ : /^1+$/);
    }
  });

  it('keeps a module valid, and its memory small', () => {
    expect(WebAssembly.validate(withBoundedMemory(hostile, 1 << 20))).toBe(true);
    expect(() => withBoundedMemory(hostile, 65_536)).toThrow(
      expect.objectContaining({ code: 'MEMORY_LIMIT' }),
    );
  });

  it('ends on any bytes', () => {
    const damaged = fc
      .tuple(fc.nat(hostile.length - 1), fc.integer({ min: 0, max: 255 }), fc.nat(hostile.length))
      .map(([at, byte, length]) =>
        Uint8Array.from(hostile.subarray(0, length), (old, i) => (i === at ? byte : old)),
      );
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          withHints(withBoundedMemory(bytes, 1 << 20), new Set());
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(CODE_FAILED|MEMORY_LIMIT)$/) });
        }
      }),
    );
  });
});

it('are among the capabilities of their module', () => {
  const text = 'exe @f(x) = wasm "./a.wasm" "f"\nexport { @f }\n';
  expect(capabilities([{ file: 'index.mld', text }]).needs).toMatchObject([{ kind: 'code', name: 'wasm' }]);
});
