/** The page for an address that has none, and the page that shows modules without a page of their own. */
import { pages } from '@mlld/format';
import { href, type PageContext } from '../components/context.ts';
import { Layout, SearchForm } from '../components/layout.tsx';
import { PageTitle } from '../components/parts.tsx';

interface ShellProps {
  readonly context: PageContext;
  /** Bits that choose a block; -1 where there are no blocks. */
  readonly blockBits: number;
}

/** What the script needs to make a module's page. */
function shellData({ registry }: PageContext, blockBits: number) {
  return { 'data-shell': String(blockBits), 'data-registry': JSON.stringify(registry) };
}

export function NotFoundPage({ context, blockBits }: ShellProps) {
  return (
    <Layout
      context={context}
      title="Not found"
      description="There is no such page."
      canonical={null}
      noindex
      wasm
    >
      <div class="wrap" {...(blockBits < 0 ? {} : shellData(context, blockBits))}>
        <PageTitle title="There is no such page" lead="A module may have moved or never have been here." />
        <SearchForm context={context} query="" large />
        <p>
          <a href={href(context, pages.browse(''))}>All modules</a> ·{' '}
          <a href={href(context, pages.home)}>Home</a>
        </p>
      </div>
    </Layout>
  );
}

export function ShellPage({ context, blockBits }: ShellProps) {
  return (
    <Layout
      context={context}
      title="Module"
      description={`A module of ${context.registry.title}.`}
      canonical={null}
      wasm
    >
      <div class="wrap" {...shellData(context, blockBits)}>
        <PageTitle title="Module" />
        <noscript>
          <p>
            This page is put together in your browser and needs JavaScript. The same as data is below index/
            in this registry.
          </p>
        </noscript>
        <p class="quiet" role="status" data-shell-status>
          Looking …
        </p>
      </div>
    </Layout>
  );
}
