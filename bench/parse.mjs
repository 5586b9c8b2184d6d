// Reading mlld: how many megabytes of modules a second are parsed, and analysed (imports, exports, documentation, needs).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { analyse, parse } from '@mlld/lang';
import { generateModules } from './lib/generate.mjs';
import { ensurePeers, loadPeer, PeerMissing, peerVersion } from './lib/peers.mjs';
import { root } from './lib/process.mjs';
import { figure, interleave } from './lib/stats.mjs';

export const name = 'parse';
export const goals = [
  'parse at least 10 MB/s, analyse at least 5 MB/s',
  'not slower than a parser that Peggy generates for a part of the language',
];

export async function run({ quick, log, mayInstall }) {
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
  try {
    ensurePeers({ mayInstall, log });
    rows.push(await besidePeggy(await loadPeer('peggy', { log }), { quick, log }));
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    log(`without Peggy: ${error.message}`);
    return { rows };
  }
  return { rows, peers: { peggy: peerVersion('peggy') } };
}

/**
 * The strict code of the showcase, read by both. The peer's grammar (bench/lib/mlld.peggy) makes a tree with places of the forms that this code
 * uses; sources that it can't read are left out for both.
 */
async function besidePeggy(peggy, { quick, log }) {
  const parser = peggy.generate(readFileSync(path.join(root, 'bench/lib/mlld.peggy'), 'utf8'));
  const all = showcase().sources.flatMap(({ file, text }) => strictParts(file, text));
  const sources = all.filter((text) => {
    try {
      parser.parse(text);
      return true;
    } catch {
      return false;
    }
  });
  const bytes = sources.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const times = Math.max(1, Math.ceil((quick ? 20_000 : 2_000_000) / bytes));
  log(`beside Peggy: ${sources.length} of ${all.length} strict parts, ${bytes} bytes`);
  const samples = await interleave(
    {
      ours: () => {
        for (let i = 0; i < times; i++)
          for (const text of sources) parse(text, { file: 'a.mld', dialect: 'strict' });
      },
      theirs: () => {
        for (let i = 0; i < times; i++) for (const text of sources) parser.parse(text);
      },
    },
    { rounds: quick ? 2 : 7 },
  );
  const speed = (list) =>
    figure(
      list.map((ms) => (bytes * times) / 1e6 / (ms / 1000)),
      'MB/s',
    );
  const ours = speed(samples.ours);
  const theirs = { what: `Peggy, ${sources.length} of ${all.length} parts`, ...speed(samples.theirs) };
  const ratio = ours.median / theirs.median;
  const what = 'parse the strict code of the showcase';
  return { what, ours, theirs, ratio, goal: '≥ 1×', met: ratio >= 1 };
}

/** What stands in `mlld-run` fences, or all of a strict source behind its frontmatter. */
function strictParts(file, text) {
  if (file.endsWith('.md'))
    return [...text.matchAll(/^```mlld-run\n([\s\S]*?)^```/gm)].map((match) => match[1]);
  return [text.replace(/^---\n[\s\S]*?\n---\n/, '')];
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
  const files = readdirSync(folder, { recursive: true }).filter(
    (file) => /\.mld(?:\.md)?$/.test(file) && !/templates[\\/]/.test(file),
  );
  const sources = files.map((file) => ({ file, text: readFileSync(path.join(folder, file), 'utf8') }));
  return { what: 'the showcase', sources };
}
