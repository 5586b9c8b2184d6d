/** The files of one version, with a link to each line. */
import { layout, pages } from '@mlld/format';
import { raw } from 'hono/html';
import { href, type PageContext } from '../components/context.ts';
import { Icon } from '../components/icon.tsx';
import { Layout } from '../components/layout.tsx';
import { ModuleNameText } from '../components/parts.tsx';
import type { ModuleView, SourceFile } from '../model/view.ts';
import { bytes, escapeText, plural } from '../text/format.ts';
import { highlightLines } from '../text/highlight.ts';

interface SourceProps {
  readonly context: PageContext;
  readonly view: ModuleView;
  readonly files: readonly SourceFile[];
}

export function SourcePage({ context, view, files }: SourceProps) {
  const title = `Source of ${view.name} ${view.version}`;
  return (
    <Layout
      context={context}
      title={title}
      description={`${plural(files.length, 'file')} of ${view.name} ${view.version}, as its author signed them.`}
    >
      <div class="wrap module">
        <header class="module-head">
          <p class="crumbs">
            <a href={href(context, pages.version(view.name, view.version))}>
              {view.name} {view.version}
            </a>
            <span class="quiet"> / source</span>
          </p>
          <h1>
            <ModuleNameText name={view.name} />
            <span class="module-version">{view.version}</span>
          </h1>
        </header>
        <div class="columns columns-source">
          <nav class="column-side file-list" aria-label="Files">
            <ul class="files">
              {files.map((file) => (
                <li>
                  <Icon name="file" />
                  <a href={`#${file.path}`}>{file.path}</a>
                  <span class="quiet">{bytes(file.size)}</span>
                </li>
              ))}
            </ul>
          </nav>
          <div class="column-main">
            {files.map((file) => (
              <File context={context} view={view} file={file} />
            ))}
          </div>
        </div>
      </div>
    </Layout>
  );
}

function File({ context, view, file }: { context: PageContext; view: ModuleView; file: SourceFile }) {
  return (
    <section class="source" id={file.path} aria-label={file.path}>
      <header class="source-head">
        <h2>{file.path}</h2>
        <span class="quiet">
          {bytes(file.size)} ·{' '}
          <code class="hash" title={file.sha256}>
            {file.sha256.slice(0, 12)}
          </code>
        </span>
        <span class="source-links">
          <a href={`#${file.path}`} aria-label={`Permalink to ${file.path}`}>
            permalink
          </a>
          <a href={href(context, rawPath(view, file))} aria-label={`Raw ${file.path}`}>
            raw
          </a>
        </span>
      </header>
      {file.text === undefined ? (
        <p class="quiet">Not shown here: too long, or no text.</p>
      ) : (
        <Lines file={file} text={file.text} />
      )}
    </section>
  );
}

/** As text where the distribution has it so; else the bytes by their hash. */
function rawPath(view: ModuleView, { path, sha256 }: SourceFile): string {
  const ending = /\.mld(?:\.md)?$/.exec(path)?.[0];
  return path === view.entry && ending !== undefined
    ? layout.text(view.name, view.version, ending)
    : layout.blob(sha256);
}

/** Lines that are laid out together, when they come near (`late.css`). */
const linesOfPart = 40;

function Lines({ file, text }: { file: SourceFile; text: string }) {
  const lines = highlightLines(text, { markdown: /\.md$/.test(file.path) });
  const path = escapeText(file.path);
  const html = lines.map(
    (line, i) =>
      `<a class="line-number" id="${path}:L${i + 1}" href="#${path}:L${i + 1}" tabindex="-1" aria-hidden="true" data-n="${i + 1}"></a>${line}\n`,
  );
  const parts = Array.from({ length: Math.ceil(html.length / linesOfPart) }, (_, i) =>
    html.slice(i * linesOfPart, (i + 1) * linesOfPart),
  );
  return (
    <pre class="lines-of-code" tabindex={0} role="region" aria-label={`Lines of ${file.path}`}>
      <code>
        {parts.map((part) => (
          <span class={part.length === linesOfPart ? 'lines-page lines-page-full' : 'lines-page'}>
            {raw(part.join(''))}
          </span>
        ))}
      </code>
    </pre>
  );
}
