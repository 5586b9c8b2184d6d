/** Search results: filled in by the script; without it, the ways that lead through lists. */
import { pages } from '@mlld/format';
import { href, type PageContext } from '../components/context.ts';
import { Layout, SearchForm } from '../components/layout.tsx';

export function SearchPage({ context }: { context: PageContext }) {
  return (
    <Layout context={context} title="Search" description={`Search the modules of ${context.registry.title}.`}>
      <div class="wrap search-page" data-search-page>
        <h1 class="sr-only">Search</h1>
        <SearchForm context={context} query="" large />
        <p class="search-by" hidden data-search-by>
          <label>
            <input type="checkbox" data-search-like /> By meaning
          </label>
          <span class="quiet" data-search-meaning>
            Ask in your own words: what documentation is about counts, too.
          </span>
        </p>
        <noscript>
          <div class="notice notice-plain">
            <div>
              <strong>Search runs in your browser and needs JavaScript.</strong>
              <p>
                Without it, <a href={href(context, pages.browse(''))}>browse all modules</a> by name, or by{' '}
                <a href={href(context, pages.tags)}>tag and category</a>.
              </p>
            </div>
          </div>
        </noscript>
        <p class="quiet" data-search-status role="status" />
        <div class="columns columns-search">
          <div class="column-main">
            <h2 class="sr-only">Results</h2>
            <ul class="cards" data-search-results />
            <button type="button" class="button" data-search-more hidden>
              More
            </button>
          </div>
          <aside class="column-side" aria-label="Narrow the results" data-search-facets hidden />
        </div>
        <details class="search-help">
          <summary>What can be searched for</summary>
          <dl class="facts">
            {(
              [
                [
                  'words',
                  'names, words of the description, exports: padStart finds the module that exports it',
                ],
                ['"a phrase"', 'words next to each other'],
                ['-word', 'without this word'],
                ['author:alice', 'by this author'],
                ['kind:mcp-server', 'module, mcp-server, theme, template'],
                ['needs:sh  -needs:node', 'with or without a need'],
                ['tag:text', 'with this tag or category'],
                ['licence:CC0', 'under this licence'],
                ['exports:slug', 'exports this name'],
                ['depends:@alice/strings', 'imports this module'],
                ['updated:<6m', 'changed in the last six months; also d, w, y, and > for longer ago'],
                ['score:>70', 'trust score; quality:>70 likewise'],
                ['is:signed', 'also is:reviewed, is:safe'],
                ['sort:trending', 'what is installed more than before first; also updated, score, quality'],
              ] as const
            ).map(([term, text]) => (
              <div>
                <dt>
                  <code>{term}</code>
                </dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </details>
      </div>
    </Layout>
  );
}
