// Whether the client's own HTTP/1.1 is worth its code: many small files from one host, as a closure needs them, by it and by what
// Node has. Requests that need no certificate and no name; the server is a process of its own.
import { Agent, get } from 'node:http';
import { nodeOps } from '@mlld/client';
import { opening } from './lib/opening.mjs';
import { startServer } from './lib/process.mjs';
import { loadProxies } from './lib/proxies.mjs';
import { figure, interleave } from './lib/stats.mjs';

export const name = 'http';
export const goals = [
  'small files at a round trip of 50 ms in less time than by any client of Node on as many connections',
];

const rtt = 50;
/** What one closure needs at once, and connections of all but fetch, which has no such setting. */
const [atOnce, connections, bytes] = [40, 6, 4096];

const server = `require('node:http').createServer((request, response) => response.end(Buffer.alloc(${bytes}, 97)))
  .listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port); });`;

export async function run({ quick, tmp, log }) {
  const count = quick ? 200 : 2000;
  const place = await opening(async (later) => {
    const { match, stop } = await startServer(process.execPath, ['-e', server], { ready: /port (\d+)/ });
    later(stop);
    const { startLatencyProxy } = await loadProxies(tmp);
    const target = `127.0.0.1:${match[1]}`;
    return { near: `http://${target}/`, farAway: () => startLatencyProxy({ target, delayMs: rtt }) };
  });
  try {
    log('asking');
    const rounds = { rounds: quick ? 1 : 9 };
    const cpu = await interleave(
      each((client) => cpuOf(client, place.near, count)),
      rounds,
    );
    const time = await interleave(
      each((client) => timeOf(client, place.farAway)),
      rounds,
    );
    return {
      rows: [...rowsOf(`CPU of ${count} files`, cpu), ...rowsOf(`${atOnce} files, ${rtt} ms away`, time, 1)],
    };
  } finally {
    await place.stop();
  }
}

/** Each opens connections of its own, so that none is there before. */
const clients = {
  ours: () => {
    const ops = nodeOps();
    const limits = {
      firstByteMs: 9e4,
      answerMs: 9e4,
      slowAfterMs: 9e4,
      leastBytesPerSecond: 1,
      downloadsPerHost: 40,
    };
    const options = { maxBytes: 1e6, limits, pool: 'bench', mayBePrivate: () => true, follows: atOnce };
    return {
      get: async (url) => (await ops.http({ ...options, url: new URL(url) })).body.length,
      close: ops.close,
    };
  },
  [`node:http, ${connections} connections`]: () => {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    return { get: (url) => lengthOf(url, agent), close: () => agent.destroy() };
  },
  [`node:http, ${atOnce} connections`]: () => {
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    return { get: (url) => lengthOf(url, agent), close: () => agent.destroy() };
  },
  // What undici is in Node, which has one set of connections for the whole process.
  fetch: () => ({ get: async (url) => (await (await fetch(url)).arrayBuffer()).byteLength, close: () => {} }),
};

const each = (measure) =>
  Object.fromEntries(Object.entries(clients).map(([name, open]) => [name, () => measure(open())]));

function lengthOf(url, agent) {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let length = 0;
      response.on('data', (chunk) => {
        length += chunk.length;
      });
      response.on('end', () => resolve(length));
    }).on('error', reject);
  });
}

async function getAll({ get: ask }, base, count) {
  let next = 0;
  const one = async () => {
    while (next < count)
      if ((await ask(`${base}${next++}`)) !== bytes) throw new Error('the answer is another one');
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

async function cpuOf(client, base, count) {
  const before = process.cpuUsage();
  await getAll(client, base, count);
  const { user, system } = process.cpuUsage(before);
  client.close();
  return (user + system) / 1000;
}

/** From a host of its own, to which nobody has a connection yet. */
async function timeOf(client, farAway) {
  const { port, close } = await farAway();
  const start = performance.now();
  await getAll(client, `http://127.0.0.1:${port}/`, atOnce);
  const ms = performance.now() - start;
  client.close();
  await close();
  return ms;
}

function rowsOf(what, samples, least) {
  const ours = figure(samples.ours, 'ms');
  return Object.keys(clients)
    .filter((name) => name !== 'ours')
    .map((name) => {
      const theirs = { ...figure(samples[name], 'ms'), what: name };
      const ratio = theirs.median / ours.median;
      const goal =
        least === undefined || name.includes(`${atOnce}`) ? {} : { goal: `≥ ${least}×`, met: ratio >= least };
      return { what, ours, theirs, ratio, ...goal };
    });
}
