import { parsePaths } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Answer,
  collectAnswers,
  parseManifest,
  problemOf,
  renderTemplate,
  treeOf,
} from '../src/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (of: Uint8Array | undefined) => new TextDecoder().decode(of);
const manifest = parseManifest(`
type: template
v: 1
prompts:
  - { name: name, ask: "What is it called?", check: name, default: "{{project}}" }
  - { name: licence, kind: choice, ask: Licence?, choices: [CC0, { value: MIT, label: MIT licence }] }
  - { name: tests, kind: confirm, ask: Tests?, default: true }
  - { name: runner, ask: Runner?, when: tests, default: mlld check }
  - { name: motto, ask: Motto?, optional: true }
files:
  - { match: "test/**", when: tests }
  - { match: LICENSE, when: licence == MIT }
  - { match: "raw/*", verbatim: true }
next:
  - cd {{project}}
  - "{{runner}}"
`);

const render = (files: Record<string, string>, answers: Record<string, Answer> = {}) => {
  const all = new Map<string, Answer>([
    ...Object.entries({
      project: 'tea',
      year: '2026',
      name: 'tea',
      licence: 'CC0',
      tests: true,
      runner: 'go',
      motto: '',
    }),
    ...Object.entries(answers),
  ]);
  const given = new Map(Object.entries(files).map(([path, content]) => [`files/${path}`, bytes(content)]));
  const made = renderTemplate(manifest, given, all);
  return Object.fromEntries([...made.files].map(([path, content]) => [path, text(content)]));
};

describe('a manifest', () => {
  test.each([
    ['an unknown member', 'type: template\nv: 1\nrun: rm -rf /', 'run'],
    ['a variable twice', 'type: template\nv: 1\nprompts: [{name: a, ask: A}, {name: a, ask: B}]', 'once'],
    ['a reserved variable', 'type: template\nv: 1\nprompts: [{name: project, ask: A}]', 'project'],
    [
      'a condition on what is asked later',
      'type: template\nv: 1\nprompts: [{name: a, ask: A, when: b}, {name: b, ask: B}]',
      '\'b\'|"b"',
    ],
    [
      'and beside or',
      'type: template\nv: 1\nprompts: [{name: a, ask: A}]\nfiles: [{match: x, when: a and a or a}]',
      'both',
    ],
    [
      'one choice',
      'type: template\nv: 1\nprompts: [{name: a, kind: choice, ask: A, choices: [x]}]',
      'two or more',
    ],
    ['an expression as check', 'type: template\nv: 1\nprompts: [{name: a, ask: A, check: "(a+)+$"}]', 'name'],
    ['aliases', 'type: template\nv: 1\nprompts: &a []\nfiles: *a', 'Alias'],
    ['a folder outside', 'type: template\nv: 1\nfolder: ../..', 'good path'],
    ['another schema', 'type: template\nv: 2', 'schema'],
    ['stars without end', `type: template\nv: 1\nfiles: [{match: "${'**/'.repeat(9)}x"}]`, 'six'],
    ['what is no YAML', 'type: [', 'template.yml'],
  ])('is refused with %s', (_, source, says) => {
    expect(() => parseManifest(source)).toThrow(new RegExp(says.replace('+', '\\+')));
  });
});

describe('answers', () => {
  const collect = (set: Record<string, string> = {}, more: object = {}) =>
    collectAnswers(manifest, { project: 'tea', year: 2026, set: new Map(Object.entries(set)), ...more });

  test('come from --set, from before, from defaults', async () => {
    expect(Object.fromEntries(await collect({ tests: 'no', licence: 'MIT' }))).toEqual({
      project: 'tea',
      year: '2026',
      name: 'tea',
      licence: 'MIT',
      tests: false,
      runner: 'mlld check',
      motto: '',
    });
    const before = new Map<string, Answer>([
      ['name', 'old'],
      ['licence', 'GPL'],
      ['tests', 'yes'],
    ]);
    expect((await collect({}, { before })).get('name')).toBe('old');
    expect((await collect({}, { before })).get('licence')).toBe('CC0');
  });

  test.each([
    [{ nam: 'x' }, /nam/],
    [{ name: '../x' }, /name/],
    [{ licence: 'GPL' }, /CC0, MIT/],
    [{ tests: 'perhaps' }, /yes or no/],
    [{ motto: 'a\nb' }, /one line/],
    [{ motto: 'a\u202eb' }, /one line/],
  ])('%j is refused', async (set, says) => {
    await expect(collect(set)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(says) });
  });

  test('what has no default and is not asked is named', async () => {
    const asks = parseManifest('type: template\nv: 1\nprompts: [{name: who, ask: Who?}]');
    const options = { project: 'a', year: 2026, set: new Map() };
    await expect(collectAnswers(asks, options)).rejects.toMatchObject({
      message: 'who: has no default',
      hint: 'Who? Answer with --set who=…',
    });
  });

  test('are asked in order, only where the condition holds, never for what was set or answered before', async () => {
    const asked: string[] = [];
    const ask = async ({ name, kind }: { name: string; kind: string }) => {
      asked.push(name);
      return kind === 'confirm' ? false : 'word';
    };
    const answers = await collect({ licence: 'MIT' }, { ask, before: new Map([['motto', 'x']]) });
    expect(asked).toEqual(['name', 'tests']);
    expect(answers.get('runner')).toBe('mlld check');
    const [name] = manifest.prompts;
    expect(problemOf(name!, 'Tea House')).toContain('letters a-z');
  });
});

describe('rendering', () => {
  test('fills variables, filters and conditions', () => {
    expect(
      render({
        'a.txt':
          '{{ name | upper }} {{motto|json}} {{{{x}}\n{{#if tests}}\nyes\n{{#if licence == MIT}}\nmit\n{{else}}\nfree\n{{end}}\n{{else}}\nno\n{{end}}\nend',
      })['a.txt'],
    ).toBe('TEA "" {{x}}\nyes\nfree\nend');
  });

  test('what an answer holds is never read again', () => {
    const motto = '{{name}} {{#if tests}} $& $1 __name__';
    expect(render({ 'a.txt': '{{motto}}' }, { motto })['a.txt']).toBe(motto);
  });

  test('files come and go with conditions; verbatim ones stay', () => {
    const files = {
      'test/a.mld': 'x',
      LICENSE: 'mit',
      'raw/x.txt': '{{nothing}}',
      dot_gitignore: 'x',
      '__name.upper__.md': 'x',
      '__init__.py': '',
    };
    expect(Object.keys(render(files, { tests: false }))).toEqual([
      '.gitignore',
      'TEA.md',
      '__init__.py',
      'raw/x.txt',
    ]);
    expect(Object.keys(render(files, { licence: 'MIT' }))).toContain('LICENSE');
    expect(render(files)['raw/x.txt']).toBe('{{nothing}}');
  });

  test('bytes that are no text are left alone', () => {
    const odd = new Uint8Array([0x7b, 0x7b, 0, 0x6e, 0x7d, 0x7d]);
    const latin = new Uint8Array([0x7b, 0x7b, 0xff]);
    const files = new Map([
      ['files/a', odd],
      ['files/b', latin],
    ]);
    expect([
      ...renderTemplate({ ...manifest, next: [] }, files, new Map([['tests', true]])).files.values(),
    ]).toEqual([odd, latin]);
  });

  test.each([
    ['a typo', '{{nmae}}', /a\.txt:1: .*nmae/],
    ['an unknown filter', '{{name | shout}}', /shout/],
    ['a condition without end', 'x\n{{#if tests}}\n', /a\.txt:2/],
    ['an end without condition', '{{end}}', /without/],
    ['else twice', '{{#if tests}}\n{{else}}\n{{else}}\n{{end}}', /a\.txt:3/],
    ['code', '{{name.constructor}}', /no variable/],
  ])('%s is told with its place', (_, content, says) => {
    expect(() => render({ 'a.txt': content })).toThrow(says);
  });

  test.each([
    ['..', '..'],
    ['a slash', 'a/../../b'],
    ['a backslash', '..\\b'],
    ['a device of Windows', 'con'],
    ['a stream of NTFS', 'a:b'],
    ['a trailing dot', 'a.'],
    ["git's folder", '.git'],
    ['nothing', ''],
    ['a letter that looks like another', 'а'],
  ])('%s as an answer makes no path', (_, motto) => {
    expect(() => render({ __motto__: 'x' }, { motto })).toThrow(
      expect.objectContaining({ code: 'BAD_PATH' }),
    );
  });

  test('two files in one place are refused, also where only case differs', () => {
    expect(() => render({ __motto__: 'a', Tea: 'b' }, { motto: 'tea' })).toThrow(/one file on some systems/);
    expect(() => render({ __motto__: 'a', 'tea/b': 'b' }, { motto: 'tea' })).toThrow(
      /both a file and a folder/,
    );
  });

  test("mlld's own files are not a template's", () => {
    for (const path of ['dot_mlld/create/journal.json', 'mlld-template.json', 'MLLD-Template.json'])
      expect(() => render({ [path]: 'x' })).toThrow(/written by mlld itself/);
  });

  test('whatever is answered, paths are good or refused, and texts hold the answer', () => {
    const hostile = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.string({
        unit: fc.constantFrom('.', '/', '\\', 'a', 'A', '~', ':', '\0', ' ', '{', '}', '_', '-', '%', '$'),
        maxLength: 12,
      }),
      fc.constantFrom(
        'CON',
        'nul.txt',
        'lpt1',
        '.git',
        '.GIT',
        '..',
        '...',
        '~root',
        '%2e%2e',
        'a'.repeat(101),
      ),
    );
    fc.assert(
      fc.property(hostile, hostile, (motto, name) => {
        try {
          const made = render({ 'x/__motto__/__name__.mld': '{{motto}}|{{name}}' }, { motto, name });
          expect(() => parsePaths(Object.keys(made))).not.toThrow();
          for (const [path, content] of Object.entries(made)) {
            expect(path.split('/').length).toBe(3);
            expect(content).toBe(`${motto}|${name}`);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_PATH' });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a tree of it is drawn', () => {
    expect(treeOf(['b', 'a/c/d', 'a/e'])).toEqual(['├─ a/', '│  ├─ c/', '│  │  └─ d', '│  └─ e', '└─ b']);
  });
});
