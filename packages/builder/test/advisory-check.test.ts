/** docs/spec/advisories.md §9.1: what `registry check` says of advisories that somebody submits. */
import { expect, test } from 'vitest';
import { checkSubmission, memoryTree } from '../src/index.ts';
import { advisoryFiles, hour, publishedFiles, voteFiles } from './advisory-files.ts';
import { policyFiles } from './log-registry.ts';
import { type Files, keysetFiles, merge, signer, smallRegistry } from './registry.ts';

const roles = (name: string) =>
  new Map([
    ['root' as const, { keys: [signer('root').key], threshold: 1 }],
    ['advisories' as const, { keys: [signer(name).key], threshold: 1 }],
  ]);
const base = merge(smallRegistry(), keysetFiles('carol'), policyFiles({ roles: roles('guard') }));

function submit(changes: Files, before: Files = base): string[] {
  const tree = memoryTree(new Map([...before].map(([file, text]) => [file, Buffer.from(text)])));
  const report = checkSubmission(tree, {
    changes: new Map([...changes].map(([file, text]) => [file, Buffer.from(text)])),
  });
  return report.findings.map(({ rule, file, message }) => `${rule} ${file}: ${message}`);
}

const first = 'advisories/2026/MLLD-2026-0001';
const name = (text: string) => text as never;

test('a report, a vote on it, a revision by the role', () => {
  expect(submit(advisoryFiles(1))).toEqual([]);
  const reported = merge(base, advisoryFiles(1));
  expect(submit(voteFiles('carol', 'confirm'), reported)).toEqual([]);
  expect(submit(publishedFiles(2, { malware: true }), reported)).toEqual([]);
});

test('who may not say it', () => {
  const reported = merge(base, advisoryFiles(1));
  expect(submit(publishedFiles(2, { malware: true, keys: ['bob'] }), reported)).toEqual([
    `advisory/history ${first}/2.json: published is for the advisories role to say`,
  ]);
  expect(submit(advisoryFiles(2, { by: name('carol'), severity: 'low' }), reported)).toEqual([
    `advisory/history ${first}/2.json: only bob, who reported it, may change the report`,
  ]);
  expect(submit(publishedFiles(2), reported)).toEqual([
    `advisory/history ${first}/2.json: community review runs until ${hour(73)}`,
  ]);
  expect(submit(advisoryFiles(1, { keys: ['guard'], embargoUntil: hour(9) }))).toEqual([
    `advisory/history ${first}/1.json: under embargo until ${hour(9)}`,
  ]);
});

test('keys that a newer policy has taken away', () => {
  const policy = { n: 2, roles: roles('watch'), createdAt: hour(10) };
  const rotated = merge(base, advisoryFiles(1), policyFiles(policy));
  expect(submit(publishedFiles(2, { malware: true }), rotated)).toEqual([
    `advisory/history ${first}/2.json: dated before policy 2 of ${hour(10)}, which counts now`,
  ]);
  const now = { malware: true, at: hour(11), publishedAt: hour(11), keys: ['watch'] };
  expect(submit(publishedFiles(2, now), rotated)).toEqual([]);
});

test('ids are given out one after the other', () => {
  expect(submit(advisoryFiles(1, { id: 'MLLD-2026-0007' }))).toEqual([
    'advisory/id advisories/2026/MLLD-2026-0007/1.json: the next id of its year is MLLD-2026-0001',
  ]);
  expect(submit(advisoryFiles(1, { id: 'MLLD-2026-0002' }), merge(base, advisoryFiles(1)))).toEqual([]);
});

test('what it is about', () => {
  const about = (change: object) =>
    submit(
      advisoryFiles(1, {
        affected: [{ name: name('@alice/strings'), ranges: ['*'], digests: [], exports: [], ...change }],
      }),
    ).map((text) => text.slice(text.indexOf(': ') + 2));
  expect(about({ name: name('@alice/none') })).toEqual(['there is no module @alice/none']);
  expect(about({ ranges: ['>=9'] })).toEqual([
    'no version of @alice/strings is in its ranges or has one of its digests',
  ]);
  expect(about({ exports: ['grete'] })).toEqual(['no affected version exports grete']);
  expect(about({ exports: ['greet'] })).toEqual([]);
});

test('nothing of it is changed or taken away', () => {
  const reported = merge(base, advisoryFiles(1));
  expect(submit(advisoryFiles(1, { severity: 'low' }), reported).map((text) => text.split(':')[0])).toContain(
    `release/immutable ${first}/1.json`,
  );
});
