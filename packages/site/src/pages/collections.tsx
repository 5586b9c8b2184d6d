/** Lists of modules that people recommend: all of them, and one with its reasons. */
import { pages } from '@mlld/format';
import { href, type PageContext } from '../components/context.ts';
import { Layout } from '../components/layout.tsx';
import { ModuleNameText, PageTitle, When } from '../components/parts.tsx';
import type { CollectionView } from '../model/view.ts';
import { plural } from '../text/format.ts';

export function CollectionsPage({
  context,
  collections,
}: {
  context: PageContext;
  collections: readonly CollectionView[];
}) {
  return (
    <Layout
      context={context}
      title="Collections"
      description="Modules that people recommend, each with the reason."
    >
      <article class="wrap">
        <PageTitle
          title="Collections"
          lead="Modules that people recommend, each with the reason. Signed by who made the list; nobody pays for a place in one."
        />
        {collections.length === 0 && (
          <p class="quiet">
            Nobody has made one yet: <code>mlld collection new</code> starts one.
          </p>
        )}
        <CollectionCards context={context} collections={collections} />
      </article>
    </Layout>
  );
}

export function CollectionCards({
  context,
  collections,
}: {
  context: PageContext;
  collections: readonly CollectionView[];
}) {
  return (
    <div class="collections">
      {collections.map((one) => (
        <div class="collection">
          <h3 dir="auto">
            <a href={href(context, pages.collection(one.by, one.slug))}>{one.title}</a>
          </h3>
          <p class="quiet" dir="auto">
            {one.about}
          </p>
          <p class="quiet">
            {plural(one.modules.length, 'module')} by @{one.by}
          </p>
        </div>
      ))}
    </div>
  );
}

export function CollectionPage({
  context,
  collection,
  isAuthor,
}: {
  context: PageContext;
  collection: CollectionView;
  /** Whether who made it has a page. */
  isAuthor: boolean;
}) {
  const { by, title, about, at, modules } = collection;
  return (
    <Layout context={context} title={title} description={about}>
      <article class="wrap module">
        <header class="module-head">
          <p class="crumbs">
            <a href={href(context, pages.collections)}>Collections</a>
          </p>
          <h1 dir="auto">{title}</h1>
          <p class="lead" dir="auto">
            {about}
          </p>
          <p class="quiet">
            Signed by {isAuthor ? <a href={href(context, pages.author(by))}>@{by}</a> : `@${by}`},{' '}
            <When at={at} />
          </p>
        </header>
        <dl class="reasons">
          {modules.map((one) => (
            <div>
              <dt>
                <a href={href(context, pages.module(one.name))}>
                  <ModuleNameText name={one.name} />
                </a>{' '}
                <span class="quiet" dir="auto">
                  {one.about}
                </span>
              </dt>
              <dd dir="auto">{one.reason}</dd>
            </div>
          ))}
        </dl>
      </article>
    </Layout>
  );
}
