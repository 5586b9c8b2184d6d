// Reading mlld: how many megabytes of modules a second are parsed, and analysed (imports, exports, documentation, needs).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { analyse, parse } from '@mlld/lang';
import { generateModules } from './lib/generate.mjs';
import { root } from './lib/process.mjs';
import { figure, interleave } from './lib/stats.mjs';

export const name = 'parse';
export const goals = ['parse at least 10 MB/s, analyse at least 5 MB/s'];

export async function run({ quick, log }) {
  const rows = [];
  for (const { what, sources } of [generated(quick ? 20 : 400), showcase()]) {
    if (sources.length === 0) continue;
    const bytes = sources.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    const times = Math.max(1, Math.ceil((quick ? 20_000 : 4_000_000) / bytes));
    log(`${what}: ${sources.length} sources, ${bytes} bytes`);
    const samples = await interleave(
      {
        parse: () => {
          for (let i = 0; i < times; i++) for (const { text, file } of sources) parse(text, { file });
        },
        analyse: async () => {
          for (let i = 0; i < times; i++) for (const { text, file } of sources) await analyse(text, { file });
        },
      },
      { rounds: quick ? 2 : 7 },
    );
    const goal = { parse: 10, analyse: 5 };
    for (const verb of ['parse', 'analyse']) {
      const ours = figure(
        samples[verb].map((ms) => (bytes * times) / 1e6 / (ms / 1000)),
        'MB/s',
      );
      const least = goal[verb];
      rows.push({ what: `${verb} ${what}`, ours, goal: `≥ ${least} MB/s`, met: ours.median >= least });
    }
  }
  return { rows };
}

function generated(count) {
  const sources = [];
  for (const one of generateModules({ count, versions: 1 })) {
    const { entry, files } = one.releases[0];
    sources.push({ file: entry, text: files.find((file) => file.path === entry).text });
  }
  return { what: `${count} generated modules`, sources };
}

function showcase() {
  const folder = path.join(root, 'showcase');
  const files = readdirSync(folder, { recursive: true }).filter((file) => /\.mld(?:\.md)?$/.test(file));
  const sources = files.map((file) => ({ file, text: readFileSync(path.join(folder, file), 'utf8') }));
  return { what: 'the showcase', sources };
}
