import { expect, test } from 'vitest';
import { checkSubmission, memoryTree } from '../src/index.ts';
import { type Files, keysetFiles, merge, smallRegistry } from './registry.ts';
import { review, say, star, trust } from './said.ts';

const base = () => merge(smallRegistry(), keysetFiles('carol'));
const ids: Readonly<Record<string, number>> = { alice: 1005, bob: 1003, carol: 1005 };

/** What a pull request with these files would be told. */
function submit(changes: ReadonlyMap<string, string | null>, actor?: string, on: Files = base()) {
  const tree = memoryTree(new Map([...on].map(([file, text]) => [file, Buffer.from(text)])));
  const who = actor === undefined ? {} : { actor, actorId: ids[actor] };
  const bytes = new Map([...changes].map(([file, text]) => [file, text === null ? null : Buffer.from(text)]));
  return checkSubmission(tree, { changes: bytes, ...who })
    .findings.filter(({ severity }) => severity === 'error')
    .map(({ rule }) => rule);
}

const of = { by: 'carol', name: '@alice/strings', version: '1.1.0' };
const digest = 'f'.repeat(64);

test('what people say of what is here, in their own name, is taken', () => {
  const files = base();
  const from = {
    version: '1.1.0',
    digest: JSON.parse(files.get('modules/alice/strings/1.1.0.json') ?? '').digest,
  };
  for (const said of [
    review(files, of),
    review(files, { ...of, version: '1.2.0', from }),
    star('carol', '@bob/lists'),
    trust('carol', 'bob', 'medium'),
    trust('carol', 'alice', 'distrust'),
    say({ type: 'report', by: 'carol', about: '@alice/strings', reason: 'other', text: 'It is odd.' }),
    say({ type: 'report', by: 'carol', about: '@alice', reason: 'conduct', text: 'So is she.' }),
  ])
    expect(submit(said, 'carol')).toEqual([]);
});

test('a transfer is signed by both, and brought by either', () => {
  const given = { type: 'transfer' as const, by: 'alice', name: '@alice/strings', to: 'carol' };
  expect(submit(say(given, ['alice', 'carol']), 'carol')).toEqual([]);
  expect(submit(say(given, ['alice', 'carol']), 'alice')).toEqual([]);
  expect(submit(say(given), 'alice')).toEqual(['statement/valid']);
  expect(submit(say(given, ['alice', 'carol']), 'bob')).toEqual(['submission/owner']);
  const taken = { type: 'transfer' as const, by: 'bob', name: '@alice/strings', to: 'carol' };
  expect(submit(say(taken, ['bob', 'carol']), 'bob')).toEqual(['statement/subject']);
});

type Case = [
  name: string,
  changes: ReadonlyMap<string, string | null>,
  wanted: readonly string[],
  actor?: string,
  on?: Files,
];

const withReview = () => merge(base(), review(base(), of));
const reviewFile = 'reviews/alice/strings/1.1.0/carol/1.json';

test.each<Case>([
  ['in the name of another', review(base(), of), ['submission/owner'], 'bob'],
  [
    'signed by another',
    say({ ...JSON.parse([...review(base(), of).values()][0] ?? ''), n: 1 }, ['bob']),
    ['statement/valid'],
  ],
  ['of other bytes than the version has', review(base(), { ...of, digest }), ['statement/subject']],
  [
    'of a version that is not here',
    review(base(), { ...of, version: '9.0.0', digest }),
    ['statement/subject'],
  ],
  [
    'a delta from other bytes',
    review(base(), { ...of, from: { version: '1.0.0', digest } }),
    ['statement/subject'],
  ],
  ['of a module that is not here', star('carol', '@alice/nothing'), ['statement/subject']],
  ['trust in nobody', trust('carol', 'nobody'), ['statement/subject']],
  ['trust in oneself', trust('carol', 'carol'), ['statement/subject']],
  ['number 2 without number 1', review(base(), { ...of, n: 2 }), ['statement/chain']],
  [
    'number 1 once more, otherwise',
    review(base(), { ...of, rating: 'strong' }),
    ['release/immutable', 'release/immutable'],
    'carol',
    withReview(),
  ],
  [
    'taken away',
    new Map([
      [reviewFile, null],
      [`${reviewFile}.sig`, null],
    ]),
    ['submission/add-only', 'submission/add-only'],
    'carol',
    withReview(),
  ],
  ['a file that is none', new Map([['reviews/alice/strings/notes.txt', 'hello']]), []],
  [
    'a statement at another path',
    new Map([['stars/carol/bob/other/1.json', [...star('carol', '@bob/lists').values()][0] ?? '']]),
    ['statement/valid'],
  ],
])('refused: %s', (_name, changes, wanted, actor = 'carol', on = undefined) => {
  expect(submit(changes, actor, on)).toEqual(wanted);
});

test('a key that was replaced says nothing new', () => {
  const rotated = merge(base(), keysetFiles('carol', ['carol2'], 2, ['carol']));
  expect(submit(star('carol', '@bob/lists'), 'carol', rotated)).toEqual(['statement/chain']);
  expect(
    submit(
      say({ type: 'star', by: 'carol', name: '@bob/lists', starred: true }, ['carol2']),
      'carol',
      rotated,
    ),
  ).toEqual([]);
});
