import { emptyLock, type ModuleIndex, parseIndex, satisfies } from '@mlld/format';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeOps, type Ops } from '../src/index.ts';
import { rootOf } from '../src/resolve/roots.ts';
import { solve } from '../src/resolve/solve.ts';
import { addLog, logKeys } from './fixture/log.ts';
import { errorOf, project } from './fixture/project.ts';
import { distribution, type FixtureModule, serve } from './fixture/registry.ts';

function indexesOf(modules: readonly FixtureModule[], options = {}): Map<never, ModuleIndex> {
  const { files } = distribution(
    modules.map((one) => ({ ...one, signed: false })),
    options,
  );
  return new Map(
    [...files]
      .filter(([at]) => at.startsWith('index/'))
      .map(([, bytes]) => parseIndex(bytes))
      .map((index) => [index.header.name as never, index]),
  );
}

function plan(
  modules: readonly FixtureModule[],
  roots: Readonly<Record<string, string>>,
  options: { update?: 'all'; index?: object } = {},
) {
  const solved = solve({
    roots: Object.entries(roots).map(([name, range]) => rootOf(name as never, range)),
    lock: emptyLock,
    update: options.update ?? new Set(),
    indexes: indexesOf(modules, options.index),
    reopened: new Set(),
  });
  expect(solved.missing.size).toBe(0);
  return [...solved.nodes.keys()].sort();
}

const family: readonly FixtureModule[] = [
  { ref: '@lib/x@1.0.0' },
  { ref: '@lib/x@1.2.0' },
  { ref: '@alice/a@1.0.0', imports: { '@lib/x': '^1.0.0' } },
  { ref: '@lib/x@1.3.0' },
  { ref: '@bob/b@1.0.0', imports: { '@lib/x': '^1.0.0' } },
  { ref: '@carol/c@1.0.0', imports: { '@lib/x': '~1.2.0' } },
  { ref: '@lib/x@1.9.0' },
  { ref: '@lib/x@2.0.0' },
  { ref: '@dave/d@1.0.0', imports: { '@lib/x': '^2.0.0' } },
];

describe('which versions stand in a program (resolve.md §3)', () => {
  it('takes what the author published with, not what came later', () => {
    expect(plan(family, { '@alice/a': '^1.0.0' })).toEqual(['@alice/a@1.0.0', '@lib/x@1.2.0']);
  });
  it('takes one version for compatible ranges: the highest that any of them was published with', () => {
    expect(plan(family, { '@alice/a': '*', '@bob/b': '*' })).toEqual([
      '@alice/a@1.0.0',
      '@bob/b@1.0.0',
      '@lib/x@1.3.0',
    ]);
  });
  it('takes a lower one if that suits all', () => {
    expect(plan(family, { '@alice/a': '*', '@bob/b': '*', '@carol/c': '*' })).toContain('@lib/x@1.2.0');
    expect(plan(family, { '@bob/b': '*', '@carol/c': '*' }).filter((one) => one.startsWith('@lib'))).toEqual([
      '@lib/x@1.2.0',
    ]);
  });
  it('puts majors side by side', () => {
    expect(plan(family, { '@alice/a': '*', '@dave/d': '*' })).toEqual([
      '@alice/a@1.0.0',
      '@dave/d@1.0.0',
      '@lib/x@1.2.0',
      '@lib/x@2.0.0',
    ]);
  });
  it('raises to the newest that is allowed when it updates', () => {
    expect(plan(family, { '@alice/a': '*' }, { update: 'all' })).toEqual(['@alice/a@1.0.0', '@lib/x@1.9.0']);
    expect(plan(family, { '@alice/a': '*', '@carol/c': '*' }, { update: 'all' })).toContain('@lib/x@1.2.0');
  });
  it('passes over a yanked version of a closure', () => {
    expect(plan(family, { '@alice/a': '*' }, { index: { yanked: { '@lib/x@1.2.0': 'bad' } } })).toEqual([
      '@alice/a@1.0.0',
      '@lib/x@1.9.0',
    ]);
  });
  it('names the chain of a missing module and of a missing version', async () => {
    const modules = [
      { ref: '@bob/b@1.0.0', imports: { '@carol/c': '^1.0.0' } },
      { ref: '@alice/a@1.0.0', imports: { '@bob/b': '^1.0.0' } },
      { ref: '@carol/c@2.0.0' },
    ];
    const error = await errorOf(() => plan(modules, { '@alice/a': '*' }));
    expect(error.code).toBe('VERSION_NOT_FOUND');
    expect(error.message).toContain('@alice/a@1.0.0 → @bob/b@1.0.0');
    expect(error.hint).toContain('2.0.0');
  });
  it('refuses modules that import each other, and names the circle', async () => {
    const modules = [
      { ref: '@alice/a@1.0.0' },
      { ref: '@bob/b@1.0.0', imports: { '@alice/a': '^1.0.0' } },
      { ref: '@alice/a@1.1.0', imports: { '@bob/b': '^1.0.0' } },
    ];
    const error = await errorOf(() => plan(modules, { '@alice/a': '^1.1.0' }, { update: 'all' }));
    expect(error.code).toBe('IMPORT_CYCLE');
    expect(error.data?.cycle).toEqual(['@alice/a@1.1.0', '@bob/b@1.0.0', '@alice/a@1.1.0']);
  });
});

const someRegistry = fc
  .array(
    fc.record({
      module: fc.integer({ min: 0, max: 6 }),
      major: fc.integer({ min: 0, max: 2 }),
      minor: fc.integer({ min: 0, max: 3 }),
      imports: fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.constantFrom('^', '~', '>=')), {
        maxLength: 3,
      }),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((drafts) => {
    const made: FixtureModule[] = [];
    for (const { module, major, minor, imports } of drafts) {
      const ref = `@x/m${module}@${major}.${minor}.0`;
      if (made.some((one) => one.ref === ref)) continue;
      // Only earlier modules with a lower number: such a registry has no circles.
      const usable = imports.flatMap(([to, operator]) => {
        const target = made.find((one) => to < module && one.ref.startsWith(`@x/m${to}@`));
        return target === undefined ? [] : [[`@x/m${to}`, `${operator}${target.ref.split('@')[2]}`] as const];
      });
      made.push({ ref, imports: Object.fromEntries(usable) });
    }
    return made;
  });

describe('any registry', () => {
  it('every import is pinned to a version in its range, and the order of what is asked does not matter', () => {
    fc.assert(
      fc.property(someRegistry, fc.constantFrom<'all' | undefined>('all', undefined), (modules, update) => {
        const indexes = indexesOf(modules);
        const roots = [...new Set(modules.map(({ ref }) => ref.slice(0, ref.lastIndexOf('@'))))].map((name) =>
          rootOf(name as never, '*'),
        );
        const input = {
          roots,
          lock: emptyLock,
          update: update ?? new Set<never>(),
          indexes,
          reopened: new Set<string>(),
        };
        const solved = solve(input);
        for (const node of solved.nodes.values()) {
          for (const [name, range] of node.line!.imports) {
            const pinned = node.imports.get(name)!;
            expect(solved.nodes.has(`${name}@${pinned}`)).toBe(true);
            expect(satisfies(pinned, range)).toBe(true);
          }
        }
        const turned = solve({ ...input, roots: [...roots].reverse() });
        expect([...turned.nodes.keys()].sort()).toEqual([...solved.nodes.keys()].sort());
      }),
      { numRuns: 150 },
    );
  });
});

/** Counts how many requests had to wait for the one before: all that are started before any answers are one round. */
function countingOps(): { ops: Ops; rounds: () => number } {
  const node = nodeOps();
  let rounds = 0;
  let open: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  const turn = () =>
    new Promise<void>((resolve) => {
      open.push(resolve);
      clearTimeout(timer);
      timer = setTimeout(() => {
        rounds++;
        const now = open;
        open = [];
        for (const release of now) release();
      }, 100);
    });
  const ops: Ops = {
    ...node,
    http: async (request) => {
      await turn();
      return node.http(request);
    },
    txt: async () => {
      await turn();
      return [];
    },
  };
  return { ops, rounds: () => rounds };
}

describe('round trips (resolve.md §4.2)', () => {
  // Code that is loaded for the first time takes longer here than a round.
  beforeAll(() =>
    Promise.all([import('../src/verify/log-check.ts'), import('../src/install/import-module.ts')]),
  );

  it('do not grow with the depth of the tree', async () => {
    const seen: number[] = [];
    for (const depth of [1, 3, 10]) {
      const modules = Array.from({ length: depth + 1 }, (_, i) => ({
        ref: `@deep/m${i}@1.0.0`,
        imports: i === 0 ? {} : { [`@deep/m${i - 1}`]: '^1.0.0' },
      }));
      const served = await serve(distribution(modules).files);
      const { ops, rounds } = countingOps();
      const my = project({ registry: served.base, ops, zone: 'registry.test', dns: 'system' });
      const report = await my.client().add([`@deep/m${depth}`]);
      expect(report.modules).toHaveLength(depth + 1);
      seen.push(rounds());
    }
    expect(seen).toEqual([2, 2, 2]);
  });

  it('are no more with a log, nor where it grew since it was seen', async () => {
    const seen: number[] = [];
    const chain = (depth: number) =>
      Array.from({ length: depth + 1 }, (_, i) => ({
        ref: `@deep/m${i}@1.0.0`,
        imports: i === 0 ? {} : { [`@deep/m${i - 1}`]: '^1.0.0' },
      }));
    const keys = logKeys();
    const small = distribution([{ ref: '@alice/a@1.0.0' }]);
    const before = addLog(small, keys, { leaves: ['a'] });
    const large = distribution(chain(10));
    addLog(large, keys, { leaves: before });
    const files = new Map(small.files);
    const served = await serve(files);
    const root = project({ registry: served.base });
    for (const ref of ['@alice/a', '@deep/m10']) {
      const { ops, rounds } = countingOps();
      await root.client({ ops }).resolveImport(ref);
      seen.push(rounds());
      for (const [at, bytes] of large.files) files.set(at, bytes);
    }
    expect(seen).toEqual([2, 2]);
  });

  it('are one for a lock file on a fresh machine', async () => {
    const modules = [
      { ref: '@a/x@1.0.0' },
      { ref: '@a/y@1.0.0', imports: { '@a/x': '*' } },
      { ref: '@a/z@1.0.0', imports: { '@a/y': '*' } },
    ];
    const served = await serve(distribution(modules).files);
    const my = project({ registry: served.base });
    await my.client().add(['@a/z']);
    const { ops, rounds } = countingOps();
    await my.client({ ops, cacheDir: `${my.cacheDir}-fresh` }).install();
    expect(rounds()).toBe(1);
  });
});

describe('names', () => {
  it('suggests the nearest for one that is not there', async () => {
    const my = project({ registry: (await serve(distribution(family).files)).base });
    const error = await errorOf(() => my.client().add(['@alice/b']));
    expect(error.code).toBe('MODULE_NOT_FOUND');
    expect(error.hint).toContain('@alice/a');
  });
  it('finds a version by the beginning of its hash, and refuses one that two versions share', async () => {
    const made = distribution(family);
    const my = project({ registry: (await serve(made.files)).base });
    const { digest } = made.lines.get('@lib/x@1.2.0')!;
    await my.client().add([`@lib/x@${digest!.slice(0, 12)}`]);
    expect(my.lock().modules.get('@lib/x' as never)?.version).toBe('1.2.0');
    const same = distribution([
      { ref: '@lib/y@1.0.0', files: 'same\n' },
      { ref: '@lib/y@1.1.0', files: 'same\n' },
    ]);
    const twin = project({ registry: (await serve(same.files)).base });
    const hash = same.lines.get('@lib/y@1.0.0')!.digest!.slice(0, 8);
    expect((await errorOf(() => twin.client().add([`@lib/y@${hash}`]))).code).toBe('AMBIGUOUS_HASH');
  });
  it('follows tags', async () => {
    const made = distribution(family, { tags: { '@lib/x': { latest: '1.3.0', beta: '2.0.0' } } });
    const my = project({ registry: (await serve(made.files)).base });
    await my.client().add(['@lib/x@beta', '@alice/a']);
    expect(my.lock().modules.get('@lib/x' as never)?.version).toBe('2.0.0');
    await my.client().add(['@lib/x']);
    expect(my.lock().modules.get('@lib/x' as never)?.version).toBe('1.3.0');
  });
});

describe('what a module imports (resolve.md §3.6)', () => {
  it('is what its release declared, and nothing else', async () => {
    const my = project({ registry: (await serve(distribution(family).files)).base });
    await my.client().add(['@alice/a', '@dave/d']);
    const client = my.client();
    const a = await client.resolveImport('@alice/a');
    expect((await client.resolveImport('@lib/x', { from: a.origin })).origin.version).toBe('1.2.0');
    expect((await client.resolveImport('@lib/x@^1.1.0', { from: a.origin })).origin.version).toBe('1.2.0');
    expect((await errorOf(() => client.resolveImport('@lib/x@^2.0.0', { from: a.origin }))).code).toBe(
      'VERSION_CONFLICT',
    );
    expect((await errorOf(() => client.resolveImport('@dave/d', { from: a.origin }))).code).toBe(
      'IMPORT_NOT_DECLARED',
    );
    const d = await client.resolveImport('@dave/d');
    expect((await client.resolveImport('@lib/x', { from: d.origin })).origin.version).toBe('2.0.0');
  });
  it('may be another file of its own, and never one outside', async () => {
    const files = { 'index.mld': 'x\n', 'lib/a.mld': 'a\n', 'lib/b.mld': 'b\n' };
    const my = project({ registry: (await serve(distribution([{ ref: '@a/x@1.0.0', files }]).files)).base });
    const client = my.client();
    const { origin } = await client.resolveImport('@a/x');
    const a = await client.resolveImport('./lib/a.mld', { from: origin });
    expect(a.file).toBe('@a/x@1.0.0/lib/a.mld');
    expect((await client.resolveImport('./b.mld', { from: a.origin })).source).toBe('b\n');
    for (const ref of [
      '../../../../etc/passwd',
      './../x',
      './lib/%2e%2e/a.mld',
      './lib/a.mld\0',
      './lib\\a.mld',
    ])
      expect((await errorOf(() => client.resolveImport(ref, { from: a.origin }))).code).toBe(
        'FILE_NOT_FOUND',
      );
  });
  it('of a record that declares nothing is resolved when its code asks, and then pinned', async () => {
    const made = distribution([{ ref: '@lib/x@1.0.0' }, { ref: '@old/o@1.0.0', signed: false }]);
    const served = await serve(made.files);
    const my = project({ registry: served.base });
    const client = my.client();
    const { origin } = await client.resolveImport('@old/o');
    await client.resolveImport('@lib/x', { from: origin });
    expect(
      my
        .lock()
        .modules.get('@old/o' as never)
        ?.imports.get('@lib/x' as never),
    ).toBe('1.0.0');
  });
});

describe('time to live (resolve.md §4.5)', () => {
  it('looks again when it is over, and stays with what is locked when nobody answers', async () => {
    const made = distribution([{ ref: '@a/x@1.0.0' }]);
    const served = await serve(made.files);
    const node = nodeOps();
    let now = Date.parse('2026-01-01T00:00:00Z');
    const my = project({ registry: served.base, ops: { ...node, now: () => now } });
    await my.client().resolveImport('@a/x', { ttl: '1h' });
    served.log.length = 0;
    expect((await my.client().resolveImport('@a/x', { ttl: '1h' })).origin.version).toBe('1.0.0');
    expect(served.log).toEqual([]);
    now += 2 * 3_600_000;
    expect((await my.client().resolveImport('@a/x', { ttl: '1h' })).origin.version).toBe('1.0.0');
    expect(served.log).toContain('index/a/x');
    expect(my.lock().modules.get('@a/x' as never)?.fetchedAt).toBe('2026-01-01T02:00:00.000Z');
    await served.close();
    now += 2 * 3_600_000;
    expect((await my.client().resolveImport('@a/x', { ttl: 'live' })).origin.version).toBe('1.0.0');
    expect(my.warnings.at(-1)).toContain('1.0.0 is used');
  });
});
