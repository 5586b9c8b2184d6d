import { expect, it } from 'vitest';
import { analyse, run } from '../src/index.ts';
import { memoryHost } from './memory-host.ts';

// docs/spec/language.md §7: what this runner does not run parses, so that a module's imports, exports and needs stay known; when
// it is reached, it fails once, with its place.
it.each([
  ['policy @p = { deny: ["sh"] }', "'policy'"],
  ['guard @g before op:run = when [ * => deny "no" ]', "'guard'"],
  ['guard before net:w = when [\n  @mx.op.name == "x" => deny "a ] in a text"\n  * => allow\n]', "'guard'"],
  ['hook @h after @f = [ show "x" ]', "'hook'"],
  ['box @b = [ show 1 ]', "'box'"],
  ['agent @a = { model: "x", tools: [@f] }', "'agent'"],
  ['record @r = { facts: [a: string] }', "'record'"],
  ['checkpoint "half way"', "'checkpoint'"],
  ['profiles { full: {}, readonly: {} }', "'profiles'"],
  ['env @e = { provider: "@alice/docker" } [ run cmd { ls } ]', "'env'"],
  ['var @x = new @Agent({ a: 1 })', "'new'"],
  ['var @x = prose:@config { think about @f }', "'prose'"],
  ['var @x = <src/a.ts { f }>', 'definitions in source files'],
])('reads %j and refuses to run it', async (line, what) => {
  const source = `import { @a } from @alice/a\nneeds { sh, node: [pg] }\nshow "first"\n${line}\nexe @f(x: string) = \`@x\`\nexport { @f }\n`;
  const { imports, exports, needs, diagnostics } = await analyse(source, { file: 'm.mld' });
  expect(diagnostics).toEqual([]);
  expect(imports.map(({ ref }) => ref)).toEqual(['@alice/a']);
  expect(exports.map(({ name, parameters }) => [name, parameters.length])).toEqual([['f', 1]]);
  expect(needs).toEqual([
    { name: 'sh', list: [] },
    { name: 'node', list: ['pg'] },
  ]);
  const host = memoryHost({ '@alice/a': 'exe @a() = 1' });
  const failure = run(source, { file: 'm.mld', host });
  await expect(failure).rejects.toMatchObject({ code: 'NOT_SUPPORTED', position: { line: 4 } });
  await expect(failure).rejects.toThrow(what);
  await expect(failure).rejects.toThrow('not supported by this runner');
  expect(host.printed()).toBe('first\n');
});

it('refuses an import from a package of node before anything runs', async () => {
  const host = memoryHost({});
  const failure = run('show 1\nimport { readFile } from node @fs', { file: 'm.mld', host });
  await expect(failure).rejects.toMatchObject({ code: 'NOT_SUPPORTED', position: { line: 2 } });
  expect(host.printed()).toBe('');
});

// docs/spec/language.md §4.6
it('imports templates of the project only', async () => {
  const host = memoryHost({
    '@alice/t': 'import templates from "./p" as @t(a)\nexe @f() = @t.x("a")\nexport { @f }',
  });
  const foreign = run('import { @f } from @alice/t\nshow @f()', { file: 'm.mld', host });
  await expect(foreign).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  const none = run('import templates from "./no-such-folder" as @t(a)', { file: 'm.mld', host });
  await expect(none).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', position: { line: 1 } });
});
