import { rmSync } from 'node:fs';
import {
  type Author,
  layout,
  type ModuleName,
  parseCommunityFile,
  parseIndex,
  parseTrustsFile,
} from '@mlld/format';
import { tempDir } from '@mlld/testing';
import {
  judge,
  nothingJudged,
  reach,
  readCommunityFile,
  readTrustsFile,
  reviewFact,
  scoreFacts,
  standingOf,
  support,
  trustScore,
  walkTrust,
} from '@mlld/trust';
import { expect, test } from 'vitest';
import { build } from '../src/index.ts';
import { advisoryFiles, firstId, hour, publishedFiles } from './advisory-files.ts';
import { logKey, policyFiles, readLog } from './log-registry.ts';
import {
  type Files,
  keysetFiles,
  merge,
  metadataFile,
  readTree,
  registryName,
  releaseFiles,
  signer,
  smallRegistry,
  sourceFetch,
  writeFiles,
} from './registry.ts';
import { review, say, star, trust } from './said.ts';

const strings = '@alice/strings' as ModuleName;
const roots = ['root'] as Author[];
const policy = () => policyFiles({ reviewers: roots });

/** alice's and bob's modules, and people who speak of them: root trusts bob, bob trusts carol. */
function registry(): Files {
  return merge(
    smallRegistry(),
    policy(),
    ...['root', 'carol', 'mallory'].map((author) => keysetFiles(author)),
    trust('root', 'bob'),
    trust('bob', 'carol'),
  );
}

const reads = (out: string) => {
  const tree = readTree(out);
  return {
    tree,
    text: (file: string) => Buffer.from(tree.get(file) ?? '', 'latin1').toString('utf8'),
    header: (name: ModuleName) =>
      parseIndex(Buffer.from(tree.get(layout.index(name)) ?? '', 'latin1')).header,
  };
};

const options = { fetch: sourceFetch(), log: { key: logKey.pem } };
const first = { ...options, log: { ...options.log, begin: true } };

const steps = (): readonly ReadonlyMap<string, string | null>[] => {
  const files = registry();
  const of = (by: string, version: string, change: object = {}) =>
    review(files, { by, name: strings, version, ...change });
  const digest = (version: string) =>
    JSON.parse(files.get(`modules/alice/strings/${version}.json`) ?? '').digest;
  return [
    of('carol', '1.1.0'),
    merge(star('bob', strings), star('mallory', strings), star('alice', strings)),
    of('bob', '1.2.0', { from: { version: '1.1.0', digest: digest('1.1.0') } }),
    of('carol', '1.2.0', { rating: 'negative', thoroughness: 'low' }),
    trust('bob', 'carol', 'low', { n: 2 }),
    of('mallory', '1.2.0', { rating: 'strong' }),
    star('mallory', strings, { n: 2, starred: false }),
    say({ type: 'report', by: 'carol', about: strings, reason: 'other', text: 'Odd.' }),
    releaseFiles({ name: strings, version: '1.3.0', minute: 40 }),
    metadataFile(strings, ['alice', 'bob']),
    keysetFiles('carol', ['carol2'], 2, ['carol']),
    trust('root', 'bob', 'distrust', { n: 2 }),
    star('carol', '@bob/lists'),
    say({ type: 'transfer', by: 'alice', name: '@alice/report', to: 'bob' }, ['alice', 'bob']),
  ];
};

test('step by step it gives what it gives at once', { timeout: 120_000 }, async () => {
  const dir = await tempDir();
  const [repo, out, fresh] = [dir.join('repo'), dir.join('out'), dir.join('fresh')];
  const unlogged = { fetch: sourceFetch() };
  writeFiles(repo, registry());
  await build(repo, { out, ...unlogged });
  for (const step of steps()) {
    writeFiles(repo, step);
    expect(await build(repo, { out, ...unlogged })).toMatchObject({ full: false, findings: [] });
    for (const folder of [fresh, `${fresh}.state`]) rmSync(folder, { recursive: true, force: true });
    await build(repo, { out: fresh, ...unlogged });
    expect(readTree(out)).toEqual(readTree(fresh));
  }
  expect(await build(repo, { out, ...unlogged })).toMatchObject({ rendered: 0, written: 0 });
});

test('statements are copied, logged and summed up for clients', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  writeFiles(repo, merge(registry(), ...(steps().slice(0, 8) as Files[])));
  expect(await build(repo, { out, ...first })).toMatchObject({ findings: [] });
  const { tree, text, header } = reads(out);
  const logged = readLog(out).entries.map((entry) => JSON.parse(entry.toString()).type);
  for (const type of ['review', 'trust', 'star', 'report']) expect(logged).toContain(type);
  expect(tree.has('reviews/alice/strings/1.2.0/bob/1.json.sig')).toBe(true);
  const file = parseCommunityFile(text(layout.community(strings)));
  expect(file.stars).toEqual({ count: 2, by: ['alice', 'bob'] });
  expect(
    file.reviews.map(({ statement }) => JSON.parse(statement)).map(({ by, version }) => `${version} ${by}`),
  ).toEqual(['1.2.0 bob', '1.2.0 carol', '1.2.0 mallory', '1.1.0 carol']);
  expect(file).toMatchObject({ reports: 1 });
  expect([...file.keysets.keys()]).toEqual(['bob', 'carol', 'mallory']);
  expect(parseTrustsFile(text(layout.trusts('bob' as Author))).statements).toHaveLength(1);
  expect(header(strings).community).toMatchObject({ reviews: 4, stars: 2 });
  // bob is 1 away: 64; carol 4: 8. The delta of bob starts from what carol read whole.
  expect(header(strings).community?.judged).toEqual([
    { version: '1.2.0', positive: 8, negative: 8, reviewers: 2 },
    { version: '1.1.0', positive: 8, negative: 0, reviewers: 1 },
  ]);
  expect(header(strings).community?.liked).toBe(64);
  expect(header('@bob/lists' as ModuleName).standing).toEqual({ distance: 1, banned: false });
  expect(header(strings).standing).toBeUndefined();
});

test('a client that reads the same files gets the same number', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  writeFiles(repo, registry());
  const seen = new Set<number>();
  for (const step of steps()) {
    writeFiles(repo, step);
    await build(repo, { out, ...(seen.size === 0 ? first : options) });
    const { tree, text } = reads(out);
    for (const name of [strings, '@bob/lists' as ModuleName]) {
      const index = parseIndex(Buffer.from(tree.get(layout.index(name)) ?? '', 'latin1'));
      const edges = await walkTrust(
        roots,
        (people) =>
          new Map(
            people.map((by) => {
              const bytes = tree.has(layout.trusts(by)) ? text(layout.trusts(by)) : undefined;
              const where = { registry: registryName, by, where: 'trusts' };
              return [by, bytes === undefined ? [] : readTrustsFile(bytes, where).edges] as const;
            }),
          ),
      );
      const graph = reach(roots, edges);
      const line = index.versions[0]!;
      const at = { registry: registryName, name, where: 'community' };
      const said = tree.has(layout.community(name))
        ? readCommunityFile(text(layout.community(name)), at)
        : undefined;
      const own = new Set([
        name.slice(1).split('/')[0],
        ...index.header.owners,
        ...(said?.own ?? []),
      ] as Author[]);
      const judged =
        said === undefined
          ? nothingJudged
          : judge(line.digest!, { reviews: said.reviews.map(reviewFact), reach: graph, own });
      const score = trustScore(
        scoreFacts(index, line, {
          evidence: line.evidence,
          judged,
          standing: standingOf(graph, [...own][0]!),
          stars: said?.stars.by.length ?? 0,
          liked: support(
            graph,
            (said?.stars.by ?? []).filter((by) => !own.has(by)),
          ),
          advisories: [],
          at: index.header.score?.at ?? '',
        }),
      );
      expect(index.header.score).toMatchObject({ version: line.version, value: score.value });
      expect(index.header.score?.insufficient).toBe(score.insufficient !== undefined);
      seen.add(score.value);
    }
  }
  expect(seen.size).toBeGreaterThan(5);
});

test('what does not count is a finding, and is neither logged nor summed up', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  const forged = say({ type: 'star', by: 'bob', name: strings, starred: true }, ['mallory']);
  const stray = review(registry(), { by: 'carol', name: strings, version: '1.1.0', digest: 'f'.repeat(64) });
  const second = star('carol', strings, { n: 2 });
  writeFiles(repo, merge(registry(), forged, stray, second));
  const { findings } = await build(repo, { out, ...first });
  expect(findings.map(({ rule }) => rule).sort()).toEqual(['statement/chain', 'statement/valid']);
  const { tree, header } = reads(out);
  expect(header(strings).community).toBeUndefined();
  expect([...tree.keys()].filter((file) => file.startsWith('stars/'))).toEqual([]);
  const types = readLog(out).entries.map((entry) => JSON.parse(entry.toString()).type);
  expect(types).not.toContain('star');
});

test('an open critical advisory caps the score, a mere report does not', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  const roles = new Map([
    ['root', { keys: [signer('root').key], threshold: 1 }],
    ['advisories', { keys: [signer('guard').key], threshold: 1 }],
  ] as const);
  const affected = [{ name: strings, ranges: ['*'], digests: [], exports: [] }];
  const score = async () => {
    await build(repo, { out, ...unlogged });
    return reads(out).header(strings).score?.value ?? 0;
  };
  const unlogged = { fetch: sourceFetch() };
  writeFiles(
    repo,
    merge(
      registry(),
      policyFiles({ reviewers: roots, roles }),
      advisoryFiles(1, { affected, severity: 'critical' }),
    ),
  );
  const before = await score();
  expect(before).toBeGreaterThan(10);
  expect(reads(out).header(strings).advisories).toEqual([firstId]);
  writeFiles(repo, publishedFiles(2, { affected, severity: 'critical' }));
  expect(await score()).toBe(10);
  writeFiles(
    repo,
    publishedFiles(3, { affected, severity: 'critical', malware: true, publishedAt: hour(2) }),
  );
  expect(await score()).toBe(0);
});
