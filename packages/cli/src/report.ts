/**
 * All output of the command. Data goes to stdout, everything for people beside it (notes, progress, errors) to stderr. Text
 * from outside passes `printable` before it gets here.
 */

import { type Output, output } from './output.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** The column that is cut when the terminal is too narrow. */
  readonly shrink?: true;
}

export interface Progress {
  /** Replaces the text of the line. */
  update(text: string): void;
  /** Removes the line. */
  done(): void;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan';

export interface Report {
  /** A line on stdout. */
  print(text?: string): void;
  /** Part of a line on stdout. */
  write(text: string): void;
  /** The one JSON document of `--json`. */
  json(value: unknown): void;
  /** A line on stderr. */
  note(text: string): void;
  /** A warning on stderr. */
  warn(text: string): void;
  /** A line on stderr with `--verbose`. */
  detail(text: string): void;
  /** A table on stdout; without a terminal: tab-separated, no titles cut. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void;
  /** A line on stderr that is redrawn; silent without a terminal. */
  progress(text: string): Progress;
  /** Colours text for stdout if stdout is a terminal. */
  style(style: Style, text: string): string;
}

export interface ReportOptions {
  readonly verbose: boolean;
  readonly color: boolean;
  readonly stdout?: Output;
  readonly stderr?: Output;
}

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
};

export function paint(enabled: boolean, style: Style, text: string): string {
  if (!enabled) return text;
  const [on, off] = codes[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

export function createReport({ verbose, color, ...streams }: ReportOptions): Report {
  const { stdout, stderr } = { ...output, ...streams };
  const outColor = () => color && stdout.isTTY === true;
  const errColor = () => color && stderr.isTTY === true;
  let line = '';
  const clear = () => {
    if (line !== '') stderr.write('\r\u001b[2K');
  };
  const aside = (text: string) => {
    clear();
    stderr.write(`${text}\n`);
    if (line !== '') stderr.write(line);
  };
  return {
    print: (text = '') => {
      clear();
      stdout.write(`${text}\n`);
    },
    write: (text) => void stdout.write(text),
    json: (value) =>
      void stdout.write(
        `${JSON.stringify(value, (_key, one) => (one instanceof Map ? Object.fromEntries(one) : one), 2)}\n`,
      ),
    note: aside,
    warn: (text) => aside(`${paint(errColor(), 'yellow', 'warning:')} ${text}`),
    detail: (text) => {
      if (verbose) aside(paint(errColor(), 'dim', text));
    },
    table: (columns, rows) => {
      clear();
      stdout.write(
        stdout.isTTY
          ? alignedTable(columns, rows, { width: stdout.columns ?? 80, color: outColor() })
          : plainTable(rows),
      );
    },
    progress: (text) => {
      if (stderr.isTTY !== true) return { update: () => {}, done: () => {} };
      const draw = (next: string) => {
        clear();
        line = next.slice(0, (stderr.columns ?? 80) - 1);
        stderr.write(line);
      };
      draw(text);
      return {
        update: draw,
        done: () => {
          clear();
          line = '';
        },
      };
    },
    style: (style, text) => paint(outColor(), style, text),
  };
}

function plainTable(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.join('\t')}\n`).join('');
}

function alignedTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, color }: { width: number; color: boolean },
): string {
  const widths = columns.map((column, i) =>
    Math.max(column.title.length, ...rows.map((row) => visible(row[i] ?? '').length)),
  );
  const total = widths.reduce((sum, one) => sum + one + 2, -2);
  const shrink = columns.findIndex((column) => column.shrink);
  if (total > width && shrink >= 0) widths[shrink] = Math.max(10, widths[shrink]! - (total - width));
  const cell = (text: string, i: number) => {
    const room = widths[i]!;
    const shown = visible(text).length > room ? `${visible(text).slice(0, room - 1)}…` : text;
    const pad = ' '.repeat(Math.max(0, room - visible(shown).length));
    return columns[i]?.align === 'right' ? pad + shown : shown + pad;
  };
  const render = (row: readonly string[]) =>
    columns
      .map((_, i) => cell(row[i] ?? '', i))
      .join('  ')
      .trimEnd();
  const head = paint(color, 'dim', render(columns.map((column) => column.title)));
  return [head, ...rows.map(render)].map((row) => `${row}\n`).join('');
}

/** Text without the escapes that `paint` adds. */
function visible(text: string): string {
  return text.replace(/\u001b\[\d+m/g, '');
}
