import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createReport } from '../src/report.ts';

function terminal(isTTY: boolean, columns = 40) {
  const stream = new PassThrough() as PassThrough & { isTTY: boolean; columns: number };
  stream.isTTY = isTTY;
  stream.columns = columns;
  const text = () => (stream.read() as Buffer | null)?.toString() ?? '';
  return { stream: stream as unknown as NodeJS.WriteStream, text };
}

const columns = [
  { title: 'module' },
  { title: 'about', shrink: true as const },
  { title: 'n', align: 'right' as const },
];
const rows = [['@alice/strings', 'Formats, pads, wraps and compares texts of any length', '12']];

test('a table fits the terminal, cutting the column that may shrink', () => {
  const out = terminal(true);
  createReport({ verbose: false, color: false, stdout: out.stream, stderr: terminal(false).stream }).table(
    columns,
    rows,
  );
  const lines = out.text().trimEnd().split('\n');
  expect(lines.every((line) => line.length <= 40)).toBe(true);
  expect(lines[1]).toContain('…');
  expect(lines[1]).toContain('@alice/strings');
});

test('without a terminal a table is tab-separated and whole', () => {
  const out = terminal(false);
  createReport({ verbose: false, color: true, stdout: out.stream, stderr: terminal(false).stream }).table(
    columns,
    rows,
  );
  expect(out.text()).toBe(`${rows[0]!.join('\t')}\n`);
});

test('colours only on a terminal, and only if wanted', () => {
  const style = (isTTY: boolean, color: boolean) =>
    createReport({
      verbose: false,
      color,
      stdout: terminal(isTTY).stream,
      stderr: terminal(false).stream,
    }).style('red', 'x');
  expect(style(true, true)).toBe('\u001b[31mx\u001b[39m');
  expect(style(false, true)).toBe('x');
  expect(style(true, false)).toBe('x');
});

test('progress is silent without a terminal', () => {
  const err = terminal(false);
  const progress = createReport({
    verbose: false,
    color: true,
    stdout: terminal(false).stream,
    stderr: err.stream,
  }).progress('working');
  progress.update('still');
  progress.done();
  expect(err.text()).toBe('');
});

test('details need --verbose', () => {
  const quiet = terminal(false);
  const loud = terminal(false);
  createReport({ verbose: false, color: false, stdout: quiet.stream, stderr: quiet.stream }).detail('GET /');
  createReport({ verbose: true, color: false, stdout: loud.stream, stderr: loud.stream }).detail('GET /');
  expect([quiet.text(), loud.text()]).toEqual(['', 'GET /\n']);
});
