/** The pages of the other kinds, and of collections. */
import { expect, test } from 'vitest';
import { type OpenSite, paths } from './site.ts';

export function kindTests(site: OpenSite): void {
  test('a theme is shown in its own colours, by a file that the policy allows', async () => {
    await site.on(paths.theme, async (page) => {
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
    await site.on(paths.template, async (page) => {
      expect(await page.locator('.template-tree').textContent()).toContain('├─ api.mld');
      expect(await page.locator('#prompts dt code').allTextContents()).toEqual(['title', 'base', 'style']);
    });
    await site.on(paths.server, async (page) => {
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

  test('who only reviews and recommends has a page, to which reviews and collections lead', async () => {
    await site.on(paths.module, async (page) => {
      await page.locator('.review a', { hasText: '@carol' }).first().click();
      await page.waitForURL(/@carol\/$/);
      expect(await page.locator('.review').count()).toBe(2);
      expect(await page.locator('main').textContent()).toContain('2 reviews, 1 collection');
      await page.getByRole('link', { name: 'For tea' }).click();
      await page.locator('main a', { hasText: '@carol' }).click();
      await page.waitForURL(/@carol\/$/);
    });
  });

  test('a collection leads from home to each module, with the reason', async () => {
    await site.on(paths.home, async (page) => {
      await page.getByRole('link', { name: 'For tea' }).click();
      expect(await page.locator('.reasons dd').allTextContents()).toEqual([
        expect.stringContaining('Brews it <script>'),
        'Calm',
      ]);
    });
  });
}
