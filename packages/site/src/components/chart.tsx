/**
 * Graphs drawn at build time. Each has a title and a sentence for who hears it, and its numbers as a table for who can't see it. Colours
 * come from the page's tokens, so that they follow light and dark.
 */
import { number } from '../text/format.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
}

interface ChartProps {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly unit: string;
  /** Below the title: what exactly is counted. */
  readonly note?: string | undefined;
}

/** For `aria-labelledby`: titles of the graphs of one page differ. */
function idOf(title: string): string {
  return `chart-${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
}

function Table({ title, bars, unit }: ChartProps) {
  return (
    <details class="chart-table">
      <summary>As a table</summary>
      <div class="table-scroll">
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
      </div>
    </details>
  );
}

function Caption({ title, note }: Pick<ChartProps, 'title' | 'note'>) {
  return (
    <figcaption>
      {title}
      {note !== undefined && <span class="chart-note">{note}</span>}
    </figcaption>
  );
}

/** Units that are about pixels in the narrowest place where a graph stands, so that its texts can be read there. */
const width = 300;
const row = 36;

/** A name and its number above each bar: for categories. */
export function BarChart({ title, bars, unit, note }: ChartProps) {
  if (bars.length === 0) return null;
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const id = idOf(title);
  return (
    <figure class="chart">
      <Caption title={title} note={note} />
      <svg
        viewBox={`0 0 ${width} ${bars.length * row}`}
        role="img"
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-text`}
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-text`}>
          {bars.map(({ label, value }) => `${label}: ${number(value)} ${unit}`).join('; ')}
        </desc>
        {bars.map(({ label, value }, i) => {
          const long = value === 0 ? 0 : Math.max(3, Math.round((width * value) / most));
          return (
            <>
              <text x="0" y={i * row + 13} class="chart-label">
                {label.length > 32 ? `${label.slice(0, 31)}…` : label}
              </text>
              <text x={width} y={i * row + 13} text-anchor="end" class="chart-value">
                {number(value)}
              </text>
              <rect x="0" y={i * row + 19} width={width} height="8" rx="4" class="chart-track" />
              <rect x="0" y={i * row + 19} width={long} height="8" rx="4" class="chart-bar" />
            </>
          );
        })}
      </svg>
      <Table title={title} bars={bars} unit={unit} />
    </figure>
  );
}

const frame = { left: 0, right: width - 4, top: 24, bottom: 124 } as const;

/** A line over time, from zero; of a single moment a bar. */
export function LineChart({ title, bars, unit, note }: ChartProps) {
  if (bars.length < 2) return <BarChart title={title} bars={bars} unit={unit} note={note} />;
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return null;
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const { left, right, top, bottom } = frame;
  const step = (right - left) / (bars.length - 1);
  const at = bars.map(({ value }, i) => ({
    x: (left + i * step).toFixed(1),
    y: (bottom - ((bottom - top) * value) / most).toFixed(1),
  }));
  const points = at.map(({ x, y }) => `${x},${y}`);
  const id = idOf(title);
  return (
    <figure class="chart">
      <Caption title={title} note={note} />
      <svg
        viewBox={`0 0 ${width} 146`}
        role="img"
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-text`}
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-text`}>
          {`${first.label}: ${number(first.value)} ${unit}; ${last.label}: ${number(last.value)}; at most ${number(most)}`}
        </desc>
        <line x1={left} y1={top} x2={right} y2={top} class="chart-grid" />
        <line x1={left} y1={(top + bottom) / 2} x2={right} y2={(top + bottom) / 2} class="chart-grid" />
        <line x1={left} y1={bottom} x2={right} y2={bottom} class="chart-axis" />
        <polygon points={`${left},${bottom} ${points.join(' ')} ${right},${bottom}`} class="chart-area" />
        <polyline points={points.join(' ')} class="chart-line" />
        <circle cx={at.at(-1)?.x} cy={at.at(-1)?.y} r="3.5" class="chart-dot" />
        <text x={left} y="14" class="chart-label">
          {number(most)}
        </text>
        <text x={left} y="142" class="chart-label">
          {first.label}
        </text>
        <text x={right} y="142" text-anchor="end" class="chart-label">
          {last.label}
        </text>
        <text x={right} y="14" text-anchor="end" class="chart-value">
          {number(last.value)}
        </text>
      </svg>
      <Table title={title} bars={bars} unit={unit} />
    </figure>
  );
}
