// Rows as tables: on the terminal, in bench/results/, and in docs/benchmarks.md between the markers of each benchmark.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './process.mjs';

const loadAtStart = os.loadavg()[0];

/** Whether other programs use so much of the machine that figures come out too high. */
export function isBusy() {
  return loadAtStart > os.cpus().length / 2;
}

/** What the figures depend on. The machine is told by its kind, not by its name. */
export function versions() {
  const cpu = os.cpus();
  return {
    node: process.version,
    os: `${os.type()} ${os.machine()}`,
    cpu: `${cpu.length} × ${cpu[0]?.model.trim() || 'unknown'}`,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    load: Number(loadAtStart.toFixed(1)),
    commit: commit(),
  };
}

function commit() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

/** A number with three digits that matter. */
export function short(value) {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

function shown(one) {
  if (one === undefined) return '';
  const unit = one.unit === '' ? '' : ` ${one.unit}`;
  const spread = one.n > 1 ? ` (${short(one.min)}–${short(one.max)})` : '';
  return `${short(one.median)}${unit}${spread}`;
}

const verdict = (row) => (row.goal === undefined ? '' : row.met ? 'met' : '**missed**');

/** The rows of one benchmark as a Markdown table. */
export function table(rows) {
  const cells = rows.map((row) => [
    row.what,
    shown(row.ours),
    row.theirs === undefined ? '' : `${shown(row.theirs)} ${row.theirs.what}`,
    row.ratio === undefined ? '' : `${short(row.ratio)}×`,
    row.goal ?? '',
    verdict(row),
  ]);
  const head = ['what', 'ours', 'compared with', 'ratio', 'goal', ''];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...cells.map(line)].join('\n');
}

/** Writes bench/results/<moment>.json. @returns its path */
export function writeResults(results, { quick }) {
  const folder = path.join(root, 'bench/results');
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString();
  const file = path.join(folder, `${date.slice(0, 19).replaceAll(':', '')}.json`);
  writeFileSync(
    file,
    `${JSON.stringify({ v: 1, date, quick, versions: versions(), benchmarks: results }, null, 2)}\n`,
  );
  return file;
}

/** Puts the tables between their markers in docs/benchmarks.md; what stands outside of the markers is kept. */
export function writeDocs(results) {
  const file = path.join(root, 'docs/benchmarks.md');
  let text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  // What failed has told so, and leaves what was measured before.
  for (const result of results.filter(({ error }) => error === undefined)) {
    const [begin, end] = [`<!-- bench:${result.name} -->`, `<!-- /bench:${result.name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from)
      throw new Error(`${file}: no place for ${result.name}: wanted ${begin} … ${end}`);
    text = `${text.slice(0, from + begin.length)}\n\n${section(result)}\n\n${text.slice(to)}`;
  }
  writeFileSync(file, text);
  return file;
}

function section(result) {
  if (result.skipped !== undefined) return `Not run: ${result.skipped}.`;
  const { node, os: system, cpu, memoryGiB, load, commit: at } = versions();
  const peers = Object.entries(result.peers ?? {}).map(([name, version]) => `${name} ${version}`);
  const where = [
    `Node ${node.slice(1)}`,
    system,
    cpu,
    `${memoryGiB} GiB`,
    `load before ${load}`,
    ...peers,
    `commit ${at}`,
  ].join(', ');
  return `\`npm run bench -- ${result.name}\`\n\n${table(result.rows)}\n\n${where}, ${new Date().toISOString().slice(0, 10)}.`;
}
