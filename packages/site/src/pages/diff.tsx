/** What changed between two versions: the newest two as built; any other two by the script. */
import { pages } from '@mlld/format';
import { href, type PageContext } from '../components/context.ts';
import { Layout } from '../components/layout.tsx';
import { ModuleNameText } from '../components/parts.tsx';
import type { VersionDiff } from '../model/diff.ts';
import type { ModuleView } from '../model/view.ts';
import { DiffView } from './diff/view.tsx';

export function DiffPage({
  context,
  view,
  diff,
}: {
  context: PageContext;
  view: ModuleView;
  diff: VersionDiff;
}) {
  return (
    <Layout
      context={context}
      title={`Compare versions of ${view.name}`}
      description={`Files, exports and capabilities that changed between versions of ${view.name}.`}
    >
      <div class="wrap module">
        <header class="module-head">
          <p class="crumbs">
            <a href={href(context, pages.module(view.name))}>{view.name}</a>
            <span class="quiet"> / compare</span>
          </p>
          <h1>
            <ModuleNameText name={view.name} />
          </h1>
        </header>
        <form class="compare" method="get" data-compare data-module={view.name}>
          <Select name="from" label="From" view={view} chosen={diff.from} />
          <Select name="to" label="to" view={view} chosen={diff.to} />
          <button type="submit" class="button">
            Compare
          </button>
          <noscript>
            <span class="quiet">Without JavaScript this page shows the newest two.</span>
          </noscript>
        </form>
        <div data-diff aria-live="polite">
          <DiffView diff={diff} />
        </div>
      </div>
    </Layout>
  );
}

function Select(props: { name: string; label: string; view: ModuleView; chosen: string }) {
  const { name, label, view, chosen } = props;
  return (
    <label>
      {label}{' '}
      <select name={name}>
        {view.versions.map(({ version }) => (
          <option value={version} selected={version === chosen}>
            {version}
          </option>
        ))}
      </select>
    </label>
  );
}
