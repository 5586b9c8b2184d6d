import { describe, expect, test } from 'vitest';
import { analyse } from '../src/index.ts';

const source = `---
name: numbers
---

>> # @bob/numbers
>>
>> ## tldr
>>
>> \`\`\`mlld
>> import { @double } from @bob/numbers
>> show @double(2)
>> \`\`\`

needs { js: [] }

>> Of no concern to importers.
exe @inner(n) = js { return n; }

>> Twice as much.
>>
>> \`\`\`mlld
>> import { @double } from @bob/numbers
>> show @double(3)
>> \`\`\`
>>
>> \`\`\`output
>> 6
>> \`\`\`
exe @double(n: number) = js { return n * 2; }

exe @half(n) = js { return n / 2; }

export { @double, @half }
`;

describe('documentation in comments of a strict source', () => {
  test('an exported name has the text and the examples of the comment directly above it', async () => {
    const { exports, diagnostics } = await analyse(source, { file: 'numbers.mld' });
    expect(diagnostics).toEqual([]);
    const [double, half] = exports;
    expect(double).toMatchObject({ name: 'double', doc: 'Twice as much.' });
    expect(double!.examples).toHaveLength(1);
    expect(double!.examples[0]).toMatchObject({ expected: '6' });
    expect(double!.examples[0]!.code).toContain('show @double(3)');
    expect(half).toMatchObject({ name: 'half', doc: undefined, examples: [] });
  });

  test('examples say on which line of the source they are', async () => {
    const { exports } = await analyse(source, { file: 'numbers.mld' });
    const line = source.split('\n').findIndex((text) => text.includes('show @double(3)'));
    expect(exports[0]!.examples[0]!.place).toMatchObject({ file: 'numbers.mld', line, column: 1 });
  });

  test('the comment at the top introduces the module, and private names are left out', async () => {
    const { docs } = await analyse(source, { file: 'numbers.mld' });
    expect(docs.tldr).toContain('show @double(2)');
    expect(docs.sections.map(({ title }) => title)).toEqual(['@bob/numbers', 'tldr', '`double(n)`']);
  });

  test('a comment above the first declaration is about that alone', async () => {
    const { docs, exports } = await analyse('>> One.\nvar @one = 1\n', { file: 'one.mld' });
    expect(exports).toMatchObject([{ name: 'one', doc: 'One.' }]);
    expect(docs.sections).toEqual([]);
  });

  test('a readme speaks instead of the comments', async () => {
    const { docs } = await analyse(source, { file: 'index.mld', readme: '## tldr\n\nNumbers.\n' });
    expect(docs.sections.map(({ title }) => title)).toEqual(['tldr']);
  });

  test('without comments there is nothing', async () => {
    expect((await analyse('exe @a() = `a`\n', { file: 'a.mld' })).docs).toEqual({
      tldr: undefined,
      sections: [],
    });
    expect((await analyse('', { file: 'a.mld' })).docs.sections).toEqual([]);
  });
});
