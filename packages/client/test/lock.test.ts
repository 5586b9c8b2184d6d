import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyLock, encodeLock, type Lock, type LockedModule, parseLock } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeOps } from '../src/index.ts';
import { readLock, writeLock } from '../src/lock/lock.ts';
import { mergeLocks, reachable, sameLock } from '../src/lock/lock-merge.ts';
import { lockedVersion } from '../src/resolve/plan.ts';
import { errorOf, project, tempFolder } from './fixture/project.ts';
import { distribution, serve, sha256 } from './fixture/registry.ts';

function entry(
  name: string,
  version: string,
  { wanted = version, imports = {} }: { wanted?: string; imports?: Record<string, string> } = {},
): LockedModule {
  return {
    name: name as never,
    wanted,
    version,
    registry: 'registry.test',
    entry: 'index.mld',
    files: new Map([['index.mld', sha256(`${name}@${version}`)]]),
    sources: [],
    imports: new Map(Object.entries(imports)) as never,
    evidence: 0,
    needs: [],
    granted: [],
    fetchedAt: '2026-01-01T00:00:00.000Z',
  };
}

/** Modules m0…m4; a module imports only ones with a lower number, each pinned to a version that has its entry. */
const someLock: fc.Arbitrary<Lock> = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 3 })), { maxLength: 2 }),
    ),
    { maxLength: 6 },
  )
  .map((drafts) => {
    const modules = new Map<string, LockedModule>();
    const add = (name: string, version: string) => {
      if (modules.get(name)?.version !== version && !modules.has(`${name}@${version}`))
        modules.set(`${name}@${version}`, entry(name, version));
    };
    for (const [module, version, imports] of drafts) {
      const pins: Record<string, string> = {};
      for (const [to, at] of imports) if (to < module) pins[`@x/m${to}`] = `${at}.0.0`;
      modules.set(`@x/m${module}`, entry(`@x/m${module}`, `${version}.0.0`, { wanted: '*', imports: pins }));
    }
    for (const one of [...modules.values()]) for (const [name, version] of one.imports) add(name, version);
    return { ...emptyLock, modules: reachable(modules) };
  });

describe('merging (resolve.md §8.3)', () => {
  it('keeps every pin resolvable, my changes, and theirs where I changed nothing', () => {
    fc.assert(
      fc.property(someLock, someLock, someLock, (base, mine, theirs) => {
        const merged = mergeLocks({ base, mine, theirs });
        for (const one of merged.modules.values())
          for (const [name, version] of one.imports)
            expect(lockedVersion(merged, name, version)).toBeDefined();
        const own = (lock: Lock, key: string) =>
          JSON.stringify(lock.modules.get(key), (_k, v) => (v instanceof Map ? [...v] : v));
        for (let i = 0; i < 5; i++) {
          const key = `@x/m${i}`;
          const changed = own(mine, key) !== own(base, key);
          expect(own(merged, key)).toBe(own(changed ? mine : theirs, key));
        }
      }),
    );
  });
  it('changes nothing without a change, and is my lock where nobody else was', () => {
    fc.assert(
      fc.property(someLock, someLock, (base, other) => {
        expect(sameLock(mergeLocks({ base, mine: base, theirs: other }), other)).toBe(true);
        expect(sameLock(mergeLocks({ base, mine: other, theirs: base }), other)).toBe(true);
        expect(sameLock(mergeLocks({ base, mine: other, theirs: other }), other)).toBe(true);
      }),
    );
  });
  it('writes what it reads', () => {
    fc.assert(
      fc.property(someLock, (lock) => {
        expect(
          sameLock(parseLock(encodeLock({ ...lock, createdAt: '2026-01-01T00:00:00.000Z' })), lock),
        ).toBe(true);
      }),
    );
  });
  it('never takes a pin of an author back', () => {
    const with_ = (keyset: number): Lock => ({
      ...emptyLock,
      authors: new Map([['alice', { keyset, sha256: sha256(String(keyset)) }]]),
    });
    expect(
      mergeLocks({ base: emptyLock, mine: with_(1), theirs: with_(2) }).authors.get('alice')?.keyset,
    ).toBe(2);
    expect(
      mergeLocks({ base: with_(1), mine: with_(2), theirs: with_(1) }).authors.get('alice')?.keyset,
    ).toBe(2);
  });
});

describe('writing', () => {
  const ops = nodeOps();
  const change = (name: string, base: Lock = emptyLock) => ({
    base,
    mine: { ...base, modules: new Map([...base.modules, [name, entry(name, '1.0.0', { wanted: '*' })]]) },
  });

  it('loses nothing of many at once', async () => {
    const root = tempFolder();
    await Promise.all(Array.from({ length: 20 }, (_, i) => writeLock(ops, root, change(`@x/m${i}`))));
    expect(readLock(ops, root).modules.size).toBe(20);
    expect(readdirSync(root)).toEqual(['mlld-lock.json']);
  });

  it('changes only the lines of what changed', async () => {
    const root = tempFolder();
    const first = await writeLock(ops, root, change('@x/a'));
    const before = encodeLock(first).split('\n');
    const second = await writeLock(ops, root, change('@x/b', first));
    const after = new Set(encodeLock(second).split('\n'));
    expect(before.filter((line) => !after.has(line) && !/updatedAt/.test(line))).toEqual([]);
  });

  it('takes over the lock file of a process that died', async () => {
    const root = tempFolder();
    const held = path.join(root, 'mlld-lock.json.lock');
    writeFileSync(held, 'dead');
    const long = Date.now() / 1000 - 60;
    utimesSync(held, long, long);
    await writeLock(ops, root, change('@x/a'));
    expect(readdirSync(root)).toEqual(['mlld-lock.json']);
  });

  it('says LOCK_BUSY where one is held on and on', async () => {
    const root = tempFolder();
    const held = path.join(root, 'mlld-lock.json.lock');
    let now = Date.now();
    const patient = {
      ...ops,
      now: () => now,
      sleep: async () => {
        now += 1000;
        utimesSync(held, now / 1000, now / 1000);
      },
    };
    writeFileSync(held, 'alive');
    expect((await errorOf(() => writeLock(patient, root, change('@x/a')))).code).toBe('LOCK_BUSY');
    expect(existsSync(path.join(root, 'mlld-lock.json'))).toBe(false);
  });
});

describe('grants (resolve.md §10)', () => {
  const modules = [
    { ref: '@a/x@1.0.0', needs: ['sh', 'js'] },
    { ref: '@a/x@1.1.0', needs: ['sh', 'node'] },
  ];

  it('are asked once, kept, and go along with an update as far as they are needed', async () => {
    const my = project({ registry: (await serve(distribution(modules).files)).base });
    await my.client().add(['@a/x@1.0.0']);
    const { origin } = await my.client().resolveImport('@a/x');
    const questions: string[] = [];
    const confirm = async (question: string) => {
      questions.push(question);
      return true;
    };
    const asking = my.client({ confirm });
    await asking.requireNeed(origin, 'sh');
    await asking.requireNeed(origin, 'sh');
    await asking.requireNeed(origin, 'js');
    expect(questions).toHaveLength(1);
    expect(questions[0]).toContain('@a/x@1.0.0');
    await my.client().requireNeed(origin, 'sh');
    await my.client().add(['@a/x@1.1.0']);
    expect(my.lock().modules.get('@a/x')?.granted).toEqual(['sh']);
    const raised = (await my.client().resolveImport('@a/x')).origin;
    expect((await errorOf(() => my.client().requireNeed(raised, 'node'))).code).toBe('NEED_NOT_GRANTED');
  });

  it('are refused where nobody is there, where the user says no, and for what was never declared', async () => {
    const my = project({ registry: (await serve(distribution(modules).files)).base });
    await my.client().add(['@a/x@1.0.0']);
    const { origin } = await my.client().resolveImport('@a/x');
    expect((await errorOf(() => my.client().requireNeed(origin, 'sh'))).code).toBe('NEED_NOT_GRANTED');
    const no = my.client({ confirm: async () => false });
    expect((await errorOf(() => no.requireNeed(origin, 'sh'))).code).toBe('NEED_NOT_GRANTED');
    const yes = my.client({ confirm: async () => true });
    expect((await errorOf(() => yes.requireNeed(origin, 'py'))).code).toBe('NEED_NOT_DECLARED');
    expect((await errorOf(() => yes.requireNeed(origin, 'py', { ask: false }))).code).toBe(
      'NEED_NOT_DECLARED',
    );
  });
});
