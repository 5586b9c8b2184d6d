import { type Bar, BarChart, LineChart } from '../components/chart.tsx';
import type { PageContext } from '../components/context.ts';
import { Layout } from '../components/layout.tsx';
import { PageTitle } from '../components/parts.tsx';
import { number } from '../text/format.ts';

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
          lead="Counted from the registry's own statements when it was built. Nothing is counted about you."
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
        <div class="charts">
          <LineChart title="Modules" bars={data.growth} unit="modules" />
          <LineChart title="Authors" bars={data.authorGrowth} unit="authors" />
          <BarChart title="Evidence" bars={data.evidence} unit="modules" />
          <BarChart title="Needs" bars={data.needs} unit="modules" />
          <BarChart title="Licences" bars={data.licences} unit="modules" />
          <BarChart title="Tags" bars={data.tags} unit="modules" />
          {data.advisories.length > 0 && (
            <BarChart title="Advisories by state" bars={data.advisories} unit="advisories" />
          )}
        </div>
      </div>
    </Layout>
  );
}
