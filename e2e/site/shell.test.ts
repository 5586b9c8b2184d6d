/** Modules without a page of their own, and a registry as a cache knows it: pages that are made when they are asked for. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { siteAssets } from '@mlld/builder';
import type { ModuleName } from '@mlld/format';
import { serveDistribution } from '@mlld/server';
import {
  blockOf,
  emptyTagCatalog,
  liveSite,
  type ModuleRow,
  type ModuleView,
  type SiteSource,
  writeSite,
} from '@mlld/site';
import { makeTempDir, runCli } from '@mlld/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCachedRegistry } from '../../packages/cli/src/browse/cache.ts';
import { serveCached } from '../../packages/cli/src/browse/server.ts';
import { cachedSource } from '../../packages/cli/src/browse/source.ts';
import { dumbHost, missing, openBrowser, watch } from './browser.ts';
import { buildSite, type Sources, siteRegistry } from './registry.ts';

const count = 2100;
const nameOf = (i: number) => `@author-${i % 40}/module-${i}` as ModuleName;

function rowOf(i: number): ModuleRow {
  const at = '2026-01-01T00:00:00.000Z';
  return {
    name: nameOf(i),
    about: `What module ${i} is good for`,
    kind: 'module',
    version: '1.0.0',
    versions: ['1.0.0'],
    created: at,
    updated: at,
    tags: [`tag-${i % 10}`],
    license: 'CC0',
    needs: [],
    evidence: 2,
    checked: 'match',
    exports: [`f${i}`],
    // The first three are imported by all: they have pages.
    imports: i < 3 ? [] : [nameOf(i % 3)],
    yanked: false,
    deprecated: false,
    advisories: [],
  };
}

function viewOf(row: ModuleRow): ModuleView {
  const { about, kind, name, license, needs, tags, evidence, version } = row;
  const lists = {
    owners: [name.slice(1).split('/')[0] ?? ''],
    sources: [],
    files: [],
    closure: [],
    dependents: [],
    reviews: [],
  };
  return {
    ...{ about, kind, name, license, needs, tags, evidence, version, ...lists },
    latest: version,
    versions: [{ version, publishedAt: row.updated, tags: ['latest'], evidence, state: 'match' }],
    entry: 'index.mld.md',
    checked: { state: 'match' },
    imports: row.imports.map((one) => ({ name: one as ModuleName, selector: '^1.0.0' })),
    dependentCount: 0,
    exports: row.exports.map((one) => ({ name: one, kind: 'exe', params: [], examples: [], line: 1 })),
    capabilities: [],
    readme: `# ${name}\n\n<script>window.ran = true</script>\n\n**Documentation** of it.`,
    runnable: false,
    stars: 0,
    advisories: [],
  };
}

function rowsOf(length: number): Map<ModuleName, ModuleRow> {
  return new Map(Array.from({ length }, (_, i) => [nameOf(i), rowOf(i)]));
}

/** What is there after a site was written where `files` were. */
async function filesOf(
  source: SiteSource,
  files = new Map<string, Uint8Array | string>(),
): Promise<Map<string, Uint8Array | string>> {
  for await (const [file, content] of writeSite(source).files)
    if (content === undefined) files.delete(file);
    else files.set(file, content);
  return files;
}

/** Modules of which no more is known than their rows. */
function sourceOf(rows: SiteSource['rows']): SiteSource {
  return {
    registry: {
      name: 'registry.example.org',
      title: 'Many',
      url: 'https://registry.example.org/',
      blobs: true,
      logged: true,
    },
    assets: siteAssets(),
    catalog: emptyTagCatalog,
    rows,
    view: async (name) => viewOf(rows.get(name)!),
    sources: async () => [],
    installsOf: () => undefined,
    author: () => ({ keys: [], reviews: [] }),
    authors: new Set(),
    advisories: [],
    collections: [],
    documents: [],
    newest: '2026-01-01T00:00:00.000Z',
    people: new Map(),
    trending: [],
    recounted: new Set(),
  };
}

describe.skipIf(missing !== undefined)(
  `made on demand${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let dir: Awaited<ReturnType<typeof makeTempDir>>;
    let browser: Browser;

    beforeAll(async () => {
      dir = await makeTempDir();
      browser = await openBrowser();
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      await dir?.remove();
    });

    test('above the number of pages every module is reached: by a page, or from a block of about 16 by the one shell page', async () => {
      const rows = rowsOf(count);
      const out = dir.join('many');
      const blocks = new Map<string, readonly { name: string }[]>();
      for (const [file, content] of await filesOf(sourceOf(rows))) {
        const block = /^module\/blocks\/(.+)\.json$/.exec(file)?.[1];
        if (block !== undefined) blocks.set(block, JSON.parse(String(content)) as { name: string }[]);
        mkdirSync(path.dirname(path.join(out, file)), { recursive: true });
        writeFileSync(path.join(out, file), content);
      }
      const bits = Math.round(Math.log2(count / 16));
      const lost = [...rows.keys()].filter(
        (name) =>
          !existsSync(path.join(out, name, 'index.html')) &&
          !blocks.get(blockOf(name, bits))?.some((one) => one.name === name),
      );
      expect(lost).toEqual([]);
      expect(existsSync(path.join(out, nameOf(0), 'index.html'))).toBe(true);
      expect(existsSync(path.join(out, nameOf(100), 'index.html'))).toBe(false);
      expect(Math.max(...[...blocks.values()].map((list) => list.length))).toBeLessThan(48);
      // Sitemaps are in shards: each module is in one of them, where it answers, and the list names them all.
      const [list = '', ...shards] = [
        'sitemap.xml',
        ...readdirSync(path.join(out, 'sitemaps')).map((one) => `sitemaps/${one}`),
      ].map((file) => readFileSync(path.join(out, file), 'utf8'));
      expect(shards.length).toBeGreaterThan(2);
      expect(list.match(/<loc>/g)).toHaveLength(shards.length);
      const named = shards.flatMap((one) =>
        [
          ...one.matchAll(
            /<loc>https:\/\/registry\.example\.org\/((?:module\/\?name=)?@[^/]+\/[^<]+)<\/loc>/g,
          ),
        ].map(([, where = '']) => where),
      );
      expect(named.sort()).toEqual(
        [...rows.keys()].map((name, i) => (i < 3 ? `${name}/` : `module/?name=${name}`)).sort(),
      );
      const feed = JSON.parse(readFileSync(path.join(out, 'feeds/new.json'), 'utf8')) as {
        items: { url: string }[];
      };
      expect(feed.items.map(({ url }) => url)).toContain(
        'https://registry.example.org/module/?name=@author-0/module-1000',
      );
      // A list of all modules names each one.
      const browse = readFileSync(path.join(out, 'browse/m/index.html'), 'utf8');
      expect(browse).toContain('module-');

      const site = await dumbHost(out, { prefix: '/' });
      const page = await browser.newPage();
      const found = watch(page, site.url);
      try {
        for (const where of [`module/?name=${nameOf(1234)}`, `${nameOf(1234)}/`]) {
          await page.goto(site.url + where);
          await page.locator('h1', { hasText: 'module-1234' }).waitFor();
          expect(await page.title()).toContain(nameOf(1234));
          expect(await page.locator('#readme').textContent()).toContain('Documentation of it');
          expect(await page.evaluate(() => 'ran' in window)).toBe(false);
          expect(
            await page
              .locator('link[rel="canonical"]')
              .evaluateAll((all) => all.map((one) => one.getAttribute('href'))),
          ).toEqual([`https://registry.example.org/module/?name=${nameOf(1234)}`]);
        }
        expect((await page.request.get(`${site.url}module/?name=${nameOf(1234)}`)).status()).toBe(200);
        // A server that knows what there is says that the address of people's links is one.
        mkdirSync(path.join(out, 'index/author-34'), { recursive: true });
        writeFileSync(path.join(out, 'index/author-34/module-1234'), '{}');
        const server = await serveDistribution({ folder: out, port: 0 });
        const statusOf = async (where: string) =>
          (await fetch(server.url + where, { headers: { accept: 'text/html' } })).status;
        expect([await statusOf(`${nameOf(1234)}/`), await statusOf(`${nameOf(1235)}/`)]).toEqual([200, 404]);
        await server.close();
        // Installs are fetched when they come near: no block of data is rewritten with every week.
        const sums = {
          days: { '2026-02-01': [40, 5, 0] },
          weeks: {},
          versions: { '2026-02-01': { '1.0.0': 40 } },
        };
        const all = { newest: '2026-02-01', counted: {}, sources: { main: 'guard' }, ...sums };
        for (const [file, value] of [
          ['installs/all', all],
          [`installs/modules/${nameOf(1234).slice(1)}`, sums],
        ] as const) {
          mkdirSync(path.dirname(path.join(out, file)), { recursive: true });
          writeFileSync(path.join(out, file), JSON.stringify(value));
        }
        await page.goto(`${site.url}module/?name=${nameOf(1234)}`);
        await page.locator('#installs').scrollIntoViewIfNeeded();
        await page.locator('#installs', { hasText: 'At least 40 installs in 1 counted day' }).waitFor();
        expect(await page.locator('#installs svg').count()).toBe(2);
        // An address from when it had no page leads to the page.
        await page.goto(`${site.url}module/?name=${nameOf(2)}`);
        await page.waitForURL(`${site.url}${nameOf(2)}/`);
        await page.goto(`${site.url}module/?name=${nameOf(1234)}`);
        // A link from there leads on, to a page.
        await page
          .locator('#dependencies a', { hasText: nameOf(1) })
          .first()
          .click();
        await page.locator('h1', { hasText: 'module-1' }).waitFor();
        // Authors without a page are found by their name.
        await page.goto(`${site.url}@author-99/`);
        await page.waitForURL(/search\/\?q=author:author-99$/);
        await page.goto(`${site.url}module/?name=@nobody/nothing`);
        await page.locator('[data-shell-status]', { hasText: 'There is no module' }).waitFor();
        expect(await page.locator('meta[name="robots"]').getAttribute('content')).toBe('noindex');
        expect(found).toEqual([]);
      } finally {
        await page.close();
        await site.close();
      }
    }, 60_000);

    test('mlld browse shows what the cache holds, says what it does not, and answers this machine alone', async () => {
      const sources: Sources = new Map();
      const { out } = await buildSite(dir.path, siteRegistry(sources), sources);
      const env = { HOME: dir.path };
      const mlld = (...args: string[]) => runCli([...args, '--registry', out], { cwd: dir.path, env });
      const opened = await mlld('open', '@alice/strings@1.1.0', '--print');
      expect(opened.stdout).toBe('https://registry.example.org/@alice/strings/1.1.0/\n');
      expect((await runCli(['browse'], { cwd: dir.path, env: { HOME: dir.join('none') } })).stderr).toContain(
        'REGISTRY_NOT_FOUND',
      );
      await mlld('search', 'text');
      await mlld('add', '@alice/strings');
      const cached = await openCachedRegistry(dir.join('.mlld/registry'), 'registry.example.org');
      expect(cached.records.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['@bob/lists', '@mallory/xss']),
      );
      expect([...cached.indexes.keys()]).toEqual(['@alice/strings']);
      const server = await serveCached({ cached, site: liveSite(cachedSource(cached)) });
      const page = await browser.newPage();
      const found = watch(page, server.url);
      try {
        await page.goto(`${server.url}search/?q=text`);
        await page.locator('[data-search-results] a', { hasText: 'strings' }).first().click();
        await page.locator('.export').first().waitFor();
        expect(await page.locator('.site-notice').textContent()).toContain('Offline, from your cache');
        await page.locator('[data-verify-button]').click();
        await page.locator('[data-verified="yes"]').waitFor();
        await page.goto(`${server.url}@bob/lists/`);
        expect(await page.locator('.notice').first().textContent()).toContain('not in the cache');
        await page.goto(`${server.url}@mallory/xss/`);
        await page.goto(`${server.url}statistics/`);
        expect(await page.locator('main').textContent()).toContain('Nobody has counted installs here');
        expect(found).toEqual([]);
        const status = async (where: string, host?: string) =>
          (
            await fetch(
              server.url + where,
              host === undefined ? {} : { headers: { 'x-forwarded-host': host } },
            )
          ).status;
        expect([
          await status('blob/sha256/..%2f..%2fregistry.json'),
          await status('%2e%2e/%2e%2e/etc/passwd'),
        ]).toEqual([404, 404]);
      } finally {
        await page.close();
        await server.close();
      }
    }, 60_000);
  },
);
