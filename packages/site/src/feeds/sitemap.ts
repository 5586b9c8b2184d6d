/** Sitemaps (sitemaps.org, protocol 0.9). */
import { escapeText as x } from '../text/format.ts';

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
const namespace = 'http://www.sitemaps.org/schemas/sitemap/0.9';

/** At most 50,000 addresses, as the protocol says. */
export function sitemapOf(entries: readonly { readonly loc: string; readonly lastmod: string }[]): string {
  const lines = entries
    .slice(0, 50_000)
    .map(
      ({ loc, lastmod }) =>
        `<url><loc>${x(loc)}</loc>${lastmod === '' ? '' : `<lastmod>${x(lastmod)}</lastmod>`}</url>\n`,
    );
  return `${head}<urlset xmlns="${namespace}">\n${lines.join('')}</urlset>\n`;
}

export function sitemapIndex(locations: readonly string[]): string {
  const lines = locations.map((loc) => `<sitemap><loc>${x(loc)}</loc></sitemap>\n`);
  return `${head}<sitemapindex xmlns="${namespace}">\n${lines.join('')}</sitemapindex>\n`;
}

/** OpenSearch 1.1: lets a browser search here from its own field. */
export function openSearch({ title, url }: { readonly title: string; readonly url: string }): string {
  return `${head}<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
  <ShortName>${x(title.slice(0, 16))}</ShortName>
  <Description>${x(`Modules of ${title}`)}</Description>
  <InputEncoding>UTF-8</InputEncoding>
  <Url type="text/html" template="${x(url)}?q={searchTerms}"/>
</OpenSearchDescription>
`;
}
