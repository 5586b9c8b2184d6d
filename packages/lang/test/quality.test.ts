/** The quality score (docs/spec/quality.md): additive, explained, and the same before and after publishing. */
import { expect, test } from 'vitest';
import { analyse, type QualityInput, quality } from '../src/index.ts';

const good = `---
name: tea
---

# tea

${'Says what a tea is good for, when to drink it, and what happens with other drinks. '.repeat(8)}

## \`brew(leaves)\`

Brews them.

\`\`\`mlld
import { @brew } from @alice/tea
show @brew("green")
\`\`\`

\`\`\`output
green tea
\`\`\`

## Changelog

- 1.0.0 first

\`\`\`mlld-run
exe @brew(leaves) = \`@leaves tea\`
export { @brew }
\`\`\`
`;

const input: QualityInput = {
  name: '@alice/tea',
  version: '1.1.0',
  about: 'What teas are good for, and when',
  keywords: ['tea', 'drink', 'green', 'black'],
  license: 'CC0',
  repo: 'https://example.org/tea',
  bugs: 'https://example.org/tea/issues',
  needs: [],
  entry: 'tea.mld.md',
  texts: new Map([['tea.mld.md', good]]),
  versions: 2,
};

const change = (from: string, to: string): Partial<QualityInput> => ({
  texts: new Map([['tea.mld.md', good.replace(from, to)]]),
});

test('a module that lacks nothing has 100 points, and no part says how to gain more', async () => {
  const { value, parts } = await quality(input);
  expect(parts.flatMap(({ gain }) => gain ?? [])).toEqual([]);
  expect(value).toBe(100);
  expect(parts.reduce((sum, { most }) => sum + most, 0)).toBe(100);
});

const losses: readonly (readonly [string, string, Partial<QualityInput>, number])[] = [
  ['an about that says little', 'description', { about: 'Tea' }, 3],
  ['no keywords', 'description', { keywords: [] }, 4],
  [
    'no prose',
    'documentation',
    { texts: new Map([['tea.mld.md', good.replace(/Says what[^\n]*\n/, '')]]) },
    10,
  ],
  ['an export that nobody documented', 'documented exports', change('## `brew(leaves)`', '## Brewing'), 20],
  [
    'an example that names what does not exist',
    'examples',
    change('import { @brew }', 'import { @boil }'),
    15,
  ],
  ['an example that does not say what it prints', 'examples', change('```output\ngreen tea\n```\n', ''), 5],
  ['exports in no test', 'tests', change('```output\ngreen tea\n```\n', ''), 15],
  [
    'a need that it does not declare',
    'needs',
    change('exe @brew(leaves) = `@leaves tea`', 'exe @brew(leaves) = sh { echo tea }'),
    10,
  ],
  ['a need that it does not use', 'needs', { needs: ['node'] }, 5],
  ['an unknown licence', 'licence', { license: 'mine' }, 5],
  ['no changelog', 'changelog', change('## Changelog', '## Other'), 5],
  ['no repository', 'maintenance', { repo: undefined }, 2],
  ['one version', 'maintenance', { versions: 1 }, 2],
];
test.each(losses)('%s costs points of «%s», and it says how to gain them', async (_, name, lost, points) => {
  const { parts } = await quality({ ...input, ...lost });
  const part = parts.find((one) => one.name === name);
  expect(part).toMatchObject({ gain: expect.stringMatching(/\w/) });
  expect((part?.most ?? 0) - (part?.points ?? 0)).toBe(points);
});

test('an export that a minor version takes away costs points; a major version may', async () => {
  const before = {
    version: '1.0.0',
    analysis: await analyse(good.replace('@brew }\n```\n', '@brew, @other }\nexe @other() = `x`\n```\n'), {
      file: 'tea.mld.md',
    }),
  };
  const semver = async (version: string) =>
    (await quality({ ...input, version, before })).parts.find(({ name }) => name === 'semver')?.points;
  expect(await semver('1.1.0')).toBe(0);
  expect(await semver('2.0.0')).toBe(5);
});

test('nothing at all has no points for what is not there, and does not throw', async () => {
  const { value, parts } = await quality({
    ...input,
    about: '',
    keywords: [],
    license: '',
    repo: undefined,
    bugs: undefined,
    texts: new Map(),
    versions: 1,
  });
  expect(value).toBeLessThan(25);
  for (const { points, most } of parts) expect(points >= 0 && points <= most).toBe(true);
});

// docs/spec/quality.md §1
test('of an MCP server, tools count as exports of code do', async () => {
  const server = {
    ...input,
    entry: 'mcp.json',
    texts: new Map([
      ['mcp.json', '{}'],
      ['README.md', good.replace(/```mlld-run[\s\S]*?```/, '')],
    ]),
  };
  const tool = { name: 'brew', isDocumented: true, isTested: true };
  const points = async (tools: QualityInput['tools']) => {
    const { parts } = await quality({ ...server, tools });
    const of = (name: string) => parts.find((one) => one.name === name);
    return [of('documented tools')?.points, of('tests')?.points, of('tests')?.gain];
  };
  expect(await points([tool])).toEqual([20, 15, undefined]);
  expect(await points([tool, { name: 'pour', isDocumented: false, isTested: false }])).toEqual([
    10,
    10,
    'Test each tool by a case of mcp.test.json.',
  ]);
  expect((await points([]))[0]).toBe(0);
});
