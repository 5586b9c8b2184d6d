/** How often a module is installed, as its hosts' access logs show it (docs/spec/statistics.md). */
import { pages } from '@mlld/format';
import { BarChart, LineChart } from '../../components/chart.tsx';
import { href, type PageContext } from '../../components/context.ts';
import type { InstallsView } from '../../model/view.ts';
import { number, plural } from '../../text/format.ts';

/** Without statistics it says so: a number that nobody counted is none. */
export function Installs({
  context,
  installs,
}: {
  readonly context: PageContext;
  readonly installs: InstallsView | undefined;
}) {
  return (
    <section id="installs" aria-labelledby="installs-title">
      <h2 id="installs-title">Installs</h2>
      {installs === undefined ? (
        <p class="quiet">
          Nobody has counted the installs of this registry:{' '}
          <a href={href(context, pages.statistics)}>statistics</a>.
        </p>
      ) : (
        <>
          <p>{installsText(installs)}</p>
          <div class="charts">
            <LineChart
              title={`Installs a ${installs.unit}`}
              bars={installs.people > 0 ? installs.bars : []}
              unit="addresses"
            />
            <BarChart title="Versions in use" bars={installs.versions} unit="installs" />
          </div>
        </>
      )}
    </section>
  );
}

/** «At least»: days of fewer than five count as none. */
export function installsText({ people, ci, days, until }: InstallsView): string {
  if (days === 0) return 'No installs of it were counted up to the last whole week.';
  const when = `in ${plural(days, 'counted day')} up to ${until}`;
  const byCi = ci > 0 ? `, and at least ${number(ci)} by CI` : '';
  if (people > 0) return `At least ${number(people)} installs ${when}${byCi}. An address counts once a day.`;
  return ci > 0
    ? `At least ${number(ci)} installs by CI ${when}, and fewer than five a day by people.`
    : `Fewer than five a day ${when}.`;
}
