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

/** One bar a row: for categories. */
export function BarChart({ title, bars, unit, note }: ChartProps) {
  if (bars.length === 0) return null;
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const row = 26;
  const id = idOf(title);
  return (
    <figure class="chart">
      <Caption title={title} note={note} />
      <svg
        viewBox={`0 0 400 ${bars.length * row}`}
        role="img"
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-text`}
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-text`}>
          {bars.map(({ label, value }) => `${label}: ${number(value)} ${unit}`).join('; ')}
        </desc>
        {bars.map(({ label, value }, i) => {
          const width = value === 0 ? 0 : Math.max(3, Math.round((200 * value) / most));
          return (
            <>
              <text x="0" y={i * row + 17} class="chart-label">
                {label.length > 20 ? `${label.slice(0, 19)}…` : label}
              </text>
              <rect x="150" y={i * row + 5} width="200" height="16" rx="4" class="chart-track" />
              <rect x="150" y={i * row + 5} width={width} height="16" rx="4" class="chart-bar" />
              <text x="396" y={i * row + 17} text-anchor="end" class="chart-value">
                {number(value)}
              </text>
            </>
          );
        })}
      </svg>
      <Table title={title} bars={bars} unit={unit} />
    </figure>
  );
}

const frame = { left: 10, right: 390, top: 22, bottom: 130 } as const;

/** A line over time, from zero. */
export function LineChart({ title, bars, unit, note }: ChartProps) {
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return null;
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const { left, right, top, bottom } = frame;
  const step = bars.length < 2 ? 0 : (right - left) / (bars.length - 1);
  const at = bars.map(({ value }, i) => ({
    x: (bars.length < 2 ? right : left + i * step).toFixed(1),
    y: (bottom - ((bottom - top) * value) / most).toFixed(1),
  }));
  const points = at.map(({ x, y }) => `${x},${y}`);
  const id = idOf(title);
  return (
    <figure class="chart">
      <Caption title={title} note={note} />
      <svg viewBox="0 0 400 156" role="img" aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`}>
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-text`}>
          {`${first.label}: ${number(first.value)} ${unit}; ${last.label}: ${number(last.value)}; at most ${number(most)}`}
        </desc>
        <line x1={left} y1={top} x2={right} y2={top} class="chart-grid" />
        <line x1={left} y1={(top + bottom) / 2} x2={right} y2={(top + bottom) / 2} class="chart-grid" />
        <line x1={left} y1={bottom} x2={right} y2={bottom} class="chart-axis" />
        {points.length > 1 && (
          <polygon points={`${left},${bottom} ${points.join(' ')} ${right},${bottom}`} class="chart-area" />
        )}
        {points.length > 1 && <polyline points={points.join(' ')} class="chart-line" />}
        <circle cx={at.at(-1)?.x} cy={at.at(-1)?.y} r="3.5" class="chart-dot" />
        <text x={left} y="14" class="chart-label">
          {number(most)}
        </text>
        {bars.length > 1 && (
          <text x={left} y="150" class="chart-label">
            {first.label}
          </text>
        )}
        <text x={right} y="150" text-anchor="end" class="chart-label">
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
