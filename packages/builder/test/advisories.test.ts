/** docs/spec/advisories.md §6–§7: what a build makes of the advisories of a repository. */
import { rmSync } from 'node:fs';
import {
  type AdvisoryIndex,
  layout,
  type ModuleName,
  parseAdvisoryIndex,
  parseIndex,
  parsePolicy,
} from '@mlld/format';
import { makeTempDir, type TempDir } from '@mlld/testing';
import { gateOf, verifyAdvisoryIndex } from '@mlld/trust';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { build, monitorLog, openSource } from '../src/index.ts';
import { advisoryFiles, firstId, hour, publishedFiles, voteFiles } from './advisory-files.ts';
import { logKey, policyFiles, readLog } from './log-registry.ts';
import {
  type Files,
  keysetFiles,
  merge,
  metadataFile,
  readTree,
  releaseFiles,
  sha256,
  signer,
  smallRegistry,
  writeFiles,
} from './registry.ts';
import schema from './testdata/osv/schema.json' with { type: 'json' };

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);
const strings = '@alice/strings' as ModuleName;

beforeEach(async () => {
  dir = await makeTempDir();
});
afterEach(() => dir.remove());

const role = (...keys: string[]) =>
  policyFiles({
    roles: new Map([
      ['root', { keys: [signer('root').key], threshold: 1 }],
      ['advisories', { keys: keys.map((name) => signer(name).key), threshold: keys.length }],
    ]),
  });

const start = () => merge(smallRegistry(), keysetFiles('carol'), role('guard'));

async function run(files: ReadonlyMap<string, string | null> = new Map(), out = 'out') {
  writeFiles(at('repo'), files);
  const begin = !readTree(at('repo')).has('unused') && !exists(out);
  return build(at('repo'), { out: at(out), offline: true, log: { key: logKey.pem, begin } });
}

function exists(out: string): boolean {
  try {
    return readTree(at(out)).size > 0;
  } catch {
    return false;
  }
}

const file = (name: string, out = 'out') => readTree(at(out)).get(name);
const index = (out = 'out'): AdvisoryIndex =>
  parseAdvisoryIndex(Buffer.from(file(layout.advisoryIndex, out)!, 'latin1'));
const header = (name = strings) => parseIndex(Buffer.from(file(layout.index(name))!, 'latin1')).header;
const entry = () => index().advisories[0]!;

describe('the index of advisories', () => {
  test('a registry without one has none, and its snapshot says so', async () => {
    await run(start());
    expect([...readTree(at('out')).keys()].filter((one) => one.startsWith('advisories'))).toEqual([]);
    expect(readLog(at('out')).snapshot.advisories).toEqual({ sha256: sha256(''), count: 0 });
  });

  test('a report warns, is logged, committed to, copied, and told in line 1 of the module', async () => {
    await run(start());
    await run(merge(advisoryFiles(1), voteFiles('carol', 'confirm'), voteFiles('alice', 'dispute')));
    expect(entry()).toMatchObject({
      id: firstId,
      n: 1,
      state: 'reported',
      official: false,
      votes: { confirm: 1, dispute: 0 },
      reviewUntil: hour(73),
    });
    expect(gateOf(entry())).toBe('warn');
    const log = readLog(at('out'));
    expect(log.snapshot.advisories).toEqual({
      sha256: sha256(Buffer.from(file(layout.advisoryIndex)!, 'latin1')),
      count: 1,
    });
    const types = log.entries.map((one) => JSON.parse(one.toString()).type);
    expect(types.filter((type) => type.startsWith('advisory'))).toEqual([
      'advisory',
      'advisory-vote',
      'advisory-vote',
    ]);
    expect(header().advisories).toEqual([firstId]);
    expect(header('@bob/lists' as ModuleName).advisories).toEqual([]);
    for (const [name, text] of merge(advisoryFiles(1), voteFiles('carol', 'confirm')))
      expect(file(name)).toBe(text);
    expect(file(layout.osv(firstId))).toBeUndefined();
  });

  test('malware that the role publishes is a gate with its proof; withdrawn, it is none and still there', async () => {
    await run(merge(start(), advisoryFiles(1)));
    await run(publishedFiles(5, { n: 2, at: hour(5), malware: true }));
    await run(merge(new Map(), publishedFiles(2, { at: hour(5), publishedAt: hour(5), malware: true })));
    const policy = parsePolicy(file(layout.policy(1))!);
    const { entries, refused } = verifyAdvisoryIndex(index(), [policy]);
    expect([entries.map(gateOf), refused]).toEqual([['locked'], []]);
    expect(index().stats).toEqual({
      reported: 0,
      reviewing: 0,
      published: 1,
      withdrawn: 0,
      response: { count: 1, medianMinutes: 240, slowestMinutes: 240, within48Hours: 1 },
    });
    const gone = { state: 'withdrawn', publishedAt: hour(5), withdrawnAt: hour(9), at: hour(9) } as const;
    await run(advisoryFiles(3, { ...gone, malware: true, keys: ['guard'] }));
    expect(index()).toMatchObject({ count: 1, stats: { published: 0, withdrawn: 1 } });
    expect(gateOf(entry())).toBe('none');
    expect(entry().signed).toBeUndefined();
    expect(header().advisories).toEqual([]);
    expect(JSON.parse(file(layout.osv(firstId))!)).toMatchObject({ withdrawn: hour(9) });
  });

  test('hostile statements: none of them counts, all that are signed are shown', async () => {
    const mallory = { by: 'carol' as never };
    await run(
      merge(
        start(),
        advisoryFiles(1),
        publishedFiles(2, { malware: true, ...mallory, keys: ['carol'] }),
        advisoryFiles(3, { ...mallory, state: 'withdrawn', withdrawnAt: hour(3) }),
        // A key that nobody knows, and one vote in the name of another.
        advisoryFiles(1, { id: 'MLLD-2026-0002', keys: ['mallory'] }),
        new Map(
          [...voteFiles('alice', 'confirm')].map(([name, text]) => [name.replace('alice', 'bob'), text]),
        ),
      ),
    );
    expect(index().advisories.map(({ id, n, revisions, state }) => [id, n, revisions, state])).toEqual([
      [firstId, 1, 3, 'reported'],
    ]);
    expect(index().count).toBe(1);
    expect(file(layout.advisory(firstId, 3))).toBeDefined();
    expect(file(layout.advisory('MLLD-2026-0002', 1))).toBeUndefined();
  });

  test('a role of two keys: one of them says nothing', async () => {
    await run(merge(smallRegistry(), role('guard', 'watch'), advisoryFiles(1)));
    await run(publishedFiles(2, { malware: true }));
    expect(gateOf(entry())).toBe('warn');
    await run(publishedFiles(3, { malware: true, keys: ['guard', 'watch'] }));
    expect([entry().n, gateOf(entry())]).toEqual([3, 'locked']);
  });

  test('an owner answers', async () => {
    await run(
      merge(start(), advisoryFiles(1), advisoryFiles(2, { by: 'alice' as never, response: 'Use 1.2.0.' })),
    );
    expect(entry().by).toBe('bob');
    expect(entry().answer).toEqual({ by: 'alice', at: hour(2), text: 'Use 1.2.0.' });
  });

  test('step by step it is what it is at once', { timeout: 60_000 }, async () => {
    const steps: readonly Files[] = [
      start(),
      advisoryFiles(1),
      voteFiles('carol', 'confirm'),
      releaseFiles({ name: '@alice/strings', version: '1.1.1', minute: 20 }),
      publishedFiles(2, { severity: 'critical' }),
      voteFiles('carol', 'dispute', 2),
      metadataFile('@alice/strings', ['alice', 'carol']),
      keysetFiles('alice', ['alice', 'alice two'], 2, ['alice']),
    ];
    const unlogged = (out: string) => build(at('repo'), { out: at(out), offline: true });
    writeFiles(at('repo'), smallRegistry());
    for (const step of steps) {
      writeFiles(at('repo'), step);
      await unlogged('out');
      for (const folder of ['fresh', 'fresh.state']) rmSync(at(folder), { recursive: true, force: true });
      await unlogged('fresh');
      expect(readTree(at('out'))).toEqual(readTree(at('fresh')));
    }
    expect(entry().votes).toEqual({ confirm: 0, dispute: 0 });
    expect(await unlogged('out')).toMatchObject({ written: 0 });
  });

  test('a monitor sees that none vanished, and one that did', async () => {
    const monitor = () => monitorLog({ source: openSource(at('out')), stateFile: at('monitor.json') });
    await run(merge(start(), advisoryFiles(1)));
    expect((await monitor()).findings).toEqual([]);
    const before = file(layout.advisoryIndex)!;
    await run(advisoryFiles(2, { severity: 'low' }));
    const now = file(layout.advisoryIndex)!;
    const shown: Record<string, string | null> = {
      none: null,
      'an older one': before,
      'one that leaves it out': now.replace(/\n\{.*\n/, '\n'),
      'one that hides it behind the number': now.replace(/"count":1/, '"count":0').replace(/\n\{.*\n/, '\n'),
      'no index at all': '{}',
    };
    for (const [name, content] of Object.entries(shown)) {
      writeFiles(at('out'), new Map([[layout.advisoryIndex, content]]));
      const { findings } = await monitor();
      expect(
        findings.map(({ rule }) => rule),
        name,
      ).toEqual(['advisory-vanished']);
    }
    writeFiles(at('out'), new Map([[layout.advisoryIndex, now]]));
    expect((await monitor()).findings).toEqual([]);
  });
});

describe('OSV', () => {
  const official = new Ajv2020({ strict: false, allErrors: true });
  formats.default(official);
  const strict = official.compile(schema);
  /** The schema with the two things that we add to it: an ecosystem, and a prefix of ids. */
  const extended = structuredClone(schema);
  extended.$id = `${schema.$id}?mlld`;
  extended.$defs.ecosystemWithSuffix.pattern = schema.$defs.ecosystemWithSuffix.pattern.replace(
    '^(',
    '^(mlld|',
  );
  extended.$defs.prefix.pattern = schema.$defs.prefix.pattern.replace('^(x_|(', '^(x_|(MLLD|');
  const native = official.compile(extended);
  const valid = (check: typeof strict, document: unknown) => {
    check(document);
    return check.errors ?? [];
  };

  const published = (change: Parameters<typeof publishedFiles>[1] = {}) =>
    merge(start(), advisoryFiles(1), publishedFiles(2, { severity: 'critical', ...change }));
  const read = (name: string) => JSON.parse(file(name)!);

  test('our own form is valid but for the two extensions', async () => {
    const digest = 'd'.repeat(64) as never;
    const affected = [
      {
        name: strings,
        ranges: ['>=1.0.0 <1.1.0 || ^1.1.0', '<=0.9.0'],
        digests: [digest],
        exports: ['greet'],
      },
    ];
    await run(published({ affected }));
    const document = read(layout.osv(firstId));
    expect(valid(native, document)).toEqual([]);
    expect(valid(strict, document).length).toBeGreaterThan(0);
    expect(document).toMatchObject({
      id: firstId,
      published: hour(2),
      modified: hour(2),
      summary: 'Names run commands',
      affected: [
        {
          package: { ecosystem: 'mlld', name: '@alice/strings' },
          ranges: [
            { type: 'SEMVER', events: [{ introduced: '1.0.0' }, { fixed: '2.0.0-0' }] },
            { type: 'SEMVER', events: [{ introduced: '0' }, { last_affected: '0.9.0' }] },
          ],
          versions: ['1.0.0', '1.1.0', '1.2.0'],
          ecosystem_specific: { sha256: [digest], exports: ['greet'] },
        },
      ],
      database_specific: { severity: 'CRITICAL', malicious: false, cwe_ids: ['CWE-78'] },
    });
    expect(read(layout.osvAll)).toEqual([document]);
  });

  test('the strict form is valid as it is', async () => {
    await run(published());
    const document = read(layout.osvStrict('x_MLLD-2026-0001'));
    expect(valid(strict, document)).toEqual([]);
    expect(document).toMatchObject({ id: 'x_MLLD-2026-0001', aliases: [firstId] });
    expect(document.affected[0]).toMatchObject({
      versions: ['1.0.0', '1.1.0'],
      ecosystem_specific: { mlld: { name: '@alice/strings', ranges: ['<1.2.0'] } },
    });
    expect(document.affected[0].package).toBeUndefined();
    expect(read(layout.osvStrictAll)).toEqual([document]);
  });

  test('malware has an id of its own kind, and commits where the sources name them', async () => {
    const release = (version: string, commit: string, minutes: number) =>
      releaseFiles({
        name: '@alice/tools',
        version,
        minute: minutes,
        change: ({ source }) => ({
          source: { ...source, repository: { type: 'git', url: 'https://example.org/alice/tools', commit } },
        }),
      });
    const [bad, good] = ['b'.repeat(40), 'c'.repeat(40)];
    const name = '@alice/tools' as ModuleName;
    await run(
      merge(
        start(),
        release('1.0.0', bad, 7),
        release('1.0.1', good, 8),
        publishedFiles(1, {
          malware: true,
          affected: [{ name, ranges: ['1.0.0'], digests: [], exports: [] }],
          patches: [{ name, version: '1.0.1' }],
        }),
      ),
    );
    const document = read(layout.osvStrict('x_MLLD-MAL-2026-0001'));
    expect(valid(strict, document)).toEqual([]);
    expect(document.affected[0].ranges).toEqual([
      {
        type: 'GIT',
        repo: 'https://example.org/alice/tools',
        events: [{ introduced: bad }, { fixed: good }],
      },
    ]);
    expect(valid(native, read(layout.osv(firstId)))).toEqual([]);
  });
});
