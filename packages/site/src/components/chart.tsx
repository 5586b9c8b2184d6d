/** Graphs drawn at build time, each with its numbers as a table for who can't see it. */
import { number } from '../text/format.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
}

interface ChartProps {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly unit: string;
}

function Table({ title, bars, unit }: ChartProps) {
  return (
    <details class="chart-table">
      <summary>As a table</summary>
      <table class="versions">
        <caption class="sr-only">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col">{unit}</th>
          </tr>
        </thead>
        <tbody>
          {bars.map(({ label, value }) => (
            <tr>
              <th scope="row">{label}</th>
              <td>{number(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** One bar a row: for categories. */
export function BarChart({ title, bars, unit }: ChartProps) {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const row = 26;
  const height = Math.max(row, bars.length * row);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <svg
        viewBox={`0 0 400 ${height}`}
        role="img"
        aria-label={`${title}: ${bars.map((bar) => `${bar.label} ${bar.value}`).join(', ')}`}
      >
        {bars.map(({ label, value }, i) => (
          <>
            <text x="0" y={i * row + 17} class="chart-label">
              {label.length > 18 ? `${label.slice(0, 17)}…` : label}
            </text>
            <rect
              x="130"
              y={i * row + 5}
              width={Math.max(2, Math.round((220 * value) / most))}
              height="16"
              rx="4"
              class="chart-bar"
            />
            <text
              x={130 + Math.max(2, Math.round((220 * value) / most)) + 8}
              y={i * row + 17}
              class="chart-value"
            >
              {number(value)}
            </text>
          </>
        ))}
      </svg>
      <Table title={title} bars={bars} unit={unit} />
    </figure>
  );
}

/** A line over time, from zero. */
export function LineChart({ title, bars, unit }: ChartProps) {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const step = bars.length < 2 ? 0 : 380 / (bars.length - 1);
  const points = bars.map(
    ({ value }, i) => `${(10 + i * step).toFixed(1)},${(130 - (110 * value) / most).toFixed(1)}`,
  );
  const first = bars[0];
  const last = bars.at(-1);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <svg
        viewBox="0 0 400 156"
        role="img"
        aria-label={`${title}: from ${first?.value ?? 0} to ${last?.value ?? 0}`}
      >
        <line x1="10" y1="130" x2="390" y2="130" class="chart-axis" />
        {points.length > 1 && <polygon points={`10,130 ${points.join(' ')} 390,130`} class="chart-area" />}
        {points.length > 1 && <polyline points={points.join(' ')} class="chart-line" />}
        {points.length > 0 && (
          <circle
            cx={points.at(-1)?.split(',')[0]}
            cy={points.at(-1)?.split(',')[1]}
            r="3.5"
            class="chart-dot"
          />
        )}
        <text x="10" y="150" class="chart-label">
          {first?.label ?? ''}
        </text>
        <text x="390" y="150" text-anchor="end" class="chart-label">
          {last?.label ?? ''}
        </text>
        <text x="390" y="12" text-anchor="end" class="chart-value">
          {number(last?.value ?? 0)}
        </text>
      </svg>
      <Table title={title} bars={bars} unit={unit} />
    </figure>
  );
}
