/** The main part of an MCP server: its tools are its exports. */
import { raw } from 'hono/html';
import type { PageContext } from '../../components/context.ts';
import { CopyLine } from '../../components/parts.tsx';
import type { McpView, ModuleView } from '../../model/view.ts';
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
      {view.mcp !== undefined && <Offered mcp={view.mcp} />}
      {view.mcp === undefined && view.exports.length > 0 && (
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

const titles: Readonly<Record<string, string>> = {
  tool: 'Tools',
  prompt: 'Prompts',
  resource: 'Resources',
  template: 'Resource templates',
};

/** What it was seen to offer when it was published, what it may do, and how a client starts it. */
function Offered({ mcp }: { mcp: McpView }) {
  return (
    <>
      {Object.keys(titles).map((kind) => (
        <Definitions kind={kind} mcp={mcp} />
      ))}
      <Permissions mcp={mcp} />
      <section id="configuration" aria-labelledby="configuration-title">
        <h2 id="configuration-title">For clients of MCP</h2>
        <CopyLine code={mcp.configuration} label="Client configuration" />
      </section>
    </>
  );
}

function Definitions({ kind, mcp }: { kind: string; mcp: McpView }) {
  const all = mcp.definitions.filter((one) => one.kind === kind);
  if (all.length === 0) return null;
  return (
    <section id={`mcp-${kind}`} aria-labelledby={`mcp-${kind}-title`}>
      <h2 id={`mcp-${kind}-title`}>
        {titles[kind]} <span class="count">{all.length}</span>
      </h2>
      <dl class="tools">
        {all.map((one) => (
          <div>
            <dt>
              <code>{one.name}</code>
            </dt>
            <dd dir="auto">
              <p>{one.description}</p>
              {one.schema !== '{}' && (
                <details>
                  <summary>Schema of {one.name}</summary>
                  <pre tabindex={0} role="region" aria-label={`Schema of ${one.name}`}>
                    <code>{one.schema}</code>
                  </pre>
                </details>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Permissions({ mcp }: { mcp: McpView }) {
  const { hosts, folders, environment, commands } = mcp.permissions;
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['Hosts', hosts],
    ['Folders', folders.map(({ path, access }) => `${path} (${access})`)],
    [
      'Variables',
      environment.map(
        ({ name, secret, required }) => `${name}${secret ? ' (secret)' : ''}${required ? ', required' : ''}`,
      ),
    ],
    ['Programs', commands],
  ];
  return (
    <section id="permissions" aria-labelledby="permissions-title">
      <h2 id="permissions-title">Permissions</h2>
      <p class="quiet">It runs in a sandbox that has these and nothing else.</p>
      <dl class="facts">
        {rows.map(([title, values]) => (
          <div>
            <dt>{title}</dt>
            <dd>{values.length === 0 ? 'none' : values.join(', ')}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
