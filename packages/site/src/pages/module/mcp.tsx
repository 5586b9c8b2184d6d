/** The main part of an MCP server: its tools are its exports. */
import { raw } from 'hono/html';
import type { PageContext } from '../../components/context.ts';
import type { ModuleView } from '../../model/view.ts';
import { highlight } from '../../text/highlight.ts';
import { markdown } from '../../text/markdown.ts';
import { Readme, signature } from './body.tsx';
import { Dependencies } from './dependencies.tsx';
import { Trust } from './trust.tsx';
import { Versions } from './versions.tsx';

interface BodyProps {
  readonly context: PageContext;
  readonly view: ModuleView;
}

export function McpBody({ context, view }: BodyProps) {
  return (
    <>
      <Readme context={context} view={view} />
      {view.exports.length > 0 && (
        <section id="exports" aria-labelledby="exports-title">
          <h2 id="exports-title">
            Tools <span class="count">{view.exports.length}</span>
          </h2>
          <dl class="tools">
            {view.exports.map((one) => (
              <div id={`export-${one.name}`}>
                <dt>
                  <code>{raw(highlight(signature(one)))}</code>
                </dt>
                <dd dir="auto">{one.doc === undefined ? '' : raw(markdown(one.doc, { shift: 3 }))}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <Dependencies context={context} view={view} />
      <Versions context={context} view={view} />
      <Trust context={context} view={view} />
    </>
  );
}
