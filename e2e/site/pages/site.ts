/** One registry, one server and one browser for all tests of pages. */
import { type HttpService, serveDistribution } from '@mlld/server';
import { makeTempDir } from '@mlld/testing';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { openBrowser, watch } from '../browser.ts';
import { buildSite, type Sources, siteRegistry } from '../registry.ts';

export const paths = {
  home: '',
  search: 'search/?q=text',
  module: '@alice/strings/',
  version: '@bob/json/1.1.0/',
  source: '@bob/json/1.1.0/source/',
  compare: '@alice/strings/diff/',
  author: '@alice/',
  reviewer: '@carol/',
  browse: 'browse/',
  tags: 'tags/',
  tag: 'tags/text/',
  category: 'categories/words/',
  kind: 'kinds/module/',
  advisories: 'advisories/',
  advisory: 'advisories/MLLD-2026-0001/',
  statistics: 'statistics/',
  governance: 'governance/',
  document: 'governance/contributing/',
  start: 'start/',
  api: 'api/',
  design: 'design/',
  theme: '@themes/harbour/',
  template: '@templates/api-docs/',
  server: '@tools/tea/',
  collections: 'collection/',
  collection: 'collection/carol/tea/',
  shell: 'module/',
  hostile: '@mallory/xss/',
  lost: 'no/such/page',
} as const;

interface Options extends BrowserContextOptions {
  /** Where the site is, if not at `url`. */
  readonly base?: string;
}

export interface OpenSite {
  /** The distribution. */
  readonly out: string;
  /** Where it is served, with the headers of `mlld registry serve`. Ends in `/`. */
  readonly url: string;
  readonly browser: Browser;
  /** Opens a page, does something there, and expects that nothing went wrong. Without options all share what a browser keeps. */
  on(where: string, act: (page: Page) => Promise<void>, options?: Options): Promise<void>;
}

const viewport = { width: 1200, height: 900 };

/** Opens it before the tests of a file and closes it after them. */
export function useSite(): OpenSite {
  let dir: Awaited<ReturnType<typeof makeTempDir>> | undefined;
  let server: HttpService | undefined;
  let browser: Browser | undefined;
  let shared: BrowserContext | undefined;
  const site = { out: '', url: '' };

  beforeAll(async () => {
    dir = await makeTempDir();
    const sources: Sources = new Map();
    const opening = openBrowser();
    ({ out: site.out } = await buildSite(dir.path, siteRegistry(sources), sources));
    server = await serveDistribution({ folder: site.out, port: 0 });
    site.url = server.url;
    browser = await opening;
    shared = await browser.newContext({ viewport });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await dir?.remove();
  });

  return {
    get out() {
      return site.out;
    },
    get url() {
      return site.url;
    },
    get browser() {
      return browser!;
    },
    async on(where, act, { base = site.url, ...rest } = {}) {
      const own = Object.keys(rest).length > 0 ? await browser!.newContext({ viewport, ...rest }) : undefined;
      const context = own ?? shared!;
      const page = await context.newPage();
      // Sooner than a test's own end, so that a failure says what was waited for.
      page.setDefaultTimeout(12_000);
      try {
        const found = watch(page, base);
        await page.goto(base + where, { waitUntil: 'load' });
        await act(page);
        expect(await context.cookies()).toEqual([]);
        expect(found).toEqual([]);
      } finally {
        await page.close();
        await own?.close();
      }
    },
  };
}
