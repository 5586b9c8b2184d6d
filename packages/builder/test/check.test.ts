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
import {
  changeFiles,
  type Files,
  keysetFiles,
  merge,
  metadataFile,
  releaseFiles,
  signer,
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

const next = (spec: object = {}) =>
  releaseFiles({ name: '@alice/strings', version: '1.3.0', minute: 30, ...spec });
const file = 'modules/alice/strings/1.3.0.json';

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

type Case = [
  name: string,
  changes: ReadonlyMap<string, string | null>,
  wanted: readonly string[],
  options?: { actor?: string; actorId?: number; base?: Files },
];

/** A module of carol's, unsigned as today's registry has them. */
const madeBy = (createdBy: number): Files =>
  new Map([
    [
      'modules/carol/words/metadata.json',
      JSON.stringify({ name: 'words', author: 'carol', about: 'Words', owners: ['carol'], createdBy }),
    ],
  ]);

const cases: readonly Case[] = [
  [
    'someone else publishes',
    next(),
    [
      'submission/owner modules/alice/strings/1.3.0.json',
      'submission/owner modules/alice/strings/1.3.0.json.sig',
    ],
    { actor: 'bob' },
  ],
  [
    'the login changed hands',
    next(),
    [`submission/owner ${file}`, `submission/owner ${file}.sig`],
    { actor: 'alice', actorId: 7 },
  ],
  [
    'two versions at once',
    merge(next(), releaseFiles({ name: '@alice/strings', version: '1.4.0', minute: 31 })),
    ['submission/one modules/alice/strings/1.4.0.json'],
  ],
  [
    'a version is changed',
    releaseFiles({ name: '@alice/strings', version: '1.2.0', minute: 9 }),
    [
      'release/immutable modules/alice/strings/1.2.0.json',
      'release/immutable modules/alice/strings/1.2.0.json.sig',
    ],
  ],
  [
    'a version is taken away',
    new Map([
      ['modules/alice/strings/1.0.0.json', null],
      ['modules/alice/strings/1.0.0.json.sig', null],
    ]),
    [
      'submission/add-only modules/alice/strings/1.0.0.json',
      'submission/add-only modules/alice/strings/1.0.0.json.sig',
    ],
  ],
  [
    'a keyset is replaced',
    keysetFiles('alice', ['mallory']),
    ['release/immutable authors/alice/keyset/1.json', 'release/immutable authors/alice/keyset/1.json.sig'],
  ],
  [
    'a keyset that the old keys did not sign',
    keysetFiles('alice', ['mallory'], 2),
    ['keyset/chain authors/alice/keyset/2.json'],
  ],
  [
    'a keyset that the old keys signed',
    keysetFiles('alice', ['alice', 'new'], 2, ['alice']),
    [],
    { actor: 'alice', actorId: 1005 },
  ],
  [
    'a forged keyset beside a true signature by its own new key',
    keysetFiles('alice', ['alice', 'mallory'], 2, ['mallory']),
    ['keyset/chain authors/alice/keyset/2.json'],
    { actor: 'alice', actorId: 1005 },
  ],
  ['an account that was renamed', next(), [], { actor: 'alicia', actorId: 1005 }],
  [
    'keys of an account that was renamed',
    keysetFiles('alice', ['new'], 2, ['alice']),
    [],
    { actor: 'alicia', actorId: 1005 },
  ],
  [
    'keys by who took the login',
    keysetFiles('alice', ['new'], 2, ['alice']),
    ['submission/owner authors/alice/keyset/2.json', 'submission/owner authors/alice/keyset/2.json.sig'],
    { actor: 'alice', actorId: 7 },
  ],
  [
    'first keys that name another account',
    keysetFiles('carol'),
    ['submission/owner authors/carol/keyset/1.json'],
    { actor: 'carol', actorId: 7 },
  ],
  [
    'first keys for modules that another account made',
    keysetFiles('carol'),
    ['submission/owner authors/carol/keyset/1.json'],
    { actor: 'carol', actorId: 1005, base: merge(smallRegistry(), madeBy(7)) },
  ],
  [
    'first keys for modules that the same account made',
    keysetFiles('carol'),
    [],
    { actor: 'carol', actorId: 1005, base: merge(smallRegistry(), madeBy(1005)) },
  ],
  ['a gap between keysets', keysetFiles('alice', ['alice'], 3), ['keyset/chain authors/alice/keyset/3.json']],
  [
    'a version below the newest',
    releaseFiles({ name: '@alice/strings', version: '1.1.1', minute: 30 }),
    ['release/order modules/alice/strings/1.1.1.json'],
  ],
  ['a version dated before the newest', next({ minute: 0 }), [`release/order ${file}`]],
  [
    'an older major version goes on',
    releaseFiles({ name: '@alice/strings', version: '0.9.0', minute: 30 }),
    [],
  ],
  ['a key of nobody', next({ signer: signer('mallory') }), [`release/signature ${file}`]],
  [
    'a signature of a key that was replaced',
    next(),
    [`release/signature ${file}`],
    { base: merge(smallRegistry(), keysetFiles('alice', ['new'], 2, ['alice'])) },
  ],
  [
    'a key that is in both keysets',
    next(),
    [],
    { base: merge(smallRegistry(), keysetFiles('alice', ['alice', 'new'], 2, ['alice'])) },
  ],
  [
    'an unsigned record of an author with keys',
    new Map([
      [
        file,
        JSON.stringify({
          version: '1.3.0',
          needs: [],
          license: 'CC0',
          source: { type: 'url', url: 'https://example.org/x.mld', contentHash: 'a'.repeat(64) },
          keywords: ['x'],
          repo: 'https://example.org/r',
          publishedAt: '2026-05-01T00:00:00Z',
        }),
      ],
    ]),
    [`release/unsigned ${file}`],
  ],
  ['an import that is not there', next({ imports: { '@bob/nothing': '*' } }), [`import/exists ${file}`]],
  ['a range that nothing matches', next({ imports: { '@bob/lists': '^7.0.0' } }), [`import/exists ${file}`]],
  ['imports in a circle', next({ imports: { '@bob/lists': '^0.3.0' } }), [`import/cycle ${file}`]],
  [
    'a reserved author',
    merge(keysetFiles('root'), releaseFiles({ name: '@root/x', version: '1.0.0' })),
    ['name/reserved modules/root/x'],
  ],
  [
    'one letter beside',
    merge(keysetFiles('a1ice'), releaseFiles({ name: '@a1ice/strings', version: '1.0.0' })),
    ['name/similar modules/a1ice/strings'],
  ],
  [
    'hyphens elsewhere',
    merge(keysetFiles('al-ice'), releaseFiles({ name: '@al-ice/strings', version: '1.0.0' })),
    ['name/similar modules/al-ice/strings'],
  ],
  [
    'author and name swapped',
    merge(keysetFiles('strings'), releaseFiles({ name: '@strings/alice', version: '1.0.0' })),
    ['name/similar modules/strings/alice'],
  ],
  ['another licence', next({ license: 'MIT' }), [`licence/known ${file}`]],
  [
    'a branch instead of a commit',
    next({ base: 'https://raw.githubusercontent.com/alice/mods/main/' }),
    [`source/pinned ${file}`],
  ],
  ['a text that says nothing', next({ change: () => ({ about: 'x' }) }), [`about/text ${file}`]],
  [
    'a file that nobody knows',
    new Map([['modules/alice/strings/notes.txt', 'x']]),
    ['file/unknown modules/alice/strings/notes.txt'],
  ],
  [
    'a signature of nothing',
    new Map([['modules/alice/strings/1.9.0.json.sig', 'x']]),
    ['signature/shape modules/alice/strings/1.9.0.json.sig'],
  ],
  [
    'a tag of no version',
    new Map([['modules/alice/strings/tags.json', '{"latest":"7.0.0"}']]),
    ['tag/version modules/alice/strings/tags.json'],
  ],
  [
    'a yank of no version',
    changeFiles('@alice/strings', 1, { type: 'yank', version: '7.0.0', yanked: true, reason: '' }),
    ['tag/version modules/alice/strings/changes/1.json'],
  ],
  [
    'a yank by someone else',
    changeFiles('@alice/strings', 1, { type: 'yank', version: '1.0.0', yanked: true, reason: '', by: 'bob' }),
    ['change/chain modules/alice/strings/changes/1.json'],
  ],
  [
    'a change out of turn',
    changeFiles('@alice/strings', 2, { type: 'deprecate', message: 'x' }),
    ['change/chain modules/alice/strings/changes/2.json'],
  ],
  [
    'a broken tags.json',
    new Map([['tags.json', '{"v":1,"aliases":{"js":"JavaScript"}}']]),
    ['catalog/shape tags.json'],
  ],
  ['no JSON for tags.json', new Map([['tags.json', '{']]), ['catalog/shape tags.json']],
  ['a broken registry.json', new Map([['registry.json', '{']]), ['registry/shape registry.json']],
];

test.each([...cases])('%s', (_name, changes, wanted, options) => {
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
