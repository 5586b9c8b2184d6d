/** What a user's policy lets in (docs/spec/config.md §3, docs/spec/resolve.md §6.8): each gate with its code, dependencies too. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeOps } from '../src/index.ts';
import { addLog, logKeys } from './fixture/log.ts';
import { errorOf, type Project, project, tempFolder } from './fixture/project.ts';
import { type Distribution, distribution, type FixtureModule, serve } from './fixture/registry.ts';

/** Modules of the fixture are published from this day on, a minute each. */
const published = Date.UTC(2026, 0, 1);
const day = 86_400_000;
const at = (ms: number) => ({ ops: { ...nodeOps(), now: () => ms } });

const a1: FixtureModule = { ref: '@alice/a@1.0.0' };
const a2: FixtureModule = { ref: '@alice/a@1.1.0' };
const needy: FixtureModule = { ref: '@alice/a@1.2.0', needs: ['sh'] };

interface Setting {
  readonly user: Project;
  readonly made: Distribution;
  /** Writes the policy of the home folder. */
  own(policy: object): void;
}

async function setting(modules: readonly FixtureModule[], policy?: object): Promise<Setting> {
  const made = distribution(modules);
  const served = await serve(made.files);
  const home = tempFolder();
  const user = project({ registry: served.base, env: { HOME: home } });
  if (policy !== undefined) user.config({ policy });
  return {
    user,
    made,
    own: (own) => {
      mkdirSync(path.join(home, '.mlld'), { recursive: true });
      writeFileSync(path.join(home, '.mlld/mlld-config.json'), JSON.stringify({ policy: own }));
    },
  };
}

const adding = async ({ user }: Setting, ref: string, now = published + 30 * day) =>
  (await errorOf(() => user.client(at(now)).add([ref]))).code;

describe('minimumAge', () => {
  it('keeps a version out until it is old enough, and takes the newest that is', async () => {
    const my = await setting([a1, ...Array.from({ length: 3 }, (_, i) => ({ ref: `@bob/b@1.${i}.0` })), a2], {
      minimumAge: '2m',
    });
    const soon = published + 4 * 60_000;
    expect(await adding(my, '@alice/a@1.1.0', soon)).toBe('TOO_NEW');
    const report = await my.user.client(at(soon)).add(['@alice/a']);
    expect(report.added).toEqual(['@alice/a@1.0.0']);
    expect((await my.user.client(at(published + 8 * 60_000)).update()).added).toEqual(['@alice/a@1.1.0']);
  });

  it('counts for what modules import', async () => {
    const my = await setting(
      [{ ref: '@bob/b@1.0.0' }, { ref: '@alice/a@1.0.0', imports: { '@bob/b': '^1.0.0' } }],
      {
        scopes: { '@bob': { minimumAge: '7d' } },
      },
    );
    const error = await errorOf(() => my.user.client(at(published + day)).add(['@alice/a']));
    expect([error.code, error.message]).toEqual(['TOO_NEW', expect.stringContaining('@bob/b@1.0.0')]);
    expect(() => my.user.lockText()).toThrow();
  });

  it('never ends what is locked', async () => {
    const my = await setting([a1]);
    await my.user.client(at(published + day)).add(['@alice/a']);
    my.user.config({ policy: { minimumAge: '100w' }, dependencies: { '@alice/a': '^1.0.0' } });
    const client = my.user.client(at(published + day));
    expect((await client.resolveImport('@alice/a')).origin.version).toBe('1.0.0');
    await client.install();
    expect((await client.verify('@alice/a')).error).toBeUndefined();
  });

  it('goes by the witnesses and by what this client has seen, not by what the author says', async () => {
    const keys = logKeys();
    const made = distribution([a1]);
    addLog(made, keys, { leaves: ['a'], cosigned: [(published + 10 * day) / 1000] });
    const user = project({ registry: (await serve(made.files)).base });
    user.config({ policy: { minimumAge: '7d' } });
    const add = (now: number) => () => user.client(at(now)).add(['@alice/a']);
    expect((await errorOf(add(published + 12 * day))).code).toBe('TOO_NEW');
    expect((await add(published + 18 * day)()).added).toHaveLength(1);
  });

  it('believes the author where nobody else says anything', async () => {
    const made = distribution([a1]);
    addLog(made, logKeys(), { leaves: ['a'] });
    const user = project({ registry: (await serve(made.files)).base });
    user.config({ policy: { minimumAge: '7d' } });
    const add = (now: number) => () => user.client(at(now)).add(['@alice/a']);
    expect((await errorOf(add(published + 6 * day))).code).toBe('TOO_NEW');
    expect((await add(published + 8 * day)()).added).toHaveLength(1);
  });

  it('is not deceived by a release that is dated back', async () => {
    const keys = logKeys();
    const first = distribution([{ ref: '@bob/b@1.0.0' }]);
    const entries = addLog(first, keys, { leaves: ['a'] });
    const files = new Map(first.files);
    const user = project({ registry: (await serve(files)).base });
    await user.client(at(published + 10 * day)).add(['@bob/b']);
    const second = distribution([a1, { ref: '@bob/b@1.0.0' }]);
    addLog(second, keys, { leaves: entries });
    for (const [file, bytes] of second.files) files.set(file, bytes);
    user.config({ policy: { minimumAge: '7d' } });
    const error = await errorOf(() => user.client(at(published + 11 * day)).add(['@alice/a']));
    expect([error.code, error.message]).toEqual(['TOO_NEW', expect.stringContaining('this client')]);
    expect((await user.client(at(published + 30 * day)).add(['@alice/a'])).added).toHaveLength(1);
  });
});

describe('evidence', () => {
  it('has a least level, and no downgrade', async () => {
    const unsigned: FixtureModule = { ref: '@alice/a@1.1.0', signed: false };
    const low = await setting([a1, unsigned], { evidence: 2 });
    expect(await adding(low, '@alice/a@1.1.0')).toBe('EVIDENCE_TOO_LOW');
    expect(await adding(await setting([a1, unsigned], { noDowngrade: true }), '@alice/a@1.1.0')).toBe(
      'EVIDENCE_DOWNGRADE',
    );
    expect(await adding(await setting([a1], { evidence: 4 }), '@alice/a')).toBe('EVIDENCE_TOO_LOW');
  });
});

describe('people', () => {
  it('that are blocked are not installed, not run though locked, and nobody’s dependency', async () => {
    const modules = [{ ref: '@eve/e@1.0.0' }, { ref: '@alice/a@1.0.0', imports: { '@eve/e': '^1.0.0' } }];
    const my = await setting(modules);
    await my.user.client().add(['@alice/a', '@eve/e']);
    for (const policy of [{ authors: { blocked: ['eve'] } }, { scopes: { '@eve/e': { blocked: true } } }]) {
      my.user.config({ policy, dependencies: { '@alice/a': '^1.0.0' } });
      const client = my.user.client();
      expect(client.resolveLocked('@eve/e')).toBeUndefined();
      expect((await errorOf(() => client.resolveImport('@eve/e'))).code).toBe('BLOCKED');
      expect((await errorOf(() => client.install())).code).toBe('BLOCKED');
      expect((await client.resolveImport('@alice/a')).origin.name).toBe('@alice/a');
      expect((await client.verify('@eve/e')).error?.code).toBe('BLOCKED');
    }
  });

  it('that are not trusted, where only the trusted are taken', async () => {
    const my = await setting([a1, { ref: '@bob/b@1.0.0' }], {
      authors: { trusted: ['alice'], onlyTrusted: true },
    });
    expect(await adding(my, '@bob/b')).toBe('BLOCKED');
    expect((await my.user.client().add(['@alice/a'])).added).toHaveLength(1);
  });

  it('are the roots of reputation: who is trusted in one file and blocked in the other is blocked', async () => {
    const my = await setting([a1], {
      reviewers: { trusted: ['bob', 'carol', 'dave'] },
      scopes: { '@alice': { reviewers: { trusted: ['bob', 'erin'] } } },
    });
    my.own({ reviewers: { trusted: ['bob', 'carol', 'erin'], blocked: ['carol'] } });
    const client = my.user.client();
    expect((await client.people()).reviewers).toEqual({
      trusted: new Set(['bob']),
      blocked: new Set(['carol']),
    });
    expect((await client.people('@alice/a' as never)).reviewers.trusted).toEqual(new Set(['bob', 'erin']));
  });
});

describe('capabilities', () => {
  it('that are not listed are no candidates, declared or found', async () => {
    const policy = { capabilities: ['network:*.example.org'] };
    const my = await setting([a1, needy], policy);
    expect(await adding(my, '@alice/a@1.2.0')).toBe('CAPABILITY_DENIED');
    expect((await my.user.client().add(['@alice/a'])).added).toEqual(['@alice/a@1.0.0']);
    const found = (one: string) =>
      errorOf(async () => {
        const user = (await setting([a1], policy)).user;
        await user.client({ scan: () => [one] }).add(['@alice/a']);
        throw Object.assign(new Error(), { code: 'taken' });
      });
    expect((await found('network:api.example.org')).code).toBe('taken');
    for (const one of ['network:example.org', 'network:*', 'network:api.example.org.evil', 'command:git'])
      expect((await found(one)).code).toBe('CAPABILITY_DENIED');
  });
});

describe('what counts', () => {
  it('between files the stricter, within a file what is said of the scope', async () => {
    const soon = published + 3 * day;
    const my = await setting([a1], { minimumAge: '7d', scopes: { '@alice': { minimumAge: '1d' } } });
    expect(await adding(await setting([a1], { minimumAge: '7d' }), '@alice/a', soon)).toBe('TOO_NEW');
    my.own({ minimumAge: '5d' });
    expect(await adding(my, '@alice/a', soon)).toBe('TOO_NEW');
    my.own({ minimumAge: '2d' });
    expect((await my.user.client(at(soon)).add(['@alice/a'])).added).toHaveLength(1);
  });

  it('a policy that can’t be read lets nothing in', async () => {
    const my = await setting([a1], { minimumage: '7d' });
    expect(await adding(my, '@alice/a')).toBe('BAD_SHAPE');
    const other = await setting([a1]);
    other.own({ evidence: 'high' });
    expect(await adding(other, '@alice/a')).toBe('BAD_SHAPE');
  });
});

describe('requireFresh', () => {
  const stated = Date.UTC(2026, 1, 1);

  it('holds what is new to the time of the log, and only by the option what is locked', async () => {
    const keys = logKeys();
    const made = distribution([a1, { ref: '@bob/b@1.0.0' }]);
    addLog(made, keys, { leaves: ['a'], at: new Date(stated).toISOString() });
    const user = project({ registry: (await serve(made.files)).base });
    user.config({ policy: { requireFresh: '1d' } });
    await user.client(at(stated + day / 2)).add(['@alice/a']);
    const later = at(stated + 10 * day);
    expect((await errorOf(() => user.client(later).add(['@bob/b']))).code).toBe('STALE');
    const client = user.client(later);
    await client.assertFresh();
    expect((await client.resolveImport('@alice/a')).origin.version).toBe('1.0.0');
    expect((await errorOf(() => user.client({ ...later, requireFresh: '7d' }).assertFresh())).code).toBe(
      'STALE',
    );
    await user.client({ ...later, requireFresh: '2w' }).assertFresh();
  });

  it('goes by the witnesses: a log in which nothing happens is fresh as long as they look', async () => {
    const keys = logKeys();
    const made = distribution([a1]);
    const cosigned = [stated + 20 * day, stated + 29 * day].map((ms) => ms / 1000);
    addLog(made, keys, { leaves: ['a'], at: new Date(stated).toISOString(), cosigned });
    const user = project({ registry: (await serve(made.files)).base, requireFresh: '2d' });
    const add = (now: number) => () => user.client(at(now)).add(['@alice/a']);
    expect((await errorOf(add(stated + 30 * day))).code).toBe('STALE');
    expect((await add(stated + 22 * day)()).added).toHaveLength(1);
  });

  it('a registry without a log can’t be fresh', async () => {
    const my = await setting([a1], { requireFresh: '1d' });
    expect(await adding(my, '@alice/a')).toBe('STALE');
  });

  it('an expired policy of the registry ends nothing that is locked, with a time to live either', async () => {
    const keys = logKeys();
    const policy = { expires: '2026-03-01T00:00:00Z' };
    const made = distribution([a1]);
    const entries = addLog(made, keys, { leaves: ['a'], policy });
    const files = new Map(made.files);
    const user = project({ registry: (await serve(files)).base });
    await user.client(at(Date.UTC(2026, 1, 1))).add(['@alice/a']);
    const newer = distribution([a1, a2]);
    addLog(newer, keys, { leaves: entries, policy });
    for (const [file, bytes] of newer.files) files.set(file, bytes);
    const late = user.client(at(Date.UTC(2026, 5, 1)));
    expect((await late.resolveImport('@alice/a', { ttl: 'live' })).origin.version).toBe('1.0.0');
    expect(user.warnings.join()).toContain('expired');
  });
});
