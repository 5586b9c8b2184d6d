/** Beside the main part: how to use the module, and the facts about it. */
import { kindFacts, layout, type ModuleKind, pages, usageOf } from '@mlld/format';
import type { Child } from 'hono/jsx';
import { absolute, href, type PageContext } from '../../components/context.ts';
import { Icon } from '../../components/icon.tsx';
import { CopyLine, TagList, When } from '../../components/parts.tsx';
import type { ModuleView } from '../../model/view.ts';
import { bytes, safeUrl, shortUrl } from '../../text/format.ts';

interface SidebarProps {
  readonly context: PageContext;
  readonly view: ModuleView;
}

export function Sidebar({ context, view }: SidebarProps) {
  return (
    <aside class="column-side" aria-label="About this module">
      <Use view={view} />
      <Facts context={context} view={view} />
      {view.tags.length > 0 && (
        <Block title="Tags">
          <TagList context={context} tags={view.tags} />
        </Block>
      )}
      <People context={context} view={view} />
      <Links view={view} />
      <Files context={context} view={view} />
      <Badges context={context} view={view} />
      <Report context={context} view={view} />
    </aside>
  );
}

function Block({ title, children }: { title: string; children: Child }) {
  return (
    <section class="side-block">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Themes and templates import nothing, and nobody imports them. */
export function isCode(kind: string): boolean {
  return kindFacts[kind as ModuleKind]?.isCode ?? true;
}

/** The lines that people copy first. */
function usage({ name, version, latest, exports, kind }: ModuleView) {
  const ref = version === latest ? name : `${name}@${version}`;
  const names = exports.slice(0, 2).map((one) => one.name);
  return usageOf(kind as ModuleKind, ref, names);
}

/** How it is used, in one line, and in which language that is. */
export function usageLine(view: ModuleView): { readonly code: string; readonly language: string } {
  const lines = usage(view);
  return lines.find(({ language }) => language === 'mlld') ?? lines[0] ?? { code: view.name, language: 'sh' };
}

function Use({ view }: { view: ModuleView }) {
  return (
    <Block title="Use">
      {usage(view).map(({ label, code, language }) => (
        <CopyLine code={code} label={label} mlld={language === 'mlld'} />
      ))}
    </Block>
  );
}

function Facts({ context, view }: SidebarProps) {
  const needs = view.needs.length === 0 ? 'nothing' : view.needs.join(', ');
  return (
    <Block title="Facts">
      <dl class="facts">
        <Fact term="Published">
          <When at={view.publishedAt} />
        </Fact>
        {isCode(view.kind) && (
          <Fact term="Needs">
            {view.mcp === undefined ? needs : <a href="#permissions">what it may do</a>}
          </Fact>
        )}
        <Fact term="Licence">{view.license}</Fact>
        {view.mlldVersion !== undefined && <Fact term="mlld">{view.mlldVersion}</Fact>}
        {view.bytes !== undefined && <Fact term="Size">{bytes(view.bytes)}</Fact>}
        {view.stars > 0 && <Fact term="Stars">{String(view.stars)}</Fact>}
        {view.digest !== undefined && (
          <Fact term="Digest">
            <code class="hash" title={view.digest}>
              {view.digest.slice(0, 16)}…
            </code>
          </Fact>
        )}
        <Fact term="Index">
          <a href={href(context, layout.index(view.name))}>all versions as data</a>
        </Fact>
      </dl>
    </Block>
  );
}

function Fact({ term, children }: { term: string; children: Child }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function People({ context, view }: SidebarProps) {
  return (
    <Block title="Owners">
      <ul class="people">
        {view.owners.map((owner) => (
          <li>
            <a href={href(context, pages.author(owner))}>@{owner}</a>
          </li>
        ))}
      </ul>
    </Block>
  );
}

function Links({ view }: { view: ModuleView }) {
  const links = [
    ['Repository', safeUrl(view.repo)],
    ['Issues', safeUrl(view.bugs)],
    ['Homepage', safeUrl(view.homepage)],
    ['Funding', safeUrl(view.funding)],
  ].flatMap(([title, url]) => (title === undefined || url === undefined ? [] : [{ title, url }]));
  if (links.length === 0) return null;
  return (
    <Block title="Links">
      <dl class="facts facts-links">
        {links.map(({ title, url }) => (
          <Fact term={title}>
            <a href={url} rel="nofollow ugc noopener" title={url}>
              {shortUrl(url)}
            </a>
          </Fact>
        ))}
      </dl>
    </Block>
  );
}

function Files({ context, view }: SidebarProps) {
  const shown = view.files.slice(0, 8);
  const source = href(context, pages.source(view.name, view.version));
  return (
    <Block title="Files">
      <ul class="files">
        {shown.map(({ path, size }) => (
          <li>
            <Icon name="file" />
            <a href={`${source}#${path}`}>{path}</a>
            {size !== undefined && <span class="quiet">{bytes(size)}</span>}
          </li>
        ))}
        {view.files.length > shown.length && (
          <li>
            <a href={source}>{view.files.length - shown.length} more</a>
          </li>
        )}
      </ul>
    </Block>
  );
}

function Badges({ context, view }: SidebarProps) {
  const badge = `${pages.module(view.name)}badge.svg`;
  const page = absolute(context, pages.module(view.name));
  const image = absolute(context, badge);
  return (
    <Block title="Badge">
      <p>
        <img
          class="badge"
          src={href(context, badge)}
          alt={`${view.name}: version ${view.latest}`}
          height="20"
        />
      </p>
      {page !== undefined && image !== undefined && (
        <CopyLine code={`[![${view.name}](${image})](${page})`} label="Badge as Markdown" />
      )}
    </Block>
  );
}

/** An issue of the registry's repository, filled in. */
function Report({ context, view }: SidebarProps) {
  const repository = safeUrl(context.registry.repository);
  const title = `Report: ${view.name}@${view.version}`;
  const url =
    repository === undefined
      ? undefined
      : `${repository.replace(/\/$/, '')}/issues/new?title=${encodeURIComponent(title)}`;
  return (
    <Block title="Something wrong?">
      {url !== undefined && (
        <p>
          <a href={url} rel="nofollow noopener">
            <Icon name="flag" /> Report this module
          </a>
        </p>
      )}
      <p class="quiet">
        <a href={href(context, pages.document('report'))}>How reports are dealt with</a>
      </p>
    </Block>
  );
}
