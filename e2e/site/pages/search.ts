/** Search journeys. */
import { expect, test } from 'vitest';
import { type OpenSite, paths } from './site.ts';

export function searchTests(site: OpenSite): void {
  test('`/` focuses the search; typing finds; Enter leads to results, whose address can be shared; facets narrow', async () => {
    await site.on(paths.home, async (page) => {
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
    await site.on('search/?q=fill%20up%20numbers%20so%20they%20align', async (page) => {
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
    await site.on('search/?q=padStart', async (page) => {
      await page.locator('[data-search-results] .card', { hasText: 'strings' }).first().waitFor();
      await page.fill('#q-large', 'zzqqxxyy');
      await page.waitForFunction(() =>
        document.querySelector('[data-search-status]')?.textContent?.startsWith('0 modules'),
      );
    });
  });
}
