/** The main part of a module of mlld code: documentation, exports, versions, dependencies, trust. */
import { pages } from '@mlld/format';
import { raw } from 'hono/html';
import { href, type PageContext } from '../../components/context.ts';
import { Icon } from '../../components/icon.tsx';
import { Code } from '../../components/parts.tsx';
import type { ExampleView, ExportView, ModuleView } from '../../model/view.ts';
import { highlight } from '../../text/highlight.ts';
import { markdown } from '../../text/markdown.ts';
import { Dependencies } from './dependencies.tsx';
import { Trust } from './trust.tsx';
import { Versions } from './versions.tsx';

interface BodyProps {
  readonly context: PageContext;
  readonly view: ModuleView;
}

export function ModuleBody({ context, view }: BodyProps) {
  return (
    <>
      <Readme context={context} view={view} />
      <Exports context={context} view={view} />
      <Dependencies context={context} view={view} />
      <Versions context={context} view={view} />
      <Trust context={context} view={view} />
      <Similar view={view} />
    </>
  );
}

export function Readme({ context, view }: BodyProps) {
  if (view.readme.trim() === '') return null;
  const files = new Set(view.files.map(({ path }) => path));
  const html = markdown(view.readme, {
    idPrefix: 'readme-',
    resolve: (relative) => {
      const file = relative.replace(/^\.\//, '').replace(/[?#].*$/, '');
      return files.has(file) ? `${href(context, pages.source(view.name, view.version))}#${file}` : undefined;
    },
  });
  return (
    <section id="readme" class="prose" aria-label="Documentation" dir="auto">
      {raw(html)}
    </section>
  );
}

export function Exports({ context, view }: BodyProps) {
  if (view.exports.length === 0) return null;
  return (
    <section id="exports" aria-labelledby="exports-title">
      <h2 id="exports-title">
        Exports <span class="count">{view.exports.length}</span>
      </h2>
      {view.exports.length > 3 && (
        <ul class="export-index">
          {view.exports.map((one) => (
            <li>
              <a href={`#export-${one.name}`}>@{one.name}</a>
            </li>
          ))}
        </ul>
      )}
      {view.exports.map((one) => (
        <Export context={context} view={view} one={one} />
      ))}
    </section>
  );
}

export function signature({ name, kind, params, returns }: ExportView): string {
  const list = params.map(
    (param) =>
      `${param.name}${param.optional ? '?' : ''}${param.type === undefined ? '' : `: ${param.type}`}`,
  );
  const call = kind === 'exe' ? `(${list.join(', ')})` : '';
  return `@${name}${call}${returns === undefined ? '' : `: ${returns}`}`;
}

function Export({ context, view, one }: BodyProps & { one: ExportView }) {
  const source = `${href(context, pages.source(view.name, view.version))}#${view.entry}:L${one.line}`;
  return (
    <div class="export" id={`export-${one.name}`}>
      <h3>
        <a class="anchor" href={`#export-${one.name}`} aria-label={`Link to @${one.name}`}>
          #
        </a>
        <code>{raw(highlight(signature(one)))}</code>
        <a class="export-source quiet" href={source} aria-label={`Source of @${one.name}`}>
          source
        </a>
      </h3>
      {one.doc !== undefined && (
        <div class="prose" dir="auto">
          {raw(markdown(one.doc, { shift: 3 }))}
        </div>
      )}
      {one.examples.map((example, i) => (
        <Example view={view} example={example} label={`Example ${i + 1} of @${one.name}`} />
      ))}
    </div>
  );
}

export function Example({ view, example, label }: { view: ModuleView; example: ExampleView; label: string }) {
  return (
    <div class="example" data-example={view.runnable ? '' : undefined}>
      <Code code={example.code} label={label} />
      {example.expected !== undefined && (
        <pre class="output" tabindex={0} role="region" aria-label={`${label}: what it prints`}>
          <code>{example.expected}</code>
        </pre>
      )}
      {view.runnable && (
        <button type="button" class="button button-small" data-try hidden>
          <Icon name="play" /> Try it
        </button>
      )}
    </div>
  );
}

/** Filled in from the search index: it would change with every other module. */
function Similar({ view }: { view: ModuleView }) {
  return (
    <section id="similar" aria-labelledby="similar-title" data-similar={view.name} hidden>
      <h2 id="similar-title">Similar modules</h2>
      <ul class="lines" />
    </section>
  );
}
