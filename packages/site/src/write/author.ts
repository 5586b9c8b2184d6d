import { pages } from '@mlld/format';
import { atom } from '../feeds/atom.ts';
import { releaseEntries } from '../feeds/entries.ts';
import { jsonFeed } from '../feeds/json-feed.ts';
import { AuthorPage } from '../pages/lists.tsx';
import { addressOf, hasAuthorPage, pageLimits } from './plan.ts';
import { byUpdate, rowsOf } from './rows.ts';
import type { Job } from './site.ts';
import type { SiteFile } from './source.ts';

/** The page of an author and the feed of what they release. */
export function* authorFiles({ source, plan, page }: Job, author: string): Generator<SiteFile> {
  const home = pages.author(author);
  const feeds = [`${home}feed.xml`, `${home}feed.json`] as const;
  if (!hasAuthorPage(plan, author)) {
    for (const file of [`${home}index.html`, ...feeds]) yield [file, undefined];
    return;
  }
  const modules = rowsOf(source.rows, plan.authors.get(author)).sort(byUpdate).slice(0, pageLimits.listed);
  const facts = source.author(author);
  const collections = source.collections.filter(({ by }) => by === author);
  yield page(home, (context) => AuthorPage({ context, data: { author, modules, collections, ...facts } }));
  if (modules.length === 0) {
    for (const file of feeds) yield [file, undefined];
    return;
  }
  const feed = {
    registry: source.registry,
    title: `@${author}: releases`,
    path: home,
    entries: releaseEntries(source.registry, {
      rows: modules.slice(0, 30),
      by: 'updated',
      addressOf: (name) => addressOf(plan, name),
    }),
  };
  yield [feeds[0], atom(feed, feeds[0])];
  yield [feeds[1], jsonFeed(feed, feeds[1])];
}
