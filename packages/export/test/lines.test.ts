import { PassThrough } from 'node:stream';
import { schemaOf } from '@mlld/format';
import { analyse } from '@mlld/lang';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Callable, callFunction, documentedFunctions, serveLines, typescriptOf } from '../src/index.ts';
import { commentText, javascriptNames, pythonNames } from '../src/names.ts';

const module: Callable = {
  name: '@alice/echo',
  version: '1.0.0',
  digest: 'a'.repeat(64),
  about: undefined,
  needs: [],
  functions: [
    {
      name: 'echo',
      kind: 'exe',
      parameters: [{ name: 'value', type: undefined, optional: false }],
      returns: undefined,
      doc: undefined,
    },
    {
      name: 'add',
      kind: 'exe',
      parameters: [
        { name: 'a', type: 'number', optional: false },
        { name: 'b', type: 'number', optional: true },
      ],
      returns: 'number',
      doc: undefined,
    },
  ],
  run: async (name, args) =>
    name === 'echo' ? args[0] : (args[0] as number) + ((args[1] as number | undefined) ?? 1),
};

async function talk(lines: readonly string[]): Promise<unknown[]> {
  const input = new PassThrough();
  const output = new PassThrough();
  const chunks: Buffer[] = [];
  output.on('data', (chunk: Buffer) => chunks.push(chunk));
  const served = serveLines({ module, input, output });
  input.end(lines.map((line) => `${line}\n`).join(''));
  await served;
  return Buffer.concat(chunks)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('calls over lines', () => {
  test('begin with what there is to call, and answer each call by its id', async () => {
    const [hello, ...answers] = await talk([
      '{"id":1,"call":"add","args":[1,2]}',
      '',
      '{"id":"b","call":"add","args":{"a":1}}',
      '{"id":3,"call":"add","args":{"a":"1"}}',
      '{"id":4,"call":"nope"}',
      '{"id":5,"call":"echo","args":[{"__proto__":{"x":1}}]}',
      'no JSON',
      '[]',
    ]);
    expect(hello).toMatchObject({
      mlld: 'call',
      v: 1,
      module: '@alice/echo@1.0.0',
      functions: [{ name: 'echo' }, { name: 'add' }],
    });
    const told = answers.map((one) => one as { id: unknown; value?: unknown; error?: { code: string } });
    expect(new Map(told.map(({ id, value, error }) => [id, error?.code ?? value]))).toEqual(
      new Map<unknown, unknown>([
        [1, 3],
        ['b', 2],
        [3, 'BAD_REQUEST'],
        [4, 'EXPORT_NOT_FOUND'],
        [null, 'BAD_REQUEST'],
      ]),
    );
    expect(told.filter(({ id }) => id === null)).toHaveLength(3);
  });

  test('bring every value over as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('__proto__'));
        const [, answer] = await talk([JSON.stringify({ id: 1, call: 'echo', args: [value] })]);
        expect(answer).toEqual({ id: 1, value: JSON.parse(text) as unknown });
      }),
      { numRuns: 50 },
    );
  });

  test('hold arguments to what is declared', async () => {
    await expect(callFunction(module, 'add', [])).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(callFunction(module, 'add', [1, 2, 3])).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(callFunction(module, 'add', { a: 1, c: 2 })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await callFunction(module, 'add', [1, null])).toBe(2);
  });
});

test('documentation says which parameters can be left out, and their types', async () => {
  const text = [
    '## `slug(text: string, separator?, [most], how: Foo = 1)`',
    '',
    '```mlld-run',
    'exe @slug(text, separator, most: number, how) = `@text`',
    'exe @open(a, b: string) = `@a`',
    'export { @slug, @open }',
    '```',
  ].join('\n');
  const [slug, open] = documentedFunctions(await analyse(text, { file: 'a.mld.md' }));
  expect(slug?.parameters).toEqual([
    { name: 'text', type: 'string', optional: false },
    { name: 'separator', type: undefined, optional: true },
    { name: 'most', type: 'number', optional: true },
    { name: 'how', type: undefined, optional: true },
  ]);
  expect(open?.parameters.map(({ optional }) => optional)).toEqual([true, false]);
});

describe('names of other languages', () => {
  test('are no words of theirs, and distinct', () => {
    expect([...javascriptNames(['class', 'class_', 'a-b', 'a_b', 'open']).values()]).toEqual([
      'class_',
      'class__',
      'a_b',
      'a_b_',
      'open_',
    ]);
    expect([...pythonNames(['padStart', 'pad_start', 'from', '_x', 'getURLPath']).values()]).toEqual([
      'pad_start',
      'pad_start_',
      'from_',
      'x',
      'get_url_path',
    ]);
  });

  test('are names, whatever they were', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 }), (names) => {
        for (const made of [javascriptNames(names), pythonNames(names)]) {
          expect(new Set(made.values()).size).toBe(names.length);
          for (const name of made.values()) expect(name).toMatch(/^[A-Za-z_]\w*$/);
        }
      }),
    );
  });

  test('types that are not known are any value; comments end where we end them', () => {
    expect(['string', 'number[]', '"a" | "b"', 'Foo', undefined].map(typescriptOf)).toEqual([
      'string',
      'Array<number>',
      '"a" | "b"',
      'unknown',
      'unknown',
    ]);
    expect(schemaOf('"a" | b')).toEqual({});
    expect(commentText('a */ b """ \\')).toBe("a * / b ''' \\\\");
  });
});
