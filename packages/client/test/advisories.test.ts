/** docs/spec/advisories.md §8, §10, §11 against a real server, also one that lies. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { layout, type ModuleName } from '@mlld/format';
import { describe, expect, test } from 'vitest';
import { type AdvisorySpec, addAdvisories } from './fixture/advisories.ts';
import { addLog, type LogKeys, logKeys } from './fixture/log.ts';
import { errorOf, project } from './fixture/project.ts';
import { type Distribution, distribution, type FixtureModule, serve } from './fixture/registry.ts';
import { makeKey } from './fixture/sign.ts';

const modules: readonly FixtureModule[] = [
  { ref: '@bob/deep@1.0.0' },
  { ref: '@alice/a@1.0.0', imports: { '@bob/deep': '^1.0.0' } },
  { ref: '@alice/a@1.1.0', imports: { '@bob/deep': '^1.0.0' } },
  { ref: '@alice/a@1.2.0', imports: { '@bob/deep': '^1.0.0' } },
  { ref: '@alice/a@2.0.0', imports: { '@bob/deep': '^1.0.0' } },
  { ref: '@bob/deep@1.0.1' },
  { ref: '@bob/deep@1.0.2' },
];
const id = 'MLLD-2026-0001';
const keys = logKeys();
const role = keys.root;
const authors = new Map<string, ReturnType<typeof makeKey>>();

interface State {
  readonly specs?: readonly AdvisorySpec[];
  readonly count?: number;
  readonly keys?: LogKeys | undefined;
  readonly logged?: boolean;
  /** Entries of the state before. */
  readonly before?: readonly string[];
}

function stateOf({ specs = [], count, logged = true, before = ['a'] }: State) {
  const made = distribution(modules, { keys: authors });
  if (specs.length > 0 || count !== undefined)
    addAdvisories(made, specs, count === undefined ? {} : { count });
  const leaves = logged ? addLog(made, keys, { leaves: before }) : [];
  return { made, leaves };
}

/** A user of a registry that goes from state to state. */
async function start(first: State = {}) {
  let { made, leaves } = stateOf(first);
  const files = new Map(made.files);
  const served = await serve(files);
  const user = project({ registry: served.base });
  const show = (next: Distribution) => {
    files.clear();
    for (const [at, bytes] of next.files) files.set(at, bytes);
  };
  return {
    files,
    served,
    user,
    next(state: State) {
      ({ made, leaves } = stateOf({ before: leaves, ...state }));
      show(made);
    },
    cached: (file: string) => path.join(user.cacheDir, 'registry.test', file),
  };
}

const malware: AdvisorySpec = {
  id,
  name: '@alice/a',
  ranges: ['1.0.0'],
  malware: true,
  role,
  patched: '1.1.0',
};
const critical: AdvisorySpec = { ...malware, malware: false, severity: 'critical' };

describe('what is chosen anew', () => {
  test('malware is never chosen: another version is, or none', async () => {
    const { user } = await start({ specs: [{ ...malware, ranges: ['>=1.1.0 <2'] }] });
    expect((await user.client().add(['@alice/a@^1'])).added).toContain('@alice/a@1.0.0');
    const error = await errorOf(() => user.client().add(['@alice/a@1.1.0']));
    expect(error.code).toBe('MALWARE');
    expect(error.message).toContain('It takes your keys. On import it sends every key file to a host.');
  });

  test('critical: the same, but what is locked goes on, and who accepts it may have it', async () => {
    const { user, next } = await start();
    await user.client().add(['@alice/a@1.0.0']);
    next({ specs: [critical] });
    await user.client().add(['@bob/deep@1.0.1']);
    expect((await user.client().resolveImport('@alice/a')).origin.version).toBe('1.0.0');
    const other = project({ registry: (await start({ specs: [critical] })).served.base });
    expect((await errorOf(() => other.client().add(['@alice/a@1.0.0']))).code).toBe('ADVISORY');
    other.config({ policy: { acceptedAdvisories: [id] } });
    expect((await other.client().add(['@alice/a@1.0.0'])).added).toContain('@alice/a@1.0.0');
    expect(other.warnings.join()).toContain(id);
  });

  test('a report of anybody, or one without a policy, warns and stops nothing', async () => {
    const { role: _role, ...report } = malware;
    for (const state of [{ specs: [report] }, { specs: [malware], logged: false }]) {
      const { user } = await start(state);
      expect((await user.client().add(['@alice/a@1.0.0'])).added).toContain('@alice/a@1.0.0');
    }
    const { user } = await start({ specs: [report] });
    await user.client().add(['@alice/a@1.0.0']);
    expect(user.warnings.join()).toMatch(/reported by bob and not confirmed/);
  });

  test('a withdrawn one stops nothing', async () => {
    const { user } = await start({ specs: [{ ...malware, state: 'withdrawn' }] });
    await user.client().add(['@alice/a@1.0.0']);
    expect(user.warnings).toEqual([]);
  });
});

describe('a registry that lies about its advisories', () => {
  const lies: Record<string, { code: string; twist: (files: Map<string, Buffer>) => void; state?: State }> = {
    'one left out': {
      code: 'NOT_IN_SNAPSHOT',
      twist: (files) => {
        const made = distribution(modules, { keys: authors });
        addAdvisories(made, [], { count: 1 });
        files.set(layout.advisoryIndex, made.files.get(layout.advisoryIndex)!);
      },
    },
    'the file gone': { code: 'ADVISORIES_INCOMPLETE', twist: (files) => files.delete(layout.advisoryIndex) },
    'fewer than it lists': {
      code: 'ADVISORIES_INCOMPLETE',
      twist: () => {},
      state: { specs: [malware, { ...malware, id: 'MLLD-2026-0002' }], count: 1 },
    },
  };
  test.each(Object.entries(lies))('%s: nothing new is resolved', async (_name, { code, twist, state }) => {
    const { user, files } = await start(state ?? { specs: [malware] });
    twist(files);
    expect((await errorOf(() => user.client().resolveImport('@bob/deep'))).code).toBe(code);
    expect(existsSync(path.join(user.root, 'mlld-lock.json'))).toBe(false);
  });

  test('a gate that the role has not signed only warns', async () => {
    const forged = { ...malware, role: makeKey() };
    const unsigned = { ...malware, lie: { signed: undefined as never } };
    for (const spec of [forged, unsigned]) {
      const { user, cached } = await start({ specs: [spec] });
      await user.client().add(['@alice/a@1.0.0']);
      expect(user.warnings.join()).toMatch(/does not hold, and only warns/);
      expect((await user.client().audit()).findings.map(({ gate }) => gate)).toEqual(['warn']);
      // And is no gate when it is read from the cache, in this process or the next.
      await user.client().add(['@bob/deep']);
      expect((await user.client().audit()).findings.map(({ gate }) => gate)).toEqual(['warn']);
      expect(existsSync(cached(layout.blocked('@alice/a' as ModuleName)))).toBe(false);
    }
  });
});

describe('what is locked', () => {
  test('and turns out to be malware is not run any more, with the text of the advisory', async () => {
    const { user, next, cached, served } = await start();
    const client = user.client();
    await client.add(['@alice/a@1.0.0']);
    expect(client.resolveLocked('@alice/a')).toBeDefined();
    next({ specs: [malware] });
    await user.client().audit({ refresh: true });
    await served.close();
    expect(existsSync(cached(layout.blocked('@alice/a' as ModuleName)))).toBe(true);
    expect(client.resolveLocked('@alice/a')).toBeUndefined();
    const offline = user.client({ offline: true });
    const error = await errorOf(() => offline.resolveImport('@alice/a'));
    expect(error).toMatchObject({ code: 'MALWARE', data: { id } });
    expect(error.message).toContain('@alice/a@1.0.0 is malware: MLLD-2026-0001: It takes your keys.');
    expect(error.hint).toContain('Take 1.1.0 or newer: mlld audit fix');
    expect((await errorOf(() => offline.install())).code).toBe('MALWARE');
    // Others of the program are as they were.
    const from = { name: '@alice/a' as ModuleName, version: '1.0.0', path: 'index.mld' };
    expect((await offline.resolveImport('@bob/deep', { from })).source).toContain('@bob/deep@1.0.0');
  });

  test('an import inside of another module is held to it too', async () => {
    const { user, next } = await start();
    await user.client().add(['@alice/a@1.0.0']);
    next({ specs: [{ ...malware, name: '@bob/deep' }] });
    await user.client().audit({ refresh: true });
    const client = user.client();
    const a = await client.resolveImport('@alice/a');
    expect((await errorOf(() => client.resolveImport('@bob/deep', { from: a.origin }))).code).toBe('MALWARE');
  });

  test('any new resolution learns of it; a later version is free; withdrawn, all is as before', async () => {
    const { user, next, cached } = await start();
    await user.client().add(['@alice/a@1.0.0']);
    next({ specs: [malware] });
    await user.client().resolveImport('@bob/deep@1.0.1');
    expect((await errorOf(() => user.client().resolveImport('@alice/a'))).code).toBe('MALWARE');
    await user.client().add(['@alice/a@1.1.0']);
    expect((await user.client().resolveImport('@alice/a')).origin.version).toBe('1.1.0');
    next({ specs: [{ ...malware, state: 'withdrawn' }] });
    await user.client().audit({ refresh: true });
    expect(existsSync(cached(layout.blocked('@alice/a' as ModuleName)))).toBe(false);
  });

  test('a damaged note of malware runs nothing', async () => {
    const { user, cached } = await start({ specs: [{ ...malware, ranges: ['9.9.9'] }] });
    await user.client().add(['@alice/a@1.0.0']);
    expect((await user.client().resolveImport('@alice/a')).origin.version).toBe('1.0.0');
    writeFileSync(cached(layout.blocked('@alice/a' as ModuleName)), 'not JSON');
    expect((await errorOf(() => user.client().resolveImport('@alice/a'))).code).toBe('MALWARE');
  });

  test('is asked about with one look at a name, and nothing is read of the index', async () => {
    const { user, cached } = await start({ specs: [malware] });
    await user.client().add(['@alice/a@1.1.0']);
    rmSync(cached(layout.blocked('@alice/a' as ModuleName)));
    rmSync(cached(layout.advisoryIndex));
    rmSync(cached(layout.advisoryState));
    expect(user.client().resolveLocked('@alice/a')?.origin.version).toBe('1.1.0');
  });
});

describe('audit', () => {
  test('asks for all advisories once, then for none, and never for a module', async () => {
    const { user, next, served } = await start();
    await user.client().add(['@alice/a@1.0.0']);
    rmSync(path.join(user.cacheDir, 'registry.test', 'advisories'), { recursive: true });
    next({
      specs: [
        { ...critical, severity: 'medium' },
        { ...critical, id: 'MLLD-2026-0002', name: '@bob/other' },
      ],
    });
    const from = user.requests.length;
    const first = await user.client().audit();
    const asked = user.requests.slice(from).map(({ target }) => target.replace(served.base, ''));
    expect(asked.filter((one) => /^(?:index|proof|blob|m)\//.test(one))).toEqual([]);
    expect(asked).toContain(layout.advisoryIndex);
    expect(first.findings).toMatchObject([
      { name: '@alice/a', version: '1.0.0', gate: 'warn', direct: true, path: ['@alice/a@1.0.0'] },
    ]);
    const now = user.requests.length;
    const again = await user.client({ offline: true }).audit();
    expect(again.findings).toEqual(first.findings);
    expect(again.registries).toEqual([
      { name: 'registry.test', checkedAt: expect.any(Number), logged: true, count: 2 },
    ]);
    expect(user.requests.length).toBe(now);
  });

  test('offline without any knowledge it says so, instead of finding nothing', async () => {
    const { user } = await start({ logged: false });
    await user.client().add(['@alice/a@1.0.0']);
    expect((await errorOf(() => user.client({ offline: true }).audit())).code).toBe('OFFLINE');
  });

  test('an index that did not change is not fetched again', async () => {
    const { user } = await start({ specs: [malware] });
    await user.client().add(['@bob/deep']);
    const fetched = () => user.requests.filter(({ target }) => target.endsWith(layout.advisoryIndex)).length;
    expect(fetched()).toBe(1);
    await user.client().add(['@alice/a@1.1.0']);
    await user.client().audit({ refresh: true });
    expect(fetched()).toBe(1);
  });

  test('an older state does not replace a newer one that another process has kept', async () => {
    const { user, next, cached } = await start({ specs: [malware] });
    const slow = user.client();
    await slow.add(['@bob/deep']);
    next({ specs: [malware, { ...malware, id: 'MLLD-2026-0002', name: '@bob/deep', ranges: ['9.0.0'] }] });
    await user.client().audit({ refresh: true });
    const newer = readFileSync(cached(layout.advisoryState), 'utf8');
    await slow.audit({ refresh: true });
    expect(JSON.parse(readFileSync(cached(layout.advisoryState), 'utf8')).size).toBe(JSON.parse(newer).size);
    expect(readdirSync(cached('advisories/blocked')).sort()).toEqual(['alice', 'bob']);
  });
});

describe('fixes', () => {
  async function plan(specs: readonly AdvisorySpec[], added: readonly string[], config?: object) {
    const registry = await start();
    if (config !== undefined) registry.user.config(config);
    await registry.user.client().add(added);
    registry.next({ specs });
    const client = registry.user.client();
    const report = await client.audit({ refresh: true });
    return { ...registry, client, report, proposals: await client.planFixes(report) };
  }
  const locked = (user: { lock(): { modules: ReadonlyMap<string, { name: string; version: string }> } }) =>
    [...user.lock().modules.values()].map(({ name, version }) => `${name}@${version}`).sort();

  test('the smallest version without it, though newer ones are allowed', async () => {
    const { proposals, client, report, user } = await plan([malware], ['@alice/a@^1.0.0']);
    // ^1.0.0 was resolved to the newest: nothing is wrong with that.
    expect([report.findings, proposals]).toEqual([[], []]);
    const old = await plan([malware], ['@alice/a@1.0.0']);
    expect(old.proposals).toEqual([
      { name: '@alice/a', from: ['1.0.0'], to: '1.1.0', range: '^1.1.0', breaking: false, ids: [id] },
    ]);
    await old.client.applyFixes(old.report, old.proposals);
    expect(locked(old.user)).toEqual(['@alice/a@1.1.0', '@bob/deep@1.0.0']);
    expect(
      JSON.parse(readFileSync(path.join(old.user.root, 'mlld-config.json'), 'utf8')).dependencies,
    ).toEqual({
      '@alice/a': '^1.1.0',
    });
    expect((await old.client.audit()).findings).toEqual([]);
    expect((await old.user.client().resolveImport('@alice/a')).origin.version).toBe('1.1.0');
    client.close();
    expect(locked(user)).toContain('@alice/a@1.2.0');
  });

  test('of what others import, within what they allow', async () => {
    const spec = { ...malware, name: '@bob/deep', ranges: ['1.0.0'] };
    const { proposals, client, report, user } = await plan([spec], ['@alice/a@1.2.0']);
    expect(proposals).toEqual([
      { name: '@bob/deep', from: ['1.0.0'], to: '1.0.1', breaking: false, ids: [id] },
    ]);
    await client.applyFixes(report, proposals);
    expect(locked(user)).toEqual(['@alice/a@1.2.0', '@bob/deep@1.0.1']);
  });

  test('a breaking one where there is no other, and it says so', async () => {
    const { proposals, client, report, user } = await plan(
      [{ ...critical, ranges: ['<2'] }],
      ['@alice/a@^1.0.0'],
    );
    expect(proposals).toMatchObject([{ to: '2.0.0', range: '^2.0.0', breaking: true }]);
    await client.applyFixes(report, proposals);
    expect(locked(user)).toContain('@alice/a@2.0.0');
  });

  test('none, with the reason', async () => {
    const none = await plan([{ ...malware, ranges: ['*'] }], ['@alice/a@1.0.0']);
    expect(none.proposals[0]).toMatchObject({
      reason: 'no version above it is without a known vulnerability',
    });
    // What can be mended is mended beside it.
    const both = await plan(
      [
        { ...malware, ranges: ['*'] },
        { ...malware, id: 'MLLD-2026-0002', name: '@bob/deep', ranges: ['1.0.0'] },
      ],
      ['@alice/a@1.2.0'],
    );
    await both.client.applyFixes(both.report, both.proposals);
    expect(locked(both.user)).toEqual(['@alice/a@1.2.0', '@bob/deep@1.0.1']);
  });
});
