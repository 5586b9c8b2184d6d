// A cold import through a slow network: every round trip of HTTP and DNS takes so many milliseconds longer, setting a
// connection up is one. Each module imports the next one, so that a client which walks the tree needs a round trip or more for
// each level; ours needs the same number however deep the tree is.
//
// The number of sequential round trips is measured, not read from a log of ours: it is by how much the time grows when
// the round trip does (least squares over three distances).
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { generateModules } from './lib/generate.mjs';
import { childEnvironment, mlldAsync, root } from './lib/process.mjs';
import { loadProxies } from './lib/proxies.mjs';
import { buildRegistry, freePort, registryName, serveRegistry } from './lib/registry.mjs';
import { figure, interleave, slope } from './lib/stats.mjs';

export const name = 'depth';
export const goals = [
  'a cold import at a round trip of 50 ms: at most 300 ms with dependencies 1, 3 and 10 deep',
  'the same number of sequential round trips for each depth',
];

const depths = [1, 3, 10];
const rtt = 50;
const most = 300;

export async function run({ quick, tmp, log }) {
  const distances = quick ? [0, rtt] : [0, rtt, 2 * rtt];
  const chains = depths.map((depth, i) => chain(depth, i + 1));
  const { startLatencyProxy, startUdpLatencyProxy } = await loadProxies(tmp);
  const worker = fork(path.join(root, 'bench/lib/import-worker.mjs'), { env: childEnvironment() });
  const places = [];
  try {
    for (const ms of distances) {
      log(`a registry ${ms} ms away`);
      const proxies = { startLatencyProxy, startUdpLatencyProxy };
      places.push(
        await startPlace({ folder: path.join(tmp, `away-${ms}`), modules: chains.flat(), ms, proxies }),
      );
    }
    log('importing');
    const variants = {};
    for (const [i, depth] of depths.entries()) {
      const ref = chains[i].at(-1).ref;
      for (const place of places)
        variants[`${depth} at ${place.ms}`] = () => coldImport({ tmp, place, worker, ref, depth });
      const slow = places.find(({ ms }) => ms === rtt);
      variants[`${depth} run`] = () =>
        coldRun({ tmp, place: slow, ref, exported: chains[i].at(-1).exported });
    }
    const samples = await interleave(variants, { rounds: quick ? 1 : 9 });
    return { rows: rowsOf(samples, distances) };
  } finally {
    worker.kill();
    await Promise.all(places.map((place) => place.stop()));
  }
}

function rowsOf(samples, distances) {
  const medianAt = (depth, ms) => figure(samples[`${depth} at ${ms}`], 'ms').median;
  const trips = depths.map((depth) => slope(distances.map((ms) => [ms, medianAt(depth, ms)])));
  const same = new Set(trips.map(Math.round)).size === 1;
  const within = (what, samplesOf) => {
    const ours = figure(samplesOf, 'ms');
    return { what, ours, goal: `≤ ${most} ms`, met: ours.median <= most };
  };
  return [
    ...depths.map((depth) => within(`cold import, ${depth} deep`, samples[`${depth} at ${rtt}`])),
    ...depths.map((depth) => within(`cold mlld run, whole process, ${depth} deep`, samples[`${depth} run`])),
    ...depths.map((depth, i) => ({
      what: `sequential round trips, ${depth} deep: ${Math.round(trips[i])}`,
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
async function startPlace({ folder, modules, ms, proxies: { startLatencyProxy, startUdpLatencyProxy } }) {
  const open = [];
  const stop = async () => {
    for (const one of open.reverse()) await one();
  };
  try {
    const port = await freePort();
    const http = await startLatencyProxy({ target: `127.0.0.1:${port}`, delayMs: ms });
    open.push(http.close);
    const sources = await serveFolder(path.join(folder, 'sources'));
    open.push(sources.stop);
    const source = await startLatencyProxy({ target: `127.0.0.1:${sources.port}`, delayMs: ms });
    open.push(source.close);
    const url = `http://127.0.0.1:${http.port}/`;
    const sourceBase = `http://127.0.0.1:${source.port}/`;
    const { dist } = await buildRegistry({ folder, modules, url, zone: registryName, sourceBase });
    const registry = await serveRegistry(dist, { port, dns: true });
    open.push(registry.stop);
    const dns = await startUdpLatencyProxy({ target: registry.dns, delayMs: ms });
    open.push(dns.close);
    return { ms, registry: url, dns: `127.0.0.1:${dns.port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The web server that authors keep their modules on. */
async function serveFolder(folder) {
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(path.join(folder, request.url)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
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
  const { ms, stdout } = await mlldAsync(['run', ...flags, 'program.mld'], { cwd, env: { HOME: cwd } });
  if (stdout !== 'imported\n') throw new Error(`the program printed ${JSON.stringify(stdout)}`);
  return ms;
}
