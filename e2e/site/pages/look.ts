/** How pages look and behave to everybody: a screen reader, the keyboard, a narrow screen, no scripts, and what they weigh. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { watch } from '../browser.ts';
import { type OpenSite, paths } from './site.ts';

/** Pages that together show every component. */
const inDark = new Set(['home', 'search', 'module', 'source', 'compare', 'advisory', 'statistics', 'design']);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical findings, as text. */
async function runAxe(page: Page, rules: readonly string[] | undefined): Promise<string[]> {
  return page.evaluate(async (only) => {
    interface Axe {
      run(
        options: object,
      ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
    }
    const { axe: tool } = globalThis as unknown as { axe: Axe };
    const { violations } = await tool.run({
      resultTypes: ['violations'],
      preload: false,
      iframes: false,
      ...(only === undefined ? {} : { runOnly: only }),
    });
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

export function lookTests(site: OpenSite): void {
  /** One tab for all: what a page does to the next one is nothing. */
  test('axe finds nothing serious on any kind of page, light and dark; all fit 320 px', async () => {
    const context = await site.browser.newContext({
      viewport: { width: 1200, height: 900 },
      bypassCSP: true,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const found = watch(page, site.url);
    const problems: string[] = [];
    for (const [name, where] of Object.entries(paths)) {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1200, height: 900 });
      const answer = await page.goto(site.url + where);
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
    const weigh = (file: string) => {
      const whole = path.join(site.out, file);
      return existsSync(`${whole}.br`)
        ? statSync(`${whole}.br`).size
        : brotliCompressSync(readFileSync(whole)).length;
    };
    for (const where of [paths.home, paths.module, paths.author, paths.source]) {
      await site.on(where, async (page) => {
        const files = await page.evaluate(() =>
          performance
            .getEntriesByType('resource')
            .map(({ name }) => decodeURIComponent(new URL(name).pathname)),
        );
        const early = files.filter((file) => !file.startsWith('/search/'));
        const bytes = [`/${where}index.html`, ...early].reduce((sum, file) => sum + weigh(file), 0);
        expect(bytes).toBeLessThan(60_000);
        expect(
          await page.locator('script:not([type="module"]):not([type="application/ld+json"])').count(),
        ).toBe(0);
      });
    }
  });

  test('the keyboard reaches everything in order, and sees where it is', async () => {
    await site.on(paths.module, async (page) => {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Skip to the content');
      await page.keyboard.press('Enter');
      expect(new URL(page.url()).hash).toBe('#main');
      for (let i = 0; i < 6; i++) await page.keyboard.press('Tab');
      const outline = await page.evaluate(
        () => getComputedStyle(document.activeElement ?? document.body).outlineStyle,
      );
      expect(outline).not.toBe('none');
    });
  });

  test('without JavaScript: documentation, versions, comparison and lists are there, and nothing that does nothing', async () => {
    await site.on(
      paths.module,
      async (page) => {
        expect(await page.locator('.export').count()).toBeGreaterThan(20);
        expect(await page.locator('button:visible').count()).toBe(0);
        await page.locator('.tabs a', { hasText: 'Compare' }).click();
        expect(await page.locator('.diff-lists').textContent()).toContain('@nearest');
        await page.goto(`${site.url}search/?q=text`);
        await page.locator('noscript a', { hasText: 'browse all modules' }).first().click();
        await page.locator('.card a', { hasText: 'lists' }).first().click();
        expect(page.url()).toMatch(/@bob\/lists\/$/);
      },
      { javaScriptEnabled: false },
    );
  });

  test('the theme follows the system until somebody chooses, and the choice stays', async () => {
    await site.on(
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
}
