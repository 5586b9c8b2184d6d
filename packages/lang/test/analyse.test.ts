import { describe, expect, it } from 'vitest';
import { analyse } from '../src/index.ts';

async function importOf(text: string) {
  const { imports, diagnostics } = await analyse(text);
  expect(diagnostics).toEqual([]);
  const { place, ...rest } = imports[0]!;
  return rest;
}

const plain = { type: undefined, names: [], namespace: undefined, ttl: undefined, trust: undefined };

// docs/spec/language.md §11
describe('the forms of 2025', () => {
  it.each([
    ['@import { a } from [mlld://alice/strings]', { kind: 'registry', ref: '@alice/strings' }],
    ['@import { a } from [@stdin]', { kind: 'builtin', ref: 'stdin' }],
    ['@import { a } from [lib.mld]', { kind: 'local', ref: 'lib.mld' }],
    ['@import { a } from [https://example.org/lib.mld]', { kind: 'url', ref: 'https://example.org/lib.mld' }],
  ])('import: %s', async (text, wanted) => {
    expect(await importOf(text)).toEqual({ ...plain, names: [{ name: 'a', alias: undefined }], ...wanted });
  });

  it('export all that they define, with parameters, and use languages by name', async () => {
    const text = [
      'Prose before.',
      '@text who = "World"',
      '@text card(title, body) = @add [[{{title}}: {{body}}]]',
      '@exec up(s) = @run bash [(echo "$s" | tr a-z A-Z)]',
    ].join('\n');
    const { exports, diagnostics } = await analyse(text, { file: 'lib.mld' });
    expect(diagnostics).toEqual([]);
    expect(exports.map(({ name, parameters }) => [name, parameters.map((one) => one.name)])).toEqual([
      ['who', []],
      ['card', ['title', 'body']],
      ['up', ['s']],
    ]);
  });

  it.each([
    [
      'a document of today that shows them in a fence',
      '# Old\n```mlld\n@text a = "b"\n```\n/var @x = 1\n/show "@x"\n',
    ],
    ['a program of today with a template that shows them', 'var @old = `\n@text a = "b"\n`\nshow "@old"\n'],
  ])('are not seen in %s', async (_name, text) => {
    const { exports, diagnostics } = await analyse(text, { file: 'new.mld.md' });
    expect(diagnostics).toEqual([]);
    expect(exports.map(({ name }) => name)).not.toContain('a');
  });
});

describe('imports (docs/spec/language.md §4)', () => {
  it.each([
    [
      'import { @a, b as @c } from @alice/strings@^1.2',
      {
        kind: 'registry',
        ref: '@alice/strings@^1.2',
        names: [
          { name: 'a', alias: undefined },
          { name: 'b', alias: 'c' },
        ],
      },
    ],
    ['import { * as @s } from @alice/strings', { kind: 'registry', ref: '@alice/strings', namespace: 's' }],
    ['import @alice/my-strings as @s', { kind: 'registry', ref: '@alice/my-strings', namespace: 's' }],
    ['import @alice/my-strings', { kind: 'registry', ref: '@alice/my-strings', namespace: 'my_strings' }],
    [
      'import { a } from "./lib.mld"',
      { kind: 'local', ref: './lib.mld', names: [{ name: 'a', alias: undefined }] },
    ],
    [
      'import { a } from <@root/lib.mld>',
      { kind: 'local', ref: '@root/lib.mld', names: [{ name: 'a', alias: undefined }] },
    ],
    [
      'import { a } from @local/lib',
      { kind: 'local', ref: '@local/lib', names: [{ name: 'a', alias: undefined }] },
    ],
    [
      'import live <https://example.org/m.mld> as @m',
      { kind: 'url', ref: 'https://example.org/m.mld', type: 'live', namespace: 'm' },
    ],
    [
      'import { TOKEN } from @input',
      { kind: 'builtin', ref: 'input', names: [{ name: 'TOKEN', alias: undefined }] },
    ],
    [
      'import tools { @t } from mcp "npx server"',
      { kind: 'mcp', ref: 'npx server', type: 'tools', names: [{ name: 't', alias: undefined }] },
    ],
    [
      '@import mcp github from @tools/github-mcp',
      { kind: 'mcp', ref: '@tools/github-mcp', type: 'mcp', names: [], namespace: 'github' },
    ],
    [
      'import { join } from node @path',
      { kind: 'node', ref: 'path', names: [{ name: 'join', alias: undefined }] },
    ],
    [
      'import { a } from @alice/s (7d) <trust verify>',
      {
        kind: 'registry',
        ref: '@alice/s',
        ttl: '7d',
        trust: 'verify',
        names: [{ name: 'a', alias: undefined }],
      },
    ],
    [
      'import { a } from @alice/s trust never (live)',
      {
        kind: 'registry',
        ref: '@alice/s',
        ttl: 'live',
        trust: 'never',
        names: [{ name: 'a', alias: undefined }],
      },
    ],
    [
      'import cached(1h) { a } from @alice/s@sha256:0123abcd',
      {
        kind: 'registry',
        ref: '@alice/s@sha256:0123abcd',
        type: 'cached',
        ttl: '1h',
        names: [{ name: 'a', alias: undefined }],
      },
    ],
  ])('reads %s', async (text, expected) => {
    expect(await importOf(text)).toEqual({ ...plain, ...expected });
  });
});

const documented = `---
name: words
author: alice
version: 1.2.0
about: "Words: cut and joined"
keywords: [a, b]
needs: ["sh"]
---
# @alice/words

## tldr
Cuts and joins.

\`\`\`mlld
/import { cut } from @alice/words
/show @cut("a b")  >> => ["a","b"]
\`\`\`

## docs
### \`cut(text)\`, \`@glue(list, by)\`
Cuts at *spaces*.

\`\`\`mlld
/import { glue } from @alice/words
/show @glue(["a"], "-")
\`\`\`

\`\`\`output
a
\`\`\`

More below.

## module
\`\`\`mlld-run
exe @cut(text: string) = js { return text.split(' ') } with { description: "unused" }
exe @glue(list, by = "-"): string = js { return list.join(by) }
>> Above it.
>> Two lines.
exe @plain(x?) = sh { echo "$x" }
var @table = { a: 1 }
exe @hidden() = "x"
export { @cut, @glue, @plain, @table as @map }
\`\`\`
`;

describe('exports and documentation (docs/spec/language.md §8)', async () => {
  const analysis = await analyse(documented, { file: 'words.mld.md' });
  const byName = new Map(analysis.exports.map((item) => [item.name, item]));

  it('finds exactly what is exported', () => {
    expect(analysis.diagnostics).toEqual([]);
    expect([...byName.keys()]).toEqual(['cut', 'glue', 'plain', 'map']);
    expect(byName.get('map')).toMatchObject({ kind: 'var', parameters: [] });
    expect(byName.get('cut')?.parameters).toEqual([{ name: 'text', type: 'string', optional: false }]);
    expect(byName.get('glue')).toMatchObject({
      returns: 'string',
      parameters: [
        { name: 'list', optional: false },
        { name: 'by', optional: true },
      ],
    });
    expect(byName.get('plain')?.parameters).toEqual([{ name: 'x', type: undefined, optional: true }]);
  });

  it('documents them by heading, comment or description', () => {
    expect(byName.get('cut')?.doc).toBe('Cuts at *spaces*.\n\nMore below.');
    expect(byName.get('plain')?.doc).toBe('Above it.\nTwo lines.');
  });

  it('reads examples and what they print', () => {
    expect(byName.get('cut')?.examples.map(({ expected }) => expected)).toEqual(['a']);
    expect(analysis.docs.sections.find(({ title }) => title === 'tldr')?.examples[0]).toMatchObject({
      expected: '["a","b"]',
      place: { line: 15 },
    });
    expect(analysis.docs.tldr).toMatch(/^Cuts and joins\./);
  });

  it('reads metadata, needs and what the code uses', () => {
    expect(analysis.frontmatter).toMatchObject({
      name: 'words',
      version: '1.2.0',
      about: 'Words: cut and joined',
      keywords: ['a', 'b'],
    });
    expect(analysis.needs).toEqual([{ name: 'sh', list: [] }]);
    expect(analysis.uses).toEqual(['js', 'sh']);
    expect(analysis.imports).toEqual([]);
  });
});

describe('diagnostics', () => {
  it('names an export that is not there, with the nearest', async () => {
    const { diagnostics } = await analyse('exe @format(x) = `@x`\nexport { @formta }\n');
    expect(diagnostics).toMatchObject([
      { code: 'UNKNOWN_NAME', hint: "Did you mean '@format'?", place: { line: 2, column: 10 } },
    ]);
  });

  it('keeps imports and exports of what it cannot run', async () => {
    const text =
      'import { a } from @b/c\npolicy @p = {\n  deny: ["x"]\n}\nguard before op:run = when [\n  * => allow\n]\nexe @f() = `x`\nexport { @f, @p, @a }\n';
    const { exports, imports, diagnostics } = await analyse(text);
    expect(diagnostics).toEqual([]);
    expect(imports).toHaveLength(1);
    expect(exports.map(({ name }) => name)).toEqual(['f', 'p', 'a']);
  });

  it('says that frontmatter cannot be read', async () => {
    const { diagnostics, frontmatter } = await analyse('---\na: [b\n---\nshow 1\n');
    expect(frontmatter).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'FRONTMATTER' }]);
  });

  it('reads the README of a directory module', async () => {
    const { exports } = await analyse('exe @f() = "x"\nexport { @f }\n', {
      readme: '# M\n### `f()`\nGives x.\n',
    });
    expect(exports[0]?.doc).toBe('Gives x.');
  });
});
