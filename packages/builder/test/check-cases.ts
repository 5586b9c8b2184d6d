/** Submissions to a small registry, and what each of them is told. */
import {
  changeFiles,
  type Files,
  keysetFiles,
  merge,
  releaseFiles,
  signer,
  smallRegistry,
} from './registry.ts';

export const next = (spec: object = {}) =>
  releaseFiles({ name: '@alice/strings', version: '1.3.0', minute: 30, ...spec });
/** The statement of `next`. */
export const file = 'modules/alice/strings/1.3.0.json';

/** Name, changes, findings wanted as rule and file, and who submits it to what. */
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

export const checkCases: readonly Case[] = [
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
