/** Pages that change with the program, and with the registry's own documents. */
import { pages } from '@mlld/format';
import { absolute, contextFor } from '../components/context.ts';
import { documentOf } from '../components/layout.tsx';
import { openSearch } from '../feeds/sitemap.ts';
import { ogImage } from '../images/og.ts';
import { CollectionPage, CollectionsPage } from '../pages/collections.tsx';
import { ApiPage, DocumentPage, GovernancePage, StartPage } from '../pages/documents.tsx';
import { NotFoundPage, ShellPage } from '../pages/fixed.tsx';
import { SearchPage } from '../pages/search.tsx';
import { hasAuthorPage } from './plan.ts';
import { compare, mostImported, top } from './rows.ts';
import type { Job } from './site.ts';
import type { SiteFile } from './source.ts';

export function* fixedFiles(job: Job, all: boolean): Generator<SiteFile> {
  const { source, plan, page } = job;
  const { collections, documents, registry, rows } = source;
  const shown = mostImported(plan.dependents, 1)[0] ?? top(rows.keys(), compare, 1)[0] ?? '@alice/strings';
  yield page(pages.start, (context) => StartPage({ context, example: shown }));
  yield page(pages.api, (context) => ApiPage({ context, example: shown }));
  yield page(pages.governance, (context) => GovernancePage({ context, documents }));
  for (const document of documents)
    yield page(pages.document(document.slug), (context) => DocumentPage({ context, documents, document }));
  yield page(pages.collections, (context) => CollectionsPage({ context, collections }));
  for (const collection of collections)
    yield page(pages.collection(collection.by, collection.slug), (context) =>
      CollectionPage({ context, collection, isAuthor: hasAuthorPage(plan, collection.by) }),
    );
  if (!all) return;
  yield page(pages.search, (context) => SearchPage({ context }));
  yield page(pages.shell, (context) => ShellPage({ context, blockBits: plan.blockBits }));
  // It is shown at any depth, so that its links can't be relative.
  const root = registry.url === undefined ? '/' : new URL(registry.url).pathname;
  const lost = contextFor(source, pages.notFound, root);
  yield [pages.notFound, documentOf(NotFoundPage({ context: lost, blockBits: plan.blockBits }))];
  yield [
    'og.png',
    ogImage({
      title: registry.title,
      text: 'Modules for mlld, signed by who wrote them',
      foot: registry.name,
      seed: registry.name,
    }),
  ];
  const search = absolute(source, pages.search);
  if (search !== undefined) yield [pages.openSearch, openSearch({ title: registry.title, url: search })];
}
