import { pages } from '@mlld/format';
import { absolute, href, type PageContext } from '../components/context.ts';
import { Layout, SearchForm } from '../components/layout.tsx';
import { CopyLine, ModuleCard, ModuleLinks, ModuleList } from '../components/parts.tsx';
import type { CollectionView, ModuleLink, ModuleRow } from '../model/view.ts';
import { number } from '../text/format.ts';
import { CollectionCards } from './collections.tsx';

export interface TrendingModule {
  readonly row: ModuleRow;
  /** Installs of the last seven days, and of the seven before; at least. */
  readonly now: number;
  readonly before: number;
}

export interface HomeData {
  readonly modules: number;
  readonly versions: number;
  readonly authors: number;
  readonly signed: number;
  /** Newest first. */
  readonly fresh: readonly ModuleRow[];
  readonly updated: readonly ModuleRow[];
  /** Those whose installs rise most. None where nobody counts, or nothing rises. */
  readonly trending: readonly TrendingModule[];
  /** The last day of what is compared. */
  readonly countedUntil: string;
  /** Those that most other modules import. */
  readonly used: readonly ModuleRow[];
  /** What people recommend, signed. */
  readonly recommended: readonly CollectionView[];
  readonly collections: readonly {
    readonly title: string;
    readonly about: string;
    readonly modules: readonly ModuleLink[];
  }[];
  readonly categories: readonly { readonly slug: string; readonly title: string; readonly count: number }[];
  readonly tags: readonly { readonly tag: string; readonly count: number }[];
}

export function HomePage({ context, data }: { context: PageContext; data: HomeData }) {
  const { title } = context.registry;
  const search = absolute(context, pages.search);
  return (
    <Layout
      context={context}
      title={title}
      description={`${title}: ${data.modules} signed modules for mlld. Search, read and verify them.`}
      jsonLd={{
        '@type': 'WebSite',
        name: title,
        url: absolute(context, pages.home),
        potentialAction:
          search === undefined
            ? undefined
            : { '@type': 'SearchAction', target: `${search}?q={q}`, 'query-input': 'required name=q' },
      }}
      image="og.png"
      feeds={[
        { title: 'New modules', path: pages.feed('new', 'xml') },
        { title: 'Updates', path: pages.feed('updates', 'xml') },
      ]}
    >
      <section class="hero">
        <div class="wrap">
          <h1>Modules for mlld, signed by who wrote them</h1>
          <SearchForm context={context} query="" large />
          <div data-search-live />
          <p class="hero-tags">
            {data.tags.slice(0, 8).map(({ tag }) => (
              <a href={href(context, pages.tag(tag))}>{tag}</a>
            ))}
          </p>
        </div>
      </section>
      <div class="wrap">
        <dl class="numbers">
          <Count value={data.modules} text="modules" />
          <Count value={data.versions} text="versions" />
          <Count value={data.authors} text="authors" />
          <Count value={data.signed} text="signed" />
        </dl>
        <Collections context={context} data={data} />
        <List context={context} id="new" title="New" rows={data.fresh} more={pages.feed('new', 'xml')} />
        <Trending context={context} data={data} />
        <List context={context} id="used" title="Most used by others" rows={data.used} />
        <List
          context={context}
          id="updated"
          title="Updated"
          rows={data.updated}
          more={pages.feed('updates', 'xml')}
        />
        <section class="start-card" aria-labelledby="start-title">
          <div>
            <h2 id="start-title">Start in a minute</h2>
            <p>
              Add a module, import it, run. What you use is locked by its hash and works offline ever after.{' '}
              <a href={href(context, pages.start)}>Getting started</a>
            </p>
          </div>
          <CopyLine
            code={`mlld add ${data.used[0]?.name ?? data.fresh[0]?.name ?? '@alice/strings'}`}
            label="Add a module"
          />
        </section>
      </div>
    </Layout>
  );
}

function Count({ value, text }: { value: number; text: string }) {
  return (
    <div>
      <dt>{text}</dt>
      <dd>{number(value)}</dd>
    </div>
  );
}

function List(props: {
  context: PageContext;
  id: string;
  title: string;
  rows: readonly ModuleRow[];
  more?: string;
}) {
  const { context, id, title, rows, more } = props;
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby={`${id}-title`}>
      <div class="section-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {more !== undefined && <a href={href(context, more)}>Feed</a>}
      </div>
      <ModuleList context={context} rows={rows} />
    </section>
  );
}

/** Says what it compares and where the numbers are from: they are what hosts counted, and no judgement. */
function Trending({ context, data: { trending, countedUntil } }: { context: PageContext; data: HomeData }) {
  if (trending.length === 0) return null;
  return (
    <section aria-labelledby="trending-title">
      <div class="section-head">
        <h2 id="trending-title">Trending</h2>
        <a href={`${href(context, pages.statistics)}#installs`}>Statistics</a>
      </div>
      <p class="section-lead quiet">
        Installs by people in the seven days up to {countedUntil}, held against the seven before.
      </p>
      <ul class="cards">
        {trending.map(({ row, now, before }) => (
          <ModuleCard context={context} row={row}>
            {`${number(now)} installs, before ${number(before)}`}
          </ModuleCard>
        ))}
      </ul>
    </section>
  );
}

function Collections({ context, data }: { context: PageContext; data: HomeData }) {
  const { collections, categories, recommended } = data;
  if (collections.length + categories.length + recommended.length === 0) return null;
  return (
    <section aria-labelledby="collections-title">
      <h2 id="collections-title">Find your way</h2>
      <ul class="category-list">
        {data.categories.map(({ slug, title, count }) => (
          <li>
            <a href={href(context, pages.category(slug))}>
              {title} <span class="count">{count}</span>
            </a>
          </li>
        ))}
      </ul>
      {recommended.length > 0 && <CollectionCards context={context} collections={recommended} />}
      <div class="collections">
        {data.collections.map((one) => (
          <div class="collection">
            <h3>{one.title}</h3>
            <p class="quiet">{one.about}</p>
            <ModuleLinks context={context} links={one.modules} />
          </div>
        ))}
      </div>
    </section>
  );
}
