/** What people do on a module's pages. */
import { expect, test } from 'vitest';
import { type OpenSite, paths } from './site.ts';

export function moduleTests(site: OpenSite): void {
  test('lines are copied', async () => {
    await site.on(
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

  test('an example runs in the page, changed or not, and has no network', async () => {
    await site.on(paths.module, async (page) => {
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
    await site.on(paths.module, async (page) => {
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
      await page.goto(`${site.url}@bob/json/`);
      expect(await page.locator('#installs').textContent()).toContain('Fewer than five a day');
      await page.goto(site.url + paths.statistics);
      expect(await page.locator('main').textContent()).toContain('@guard (main)');
      await page.goto(site.url);
      const trending = page.locator('section', { has: page.locator('#trending-title') });
      expect(await trending.locator('.card').count()).toBe(1);
      expect(await trending.locator('.card').textContent()).toMatch(/lists.*630 installs, before 0$/);
      expect(await trending.textContent()).toContain('the seven days up to 2026-02-15');
    });
  });

  test('two versions are compared: exports, files and lines; a link holds the two', async () => {
    await site.on(paths.compare, async (page) => {
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
    await site.on('@alice/strings/1.2.0/source/#strings.mld.md:L3', async (page) => {
      const line = await page.evaluate(() => {
        let text = '';
        let node = document.querySelector(':target')?.nextSibling ?? null;
        for (; node !== null && !(node as Element).matches?.('.line-number'); node = node.nextSibling)
          text += node.textContent ?? '';
        return text;
      });
      expect(line).toBe('author: alice\n');
      const raw = await page.locator('.source-links a', { hasText: 'raw' }).getAttribute('href');
      const response = await page.request.get(new URL(raw ?? '', page.url()).href);
      expect(await response.text()).toContain('# @alice/strings');
    });
  });
}
