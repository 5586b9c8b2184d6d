/** Whether what is published is good: advice, and never a reason to refuse. */
import { layout, type ModuleName } from '@mlld/format';
import { type Finding, finding } from '../finding.ts';
import type { ReadRelease } from '../repository/model.ts';
import { basesOf } from '../sources/job.ts';
import type { Scope } from './scope.ts';

/** Looks at the versions that are new, or, where nothing is, at the newest of each module. */
export function checkQuality(scope: Scope): Finding[] {
  return scope.modules.flatMap((name) => {
    const { releases, metadata } = scope.module(name);
    const looked =
      scope.submission === undefined
        ? releases.slice(0, 1)
        : releases.filter(({ file }) => scope.isNew(file));
    return looked.flatMap((read) => [
      ...checkAbout(name, read, metadata?.about ?? ''),
      ...checkMetadata(read),
      ...checkPins(read),
      ...checkExports(read),
    ]);
  });
}

function checkAbout(name: ModuleName, read: ReadRelease, fallback: string): Finding[] {
  const signed = read.kind === 'signed';
  const about = signed ? read.release.about : fallback;
  if (about.trim().length >= 10) return [];
  const place = signed ? { ...read, path: '$.about' } : { file: layout.metadata(name), path: '$.about' };
  return [finding('about/text', place, about === '' ? 'there is no text' : `'${about}' says too little`)];
}

function checkMetadata(read: ReadRelease): Finding[] {
  const { license, keywords, repo } = read.kind === 'signed' ? read.release : read.record;
  const findings: Finding[] = [];
  if (license !== 'CC0')
    findings.push(finding('licence/known', { ...read, path: '$.license' }, `the licence is '${license}'`));
  if (keywords.length === 0)
    findings.push(finding('keywords/some', { ...read, path: '$.keywords' }, 'there are no keywords'));
  if (repo === undefined) findings.push(finding('repo/link', read, 'there is no link to a repository'));
  return findings;
}

/** Hosts whose URLs name a branch or a commit: [what to look at, what a pinned one looks like]. */
const hosts: readonly (readonly [RegExp, RegExp])[] = [
  [/^https:\/\/raw\.githubusercontent\.com\//, /^https:\/\/[^/]+\/[^/]+\/[^/]+\/[0-9a-f]{40}\//],
  [/^https:\/\/gist\.githubusercontent\.com\//, /^https:\/\/[^/]+\/[^/]+\/[0-9a-f]+\/raw\/[0-9a-f]{40}\//],
];

function checkPins(read: ReadRelease): Finding[] {
  const path = read.kind === 'signed' ? '$.sources' : '$.source';
  return basesOf(read)
    .filter((base) => hosts.some(([host, pinned]) => host.test(base) && !pinned.test(base)))
    .map((base) => finding('source/pinned', { ...read, path }, `${base} names no commit`));
}

function checkExports(read: ReadRelease): Finding[] {
  if (read.kind === 'record') return [];
  return read.release.exports.flatMap(({ name, about }, i) =>
    about === undefined || about.trim() === ''
      ? [finding('exports/documented', { ...read, path: `$.exports[${i}]` }, `${name} is not documented`)]
      : [],
  );
}
