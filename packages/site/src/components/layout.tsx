/** The frame of every page: head, header with the search field, footer. */
import { pages } from '@mlld/format';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { absolute, href, type PageContext } from './context.ts';
import { Icon } from './icon.tsx';

/** What a page may load, for hosts that send no headers of their own. */
const policy = (wasm: boolean) =>
  "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; " +
  `script-src 'self'${wasm ? " 'wasm-unsafe-eval'" : ''}; manifest-src 'self'; form-action 'self'; base-uri 'none'`;

export interface LayoutProps {
  readonly context: PageContext;
  readonly title: string;
  readonly description: string;
  readonly children: Child;
  /** The path that search engines should remember, if it is another; null for a page that is no address of its own. */
  readonly canonical?: string | null | undefined;
  /** schema.org. */
  readonly jsonLd?: Readonly<Record<string, unknown>> | undefined;
  readonly feeds?: readonly { readonly title: string; readonly path: string }[];
  /** Path of a picture for links to this page. */
  readonly image?: string | undefined;
  /** Path of the same as Markdown. */
  readonly markdown?: string | undefined;
  /** The words in the search field. */
  readonly query?: string;
  readonly current?: 'browse' | 'start' | 'api' | 'statistics' | 'governance' | undefined;
  /** Pages that run examples compile WebAssembly. */
  readonly wasm?: boolean;
  /** Path of a style sheet that this page has beside the site's. */
  readonly style?: string | undefined;
  readonly noindex?: boolean;
}

export function Layout(props: LayoutProps) {
  const { context, children } = props;
  return (
    <html lang="en">
      <Head {...props} />
      <body data-base={context.base}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <Header {...props} />
        {context.registry.notice !== undefined && (
          <aside class="site-notice" aria-label="About these pages">
            <p class="wrap">{context.registry.notice}</p>
          </aside>
        )}
        <main id="main">{children}</main>
        <Footer context={context} />
      </body>
    </html>
  );
}

/** The page as the bytes of a file. */
export function documentOf(page: { toString(): string }): string {
  return `<!doctype html>\n${page.toString()}\n`;
}

function Head(props: LayoutProps) {
  const { context, title, description, feeds = [], image, markdown } = props;
  const { registry, assets, path } = context;
  const canonical = props.canonical === null ? undefined : absolute(context, props.canonical ?? path);
  const picture = image === undefined ? undefined : absolute(context, image);
  const whole = path === pages.home ? title : `${title} · ${registry.title}`;
  return (
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="content-security-policy" content={policy(props.wasm === true)} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{whole}</title>
      <meta name="description" content={description} />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      {props.noindex === true && <meta name="robots" content="noindex" />}
      <link rel="stylesheet" href={href(context, pages.asset(assets.css))} />
      {props.style !== undefined && <link rel="stylesheet" href={href(context, props.style)} />}
      <link rel="icon" href={href(context, pages.asset(assets.icon))} type="image/svg+xml" />
      <link
        rel="search"
        type="application/opensearchdescription+xml"
        href={href(context, pages.openSearch)}
        title={registry.title}
      />
      {canonical !== undefined && <link rel="canonical" href={canonical} />}
      {markdown !== undefined && <link rel="alternate" type="text/markdown" href={href(context, markdown)} />}
      {feeds.map((feed) => (
        <link
          rel="alternate"
          type="application/atom+xml"
          title={feed.title}
          href={href(context, feed.path)}
        />
      ))}
      <meta property="og:title" content={title} />
      <meta property="og:description" content={description} />
      <meta property="og:type" content="website" />
      <meta property="og:site_name" content={registry.title} />
      {canonical !== undefined && <meta property="og:url" content={canonical} />}
      {picture !== undefined && <meta property="og:image" content={picture} />}
      {picture !== undefined && <meta name="twitter:card" content="summary_large_image" />}
      <script type="module" src={href(context, pages.asset(assets.script))} />
      {props.jsonLd !== undefined && (
        <script type="application/ld+json">
          {raw(scriptJson({ '@context': 'https://schema.org', ...props.jsonLd }))}
        </script>
      )}
    </head>
  );
}

/** JSON that can't end the element around it. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
    .replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}

function Header({ context, query = '', current }: LayoutProps) {
  const link = (path: string, text: string, name: LayoutProps['current']) => (
    <a href={href(context, path)} aria-current={current === name ? 'page' : undefined}>
      {text}
    </a>
  );
  return (
    <header class="top">
      <div class="wrap top-row">
        <a class="brand" href={href(context, pages.home)}>
          <Icon name="mark" />
          <span>{context.registry.title}</span>
        </a>
        <SearchForm context={context} query={query} />
        <nav aria-label="Site">
          {link(pages.browse(''), 'Browse', 'browse')}
          {link(pages.start, 'Get started', 'start')}
          {link(pages.api, 'API', 'api')}
          <button
            type="button"
            class="icon-button"
            data-theme-button
            hidden
            aria-label="Change between light and dark"
          >
            <Icon name="theme" />
          </button>
        </nav>
      </div>
    </header>
  );
}

export function SearchForm({
  context,
  query,
  large = false,
}: {
  context: PageContext;
  query: string;
  large?: boolean;
}) {
  const id = large ? 'q-large' : 'q';
  return (
    <form
      class={large ? 'search search-large' : 'search'}
      role="search"
      action={href(context, pages.search)}
      method="get"
    >
      <label class="sr-only" for={id}>
        Search modules
      </label>
      <Icon name="search" />
      <input
        id={id}
        name="q"
        type="search"
        value={query}
        placeholder={large ? 'Search by name, words, exports …' : 'Search'}
        autocomplete="off"
        spellcheck={false}
        maxlength={200}
        data-search-field
      />
      <kbd>/</kbd>
    </form>
  );
}

function Footer({ context }: { context: PageContext }) {
  const link = (path: string, text: string) => (
    <li>
      <a href={href(context, path)}>{text}</a>
    </li>
  );
  const { registry } = context;
  return (
    <footer class="bottom">
      <div class="wrap bottom-row">
        <div>
          <p class="bottom-title">{registry.title}</p>
          <p class="quiet">
            Signed statements in plain files. <br />
            Nothing here has to be believed: every page shows how to check it.
          </p>
        </div>
        <ul>
          {link(pages.browse(''), 'All modules')}
          {link(pages.tags, 'Tags')}
          {link(pages.advisories, 'Advisories')}
          {link(pages.statistics, 'Statistics')}
        </ul>
        <ul>
          {link(pages.start, 'Getting started')}
          {link(pages.api, 'API')}
          {link(pages.governance, 'Governance')}
          {link(pages.design, 'Design of this site')}
        </ul>
        <ul>
          {link(pages.feed('new', 'xml'), 'Feed: new modules')}
          {link(pages.feed('updates', 'xml'), 'Feed: updates')}
          {link(pages.feed('advisories', 'xml'), 'Feed: advisories')}
          {link(pages.llms, 'llms.txt')}
        </ul>
      </div>
    </footer>
  );
}
