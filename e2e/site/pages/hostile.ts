/** What strangers write never runs: in any field, on any page, with the pages' policy and without. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { dumbHost, watch } from '../browser.ts';
import { payloads } from '../registry.ts';
import type { OpenSite } from './site.ts';

const hostilePaths = [
  '@mallory/xss/',
  '@mallory/xss/1.0.0/',
  '@mallory/xss/1.1.0/source/',
  '@mallory/xss/diff/',
  '@mallory/xss/diff/?from=1.1.0&to=1.0.0',
  '@mallory/',
  '@carol/',
  '',
  'browse/',
  'tags/',
  'tags/text/',
  'categories/data/',
  'advisories/',
  'advisories/MLLD-2026-0001/',
  'governance/quality/',
  'statistics/',
  `search/?q=${encodeURIComponent('script')}`,
  `search/?q=${encodeURIComponent(payloads[1])}&sort=${encodeURIComponent(payloads[0])}`,
  'search/?q=author:mallory',
];

export function hostileTests(site: OpenSite): void {
  test.each([
    ['with the policy', false],
    ['without the policy', true],
  ] as const)(
    '%s nothing runs, nothing is fetched from elsewhere, and the pages stay whole',
    async (_, bypassCSP) => {
      const host = await dumbHost(site.out);
      const context = await site.browser.newContext({ bypassCSP });
      await context.addInitScript(() => {
        const here = globalThis as unknown as { ran: (what: unknown) => void; seen: unknown[] };
        here.seen = [];
        here.ran = (what) => void here.seen.push(what);
      });
      const page = await context.newPage();
      const found = watch(page, host.url);
      for (const where of hostilePaths) {
        expect((await page.goto(host.url + where))?.status(), where).toBe(200);
        if (where.startsWith('search')) await page.locator('[data-search-page][data-answered]').waitFor();
        if (/=(?:script|author)/.test(where)) await page.locator('.facet').first().waitFor();
        if (where === '') {
          await page.fill('#q-large', 'xss');
          await page.locator('.live a').first().waitFor();
        }
        await page.evaluate(() => {
          // What waits for somebody: each handler that an attribute could have set, and each link.
          for (const element of document.querySelectorAll<HTMLElement>('main *')) {
            for (const type of ['mouseover', 'focus', 'error', 'load', 'click'])
              if (element.tagName !== 'A' && element.tagName !== 'BUTTON')
                element.dispatchEvent(new Event(type));
          }
        });
        const state = await page.evaluate(() => {
          const all = [...document.querySelectorAll('*')];
          const isOdd = (element: Element) =>
            ['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'FRAME', 'FORM'].includes(element.tagName) &&
            !element.matches('form.search, form.compare');
          return {
            ran: (globalThis as unknown as { seen: unknown[] }).seen,
            odd: all.filter(isOdd).map((element) => element.outerHTML.slice(0, 100)),
            handlers: all.flatMap((element) =>
              [...element.attributes]
                .filter(({ name }) => /^on/i.test(name) || name === 'style')
                .map(({ name }) => name),
            ),
            scripts: [...document.scripts].filter(
              ({ src, type }) => src === '' && type !== 'application/ld+json',
            ).length,
            schemes: [...document.querySelectorAll<HTMLAnchorElement>('a[href]')]
              .map((link) => new URL(link.href).protocol)
              .filter((one) => !/^(?:https?|mailto):$/.test(one)),
            footer: document.querySelectorAll('body > footer').length,
            data: [...document.querySelectorAll('script[type="application/ld+json"]')].map(
              ({ textContent }) => JSON.parse(textContent ?? '') as unknown,
            ).length,
          };
        });
        expect(state, where).toMatchObject({
          ran: [],
          odd: [],
          handlers: [],
          scripts: 0,
          schemes: [],
          footer: 1,
        });
      }
      await context.close();
      await host.close();
      expect(found).toEqual([]);
    },
    60_000,
  );

  test('pictures, feeds and data hold what was written as text alone', () => {
    for (const entry of readdirSync(site.out, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      if (!entry.isFile() || !/\.(?:svg|xml)$/.test(entry.name) || file.includes('/blob/')) continue;
      expect(readFileSync(file, 'utf8'), file).not.toMatch(
        /<script|<[^>]*\s(?:on\w+|style)=|href="javascript:/i,
      );
    }
  });
}
