/** The main part of a template: what it asks, and what it makes. */
import type { PageContext } from '../../components/context.ts';
import type { ModuleView, TemplateView } from '../../model/view.ts';
import { Readme } from './body.tsx';
import { Trust } from './trust.tsx';
import { Versions } from './versions.tsx';

interface BodyProps {
  readonly context: PageContext;
  readonly view: ModuleView;
}

export function TemplateBody({ context, view }: BodyProps) {
  return (
    <>
      <Readme context={context} view={view} />
      {view.template !== undefined && <Made template={view.template} />}
      {view.template !== undefined && <Asked template={view.template} />}
      <Versions context={context} view={view} />
      <Trust context={context} view={view} />
    </>
  );
}

function Made({ template }: { template: TemplateView }) {
  return (
    <section id="tree" aria-labelledby="tree-title">
      <h2 id="tree-title">
        What it makes <span class="count">{template.files}</span>
      </h2>
      <pre class="template-tree" tabindex={0} role="region" aria-label="The files of a project">
        <code>{template.tree.join('\n')}</code>
      </pre>
      {template.conditional.length > 0 && (
        <p class="quiet">By what is answered: {template.conditional.join(', ')}</p>
      )}
      {template.next.length > 0 && (
        <p>
          Then: <code>{template.next.join('; ').replaceAll('{{project}}', 'my-project')}</code>
        </p>
      )}
      <p class="quiet">Making a project runs nothing of it.</p>
    </section>
  );
}

function Asked({ template }: { template: TemplateView }) {
  return (
    <section id="prompts" aria-labelledby="prompts-title">
      <h2 id="prompts-title">
        What it asks <span class="count">{template.prompts.length}</span>
      </h2>
      <dl class="tools">
        {template.prompts.map((one) => (
          <div>
            <dt>
              <code>{one.name}</code> <span class="quiet">{one.kind}</span>
            </dt>
            <dd dir="auto">
              {one.ask}
              {one.choices.length > 0 && <span class="quiet"> {one.choices.join(' · ')}</span>}
              {one.fallback !== undefined && one.fallback !== '' && (
                <span class="quiet"> ({one.fallback})</span>
              )}
              {one.conditional && <span class="quiet"> asked only sometimes</span>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
