/** JSON Feed 1.1 (jsonfeed.org). */
import { type Feed, feedUrl } from './entries.ts';

export function jsonFeed({ registry, title, path, entries }: Feed, file: string): string {
  const feed = {
    version: 'https://jsonfeed.org/version/1.1',
    title: `${title} · ${registry.title}`,
    home_page_url: feedUrl(registry, path),
    feed_url: feedUrl(registry, file),
    items: entries.map((one) => ({
      id: one.id,
      url: feedUrl(registry, one.path),
      title: one.title,
      content_text: one.text,
      date_modified: one.at,
      authors: [{ name: one.author }],
    })),
  };
  return `${JSON.stringify(feed, null, 1)}\n`;
}
