/** Atom (RFC 4287). */
import { escapeText as x } from '../text/format.ts';
import { type Feed, feedUrl, latest } from './entries.ts';

export function atom({ registry, title, path, entries }: Feed, file: string): string {
  const own = entries.map(
    (one) => `  <entry>
    <id>${x(one.id)}</id>
    <title>${x(one.title)}</title>
    <updated>${x(one.at)}</updated>
    <author><name>${x(one.author)}</name></author>
    <link rel="alternate" type="text/html" href="${x(feedUrl(registry, one.path))}"/>
    <summary>${x(one.text)}</summary>
  </entry>
`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>tag:${x(registry.name)},2026:${x(file)}</id>
  <title>${x(`${title} · ${registry.title}`)}</title>
  <updated>${latest(entries)}</updated>
  <link rel="self" type="application/atom+xml" href="${x(feedUrl(registry, file))}"/>
  <link rel="alternate" type="text/html" href="${x(feedUrl(registry, path))}"/>
${own.join('')}</feed>
`;
}
