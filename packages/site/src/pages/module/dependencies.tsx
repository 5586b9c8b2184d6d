import { pages } from '@mlld/format';
import { href, type PageContext } from '../../components/context.ts';
import { ModuleLinks, ModuleNameText } from '../../components/parts.tsx';
import type { ModuleView } from '../../model/view.ts';
import { number } from '../../text/format.ts';

/** What a version imports, what comes with that, and who imports the module. */
export function Dependencies({ context, view }: { context: PageContext; view: ModuleView }) {
  const { imports, closure, dependents, dependentCount } = view;
  const direct = new Set(imports.map(({ name }) => name));
  const further = closure.filter(({ name }) => !direct.has(name));
  const chosen = new Map(closure.map(({ name, version }) => [name, version]));
  return (
    <section id="dependencies" aria-labelledby="dependencies-title">
      <h2 id="dependencies-title">
        Dependencies <span class="count">{imports.length}</span>
      </h2>
      {imports.length === 0 && <p class="quiet">It imports no other module.</p>}
      {imports.length > 0 && (
        <ul class="lines">
          {imports.map(({ name, selector }) => (
            <li>
              <a href={href(context, pages.module(name))}>
                <ModuleNameText name={name} />
              </a>
              <span class="quiet">
                {selector}
                {chosen.has(name) && ` → ${chosen.get(name)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {further.length > 0 && (
        <details>
          <summary>{number(further.length)} more come with them</summary>
          <ul class="lines">
            {further.map(({ name, version }) => (
              <li>
                <a href={href(context, pages.module(name))}>
                  <ModuleNameText name={name} />
                </a>
                <span class="quiet">{version}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      <h3 id="dependents">
        Dependents <span class="count">{number(dependentCount)}</span>
      </h3>
      {dependentCount === 0 && <p class="quiet">No module of this registry imports it.</p>}
      <ModuleLinks context={context} links={dependents} />
      {dependentCount > dependents.length && (
        <p>
          <a href={`${href(context, pages.search)}?q=${encodeURIComponent(`depends:${view.name}`)}`}>
            All {number(dependentCount)}
          </a>
        </p>
      )}
    </section>
  );
}
