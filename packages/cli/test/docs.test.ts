import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeTempDir, runCli, type TempDir } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tempFolder } from '../../client/test/fixture/project.ts';
import { distribution, writeDistribution } from '../../client/test/fixture/registry.ts';

const strings = `---
name: strings
author: alice
about: Small work on texts
---
# @alice/strings

#### \`twice(text, by)\`

Says it again.

\`\`\`mlld
import { @twice } from @alice/strings
show @twice("a")
\`\`\`

\`\`\`output
aa
\`\`\`

\`\`\`mlld-run
exe @twice(text: string, by?) = \`@text@text\`
export { @twice }
\`\`\`
`;
let desk: TempDir;

beforeAll(async () => {
  desk = await makeTempDir('mlld-docs-');
  await writeFile(path.join(desk.path, 'strings.mld.md'), strings);
  await mkdir(path.join(desk.path, 'loud'));
  await writeFile(path.join(desk.path, 'loud/module.yml'), 'name: loud\nauthor: bob\nabout: Shouts\n');
  await writeFile(
    path.join(desk.path, 'loud/README.md'),
    '# Loud\n\n## `loud(text)`\n\nShouts \u001b[2J it.\n',
  );
  await writeFile(path.join(desk.path, 'loud/index.mld'), 'exe @loud(text) = `@text!`\n');
});
afterAll(() => desk.remove());

const docs = (...args: string[]) =>
  runCli(['docs', ...args], { cwd: desk.path, env: { HOME: desk.path, MLLD_OFFLINE: '1' } });

test('shows a file at hand: what it is for, each export, its examples and what they print', async () => {
  const { code, stdout } = await docs('strings.mld.md');
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      '@alice/strings',
      'Small work on texts',
      '',
      '@twice(text: string, by?)',
      '  Says it again.',
      '',
      '    import { @twice } from @alice/strings',
      '    show @twice("a")',
      '    → aa',
      '',
    ].join('\n'),
  );
});

test('shows a folder by its README, and no escapes of it', async () => {
  const { stdout } = await docs('loud', '@loud');
  expect(stdout).toBe('@bob/loud\n\n@loud(text)\n  Shouts \\u001b[2J it.\n');
});

test('shows a module of a registry', async () => {
  const [cwd, registry] = [tempFolder(), tempFolder()];
  const modules = [{ ref: '@alice/strings@1.2.0', files: { 'strings.mld.md': strings } }];
  writeDistribution(distribution(modules), registry);
  const env = { HOME: cwd, MLLD_DNS: 'off', MLLD_REGISTRY: registry };
  const { code, stdout, stderr } = await runCli(['docs', '@alice/strings', 'twice', '--json'], { cwd, env });
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({
    of: '@alice/strings@1.2.0',
    exports: [{ name: 'twice', doc: 'Says it again.', examples: [{ expected: 'aa' }] }],
  });
});

test('an export that is not there is an error that names the nearest', async () => {
  const { code, stderr } = await docs('strings.mld.md', 'twise');
  expect(code).not.toBe(0);
  expect(stderr).toContain('error[EXPORT_NOT_FOUND]');
  expect(stderr).toContain("Did you mean 'twice'?");
});
