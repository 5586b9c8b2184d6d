import { layout } from '@mlld/format';
import type { Child } from 'hono/jsx';
import { type Bar, BarChart, LineChart } from '../components/chart.tsx';
import { href, type PageContext } from '../components/context.ts';
import { Layout } from '../components/layout.tsx';
import { Notice, PageTitle } from '../components/parts.tsx';
import type { InstallsView } from '../model/view.ts';
import { number } from '../text/format.ts';
import { installsText } from './module/installs.tsx';

export interface StatisticsData {
  readonly modules: number;
  readonly versions: number;
  readonly authors: number;
  readonly growth: readonly Bar[];
  readonly authorGrowth: readonly Bar[];
  readonly evidence: readonly Bar[];
  readonly needs: readonly Bar[];
  readonly licences: readonly Bar[];
  readonly tags: readonly Bar[];
  readonly advisories: readonly Bar[];
  /** How long from the report to publication, and to a version that mends it. */
  readonly response: readonly Bar[];
  readonly resolution: readonly Bar[];
  readonly sources: readonly Bar[];
  readonly health: readonly Bar[];
  readonly installs: InstallsView | undefined;
}

export function StatisticsPage({ context, data }: { context: PageContext; data: StatisticsData }) {
  return (
    <Layout
      context={context}
      title="Statistics"
      description={`How ${context.registry.title} grows and how it fares.`}
      current="statistics"
    >
      <div class="wrap">
        <PageTitle
          title="Statistics"
          lead="From the registry's signed statements, as they were when it was built. These pages count nothing about you."
        />
        <dl class="numbers">
          {(
            [
              ['modules', data.modules],
              ['versions', data.versions],
              ['authors', data.authors],
            ] as const
          ).map(([text, value]) => (
            <div>
              <dt>{text}</dt>
              <dd>{number(value)}</dd>
            </div>
          ))}
        </dl>
        <Part id="growth" title="Growth">
          <LineChart title="Modules" bars={data.growth} unit="modules" />
          <LineChart title="Authors" bars={data.authorGrowth} unit="authors" />
        </Part>
        <Installs context={context} installs={data.installs} />
        <Part id="health" title="Health">
          <BarChart
            title="Sources"
            note="What they gave of the newest version when they were asked"
            bars={data.sources}
            unit="modules"
          />
          <BarChart title="Evidence" bars={data.evidence} unit="modules" />
          <BarChart title="Modules that need care" bars={data.health} unit="modules" />
        </Part>
        <Advisories data={data} />
        <Part id="kinds" title="What there is">
          <BarChart title="Needs" bars={data.needs} unit="modules" />
          <BarChart title="Licences" bars={data.licences} unit="modules" />
          <BarChart title="Tags" bars={data.tags} unit="modules" />
        </Part>
      </div>
    </Layout>
  );
}

function Part({ id, title, children }: { id: string; title: string; children: Child }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div class="charts">{children}</div>
    </section>
  );
}

function Installs({ context, installs }: { context: PageContext; installs: InstallsView | undefined }) {
  return (
    <section aria-labelledby="installs">
      <h2 id="installs">Installs</h2>
      {installs === undefined ? (
        <Notice tone="plain" title="Nobody has counted installs here.">
          <p>
            A registry is plain files on any host. Who runs one can count what its logs show, without keeping
            any address: <code>mlld registry stats ingest</code>. Until then there are no numbers, and none
            are guessed.
          </p>
        </Notice>
      ) : (
        <>
          <p>{installsText(installs)}</p>
          <p class="quiet">
            Counted by {installs.sources.map(({ source, by }) => `@${by} (${source})`).join(', ')}, each day
            signed and in the log. Rounded to five; days of fewer than five count as none, robots and browsers
            not at all. <a href={href(context, layout.installsOfAll)}>As data</a>
          </p>
          <div class="charts">
            <LineChart
              title={`Addresses that installed something, a ${installs.unit}`}
              bars={installs.bars}
              unit="addresses"
            />
            <BarChart
              title="Who installs"
              note={`${installs.days} counted days up to ${installs.until}`}
              bars={[
                { label: 'people', value: installs.people },
                { label: 'CI', value: installs.ci },
                { label: 'robots (not counted)', value: installs.robots },
              ]}
              unit="addresses"
            />
          </div>
        </>
      )}
    </section>
  );
}

function Advisories({ data }: { data: StatisticsData }) {
  if (data.advisories.length === 0) return null;
  return (
    <Part id="advisories" title="Advisories">
      <BarChart title="Advisories by state" bars={data.advisories} unit="advisories" />
      <BarChart
        title="Response"
        note="From the report to the registry's answer"
        bars={data.response}
        unit="advisories"
      />
      <BarChart
        title="Resolution"
        note="From the report to a version that mends it"
        bars={data.resolution}
        unit="advisories"
      />
    </Part>
  );
}
