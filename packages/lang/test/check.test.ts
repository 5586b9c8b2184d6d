import { describe, expect, it } from 'vitest';
import { runExamples, runTests } from '../src/index.ts';
import { memoryHost } from './memory-host.ts';

// docs/spec/language.md §8
describe('tests', () => {
  it('runs variables and functions that are called test_…', async () => {
    const source = `import { up } from "lib"
var @given = "x"
var @test_equal = @up(@given) == "X"
var @test_false = @up("x") == "x"
var @test_empty = ""
var @test_throws = js { throw new Error("broken") }
var @test_after = true
exe @test_function() = js { return 1 + 1 === 2 }
exe @test_helper(x) = "not a test"
var @other = js { throw new Error("helper broken") }
`;
    const host = memoryHost({ lib: 'exe @up(s) = @s | @upper' });
    const results = await runTests(source, { file: 'a.test.mld', host });
    expect(results.map(({ name, passed, place, error }) => [name, passed, place.line, error?.code])).toEqual([
      ['test_equal', true, 3, undefined],
      ['test_false', false, 4, undefined],
      ['test_empty', false, 5, undefined],
      ['test_throws', false, 6, 'CODE_FAILED'],
      ['test_after', true, 7, undefined],
      ['other', false, 10, 'CODE_FAILED'],
      ['test_function', true, 8, undefined],
    ]);
  });

  it('throws where the file itself has mistakes', async () => {
    await expect(
      runTests('var @test_a = [', { file: 'a.test.mld', host: memoryHost({}) }),
    ).rejects.toMatchObject({ code: 'UNCLOSED' });
  });
});

const fence = '```';

function moduleWith(example: string): string {
  return `# @alice/words\n\n## docs\n${example}\n\n${fence}mlld-run\nexe @cut(text) = js { return text.split(' ') }\nexport { @cut }\n${fence}\n`;
}

describe('examples', () => {
  it.each([
    [
      'that print what a comment says',
      `${fence}mlld\n/import { cut } from @alice/words\n/show @cut("a b").join("-")  >> => a-b\nshow "x" >> => x\n${fence}`,
      'passed',
    ],
    [
      'that print what a fence says',
      `${fence}mlld\n@import { cut } from @alice/words@^1\n@show @cut("a b")\n${fence}\n\n${fence}output\n[\n  "a",\n  "b"\n]\n${fence}`,
      'passed',
    ],
    ['that state nothing', `${fence}mlld\nimport @alice/words as @w\nshow @w.cut("a b")\n${fence}`, 'passed'],
    [
      'that print something else',
      `${fence}mlld\nimport { cut } from @alice/words\nshow @cut("a b").length >> => 3\n${fence}`,
      'failed',
    ],
    ['that fail', `${fence}mlld\nimport { cut } from @alice/words\nshow @nothing\n${fence}`, 'failed'],
    ['that import what is not there', `${fence}mlld\nimport { paste } from @alice/words\n${fence}`, 'failed'],
    ['with mistakes', `${fence}mlld\nimport { cut } from @alice/words\nshow @cut(\n${fence}`, 'failed'],
    [
      'that import other modules',
      `${fence}mlld\nimport { cut } from @alice/words\nimport { x } from @bob/b\n${fence}`,
      'skipped',
    ],
    ['that import nothing', `${fence}mlld\nshow 1\n${fence}`, 'skipped'],
  ])('runs those %s', async (_, example, status) => {
    const results = await runExamples(moduleWith(example), {
      file: 'words.mld.md',
      name: '@alice/words',
      host: memoryHost({}),
    });
    expect(results.map((result) => result.status)).toEqual([status]);
    expect(results[0]?.example.place.line).toBe(5);
  });

  it('runs those of a README too', async () => {
    const readme = `# Words\n${fence}mlld\nimport { cut } from @alice/words\nshow @cut("a b").length >> => 2\n${fence}\n`;
    const results = await runExamples('exe @cut(text) = js { return text.split(" ") }', {
      file: 'index.mld',
      name: '@alice/words',
      host: memoryHost({}),
      readme,
    });
    expect(results.map(({ status, actual }) => [status, actual])).toEqual([['passed', '2']]);
  });
});
