// A cold import through a slow network: every round trip of HTTP and DNS takes so many milliseconds longer, setting a
// connection up is one. Each module imports the next one, so that a client which walks the tree needs a round trip or more for
// each level; ours needs the same number however deep the tree is.
//
// The number of sequential round trips is measured, not read from a log of ours: it is by how much the time grows when
// the round trip does (least squares over three distances, by the fastest round of each: other load only ever adds).
import { fork } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generateModules } from './lib/generate.mjs';
import { opening } from './lib/opening.mjs';
import { childEnvironment, mlldAsync, root } from './lib/process.mjs';
import { loadProxies } from './lib/proxies.mjs';
import { buildRegistry, freePort, registryName, serveRegistry, serveSources } from './lib/registry.mjs';
import { figure, interleave, slope } from './lib/stats.mjs';

export const name = 'depth';
export const goals = [
  'a cold import at a round trip of 50 ms: at most 300 ms with dependencies 1, 3 and 10 deep',
  'the same number of sequential round trips for each depth, with a log as well',
];

const depths = [1, 3, 10];
const rtt = 50;
const most = 300;
/** The same once more from a registry with a log, whose proofs are checked: as deep as it gets. */
const loggedDepth = depths.at(-1);

export async function run({ quick, tmp, log }) {
  const distances = quick ? [0, rtt] : [0, rtt, 2 * rtt];
  const chains = depths.map((depth, i) => chain(depth, i + 1));
  const { startLatencyProxy, startUdpLatencyProxy } = await loadProxies(tmp);
  const worker = fork(path.join(root, 'bench/lib/import-worker.mjs'), { env: childEnvironment() });
  const places = [];
  try {
    const proxies = { startLatencyProxy, startUdpLatencyProxy };
    for (const [ms, logged] of distances.flatMap((one) => [
      [one, false],
      [one, true],
    ])) {
      log(`a registry ${logged ? 'with a log ' : ''}${ms} ms away`);
      const folder = path.join(tmp, `away-${ms}${logged ? '-logged' : ''}`);
      places.push(await startPlace({ folder, modules: chains.flat(), ms, proxies, logged }));
    }
    log('importing');
    const variants = variantsOf({ tmp, places, worker, chains });
    const samples = await interleave(variants, { rounds: quick ? 1 : 9 });
    return { rows: rowsOf(samples, distances) };
  } finally {
    worker.kill();
    await Promise.all(places.map((place) => place.stop()));
  }
}

function variantsOf({ tmp, places, worker, chains }) {
  const variants = {};
  const slow = places.find(({ ms, logged }) => ms === rtt && !logged);
  for (const [i, depth] of depths.entries()) {
    const { ref, exported } = chains[i].at(-1);
    for (const place of places.filter(({ logged }) => !logged || depth === loggedDepth)) {
      const kind = `${depth}${place.logged ? ' logged' : ''}`;
      variants[`${kind} at ${place.ms}`] = () => coldImport({ tmp, place, worker, ref, depth });
    }
    variants[`${depth} run`] = () => coldRun({ tmp, place: slow, ref, exported });
  }
  return variants;
}

function rowsOf(samples, distances) {
  const leastAt = (depth, ms) => figure(samples[`${depth} at ${ms}`], 'ms').min;
  const kinds = [...depths, `${loggedDepth} logged`];
  const nameOf = (kind) => `${kind} deep`.replace(' logged deep', ' deep, with a log');
  const trips = kinds.map((kind) => slope(distances.map((ms) => [ms, leastAt(kind, ms)])));
  const same = new Set(trips.map(Math.round)).size === 1;
  const within = (what, samplesOf) => {
    const ours = figure(samplesOf, 'ms');
    return { what, ours, goal: `≤ ${most} ms`, met: ours.median <= most };
  };
  return [
    ...kinds.map((kind) => within(`cold import, ${nameOf(kind)}`, samples[`${kind} at ${rtt}`])),
    ...depths.map((depth) => within(`cold mlld run, whole process, ${depth} deep`, samples[`${depth} run`])),
    ...kinds.map((kind, i) => ({
      what: `sequential round trips, ${nameOf(kind)}: ${Math.round(trips[i])}`,
      ours: figure(trips[i], 'of time a round trip'),
      goal: 'the same number',
      met: same,
    })),
  ];
}

/** A module whose dependencies are `depth` levels deep, and those before it. */
function chain(depth, seed) {
  const imports = (at) => (at > 0 ? [at - 1] : []);
  return [...generateModules({ seed, count: depth + 1, versions: 1, imports })];
}

/** A registry, its name server, and the host of the modules' sources, all `ms` away. */
function startPlace({ folder, modules, ms, logged, proxies: { startLatencyProxy, startUdpLatencyProxy } }) {
  return opening(async (later) => {
    const away = async (start, target, options = {}) => {
      const proxy = await start({ target, delayMs: ms, ...options });
      later(proxy.close);
      return `127.0.0.1:${proxy.port}`;
    };
    const port = await freePort();
    const url = `http://${await away(startLatencyProxy, `127.0.0.1:${port}`)}/`;
    const sources = await serveSources(folder);
    later(sources.stop);
    const sourceBase = `http://${await away(startLatencyProxy, `127.0.0.1:${sources.port}`)}/`;
    const { dist } = await buildRegistry({
      folder,
      modules,
      url,
      zone: registryName,
      sourceBase,
      log: logged,
    });
    const registry = await serveRegistry(dist, { port, dns: true });
    later(registry.stop);
    // Long answers go over TCP, on the same port.
    const dns = await away(startLatencyProxy, registry.dns);
    await away(startUdpLatencyProxy, registry.dns, { port: Number(dns.split(':')[1]) });
    return { ms, logged, registry: url, dns };
  });
}

async function freshProject(tmp) {
  const cwd = path.join(tmp, 'project');
  await rm(cwd, { recursive: true, force: true });
  await mkdir(cwd, { recursive: true });
  await writeFile(path.join(cwd, 'mlld-config.json'), '{}\n');
  return { cwd, cacheDir: path.join(cwd, 'cache') };
}

async function coldImport({ tmp, place, worker, ref, depth }) {
  const { cwd, cacheDir } = await freshProject(tmp);
  const settings = { registry: place.registry, zone: registryName, dns: place.dns, cacheDir };
  worker.send({ cwd, settings, ref });
  const answer = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('exit', (status) => reject(new Error(`the worker ended with ${status}`)));
  });
  worker.removeAllListeners('exit');
  if (answer.error !== undefined) throw new Error(answer.error);
  if (answer.levels !== depth) throw new Error(`${ref}: wanted ${depth} levels, found ${answer.levels}`);
  return answer.ms;
}

async function coldRun({ tmp, place, ref, exported }) {
  const { cwd, cacheDir } = await freshProject(tmp);
  await writeFile(path.join(cwd, 'program.mld'), `import { @${exported} } from ${ref}\n\nshow "imported"\n`);
  const flags = [
    '--registry',
    place.registry,
    '--zone',
    registryName,
    '--dns',
    place.dns,
    '--cache-dir',
    cacheDir,
  ];
  const { ms, stdout } = await mlldAsync(['run', ...flags, 'program.mld'], { cwd, env: { HOME: tmp } });
  if (stdout !== 'imported\n') throw new Error(`the program printed ${JSON.stringify(stdout)}`);
  return ms;
}
