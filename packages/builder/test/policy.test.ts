import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parsePolicy } from '@mlld/format';
import { makeTempDir, type TempDir } from '@mlld/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  allowedSigners,
  check,
  firstPolicy,
  nextPolicy,
  openRepository,
  policyStatuses,
} from '../src/index.ts';
import { logKey, noteKey, policyFiles } from './log-registry.ts';
import {
  keysetFiles,
  merge,
  minute,
  registryName,
  releaseFiles,
  signer,
  smallRegistry,
  writeFiles,
} from './registry.ts';

let dir: TempDir;
beforeEach(async () => {
  dir = await makeTempDir();
});
afterEach(() => dir.remove());

const first = () =>
  firstPolicy({
    registry: registryName,
    createdAt: minute(0),
    addRootKeys: [signer('root').key, signer('other').key],
    threshold: 2,
    addLogKeys: [logKey.vkey],
    reserve: ['mlld'],
    addReviewers: ['bob', 'alice'],
  });

test('a policy is made, and the next one from it', () => {
  const one = parsePolicy(first());
  expect(one).toMatchObject({
    n: 1,
    quorum: 0,
    reserved: ['mlld'],
    reviewers: ['alice', 'bob'],
    log: { keys: [logKey.vkey] },
  });
  const witness = noteKey('w1', 'cosignature/v1').vkey;
  const change = { addWitnesses: [witness], quorum: 1, removeRootKeys: ['other@example.org'], threshold: 1 };
  const two = parsePolicy(
    nextPolicy(
      one,
      { ...change, addReviewers: [], removeReviewers: ['bob'], unreserve: ['mlld'], expires: minute(99) },
      minute(1),
    ),
  );
  expect(two).toMatchObject({
    n: 2,
    witnesses: [witness],
    quorum: 1,
    reserved: [],
    reviewers: ['alice'],
    expires: minute(99),
  });
  expect(two.roles.get('root')).toEqual({ keys: [signer('root').key], threshold: 1 });
});

test.each([
  ['a threshold that the keys do not reach', { threshold: 3 }, 'BAD_STATEMENT'],
  ['a quorum without witnesses', { quorum: 1 }, 'BAD_STATEMENT'],
  ['a key of the root that is none', { removeRootKeys: ['nobody'] }, 'USAGE'],
  ['a witness that is none', { removeWitnesses: ['nobody'] }, 'USAGE'],
  ['a witness with the key of a log', { addWitnesses: [logKey.vkey] }, 'BAD_KEY'],
  ['a log key of another name', { addLogKeys: [noteKey('w1', 'cosignature/v1').vkey] }, 'BAD_KEY'],
  ['no log key', { removeLogKeys: [logKey.vkey] }, 'BAD_SHAPE'],
  ['a root key twice', { addRootKeys: [signer('root').key] }, 'BAD_STATEMENT'],
])('%s is refused', (_what, change, code) => {
  const one = parsePolicy(first());
  expect(() => nextPolicy(one, change, minute(1))).toThrowError(expect.objectContaining({ code }));
});

test('check tells a broken chain and names that the policy reserves', () => {
  const squat = releaseFiles({ name: '@bob/core', version: '1.0.0', minute: 9 });
  writeFiles(dir.path, merge(smallRegistry(), squat, policyFiles({ reserved: ['bob/core', 'carol'] })));
  const rulesOf = () =>
    check(dir.path)
      .findings.filter(({ severity }) => severity === 'error')
      .map(({ rule, file }) => `${rule} ${file}`);
  expect(rulesOf()).toEqual(['name/reserved modules/bob/core']);
  writeFiles(dir.path, policyFiles({ n: 2 }, ['somebody']));
  expect(rulesOf()).toEqual(['policy/chain policy/2.json']);
  const [one, two] = policyStatuses(openRepository(dir.path).tree);
  expect([one?.complete, two?.complete, two?.roots.map(({ of, reached }) => [of, reached])]).toEqual([
    true,
    false,
    [
      [1, false],
      [2, false],
    ],
  ]);
});

test('allowed_signers: ssh-keygen verifies a release by its author, and by nobody else', () => {
  writeFiles(dir.path, merge(smallRegistry(), policyFiles()));
  const file = dir.join('allowed_signers');
  const release = dir.join('modules/bob/lists/0.3.0.json');
  const verify = (principal: string, author?: string) => {
    writeFileSync(file, allowedSigners(openRepository(dir.path), author));
    const words = [
      '-Y',
      'verify',
      '-f',
      file,
      '-I',
      principal,
      '-n',
      'mlld-release@v1',
      '-s',
      `${release}.sig`,
    ];
    return execFileSync('sh', ['-c', 'exec ssh-keygen "$@" < "$0"', release, ...words], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  };
  expect(verify('bob')).toContain('Good "mlld-release@v1" signature for bob');
  expect(verify('bob', 'bob')).toContain('Good');
  expect(() => verify('alice')).toThrow();
  expect(() => verify('bob', 'alice')).toThrow();
});

test('allowed_signers: a key that was taken away verifies what is older, and nothing since', () => {
  const changed = keysetFiles('bob', ['fresh'], 2, ['bob']);
  const [file, text] = [...changed][0]!;
  const later = text.replace(minute(0), minute(60));
  const signature = signer('bob').sign(later, 'mlld-keyset@v1');
  writeFiles(
    dir.path,
    merge(
      smallRegistry(),
      new Map([
        [file, later],
        [`${file}.sig`, signature],
      ]),
    ),
  );
  const allowed = dir.join('allowed_signers');
  writeFileSync(allowed, allowedSigners(openRepository(dir.path), 'bob'));
  const release = dir.join('modules/bob/lists/0.3.0.json');
  const verify = (...asOf: string[]) =>
    execFileSync(
      'sh',
      [
        ...['-c', 'exec ssh-keygen "$@" < "$0"', release, '-Y', 'verify', '-f', allowed, '-I', 'bob'],
        ...['-n', 'mlld-release@v1', '-s', `${release}.sig`, ...asOf],
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    ).toString();
  expect(verify('-O', 'verify-time=20260101003000Z')).toContain('Good');
  expect(() => verify('-O', 'verify-time=20260101013000Z')).toThrow();
  expect(() => verify()).toThrow();
});

test('roles beside the root: named, changed, and the root’s again without keys', () => {
  const roles = (change: Parameters<typeof nextPolicy>[1]['roles'], before?: string) => {
    const at = minute(1);
    const text =
      before === undefined
        ? firstPolicy({
            registry: registryName,
            createdAt: at,
            addRootKeys: [signer('root').key],
            addLogKeys: [logKey.vkey],
            roles: change,
          })
        : nextPolicy(parsePolicy(before), { roles: change }, at);
    return { text, roles: parsePolicy(text).roles };
  };
  const both = [signer('bob').key, signer('carol').key];
  const first = roles(new Map([['recovery', { add: both, threshold: 2 }]]));
  expect(first.roles.get('recovery')).toEqual({ keys: both, threshold: 2 });
  const second = roles(new Map([['recovery', { remove: ['bob@example.org'], threshold: 1 }]]), first.text);
  expect(second.roles.get('recovery')).toEqual({ keys: [both[1]], threshold: 1 });
  expect(
    roles(new Map([['recovery', { remove: ['carol@example.org'] }]]), second.text).roles.has('recovery'),
  ).toBe(false);
  expect(() => roles(new Map([['recovery', { remove: ['dave'] }]]), second.text)).toThrow('no recovery key');
  expect(() => roles(new Map([['recovery', { threshold: 2 }]]), second.text)).toThrow();
});
