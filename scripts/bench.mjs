// Runs the benchmarks: all, or the named ones.
//
//   npm run bench                             all, some minutes
//   npm run bench -- cold-start build         these
//   npm run bench -- --quick                  each on a small input, seconds: shows that it works, not how fast
//   npm run bench -- --write                  also renews the tables of docs/benchmarks.md
//   npm run bench -- --no-install             skips what compares with a program that isn't there yet
//   npm run bench -- --no-build               measures what was built last
//
// Status 0 if all ran; a goal that was missed is shown, and is no failure.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, root, run } from './lib.mjs';

const names = [
  'cold-start',
  'depth',
  'http',
  'install',
  'build',
  'parse',
  'verify',
  'trust',
  'search',
  'meaning',
  'site',
  'lighthouse',
  'mcp',
];
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    'no-install': { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) fail(`no benchmark is called ${unknown.join(', ')}; there are ${names.join(', ')}`);
if (flags.quick && flags.write) fail('--quick measures nothing worth writing down: leave out --write');

ensureInstalled();
if (!flags['no-build']) run(process.execPath, [path.join(root, 'scripts/build.mjs')]);
const home = path.join(root, '.tmp');
mkdirSync(home, { recursive: true });
const bundle = mkdtempSync(path.join(home, 'bench-bundle-'));
process.once('exit', () => rmSync(bundle, { recursive: true, force: true }));
cpSync(path.join(root, 'packages/cli/dist/bundle'), bundle, { recursive: true });
process.env.MLLD_BENCH_BUNDLE = bundle;
const { PeerMissing } = await import('../bench/lib/peers.mjs');
const { isBusy, table, versions, writeDocs, writeResults } = await import('../bench/lib/report.mjs');

if (isBusy()) console.error('This machine is busy with other things: milliseconds will come out too high.');
const results = [];
for (const name of positionals.length > 0 ? positionals : names) results.push(await runOne(name));

const { node, os, cpu } = versions();
console.log(
  `\nNode ${node.slice(1)}, ${os}, ${cpu}${flags.quick ? '; quick: these figures mean nothing' : ''}`,
);
console.log(path.relative(root, writeResults(results, flags)));
// What failed leaves its table as it was.
if (flags.write)
  console.log(path.relative(root, writeDocs(results.filter(({ error }) => error === undefined))));
if (results.some((result) => result.error !== undefined)) process.exitCode = 1;

async function runOne(name) {
  const bench = await import(`../bench/${name}.mjs`);
  const tmp = mkdtempSync(path.join(home, `bench-${name}-`));
  const log = (line) => console.error(`  ${line}`);
  console.error(`== ${bench.name}`);
  const result = { name: bench.name, goals: bench.goals };
  try {
    const { rows, peers } = await bench.run({ ...options(), tmp, log });
    console.log(`\n${bench.name}\n\n${table(rows)}\n`);
    return { ...result, peers, rows };
  } catch (error) {
    if (error instanceof PeerMissing) {
      console.error(`  skipped: ${error.message}`);
      return { ...result, skipped: error.message };
    }
    console.error(error);
    return { ...result, error: error.message };
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
}

function options() {
  return { quick: flags.quick, mayInstall: !flags['no-install'] };
}

function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
