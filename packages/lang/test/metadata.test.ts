import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { MlldError, readManifest } from '../src/index.ts';

// docs/spec/language.md §3
it('reads module.yml', async () => {
  const text =
    'name: docker\nauthor: alice # the author\ntype: library\nversion: 1.0.0\nabout: "It: works"\nlicense: CC0\nneeds: [sh, "node"]\nkeywords:\n  - a\n  - b c\nmlldVersion: ">=2.0.0"\nextra: 5\n';
  expect(await readManifest(text)).toMatchObject({
    name: 'docker',
    author: 'alice',
    version: '1.0.0',
    about: 'It: works',
    needs: ['sh', 'node'],
    keywords: ['a', 'b c'],
    mlldVersion: '>=2.0.0',
    data: { extra: 5 },
  });
});

it('reads nested metadata and JSON', async () => {
  const { dependencies } = await readManifest(
    'name: a\ndependencies:\n  "@bob/b": ^1.0.0\n  "@bob/__proto__": "*"\n',
  );
  expect([...dependencies]).toEqual([
    ['@bob/b', '^1.0.0'],
    ['@bob/__proto__', '*'],
  ]);
  expect((await readManifest('{"name": "a", "version": "1.0.0"}')).version).toBe('1.0.0');
  expect((await readManifest('__proto__: {polluted: true}\nname: a')).name).toBe('a');
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

it.each([
  '- a\n- b\n',
  'a: [',
  'just text',
  'a: &x [*x]\n',
  `a: ${'['.repeat(5000)}`,
  'x'.repeat(70_000),
  'a: 1\na: 2\n',
])('refuses %s', async (text) => {
  await expect(readManifest(text)).rejects.toMatchObject({ code: 'MANIFEST' });
});

it('reads the plain form as the YAML library does', async () => {
  const scalar = fc.oneof(
    fc.stringMatching(/^[A-Za-z][\w ./@-]{0,12}[\w]$/),
    fc.stringMatching(/^"[\w :,#-]{0,10}"$/),
    fc.stringMatching(/^\d{1,4}(\.\d{1,3}){0,2}$/),
    fc.constantFrom(
      'true',
      'null',
      '~',
      "'it # is'",
      '"a: b"',
      'no',
      'yes',
      '2025-05-29',
      '1e3',
      '.5',
      '+1',
      '0x1f',
      '010',
      'a # b',
      'a#b',
      'https://example.org/a',
    ),
  );
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc.constant(''),
  );
  const entries = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][\w-]{0,6}$/), value), {
    selector: ([key]) => key,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(entries, async (pairs) => {
      const text = pairs.map(([key, item]) => `${key}: ${item}`).join('\n');
      let expected: unknown;
      try {
        expected = parse(text, { schema: 'core' }) ?? {};
      } catch {
        await expect(readManifest(text)).rejects.toBeInstanceOf(MlldError);
        return;
      }
      expect(JSON.parse(JSON.stringify((await readManifest(text)).data))).toEqual(
        JSON.parse(JSON.stringify(expected)),
      );
    }),
    { numRuns: 500 },
  );
});
