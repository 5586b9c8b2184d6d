/**
 * The page of a module or of one of its versions, for every kind: what differs between kinds is the main part, which `bodies`
 * has one of for each. Pure: it also runs in a browser, for modules without a page of their own.
 */
import { layout, pages } from '@mlld/format';
import type { Child } from 'hono/jsx';
import { absolute, href, type PageContext } from '../components/context.ts';
import { Layout } from '../components/layout.tsx';
import { Chip, evidenceNames, evidenceTone, ModuleNameText, Notice, When } from '../components/parts.tsx';
import type { ModuleView } from '../model/view.ts';
import { bytes, needsText, plural, safeUrl } from '../text/format.ts';
import { ModuleBody } from './module/body.tsx';
import { McpBody } from './module/mcp.tsx';
import { isCode, Sidebar } from './module/sidebar.tsx';
import { TemplateBody } from './module/template.tsx';
import { ThemeBody } from './module/theme.tsx';

interface ModuleProps {
  readonly context: PageContext;
  readonly view: ModuleView;
  /** What stands at the end of the main part. */
  readonly children?: Child;
}

/** What a kind shows between the head of the page and its trust part. */
const bodies: Readonly<Record<string, typeof ModuleBody>> = {
  'mcp-server': McpBody,
  theme: ThemeBody,
  template: TemplateBody,
};

export function ModulePage({ context, view, children }: ModuleProps) {
  const isLatest = view.version === view.latest;
  const needs = needsText(view);
  const description = `${view.about} ${view.name} ${view.version}${needs === undefined ? '' : `, ${needs}`}.`;
  return (
    <Layout
      context={context}
      title={isLatest ? view.name : `${view.name} ${view.version}`}
      description={description}
      canonical={isLatest ? pages.module(view.name) : undefined}
      jsonLd={jsonLd(context, view)}
      image={`${pages.module(view.name)}og.png`}
      markdown={`${pages.module(view.name)}index.md`}
      feeds={[
        { title: `${view.name.split('/')[0]}: releases`, path: `${pages.author(authorOf(view))}feed.xml` },
      ]}
      wasm={view.runnable}
      style={view.theme === undefined ? undefined : pages.themeCss(view.name, view.version)}
    >
      <ModuleMain context={context} view={view}>
        {children}
      </ModuleMain>
    </Layout>
  );
}

/** All below the site's header: what the shell page puts in for a module without a page. */
export function ModuleMain({ context, view, children }: ModuleProps) {
  const Body = bodies[view.kind] ?? ModuleBody;
  return (
    <article class="wrap module" data-module={view.name} data-version={view.version}>
      <ModuleHead context={context} view={view} />
      <div class="columns">
        <div class="column-main">
          <Alerts context={context} view={view} />
          <Body context={context} view={view} />
          {children}
        </div>
        <Sidebar context={context} view={view} />
      </div>
    </article>
  );
}

function authorOf({ name }: ModuleView): string {
  return name.slice(1).split('/')[0] ?? '';
}

function ModuleHead({ context, view }: ModuleProps) {
  const { name, version, latest, evidence, kind } = view;
  const needs = needsText(view);
  return (
    <header class="module-head">
      <p class="crumbs">
        <a href={href(context, pages.author(authorOf(view)))}>@{authorOf(view)}</a>
        <span class="quiet"> / {kind === 'module' ? 'module' : kind}</span>
      </p>
      <h1>
        <ModuleNameText name={name} />
        <span class="module-version">{version}</span>
      </h1>
      <p class="lead" dir="auto">
        {view.about}
      </p>
      <p class="chips">
        <Chip tone={evidenceTone(evidence)} icon={evidence >= 2 ? 'shield' : 'dot'}>
          {evidenceNames[evidence] ?? 'hash only'}
        </Chip>
        {needs !== undefined && <Chip>{needs}</Chip>}
        <Chip>{view.license}</Chip>
        {view.bytes !== undefined && <Chip>{bytes(view.bytes)}</Chip>}
        {view.quality !== undefined && <Chip tone="accent">quality {view.quality.value}</Chip>}
        <span class="quiet">
          <When at={view.publishedAt} />
        </span>
      </p>
      <nav class="tabs" aria-label="Module">
        {tab(context, { to: pages.module(name), text: 'Overview', on: version === latest })}
        <a href="#versions">{plural(view.versions.length, 'version')}</a>
        {tab(context, { to: pages.source(name, version), text: 'Source' })}
        {view.versions.length > 1 && tab(context, { to: pages.diff(name), text: 'Compare' })}
        {isCode(kind) && <a href="#dependencies">Dependencies</a>}
        <a href="#trust">Trust</a>
      </nav>
    </header>
  );
}

function tab(context: PageContext, { to, text, on = false }: { to: string; text: string; on?: boolean }) {
  return (
    <a href={href(context, to)} aria-current={on ? 'page' : undefined}>
      {text}
    </a>
  );
}

function Alerts({ context, view }: ModuleProps) {
  const line = view.versions.find(({ version }) => version === view.version);
  const { deprecated } = view;
  return (
    <>
      {view.notice !== undefined && <Notice tone="plain" title={view.notice} />}
      {view.version !== view.latest && (
        <Notice tone="plain" title={`This is version ${view.version}.`}>
          <p>
            <a href={href(context, pages.module(view.name))}>{view.latest} is the current one.</a>
          </p>
        </Notice>
      )}
      {view.advisories.map((one) => (
        <Notice tone="bad" title={`${one.malware ? 'Malware' : `Severity ${one.severity}`}: ${one.summary}`}>
          <p>
            <a href={href(context, pages.advisory(one.id))}>{one.id}</a>
          </p>
        </Notice>
      ))}
      {deprecated !== undefined && (
        <Notice tone="warn" title="Deprecated">
          <p dir="auto">{deprecated.message}</p>
          {deprecated.replacedBy !== undefined && (
            <p>
              Use <a href={href(context, pages.module(deprecated.replacedBy))}>{deprecated.replacedBy}</a>{' '}
              instead.
            </p>
          )}
        </Notice>
      )}
      {line?.yanked !== undefined && (
        <Notice tone="warn" title="Yanked: nobody gets this version who doesn't have it already">
          <p dir="auto">{line.yanked}</p>
        </Notice>
      )}
      {view.checked.state === 'mismatch' && (
        <Notice tone="bad" title="The sources hold other bytes than the author published.">
          {view.checked.reason !== undefined && <p dir="auto">{view.checked.reason}</p>}
        </Notice>
      )}
    </>
  );
}

function jsonLd(context: PageContext, view: ModuleView): Record<string, unknown> {
  const author = view.name.split('/')[0] ?? '';
  return {
    '@type': 'SoftwareSourceCode',
    name: view.name,
    description: view.about,
    version: view.version,
    programmingLanguage: 'mlld',
    license: view.license,
    keywords: view.tags.join(', '),
    author: { '@type': 'Person', name: author, url: absolute(context, pages.author(author.slice(1))) },
    datePublished: view.publishedAt,
    codeRepository: safeUrl(view.repo),
    url: absolute(context, pages.module(view.name)),
    identifier: view.digest === undefined ? undefined : `sha256:${view.digest}`,
    encoding:
      view.statement === undefined
        ? undefined
        : { '@type': 'MediaObject', contentUrl: absolute(context, layout.release(view.name, view.version)) },
  };
}
