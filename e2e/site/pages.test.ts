/** Each kind of page in a real browser: what people do with it, how it looks to a screen reader, and what it costs. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { type HttpService, serveDistribution } from '@mlld/server';
import { makeTempDir } from '@mlld/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dumbHost, missing, openBrowser, watch } from './browser.ts';
import { buildSite, type Sources, siteRegistry } from './registry.ts';

const paths = {
  home: '',
  search: 'search/?q=text',
  module: '@alice/strings/',
  version: '@bob/json/1.1.0/',
  source: '@bob/json/1.1.0/source/',
  compare: '@alice/strings/diff/',
  author: '@alice/',
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
  lost: 'no/such/page',
} as const;

/** Pages that together show every component. */
const inDark = new Set(['home', 'search', 'module', 'source', 'compare', 'advisory', 'statistics', 'design']);

/** Serious and critical findings, as text. */
async function runAxe(page: Page, rules: readonly string[] | undefined): Promise<string[]> {
  return page.evaluate(async (only) => {
    interface Axe {
      run(
        options: object,
      ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
    }
    const { axe: tool } = globalThis as unknown as { axe: Axe };
    const { violations } = await tool.run(only === undefined ? {} : { runOnly: only });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ html }) => html.slice(0, 160))
            .join(' | ')}`,
      );
  }, rules);
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(missing !== undefined)(
  `pages${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let dir: Awaited<ReturnType<typeof makeTempDir>>;
    let out: string;
    let server: HttpService;
    let browser: Browser;

    beforeAll(async () => {
      dir = await makeTempDir();
      const sources: Sources = new Map();
      ({ out } = await buildSite(dir.path, siteRegistry(sources), sources));
      server = await serveDistribution({ folder: out, port: 0 });
      browser = await openBrowser();
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await server?.close();
      await dir?.remove();
    });

    /** Opens a page, does something there, and expects that nothing went wrong. */
    async function on(
      where: string,
      act: (page: Page) => Promise<void>,
      options: BrowserContextOptions & { base?: string } = {},
    ) {
      const { base = server.url, ...rest } = options;
      const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...rest });
      try {
        const page = await context.newPage();
        const found = watch(page, base);
        await page.goto(base + where, { waitUntil: 'load' });
        await act(page);
        expect(await context.cookies()).toEqual([]);
        expect(found).toEqual([]);
      } finally {
        await context.close();
      }
    }

    test('a theme is shown in its own colours, by a file that the policy allows', async () => {
      await on(paths.theme, async (page) => {
        const colours = await page.locator('.theme-preview pre').evaluateAll((all) =>
          all.map((one) => {
            const keyword = one.querySelector('.s-keyword') ?? one;
            return [getComputedStyle(one).backgroundColor, getComputedStyle(keyword).color];
          }),
        );
        expect(colours).toEqual([
          ['rgb(16, 23, 31)', 'rgb(191, 162, 240)'],
          ['rgb(247, 249, 251)', 'rgb(95, 59, 179)'],
        ]);
        expect(await page.locator('[style]').count()).toBe(0);
        await page.getByText('mlld theme install @themes/harbour', { exact: true }).first().waitFor();
      });
    });

    test('a template shows its tree and what it asks, an MCP server its tools, permissions and configuration', async () => {
      await on(paths.template, async (page) => {
        expect(await page.locator('.template-tree').textContent()).toContain('├─ api.mld');
        expect(await page.locator('#prompts dt code').allTextContents()).toEqual(['title', 'base', 'style']);
      });
      await on(paths.server, async (page) => {
        await page.locator('#mcp-tool summary').click();
        expect(await page.locator('#mcp-tool pre').textContent()).toContain('"cups"');
        expect(await page.locator('#permissions dd').allTextContents()).toEqual([
          'api.example.org',
          'project (read)',
          'TEA_TOKEN (secret), required',
          'none',
        ]);
        const copied = await page.locator('#configuration [data-copy]').getAttribute('data-copy');
        expect(JSON.parse(copied ?? '')).toEqual({
          mcpServers: { tea: { command: 'mlld', args: ['mcp', 'serve', '@tools/tea@1.0.0'] } },
        });
        expect(await page.locator('a[href="https://example.org/give"]').count()).toBe(1);
      });
    });

    test('a collection leads from home to each module, with the reason', async () => {
      await on(paths.home, async (page) => {
        await page.getByRole('link', { name: 'For tea' }).click();
        expect(await page.locator('.reasons dd').allTextContents()).toEqual([
          expect.stringContaining('Brews it <script>'),
          'Calm',
        ]);
      });
    });

    /** One tab for all: what a page does to the next one is nothing. */
    test('axe finds nothing serious on any kind of page, light and dark; all fit 320 px', async () => {
      const context = await browser.newContext({
        viewport: { width: 1200, height: 900 },
        bypassCSP: true,
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      const found = watch(page, server.url);
      const problems: string[] = [];
      for (const [name, where] of Object.entries(paths)) {
        await page.emulateMedia({ colorScheme: 'light' });
        await page.setViewportSize({ width: 1200, height: 900 });
        const answer = await page.goto(server.url + where);
        if (answer?.status() !== (name === 'lost' ? 404 : 200)) problems.push(`${name}: ${answer?.status()}`);
        await page.evaluate(axe);
        const of = (what: string, list: readonly string[]) =>
          problems.push(...list.map((one) => `${name}, ${what}: ${one}`));
        of('light', await runAxe(page, undefined));
        if (inDark.has(name)) {
          await page.emulateMedia({ colorScheme: 'dark' });
          of('dark', await runAxe(page, ['color-contrast']));
        }
        await page.setViewportSize({ width: 320, height: 640 });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        if (width > 320) problems.push(`${name}: ${width} px wide`);
        if ((await page.locator('h1').count()) !== 1) problems.push(`${name}: not one h1`);
      }
      await context.close();
      expect(problems).toEqual([]);
      expect(found).toEqual([]);
    }, 120_000);

    test('no page weighs more than 60 KB of brotli before a search, and none waits for a script', async () => {
      for (const where of [paths.home, paths.module, paths.author, paths.source]) {
        await on(where, async (page) => {
          const files = await page.evaluate(() =>
            performance
              .getEntriesByType('resource')
              .map(({ name }) => decodeURIComponent(new URL(name).pathname)),
          );
          const early = files.filter((file) => !file.startsWith('/search/'));
          const bytes = [`/${where}index.html`, ...early].reduce(
            (sum, file) => sum + brotliCompressSync(readFileSync(path.join(out, file))).length,
            0,
          );
          expect(bytes).toBeLessThan(60_000);
          expect(
            await page.locator('script:not([type="module"]):not([type="application/ld+json"])').count(),
          ).toBe(0);
        });
      }
    });

    test('`/` focuses the search; typing finds; Enter leads to results, whose address can be shared; facets narrow', async () => {
      await on(paths.home, async (page) => {
        await page.keyboard.press('/');
        expect(await page.evaluate(() => document.activeElement?.id)).toBe('q-large');
        await page.keyboard.type('strin');
        await page.locator('.live a', { hasText: 'strings' }).first().waitFor();
        await page.keyboard.press('ArrowDown');
        expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('strings');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Enter');
        await page.waitForURL(/search\/\?q=strin$/);
        await page.locator('[data-search-results] .card').first().waitFor();
        await page.fill('#q-large', 'text');
        await page.waitForFunction(
          () => document.querySelector<HTMLElement>('[data-search-page]')?.dataset.answered === 'text',
        );
        const all = await page.locator('[data-search-results] .card').count();
        await page.locator('.facet button', { hasText: 'signed' }).click();
        await page.waitForURL(/is%3Asigned|is:signed/);
        await page.goBack();
        await page.waitForFunction(
          (n) => document.querySelectorAll('[data-search-results] .card').length === n,
          all,
        );
        await page.locator('[data-search-results] a', { hasText: 'strings' }).first().click();
        await page.waitForURL(/@alice\/strings\/$/);
      });
    });

    test('a question by meaning finds a module by other words, is narrowed, shared by its address, and switched off', async () => {
      await on('search/?q=fill%20up%20numbers%20so%20they%20align', async (page) => {
        const answered = (text: string) =>
          page.waitForFunction(
            (wanted) => document.querySelector('.card .why')?.textContent?.includes(wanted) === true,
            text,
          );
        await page.getByLabel('By meaning').check();
        await page.waitForURL(/by=meaning/);
        await answered('by meaning');
        expect(await page.locator('[data-search-meaning]').textContent()).toContain(
          'which words stand together',
        );
        await page.locator('[data-search-results] .card', { hasText: 'strings' }).first().waitFor();
        await page.locator('.facet button', { hasText: 'CC0' }).click();
        await page.waitForURL(/licence/);
        expect(page.url()).toContain('by=meaning');
        await page.reload();
        await answered('by meaning');
        expect(await page.getByLabel('By meaning').isChecked()).toBe(true);
        await page.getByLabel('By meaning').focus();
        await page.keyboard.press('Space');
        await page.waitForURL((url) => !url.searchParams.has('by'));
      });
    });

    test('a name of an export finds the module; a word that nothing has says so', async () => {
      await on('search/?q=padStart', async (page) => {
        await page.locator('[data-search-results] .card', { hasText: 'strings' }).first().waitFor();
        await page.fill('#q-large', 'zzqqxxyy');
        await page.waitForFunction(() =>
          document.querySelector('[data-search-status]')?.textContent?.startsWith('0 modules'),
        );
      });
    });

    test('the keyboard reaches everything in order, and sees where it is', async () => {
      await on(paths.module, async (page) => {
        await page.keyboard.press('Tab');
        expect(await page.evaluate(() => document.activeElement?.textContent)).toContain(
          'Skip to the content',
        );
        await page.keyboard.press('Enter');
        expect(new URL(page.url()).hash).toBe('#main');
        for (let i = 0; i < 6; i++) await page.keyboard.press('Tab');
        const outline = await page.evaluate(
          () => getComputedStyle(document.activeElement ?? document.body).outlineStyle,
        );
        expect(outline).not.toBe('none');
      });
    });

    test('lines are copied', async () => {
      await on(
        paths.module,
        async (page) => {
          await page.locator('[data-copy]').first().click();
          expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mlld add @alice/strings');
          await page.locator('[data-copy][aria-label="Copied"]').waitFor();
          await page.locator('[data-copy]').nth(1).click();
          expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
            'import { @format, @title } from @alice/strings',
          );
        },
        { permissions: ['clipboard-read', 'clipboard-write'] },
      );
    });

    test('a version verifies in the page: statement, signature, log, every file', async () => {
      await on(paths.module, async (page) => {
        await page.locator('[data-verify-button]').click();
        await page.locator('[data-verified="yes"]').waitFor();
        const steps = await page.locator('[data-verify-steps] .step-passed').allTextContents();
        expect(steps.map((step) => step.replace(/: holds.*/, ''))).toEqual([
          'Statement',
          'What it is about',
          "The author's keys and signature",
          'Place in the log',
          'Bytes of each file',
          'Content digest',
          'Everything that this browser could check holds.',
        ]);
      });
    });

    const tampered: readonly (readonly [
      what: string,
      file: RegExp,
      step: string,
      change: (text: string) => string,
    ])[] = [
      ['a file', /^blob\//, 'Bytes of each file', (text) => text.replace('e', 'f')],
      ['a statement', /^proof\//, 'Statement', (text) => text.replace('@alice/strings', '@alice/stringz')],
      [
        'a signature',
        /^proof\//,
        "The author's keys and signature",
        (text) =>
          text.replace(
            /(BEGIN SSH SIGNATURE-----\\n.{70}\\n.{70}\\n.{20})(.)/,
            (_, head, char) => `${head}${char === 'A' ? 'B' : 'A'}`,
          ),
      ],
      [
        'the log',
        /^proof\//,
        'Place in the log',
        (text) => text.replace(/index 0*(\d+)\\n/, (_, n) => `index ${Number(n) + 1}\\n`),
      ],
    ];
    test.each(tampered)('%s that was tampered with shows red', async (_, file, title, change) => {
      const site = await dumbHost(out, {
        prefix: '/a/b/',
        change: (name, bytes) => (file.test(name) ? Buffer.from(change(bytes.toString())) : bytes),
      });
      try {
        await on(
          paths.module,
          async (page) => {
            await page.locator('[data-verify-button]').click();
            await page.locator('[data-verified="no"]').waitFor();
            const failed = page.locator('.step-failed', { hasText: title });
            expect(await failed.count()).toBe(1);
            const red = await failed.evaluate((step) => getComputedStyle(step).color);
            const [r = 0, g = 0, b = 0] = red.match(/\d+/g)?.map(Number) ?? [];
            expect(r).toBeGreaterThan(g + b);
          },
          { base: site.url },
        );
      } finally {
        await site.close();
      }
    });

    test('an example runs in the page, changed or not, and has no network', async () => {
      await on(paths.module, async (page) => {
        const example = page.locator('[data-example]').first();
        await example.locator('[data-try]').click();
        await example.locator('.tried[data-done="ran"]').waitFor();
        expect(await example.locator('.tried').textContent()).toBe(
          `${await example.locator('.output:not(.tried)').textContent()}\n`,
        );
        await example
          .locator('textarea')
          .fill(
            'import { @slug } from @alice/strings\nexe @f() = js { return typeof fetch + typeof process; }\nshow @slug("Hello World")\nshow @f()',
          );
        await example.locator('[data-try]').click();
        await page.waitForFunction(() =>
          document.querySelector('.tried')?.textContent?.startsWith('hello-world'),
        );
        expect(await example.locator('.tried').textContent()).toContain('undefinedundefined');
        await example.locator('textarea').fill('run cmd {cat /etc/passwd}');
        await example.locator('[data-try]').click();
        await example.locator('.tried[data-done="failed"]').waitFor();
      });
    });

    test('installs have graphs with a title, a sentence and their numbers as a table; who counted is said', async () => {
      await on(paths.module, async (page) => {
        const graph = page.locator('#installs svg').first();
        expect(await graph.getAttribute('role')).toBe('img');
        const named = await graph.evaluate((svg) =>
          ['aria-labelledby', 'aria-describedby'].map(
            (one) => document.getElementById(svg.getAttribute(one) ?? '')?.textContent,
          ),
        );
        expect(named).toEqual(['Installs a week', expect.stringContaining('2026-02-09')]);
        await page.locator('#installs summary').first().click();
        expect(await page.locator('#installs tbody tr').first().isVisible()).toBe(true);
        expect(await page.locator('#installs').textContent()).toContain('1.2.0');
        await page.goto(`${server.url}@bob/json/`);
        expect(await page.locator('#installs').textContent()).toContain('Fewer than five a day');
        await page.goto(server.url + paths.statistics);
        expect(await page.locator('main').textContent()).toContain('@guard (main)');
      });
    });

    test('two versions are compared: exports, files and lines; a link holds the two', async () => {
      await on(paths.compare, async (page) => {
        await page.locator('.diff-lists', { hasText: '@nearest' }).waitFor();
        await page.selectOption('select[name=from]', '1.2.0');
        await page.selectOption('select[name=to]', '1.1.0');
        await page.locator('.compare button').click();
        await page.locator('[data-diff][data-shown="1.2.0 1.1.0"]').waitFor();
        expect(await page.locator('.diff-lists .removed').allTextContents()).toContainEqual(
          expect.stringContaining('@nearest'),
        );
        expect(await page.locator('.diff-lines .diff-added').allTextContents()).toContainEqual(
          expect.stringContaining('Text functions.'),
        );
        expect(page.url()).toContain('from=1.2.0&to=1.1.0');
      });
    });

    test('a line of the source has a link of its own, and the raw file is at hand', async () => {
      await on('@alice/strings/1.2.0/source/#strings.mld.md:L3', async (page) => {
        expect(await page.evaluate(() => document.querySelector(':target')?.textContent)).toContain(
          'author: alice',
        );
        const raw = await page.locator('.source-links a', { hasText: 'raw' }).getAttribute('href');
        const response = await page.request.get(new URL(raw ?? '', page.url()).href);
        expect(await response.text()).toContain('# @alice/strings');
      });
    });

    test('without JavaScript: documentation, versions, comparison and lists are there, and nothing that does nothing', async () => {
      await on(
        paths.module,
        async (page) => {
          expect(await page.locator('.export').count()).toBeGreaterThan(20);
          expect(await page.locator('button:visible').count()).toBe(0);
          await page.locator('.tabs a', { hasText: 'Compare' }).click();
          expect(await page.locator('.diff-lists').textContent()).toContain('@nearest');
          await page.goto(`${server.url}search/?q=text`);
          await page.locator('noscript a', { hasText: 'browse all modules' }).first().click();
          await page.locator('.card a', { hasText: 'lists' }).first().click();
          expect(page.url()).toMatch(/@bob\/lists\/$/);
        },
        { javaScriptEnabled: false },
      );
    });

    test('the theme follows the system until somebody chooses, and the choice stays', async () => {
      await on(
        paths.home,
        async (page) => {
          const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
          const dark = await ground();
          await page.locator('[data-theme-button]').click();
          const light = await ground();
          expect(light).not.toBe(dark);
          await page.reload();
          await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
          expect(await ground()).toBe(light);
        },
        { colorScheme: 'dark' },
      );
    });

    test('below any path, on a host that knows nothing, all of it works', async () => {
      const site = await dumbHost(out, { prefix: '/deep/er/' });
      try {
        await on(
          paths.home,
          async (page) => {
            await page.fill('#q-large', 'lists');
            await page.locator('.live a', { hasText: 'lists' }).first().click();
            await page.waitForURL(/deep\/er\/@bob\/lists\/$/);
            await page.locator('[data-verify-button]').click();
            await page.locator('[data-verified="yes"]').waitFor();
            await page.locator('[data-try]').first().click();
            await page.locator('.tried[data-done="ran"]').waitFor();
          },
          { base: site.url },
        );
        expect(site.lost.filter((file) => file !== '/favicon.ico' && !/policy\/2\.json$/.test(file))).toEqual(
          [],
        );
      } finally {
        await site.close();
      }
    });
  },
);
