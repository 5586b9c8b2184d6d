import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RegistryError } from '@mlld/format';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Files, nodeOps, type Ops } from '../src/index.ts';
import { errorOf, type Project, project, tempFolder } from './fixture/project.ts';
import { distribution, serve } from './fixture/registry.ts';

const modules = [{ ref: '@a/x@1.0.0', files: 'the module\n' }];

async function installed() {
  const made = distribution(modules);
  const served = await serve(made.files);
  const my = project({ registry: served.base });
  await my.client().add(['@a/x']);
  const blob = path.join(
    my.cacheDir,
    'registry.test/blob/sha256',
    made.lines.get('@a/x@1.0.0')!.files[0]!.sha256!,
  );
  return { my, served, blob };
}

function withFiles(change: Partial<Files>): Ops {
  const node = nodeOps();
  return { ...node, files: { ...node.files, ...change } };
}

const leftovers = ({ cacheDir }: Project) =>
  (readdirSync(cacheDir, { recursive: true }) as string[]).filter((name) => name.includes('.mlld-tmp-'));

describe('a damaged entry (resolve.md §7.3)', () => {
  it.each(['', 'other bytes\n', 'x'.repeat(5_000_000)])(
    'is fetched again, and never used (%#)',
    async (bytes) => {
      const { my, served, blob } = await installed();
      writeFileSync(blob, bytes);
      served.log.length = 0;
      expect(my.client().resolveLocked('@a/x')).toBeUndefined();
      expect((await my.client().resolveImport('@a/x')).source).toBe('the module\n');
      expect(served.log).toHaveLength(1);
      expect(readFileSync(blob, 'utf8')).toBe('the module\n');
      expect(my.warnings.join()).toContain('damaged');
    },
  );

  it('is an error of its own offline, other than a missing one', async () => {
    const { my, blob } = await installed();
    writeFileSync(blob, 'other');
    expect((await errorOf(() => my.client({ offline: true }).resolveImport('@a/x'))).code).toBe(
      'CACHE_CORRUPT',
    );
    rmSync(blob);
    expect((await errorOf(() => my.client({ offline: true }).resolveImport('@a/x'))).code).toBe('OFFLINE');
  });

  it('is found and removed by a check', async () => {
    const { my, blob } = await installed();
    expect(await my.client().cache.verify()).toEqual({ checked: 1, damaged: [] });
    writeFileSync(blob, 'other');
    expect(await my.client().cache.verify()).toEqual({ checked: 1, damaged: [blob] });
    expect(await my.client().cache.verify()).toEqual({ checked: 0, damaged: [] });
  });
});

describe('a cache that cannot be written (resolve.md §7.5)', () => {
  it('is used as it is, with what is new in memory and one warning', async () => {
    const served = await serve(distribution([...modules, { ref: '@a/y@1.0.0' }]).files);
    const node = nodeOps();
    const my = project({ registry: served.base });
    const ops = withFiles({
      write: (file, bytes, options) => {
        if (file.startsWith(my.cacheDir)) throw new RegistryError('CACHE_READONLY', `${file}: read-only`);
        node.files.write(file, bytes, options);
      },
    });
    const client = my.client({ ops });
    await client.add(['@a/x', '@a/y']);
    expect((await client.resolveImport('@a/x')).source).toBe('the module\n');
    expect(my.warnings.filter((text) => text.includes("can't be written"))).toHaveLength(1);
    expect(my.lock().modules.size).toBe(2);
  });

  it('on a file system that is mounted read-only', async ({ skip }) => {
    const { my } = await installed();
    const mount = tmpfs(['-o', 'size=1m']);
    if (mount === undefined) return skip('only root may mount a file system here');
    execFileSync('cp', ['-a', `${my.cacheDir}/.`, mount]);
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    const found = await my.client({ cacheDir: mount, offline: true }).resolveImport('@a/x');
    expect(found.source).toBe('the module\n');
    rmSync(path.join(my.root, 'mlld-lock.json'));
    await my.client({ cacheDir: mount }).add(['@a/x']);
    expect(my.lock().modules.size).toBe(1);
  });
});

describe('a full disk (resolve.md §7.4)', () => {
  it('ends the install with DISK_FULL, nothing half-written, and goes on where there is room again', async ({
    skip,
  }) => {
    const mount = tmpfs(['-o', 'size=128k']);
    if (mount === undefined) return skip('only root may mount a file system here');
    const big = Array.from({ length: 8 }, (_, i) => ({
      ref: `@big/m${i}@1.0.0`,
      files: `${i}\n`.repeat(20_000),
    }));
    const served = await serve(distribution(big).files);
    const my = project({ registry: served.base, cacheDir: mount });
    const refs = big.map(({ ref }) => ref);
    const error = await errorOf(() => my.client().add(refs));
    expect(error.code).toBe('DISK_FULL');
    expect(() => my.lock()).toThrow();
    expect(leftovers({ ...my, cacheDir: mount })).toEqual([]);
    expect((await my.client().cache.verify()).damaged).toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=4m', mount]);
    await my.client().add(refs);
    expect(my.lock().modules.size).toBe(8);
  });

  it('leaves the lock file as it was', async () => {
    const { my, served } = await installed();
    const before = my.lockText();
    const node = nodeOps();
    const ops = withFiles({
      write: (file, bytes, options) => {
        if (file.endsWith('mlld-lock.json')) throw new RegistryError('DISK_FULL', `${file}: full`);
        node.files.write(file, bytes, options);
      },
    });
    served.handler = undefined;
    expect((await errorOf(() => my.client({ ops }).remove(['@a/x']))).code).toBe('DISK_FULL');
    expect(my.lockText()).toBe(before);
    expect(readdirSync(my.root).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});

describe('cleaning (resolve.md §7.6)', () => {
  it('keeps what projects use, drops what is old, and forgets projects that are gone', async () => {
    const { my, blob } = await installed();
    expect(await my.client().cache.clean({ olderThanMs: 0 })).toMatchObject({ removed: 0, kept: 2 });
    expect((await my.client().cache.list()).modules).toMatchObject([
      { name: '@a/x', version: '1.0.0', bytes: 11 },
    ]);
    await my.client().remove(['@a/x']);
    expect(await my.client().cache.clean({ olderThanMs: 3_600_000 })).toMatchObject({ removed: 0 });
    const temporary = path.join(path.dirname(blob), '.mlld-tmp-1-a-0');
    writeFileSync(temporary, 'half');
    utimesSync(temporary, 1, 1);
    expect(await my.client().cache.clean({ olderThanMs: 0 })).toMatchObject({ removed: 2, kept: 0 });
    expect(leftovers(my)).toEqual([]);
    rmSync(my.root, { recursive: true });
    mkdirSync(my.root);
    expect(await my.client().cache.clean({ olderThanMs: 0 })).toMatchObject({ forgotten: [my.root] });
  });

  it('serves as a mirror: what a cache holds installs elsewhere', async () => {
    const { my } = await installed();
    const at = path.join(my.cacheDir, 'registry.test');
    const other = project({ registry: at });
    writeFileSync(path.join(other.root, 'mlld-lock.json'), my.lockText());
    await other.client({ offline: true, frozen: true }).install();
    expect((await other.client().resolveImport('@a/x')).source).toBe('the module\n');
  });
});

/** A small file system of its own until the test ends; undefined where that is not allowed. */
function tmpfs(options: readonly string[]): string | undefined {
  const folder = tempFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

describe('index files that the cache has (resolve.md §7.7)', () => {
  async function withEtags() {
    const { my, served } = await installed();
    rmSync(my.cacheDir, { recursive: true });
    rmSync(path.join(my.root, 'mlld-lock.json'));
    const statuses: string[] = [];
    let etag = '"one"';
    served.handler = (request, response) => {
      if (!request.url?.startsWith('/index/')) return undefined;
      const same = request.headers['if-none-match'] === etag;
      statuses.push(same ? '304' : '200');
      response.setHeader('etag', etag);
      if (same) response.writeHead(304).end();
      return same;
    };
    const change = () => {
      etag = '"two"';
    };
    await my.client().add(['@a/x']);
    return { my, statuses, change };
  }

  it('are asked for by their ETag, and used again', async () => {
    const { my, statuses, change } = await withEtags();
    await my.client().update();
    expect(statuses).toEqual(['200', '304']);
    change();
    await my.client().update();
    await my.client().update();
    expect(statuses).toEqual(['200', '304', '200', '304']);
  });

  it.each([
    ['the index file', 'registry.test/index/a/x', '{"v":1}\n'],
    ['the list of ETags', 'etags.json', '[1'],
    ['the list of ETags', 'etags.json', '{"a":["x"],"b":7}'],
  ])('are fetched whole where %s is damaged', async (_, file, text) => {
    const { my, statuses } = await withEtags();
    writeFileSync(path.join(my.cacheDir, file), text);
    await my.client().update();
    expect(statuses).toEqual(['200', '200']);
    expect(my.warnings).toEqual([]);
  });
});
