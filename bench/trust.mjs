// What it costs that nobody has to be believed: files that a publish rewrites as the log and the registry grow, sizes of what a
// client fetches, and the time of verifying next to the time of installing.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '@mlld/builder';
import { layout } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import { forest, generateModules } from './lib/generate.mjs';
import { writePolicy } from './lib/policy.mjs';
import { mlldAsync, runTimed } from './lib/process.mjs';
import { writeRecords } from './lib/records.mjs';
import { registryName, startRegistry } from './lib/registry.mjs';
import { repositoryWriter } from './lib/repository.mjs';
import { figure } from './lib/stats.mjs';

export const name = 'trust';
export const goals = [
  'a publish rewrites a number of files that grows with the logarithm of the registry',
  'what full verification adds to a cold install, as a ratio to none',
];

export async function run({ quick, tmp, log }) {
  const sizes = quick ? [20, 40] : [1000, 10_000, 100_000];
  const grown = [];
  for (const size of sizes) {
    const folder = path.join(tmp, `grown-${size}`);
    log(`a log of ${size.toLocaleString('en')} modules`);
    grown.push({ size, ...(await publishOne(folder, size)) });
    rmSync(folder, { recursive: true, force: true });
  }
  const verified = await verifying({ quick, tmp, log });
  return { rows: [...growthRows(grown), ...verified] };
}

/** Publishes one signed release to a registry of so many records. */
async function publishOne(folder, size) {
  const [repository, out] = [path.join(folder, 'repository'), path.join(folder, 'dist')];
  const writer = repositoryWriter(repository, {
    registry: registryName,
    zone: registryName,
    sourceBase: 'https://modules.example.org/',
  });
  writeRecords(repository, size);
  const key = writePolicy(repository, registryName);
  const [first, ...late] = [...generateModules({ count: 4, versions: 1, imports: () => [] })].map(
    (one, i) => ({
      ...one,
      author: 'late',
      ref: `@late/${one.name}-${i}`,
      name: `${one.name}-${i}`,
    }),
  );
  writer.add(first);
  const options = { out, offline: true, outputs: [] };
  await build(repository, { ...options, log: { key, begin: true } });
  const written = [];
  for (const one of late) {
    writer.add(one);
    const report = await build(repository, { ...options, log: { key } });
    if (report.rendered !== 1) throw new Error(`wanted 1 module rendered, found ${report.rendered}`);
    written.push(report.written);
  }
  const last = late.at(-1);
  const statement = readFileSync(path.join(repository, layout.release(last.ref, last.releases[0].version)));
  const bytes = (file) => statSync(path.join(out, file)).size;
  const proof = layout.proof(sha256(statement));
  return { written, head: bytes(layout.head), proof: bytes(proof), snapshot: bucketBytes(out) };
}

/** Bytes of what proves one index file: the root, and of each further level a file of the middle size. */
function bucketBytes(out) {
  const folder = path.join(out, 'snapshot');
  const [depth] = readdirSync(folder);
  const levels = new Map();
  for (const file of readdirSync(path.join(folder, depth))) {
    const { size } = statSync(path.join(folder, depth, file));
    const level = file === 'root' ? 0 : file.length;
    levels.set(level, [...(levels.get(level) ?? []), size]);
  }
  const middle = (sizes) => sizes.sort((a, b) => a - b)[sizes.length >> 1];
  return [...levels.values()].reduce((sum, sizes) => sum + middle(sizes), 0);
}

function growthRows(grown) {
  const [least, most] = [grown[0], grown.at(-1)];
  const files = (one) => figure(one.written, 'files');
  // Each level of the log's tiles and of the index tree may add one; nothing else may.
  const levels = 1 + Math.ceil(Math.log(most.size / least.size) / Math.log(16));
  const grew = files(most).median - files(least).median;
  return grown.flatMap((one) => {
    const of = `${one.size.toLocaleString('en')} modules, all logged`;
    const isLast = one === most;
    return [
      {
        what: `files that one publish writes, ${of}`,
        ours: files(one),
        ...(isLast
          ? { goal: `≤ ${levels} more than with ${least.size.toLocaleString('en')}`, met: grew <= levels }
          : {}),
      },
      { what: `head, ${of}`, ours: figure(one.head, 'bytes') },
      { what: `proof bundle of a release, ${of}`, ours: figure(one.proof, 'bytes') },
      { what: `proof that an index file is the current one, ${of}`, ours: figure(one.snapshot, 'bytes') },
    ];
  });
}

async function verifying({ quick, tmp, log }) {
  const count = quick ? 30 : 1000;
  const rounds = quick ? 1 : 5;
  log(`generating and building ${count} signed modules`);
  const modules = [...generateModules({ count, versions: 1, imports: forest(count, count / 10) })];
  const servers = await startRegistry({ folder: path.join(tmp, 'registry'), modules, logged: true });
  try {
    const list = path.join(tmp, 'modules.json');
    const named = modules.map(({ ref, releases }) => ({ name: ref, version: releases[0].version }));
    writeFileSync(list, JSON.stringify(named));
    const samples = { bundles: [], all: [], install: [], offline: [] };
    log('installing and verifying');
    for (let round = 0; round < rounds; round++) {
      for (const what of ['bundles', 'all']) samples[what].push(verifyOnce(servers.dist, list, what));
      samples.install.push(await install({ tmp, servers, modules }));
      samples.offline.push(await verifyOffline({ tmp, count }));
    }
    return verifyRows(samples, count);
  } finally {
    await servers.stop();
  }
}

function verifyRows(samples, count) {
  const [bundles, all, whole, offline] = ['bundles', 'all', 'install', 'offline'].map((one) =>
    figure(samples[one], 'ms'),
  );
  const without = whole.median - all.median;
  const modules = `${count.toLocaleString('en')} modules`;
  return [
    {
      what: `${modules} verified from their bundles: signature, keysets, inclusion in the log`,
      ours: bundles,
      goal: `≤ ${count} ms`,
      met: bundles.median <= count,
    },
    { what: `mlld verify --offline of ${modules} in the lock file, whole process`, ours: offline },
    { what: `the whole of verifying ${modules}: head, snapshot, bundles, hashes`, ours: all },
    {
      what: `mlld install of ${modules}, empty cache, no lock file, logged`,
      ours: whole,
      theirs: { ...figure(without, 'ms'), what: 'without the time of verifying' },
      ratio: whole.median / without,
    },
  ];
}

/** Milliseconds of verifying, in a process that has done nothing before. */
function verifyOnce(dist, list, what) {
  const worker = fileURLToPath(new URL('./lib/verify-worker.mjs', import.meta.url));
  return Number(runTimed(process.execPath, [worker, dist, list, what]).stdout);
}

const places = (tmp) => ({ project: path.join(tmp, 'project'), cache: path.join(tmp, 'cache') });

async function install({ tmp, servers, modules }) {
  const { project, cache } = places(tmp);
  for (const one of [project, cache]) rmSync(one, { recursive: true, force: true });
  mkdirSync(project);
  const roots = modules.slice(-Math.ceil(modules.length / 10));
  const dependencies = Object.fromEntries(roots.map(({ ref }) => [ref, '^1.0.0']));
  writeFileSync(path.join(project, 'mlld-config.json'), JSON.stringify({ dependencies }, null, 2));
  const args = [
    'install',
    '--registry',
    servers.url,
    '--dns',
    'off',
    '--cache-dir',
    cache,
    '--json',
    '--yes',
  ];
  const { ms, stdout } = await mlldAsync(args, { cwd: project, env: { HOME: tmp } });
  const found = JSON.parse(stdout).modules.length;
  if (found !== modules.length) throw new Error(`wanted ${modules.length} modules, installed ${found}`);
  return ms;
}

async function verifyOffline({ tmp, count }) {
  const { project, cache } = places(tmp);
  const args = ['verify', '--offline', '--cache-dir', cache, '--json'];
  const { ms, stdout } = await mlldAsync(args, { cwd: project, env: { HOME: tmp } });
  const good = JSON.parse(stdout).filter(({ error, evidence }) => error === undefined && evidence >= 2);
  if (good.length !== count) throw new Error(`wanted ${count} modules verified, found ${good.length}`);
  return ms;
}
