/** Prose: what the registry's own repository says about its rules, getting started, and what the site offers programs. */
import { layout, pages } from '@mlld/format';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { href, type PageContext } from '../components/context.ts';
import { Layout } from '../components/layout.tsx';
import { Code, CopyLine, PageTitle } from '../components/parts.tsx';
import type { DocumentView } from '../model/view.ts';
import { markdown } from '../text/markdown.ts';

interface DocumentsProps {
  readonly context: PageContext;
  readonly documents: readonly DocumentView[];
}

export function GovernancePage({ context, documents }: DocumentsProps) {
  return (
    <Layout
      context={context}
      title="Governance"
      description={`Rules, guidelines and decisions of ${context.registry.title}.`}
      current="governance"
    >
      <div class="wrap">
        <PageTitle
          title="Governance and guidelines"
          lead="What holds here, from the registry's own repository: changed by pull request, in the open."
        />
        <ul class="category-cards">
          {documents.map(({ slug, title }) => (
            <li>
              <a href={href(context, pages.document(slug))}>{title}</a>
            </li>
          ))}
        </ul>
      </div>
    </Layout>
  );
}

export function DocumentPage({ context, documents, document }: DocumentsProps & { document: DocumentView }) {
  const slugs = new Map(documents.map(({ slug }) => [slug, pages.document(slug)]));
  const resolve = (relative: string) => {
    const slug = relative
      .replace(/^\.\//, '')
      .replace(/\.md(?:#.*)?$/i, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-');
    const path = slugs.get(slug);
    return path === undefined ? undefined : href(context, path);
  };
  return (
    <Layout
      context={context}
      title={document.title}
      description={`${document.title}: ${context.registry.title}.`}
      current="governance"
    >
      <div class="wrap columns columns-source">
        <nav class="column-side" aria-label="Documents">
          <ul class="side-links">
            {documents.map(({ slug, title }) => (
              <li>
                <a
                  href={href(context, pages.document(slug))}
                  aria-current={slug === document.slug ? 'page' : undefined}
                >
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <article class="column-main prose prose-page">
          {raw(markdown(document.markdown, { shift: 0, idPrefix: 'd-', resolve }))}
        </article>
      </div>
    </Layout>
  );
}

export function StartPage({ context, example }: { context: PageContext; example: string }) {
  const { registry } = context;
  const at = registry.url ?? 'https://registry.example.org/';
  return (
    <Layout
      context={context}
      title="Getting started"
      description="Install mlld, add a module, run a program; publish your own."
      current="start"
    >
      <div class="wrap prose-page">
        <PageTitle
          title="Getting started"
          lead="From nothing to a program that runs offline, and to a module of your own."
        />
        <Step n={1} title="Begin a project">
          {registry.url !== undefined && (
            <CopyLine
              code={`mlld init hello --registry ${registry.url} && cd hello`}
              label="Begin a project"
            />
          )}
          <p>
            Modules come from {registry.title}. Its name server or its address is all that a project needs to
            know; one of them stands in <code>mlld-config.json</code>.
          </p>
          <Code
            code={JSON.stringify(
              registry.zone === undefined ? { registry: at } : { zone: registry.zone },
              null,
              2,
            )}
            label="mlld-config.json"
          />
        </Step>
        <Step n={2} title="Add a module">
          <CopyLine code={`mlld add ${example}`} label="Add a module" />
          <p>
            Its signature is verified before anything is written, and its hash goes into{' '}
            <code>mlld-lock.json</code>. <a href={href(context, pages.browse(''))}>All modules</a> have a page
            that shows what they export, with examples to run.
          </p>
        </Step>
        <Step n={3} title="Import and run">
          <Code code={`import ${example} as @it\nshow @it`} label="main.mld" />
          <CopyLine code="mlld run main.mld" label="Run" />
          <p>
            The program is <code>main.mld</code>. The second run asks nobody: what is locked works offline for
            ever.
          </p>
        </Step>
        <Step n={4} title="Publish your own">
          <CopyLine code="mlld new module strings" label="Begin a module" />
          <CopyLine code="mlld check strings" label="Check it" />
          <CopyLine code="mlld publish strings" label="Publish it" />
          <p>
            <code>mlld check</code> prints the quality score that its page will show. What a good module is:{' '}
            <a href={href(context, pages.governance)}>guidelines</a>.
          </p>
        </Step>
      </div>
    </Layout>
  );
}

function Step({ n, title, children }: { n: number; title: string; children: Child }) {
  return (
    <section class="step-card" aria-labelledby={`step-${n}`}>
      <h2 id={`step-${n}`}>
        <span class="step-number" aria-hidden="true">
          {n}
        </span>
        {title}
      </h2>
      {children}
    </section>
  );
}

export function ApiPage({ context, example }: { context: PageContext; example: string }) {
  const [author = '', short = ''] = example.slice(1).split('/');
  const { logged } = context.registry;
  const rows: readonly (readonly [path: string, text: string, isThere?: boolean])[] = [
    [layout.registry, 'what the registry is called and where its parts are', true],
    [`index/${author}/${short}`, 'one module: line 1 is what can change, then a line for each version', true],
    ['proof/<sha256 of the statement>', 'all that is needed to verify one release offline'],
    ['blob/sha256/<hash>', 'contents of files, by their hash'],
    [`m/${author}/${short}.mld.md`, 'the text of the newest version; also @<version>'],
    [layout.names, 'the names of all modules', true],
    [layout.searchManifest, 'where the search index begins'],
    [layout.head, 'the newest checkpoint of the log, where there is one', logged],
    [layout.osvAll, 'all advisories in OSV', true],
    [layout.installsOfAll, 'how often modules are installed, where that is counted'],
    ['v0.1/servers', 'MCP servers, as the registry API of MCP answers'],
    [layout.marketplace, 'plugins for Claude Code'],
    [`@${author}/${short}/index.md`, 'the page of a module as Markdown'],
    [`@${author}/${short}/<version>/facts.json`, 'exports, capabilities, needs, files of a version'],
    [`@${author}/${short}/badge.svg`, 'a badge with the newest version; quality.svg with its quality'],
    [
      pages.feed('updates', 'xml'),
      'feeds in Atom and JSON: new, updates, advisories; @author/feed.xml, tags/<tag>/feed.xml',
      true,
    ],
    [pages.llms, 'what an assistant should read first', true],
  ];
  return (
    <Layout
      context={context}
      title="API"
      description={`The files of ${context.registry.title} for programs.`}
      current="api"
    >
      <div class="wrap prose-page">
        <PageTitle
          title="API"
          lead="There is no server to ask: everything is a file at a fixed path, on any mirror, with any cache in between. Every answer allows any origin."
        />
        <div class="scroll" tabindex={0} role="region" aria-label="Files">
          <table class="versions api">
            <thead>
              <tr>
                <th scope="col">Path</th>
                <th scope="col">What it holds</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([path, text, isThere]) => (
                <tr>
                  <th scope="row">
                    <code>{isThere === true ? <a href={href(context, path)}>{path}</a> : path}</code>
                  </th>
                  <td>{text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <h2>Believe nothing</h2>
        <p>
          A program that installs should verify: the statement's signature by a key of the author's keyset,
          its place in the log, the hash of each file. <code>mlld</code> does, and so does the button on each
          module's page.
        </p>
      </div>
    </Layout>
  );
}
