import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorOf, project, tempFolder } from './fixture/project.ts';
import { distribution, serve, writeDistribution } from './fixture/registry.ts';

const modules = [
  { ref: '@carol/c@1.0.0', files: 'var @c = 1\n' },
  { ref: '@bob/b@1.0.0', imports: { '@carol/c': '^1.0.0' } },
  { ref: '@alice/a@1.0.0', imports: { '@bob/b': '^1.0.0' } },
  { ref: '@alice/a@1.1.0', imports: { '@bob/b': '^1.0.0' }, needs: ['sh'] },
];

describe('add, then import (resolve.md §4)', () => {
  it('locks and caches the whole closure, and never asks again', async () => {
    const served = await serve(distribution(modules).files);
    const my = project({ registry: served.base });
    const report = await my.client().add(['@alice/a']);
    expect(report.added).toEqual(['@alice/a@1.1.0', '@bob/b@1.0.0', '@carol/c@1.0.0']);
    expect([...my.lock().modules.keys()]).toEqual(['@alice/a', '@bob/b@1.0.0', '@carol/c@1.0.0']);
    const asked = served.log.length;
    const found = await my.client().resolveImport('@alice/a');
    expect(found.source).toBe('var @who = "@alice/a@1.1.0"\n');
    expect(found.evidence).toBe(2);
    const below = await my.client().resolveImport('@bob/b', { from: found.origin });
    const lowest = my.client().resolveLocked('@carol/c', below.origin);
    expect(lowest?.source).toBe('var @c = 1\n');
    expect(served.log.length).toBe(asked);
  });

  it('works from a folder as from a server, and with no network at all', async () => {
    const folder = tempFolder();
    writeDistribution(distribution(modules), folder);
    const my = project({ registry: folder, offline: true });
    await my.client().add(['@alice/a@1.0.0']);
    rmSync(folder, { recursive: true });
    const found = await my.client().resolveImport('@alice/a');
    expect(found.origin.version).toBe('1.0.0');
  });

  it('imports without any command before it, and locks what it took', async () => {
    const served = await serve(distribution(modules).files);
    const my = project({ registry: served.base });
    const found = await my.client().resolveImport('@alice/a@^1.0.0');
    expect(found.origin.version).toBe('1.1.0');
    expect(my.lock().modules.get('@alice/a')?.wanted).toBe('^1.0.0');
    expect(readdirSync(path.join(my.cacheDir, 'registry.test/blob/sha256'))).toHaveLength(3);
  });

  it('puts another major of the same module beside the first', async () => {
    const two = [...modules, { ref: '@alice/a@2.0.0' }];
    const served = await serve(distribution(two).files);
    const my = project({ registry: served.base });
    await my.client().add(['@alice/a@^1.0.0']);
    expect((await my.client().resolveImport('@alice/a@2.0.0')).origin.version).toBe('2.0.0');
    expect((await my.client().resolveImport('@alice/a')).origin.version).toBe('1.1.0');
    expect(my.lock().modules.get('@alice/a@2.0.0')?.wanted).toBe('=2.0.0');
    const asked = served.log.length;
    expect(my.client().resolveLocked('@alice/a@2.0.0')?.origin.version).toBe('2.0.0');
    expect(served.log.length).toBe(asked);
  });
});

describe('install from a lock file', () => {
  it('asks for nothing but the bytes', async () => {
    const served = await serve(distribution(modules).files);
    const my = project({ registry: served.base });
    await my.client().add(['@alice/a']);
    rmSync(my.cacheDir, { recursive: true });
    served.log.length = 0;
    const before = my.lockText();
    await my.client({ frozen: true }).install();
    expect(served.log.every((at) => at.startsWith('blob/sha256/'))).toBe(true);
    expect(served.log).toHaveLength(3);
    expect(my.lockText()).toBe(before);
  });

  it('refuses with --frozen when the configuration wants something else', async () => {
    const served = await serve(distribution(modules).files);
    const my = project({ registry: served.base });
    await my.client().add(['@alice/a@1.0.0']);
    my.config({ dependencies: { '@alice/a': '^2.0.0' } });
    expect((await errorOf(() => my.client({ frozen: true }).install())).code).toBe('LOCK_FROZEN');
  });

  it('reads what today’s mlld locked, keeps the version, and holds it to its hash', async () => {
    const made = distribution(modules);
    const served = await serve(made.files);
    const my = project({ registry: served.base });
    const entry = (resolved: string) =>
      JSON.stringify({
        lockfileVersion: 1,
        modules: {
          '@alice/a': {
            version: 'latest',
            resolved,
            registryVersion: '1.0.0',
            source: 'registry://@alice/a@1.0.0',
          },
          '@root': { version: 'latest' },
        },
      });
    writeFileSync(path.join(my.root, 'mlld-lock.json'), entry('0'.repeat(64)));
    expect((await errorOf(() => my.client().install())).code).toBe('HASH_MISMATCH');
    writeFileSync(
      path.join(my.root, 'mlld-lock.json'),
      entry(made.lines.get('@alice/a@1.0.0')!.files[0]!.sha256!),
    );
    await my.client().install();
    expect(my.lock().modules.get('@alice/a')?.version).toBe('1.0.0');
    expect(my.lock().legacy.size).toBe(0);
  });
});

describe('remove, update, outdated', () => {
  it('takes with a module what only it needed', async () => {
    const served = await serve(distribution(modules).files);
    const my = project({ registry: served.base });
    await my.client().add(['@alice/a', '@carol/c']);
    served.log.length = 0;
    const report = await my.client().remove(['@alice/a']);
    expect(report.removed).toEqual(['@alice/a@1.1.0', '@bob/b@1.0.0']);
    expect([...my.lock().modules.keys()]).toEqual(['@carol/c']);
    expect(served.log).toEqual([]);
    expect((await errorOf(() => my.client().remove(['@carol/d']))).hint).toContain('@carol/c');
  });

  it('raises to the newest that is allowed, and tells new needs', async () => {
    const served = await serve(distribution(modules).files);
    const my = project({ registry: served.base });
    await my.client().add(['@alice/a@1.0.0']);
    my.config({ dependencies: { '@alice/a': '^1.0.0' } });
    await my.client().install();
    expect(my.lock().modules.get('@alice/a')?.version).toBe('1.0.0');
    expect(await my.client().outdated()).toMatchObject([
      { current: '1.0.0', wanted: '1.1.0', latest: '1.1.0' },
    ]);
    const report = await my.client().update();
    expect(report.changes).toEqual([{ name: '@alice/a', from: '1.0.0', to: '1.1.0', newNeeds: ['sh'] }]);
    expect(await my.client().outdated()).toEqual([]);
  });

  it('raises a dependency that only others import, when it is named', async () => {
    const served = await serve(distribution([...modules, { ref: '@carol/c@1.2.0' }]).files);
    const my = project({ registry: served.base });
    await my.client().add(['@alice/a']);
    expect(my.lock().modules.has('@carol/c@1.0.0')).toBe(true);
    const report = await my.client().update(['@carol/c']);
    expect(report.changes).toMatchObject([{ name: '@carol/c', from: '1.0.0', to: '1.2.0' }]);
    expect(
      my
        .lock()
        .modules.get('@bob/b@1.0.0')
        ?.imports.get('@carol/c' as never),
    ).toBe('1.2.0');
  });
});
