import { cpSync } from 'node:fs';
import { gitRepo, tempDir } from '@mlld/testing';
import { expect, test } from 'vitest';
import {
  check,
  checkSubmission,
  type Finding,
  githubAnnotations,
  memoryTree,
  type RuleId,
  sarif,
} from '../src/index.ts';
import { checkCases, file, next } from './check-cases.ts';
import {
  type Files,
  keysetFiles,
  merge,
  metadataFile,
  releaseFiles,
  smallRegistry,
  writeFiles,
} from './registry.ts';

const bytes = (text: string | null) => (text === null ? null : Buffer.from(text));

/** What a pull request with these files would be told: rule and file, without the notes. */
function submit(
  changes: ReadonlyMap<string, string | null>,
  options: { actor?: string; actorId?: number; base?: Files } = {},
) {
  const { base = smallRegistry(), ...who } = options;
  const tree = memoryTree(new Map([...base].map(([file, text]) => [file, Buffer.from(text)])));
  const report = checkSubmission(tree, {
    changes: new Map([...changes].map(([file, text]) => [file, bytes(text)])),
    ...who,
  });
  return report.findings
    .filter(({ severity }) => severity !== 'info')
    .map(({ rule, file }) => `${rule} ${file}`);
}

test('a good submission has no finding, of an owner, of a maintainer, of a newcomer', () => {
  expect(submit(next(), { actor: 'Alice', actorId: 1005 })).toEqual([]);
  expect(
    submit(
      releaseFiles({ name: '@bob/lists', version: '0.4.0', minute: 30, imports: { '@alice/strings': '^1' } }),
      { actor: 'bob' },
    ),
  ).toEqual([]);
  const first = merge(
    keysetFiles('carol'),
    metadataFile('@carol/new', ['carol']),
    releaseFiles({ name: '@carol/new', version: '0.1.0' }),
  );
  expect(submit(first, { actor: 'carol' })).toEqual([]);
  const base = merge(
    smallRegistry(),
    new Map([
      [
        'modules/alice/strings/metadata.json',
        JSON.stringify({
          name: 'strings',
          author: 'alice',
          about: 'Strings and more',
          owners: ['alice'],
          maintainers: ['dave'],
        }),
      ],
    ]),
  );
  expect(submit(next(), { base, actor: 'dave' })).toEqual([]);
});

test.each([...checkCases])('%s', (_name, changes, wanted, options) => {
  expect(submit(changes, options)).toEqual(wanted);
});

test('the tags of a registry lead somewhere, and what names modules names some that are there', () => {
  const text = JSON.stringify(
    {
      v: 1,
      aliases: { js: 'javascript', es: 'js', Str: 'text', a: 'b', b: 'a', self: 'self', into: 'a' },
      categories: [
        { slug: 'text', title: 'Text', tags: ['text', 'js', 'text'] },
        { slug: 'text', title: 'Text again', tags: [] },
      ],
      collections: [
        {
          title: 'First',
          about: '',
          modules: ['@alice/strings', '@alice/strings', '@alice/gone'],
        },
      ],
    },
    undefined,
    1,
  );
  const base = folderTreeOf(new Map([...smallRegistry(), ['tags.json', '{"v":1}']]));
  const { findings } = checkSubmission(base, { changes: asBytes(new Map([['tags.json', text]])) });
  expect(findings.map(({ rule, path, message }) => `${rule} ${path} ${message}`)).toEqual([
    'catalog/alias $.aliases.es js is an alias itself, of javascript',
    "catalog/alias $.aliases.Str no keyword is looked up as 'Str', but as 'str'",
    'catalog/alias $.aliases.a the aliases go in a circle: a → b → a',
    'catalog/alias $.aliases.b the aliases go in a circle: b → a → b',
    'catalog/alias $.aliases.self the aliases go in a circle: self → self',
    'catalog/alias $.aliases.into a is an alias itself, of b',
    'catalog/category $.categories[0].tags[1] no module has the tag js: it is an alias of javascript',
    'catalog/category $.categories[0].tags[2] text is named twice',
    'catalog/category $.categories[1].slug another category is called text',
    'catalog/category $.categories[1].tags it has no tags',
    'catalog/module $.collections[0].modules[1] @alice/strings is named twice',
    'catalog/module $.collections[0].modules[2] @alice/gone is not in this registry',
  ]);
  expect(findings[0]?.line).toBe(text.split('\n').findIndex((line) => line.includes('"es"')) + 1);
  // What a pull request leaves alone is not its fault.
  const broken = new Map([...smallRegistry(), ['tags.json', text]]);
  expect(submit(next(), { base: broken })).toEqual([]);
});

test('each finding tells the line, the JSON path and what to do', () => {
  const base = folderTreeOf(smallRegistry());
  const { findings } = checkSubmission(base, {
    changes: asBytes(next({ imports: { '@bob/nothing': '*' }, change: () => ({ about: 'x' }) })),
  });
  const found = (rule: RuleId): Finding | undefined => findings.find((one) => one.rule === rule);
  const text = next({ imports: { '@bob/nothing': '*' }, change: () => ({ about: 'x' }) }).get(file) ?? '';
  const lineOf = (part: string) => text.slice(0, text.indexOf(part)).split('\n').length;
  expect(found('import/exists')).toMatchObject({
    file,
    path: '$.imports.@bob/nothing',
    line: lineOf('"@bob/nothing"'),
    tier: 'meaning',
    hint: expect.stringMatching(/./),
  });
  expect(found('about/text')).toMatchObject({ path: '$.about', line: lineOf('"about"') });
  const annotations = githubAnnotations(findings);
  expect(annotations).toContain(
    `::error file=${file},line=${lineOf('"@bob/nothing"')},title=import/exists::$.imports.@bob/nothing: `,
  );
  expect(annotations.split('\n').every((line) => line === '' || line.startsWith('::'))).toBe(true);
  expect(sarif(findings)).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        results: expect.arrayContaining([
          expect.objectContaining({ ruleId: 'import/exists', level: 'error' }),
        ]),
      },
    ],
  });
});

const asBytes = (files: Files) => new Map([...files].map(([name, text]) => [name, Buffer.from(text)]));
const folderTreeOf = (files: Files) => memoryTree(asBytes(files));

test('a text from outside stays one annotation', () => {
  const bad: Finding = {
    rule: 'file/unknown',
    severity: 'error',
    tier: 'schema',
    file: 'a:b,c\n::error::x',
    path: '$',
    message: 'x\n::error::y',
    hint: '100%',
  };
  expect(githubAnnotations([bad])).toBe(
    '::error file=a%3Ab%2Cc\\u000a%3A%3Aerror%3A%3Ax,title=file/unknown::$: x%0A::error::y%0A100%25\n',
  );
});

test('the base is a commit, a branch that went on, or a folder', async () => {
  const dir = await tempDir();
  const repo = dir.join('repo');
  const git = await gitRepo(repo, Object.fromEntries(smallRegistry()));
  cpSync(repo, dir.join('copy'), { recursive: true });
  await git.git('checkout', '--quiet', '-b', 'mine');
  await git.commit(Object.fromEntries(next()));
  await git.git('checkout', '--quiet', 'main');
  await git.commit(Object.fromEntries(releaseFiles({ name: '@bob/lists', version: '0.4.0', minute: 40 })));
  await git.git('checkout', '--quiet', 'mine');
  const errors = (options: object) =>
    check(repo, options)
      .findings.filter(({ severity }) => severity === 'error')
      .map(({ rule }) => rule);
  expect(errors({ base: 'main', actor: 'alice' })).toEqual([]);
  expect(check(repo, { base: 'main' })).toMatchObject({ modules: 1, releases: 4 });
  expect(errors({ base: 'main', actor: 'bob' })).toEqual(['submission/owner', 'submission/owner']);
  expect(errors({ base: dir.join('copy'), actor: 'alice' })).toEqual([]);
  writeFiles(
    repo,
    new Map([
      ['modules/alice/strings/1.0.0.json', '{}'],
      ['modules/bob/lists/loose.txt', ''],
    ]),
  );
  expect(errors({ base: 'main', actor: 'alice' })).toEqual([
    'release/immutable',
    'release/shape',
    'submission/owner',
  ]);
  expect(() => check(repo, { base: 'nowhere' })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  expect(() => check(repo, { base: '--output=x' })).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('all of a registry is checked without a base, and two similar names are one finding', async () => {
  const dir = await tempDir();
  writeFiles(
    dir.path,
    merge(smallRegistry(), keysetFiles('a1ice'), releaseFiles({ name: '@a1ice/strings', version: '1.0.0' })),
  );
  const { findings, modules } = check(dir.path);
  expect(modules).toBe(4);
  expect(findings.map(({ rule }) => rule)).toEqual(['name/similar']);
});
