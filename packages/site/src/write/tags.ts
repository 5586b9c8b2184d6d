import { pages } from '@mlld/format';
import { atom } from '../feeds/atom.ts';
import { releaseEntries } from '../feeds/entries.ts';
import { jsonFeed } from '../feeds/json-feed.ts';
import { ListPage } from '../pages/lists.tsx';
import { addressOf, hasTagPage, pageLimits } from './plan.ts';
import { byUpdate, rowsOf, top } from './rows.ts';
import type { Job } from './site.ts';
import type { SiteFile } from './source.ts';

/** The page of a tag and the feed of its releases. */
export function* tagFiles({ source, plan, page }: Job, tag: string): Generator<SiteFile> {
  const home = pages.tag(tag);
  const feeds = [`${home}feed.xml`, `${home}feed.json`] as const;
  if (!hasTagPage(plan, tag)) {
    for (const file of [`${home}index.html`, ...feeds]) yield [file, undefined];
    return;
  }
  const names = plan.tags.get(tag) ?? [];
  const modules = top(rowsOf(source.rows, names), byUpdate, pageLimits.listed);
  yield page(home, (context) =>
    ListPage({
      context,
      data: { title: `Tag: ${tag}`, modules, total: names.length, query: `tag:${tag}`, feed: feeds[0] },
    }),
  );
  const feed = {
    registry: source.registry,
    title: `Modules tagged ${tag}`,
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
