/** Verification in the page: what holds, and what was tampered with. */
import { expect, test } from 'vitest';
import { dumbHost } from '../browser.ts';
import { type OpenSite, paths } from './site.ts';

export function verifyTests(site: OpenSite): void {
  test('a version verifies in the page: statement, signature, log, every file', async () => {
    await site.on(paths.module, async (page) => {
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
    const host = await dumbHost(site.out, {
      prefix: '/a/b/',
      change: (name, bytes) => (file.test(name) ? Buffer.from(change(bytes.toString())) : bytes),
    });
    try {
      await site.on(
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
        { base: host.url },
      );
    } finally {
      await host.close();
    }
  });

  test('below any path, on a host that knows nothing, all of it works', async () => {
    const host = await dumbHost(site.out, { prefix: '/deep/er/' });
    try {
      await site.on(
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
        { base: host.url },
      );
      expect(host.lost.filter((file) => file !== '/favicon.ico' && !/policy\/2\.json$/.test(file))).toEqual(
        [],
      );
    } finally {
      await host.close();
    }
  });
}
