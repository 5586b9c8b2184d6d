/** Pages that are lists of modules: authors, tags, categories, kinds, and all of them by name. */
import { pages } from '@mlld/format';
import { absolute, href, type PageContext } from '../components/context.ts';
import { Layout } from '../components/layout.tsx';
import { ModuleList, ModuleNameText, PageTitle, When } from '../components/parts.tsx';
import type { CollectionView, ModuleRow, ReviewView } from '../model/view.ts';
import { plural } from '../text/format.ts';
import { CollectionCards } from './collections.tsx';
import { Review } from './module/trust.tsx';

export interface AuthorData {
  readonly author: string;
  readonly modules: readonly ModuleRow[];
  /** What they recommend. */
  readonly collections: readonly CollectionView[];
  /** Fingerprints of the keys that speak for the author. */
  readonly keys: readonly string[];
  readonly github?: string | undefined;
  readonly dns?: string | undefined;
  readonly since?: string | undefined;
  readonly reviews: readonly (ReviewView & { readonly name: ModuleRow['name'] })[];
}

export function AuthorPage({ context, data }: { context: PageContext; data: AuthorData }) {
  const { author, modules, collections, keys } = data;
  const title = `@${author}`;
  const done = [
    ...(modules.length > 0 ? [plural(modules.length, 'module')] : []),
    ...(data.reviews.length > 0 ? [plural(data.reviews.length, 'review')] : []),
    ...(collections.length > 0 ? [plural(collections.length, 'collection')] : []),
  ].join(', ');
  return (
    <Layout
      context={context}
      title={title}
      description={`${done} by ${title} in ${context.registry.title}.`}
      jsonLd={{
        '@type': 'ProfilePage',
        mainEntity: { '@type': 'Person', name: title, url: absolute(context, pages.author(author)) },
      }}
      feeds={
        modules.length === 0 ? [] : [{ title: `${title}: releases`, path: `${pages.author(author)}feed.xml` }]
      }
    >
      <div class="wrap">
        <PageTitle title={title}>
          <p class="quiet">
            {done}
            {data.github !== undefined && (
              <>
                {' · '}
                <a href={`https://github.com/${data.github}`} rel="nofollow noopener">
                  github.com/{data.github}
                </a>
              </>
            )}
            {data.dns !== undefined && ` · proved by DNS: ${data.dns}`}
            {modules.length > 0 && (
              <>
                {' · '}
                <a href={href(context, `${pages.author(author)}feed.xml`)}>Feed</a>
              </>
            )}
          </p>
        </PageTitle>
        <div class="columns">
          <div class="column-main">
            {modules.length > 0 && (
              <>
                <h2 class="sr-only">Modules</h2>
                <ModuleList context={context} rows={modules} />
              </>
            )}
            {collections.length > 0 && (
              <section aria-labelledby="collections-title">
                <h2 id="collections-title">
                  Collections <span class="count">{collections.length}</span>
                </h2>
                <CollectionCards context={context} collections={collections} />
              </section>
            )}
            {data.reviews.length > 0 && (
              <section aria-labelledby="reviews-title">
                <h2 id="reviews-title">
                  Reviews <span class="count">{data.reviews.length}</span>
                </h2>
                {data.reviews.map((review) => (
                  <>
                    <h3 class="review-of">
                      <a href={href(context, pages.module(review.name))}>
                        <ModuleNameText name={review.name} />
                      </a>
                    </h3>
                    <Review context={context} review={review} />
                  </>
                ))}
              </section>
            )}
          </div>
          <aside class="column-side" aria-label="Keys">
            <section class="side-block">
              <h2>Keys</h2>
              {keys.length === 0 && <p class="quiet">None registered: releases are not signed.</p>}
              <ul class="keys">
                {keys.map((key) => (
                  <li>
                    <code>{key}</code>
                  </li>
                ))}
              </ul>
              {data.since !== undefined && (
                <p class="quiet">
                  Since <When at={data.since} />
                </p>
              )}
            </section>
          </aside>
        </div>
      </div>
    </Layout>
  );
}

export interface ListData {
  readonly title: string;
  readonly lead?: string | undefined;
  readonly modules: readonly ModuleRow[];
  /** All of them, where not all are listed. */
  readonly total?: number;
  readonly query?: string | undefined;
  readonly feed?: string | undefined;
  readonly links?: readonly {
    readonly path: string;
    readonly text: string;
    readonly count?: number | undefined;
  }[];
  readonly current?: 'browse';
}

export function ListPage({ context, data }: { context: PageContext; data: ListData }) {
  const { title, lead, modules, links = [], feed, total = modules.length } = data;
  return (
    <Layout
      context={context}
      title={title}
      description={lead ?? `${title}: ${plural(total, 'module')} in ${context.registry.title}.`}
      feeds={feed === undefined ? [] : [{ title, path: feed }]}
      current={data.current}
    >
      <div class="wrap">
        <PageTitle title={title} lead={lead}>
          <p class="quiet">
            {plural(total, 'module')}
            {feed !== undefined && (
              <>
                {' · '}
                <a href={href(context, feed)}>Feed</a>
              </>
            )}
          </p>
        </PageTitle>
        {links.length > 0 && (
          <ul class="category-list">
            {links.map(({ path, text, count }) => (
              <li>
                <a href={href(context, path)} aria-current={context.path === path ? 'page' : undefined}>
                  {text} {count !== undefined && <span class="count">{count}</span>}
                </a>
              </li>
            ))}
          </ul>
        )}
        <h2 class="sr-only">Modules</h2>
        <ModuleList context={context} rows={modules} />
        {total > modules.length && data.query !== undefined && (
          <p>
            <a href={`${href(context, pages.search)}?q=${encodeURIComponent(data.query)}`}>
              All {plural(total, 'module')}
            </a>
          </p>
        )}
      </div>
    </Layout>
  );
}

export interface TagsData {
  readonly tags: readonly { readonly tag: string; readonly count: number }[];
  readonly categories: readonly {
    readonly slug: string;
    readonly title: string;
    readonly about: string;
    readonly count: number;
  }[];
}

export function TagsPage({ context, data }: { context: PageContext; data: TagsData }) {
  return (
    <Layout
      context={context}
      title="Tags and categories"
      description={`What the modules of ${context.registry.title} are about.`}
    >
      <div class="wrap">
        <PageTitle title="Tags and categories" />
        {data.categories.length > 0 && (
          <dl class="category-cards">
            {data.categories.map(({ slug, title, about, count }) => (
              <div>
                <dt>
                  <a href={href(context, pages.category(slug))}>{title}</a> <span class="count">{count}</span>
                </dt>
                <dd>{about}</dd>
              </div>
            ))}
          </dl>
        )}
        <h2>Tags</h2>
        <ul class="category-list">
          {data.tags.map(({ tag, count }) => (
            <li>
              <a href={href(context, pages.tag(tag))}>
                {tag} <span class="count">{count}</span>
              </a>
            </li>
          ))}
        </ul>
      </div>
    </Layout>
  );
}
