// Our own index: made in a process of its own, and asked as a page asks it.
import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { encodeRecord, openSearch } from '@mlld/search';
import { childEnvironment, root } from '../process.mjs';

export async function buildIndex(records, { tmp, folder }) {
  const input = path.join(tmp, 'records');
  await mkdir(folder, { recursive: true });
  const out = createWriteStream(input);
  for (const record of records)
    if (!out.write(`${JSON.stringify(encodeRecord(record))}\n`))
      await new Promise((go) => out.once('drain', go));
  await new Promise((resolve) => out.end(resolve));
  const worker = path.join(root, 'bench/lib/search/build-worker.mjs');
  const text = execFileSync(
    process.execPath,
    ['--max-old-space-size=256', '--max-semi-space-size=8', worker, input, folder, `${folder}-changed`],
    {
      encoding: 'utf8',
      env: childEnvironment(),
    },
  );
  return JSON.parse(text);
}

export async function askOurs(asked, { folder, rounds }) {
  const { read, requests, ...line } = roundsOf(folder);
  const cold = [];
  const places = [];
  for (const { kind, query } of asked) {
    const search = await openSearch({ read, now: () => Date.now() });
    line.restart();
    const { hits } = await search.search(query, { limit: 5 });
    cold.push({
      kind,
      requests: requests.length,
      rounds: line.rounds(),
      bytes: requests.reduce((sum, bytes) => sum + bytes, 0),
    });
    places.push(hits.map(({ record }) => record.name));
  }
  const search = await openSearch({ read: (file) => contentOf(folder, file), now: () => Date.now() });
  for (const { query } of asked) await search.search(query, { limit: 5 });
  const compute = [];
  for (const { query } of asked) {
    const samples = [];
    for (let i = 0; i < rounds; i++) {
      const before = process.cpuUsage();
      await search.search(query, { limit: 5 });
      const { user, system } = process.cpuUsage(before);
      samples.push((user + system) / 1000);
    }
    // CPU time: what else the machine does is none of it. The collector of garbage runs when it likes, so the least counts.
    compute.push(Math.min(...samples));
  }
  return { places, cold, compute };
}

async function contentOf(folder, file) {
  const at = path.join(folder, file);
  return existsSync(at) ? readFileSync(at) : undefined;
}

/** Milliseconds without a further request after which a round is taken for complete. */
const roundMs = 4;

/** Files of a folder, read in rounds: all that is asked for without waiting for another answer comes at once. */
function roundsOf(folder) {
  const requests = [];
  let waiting = [];
  let timer;
  let count = 0;
  const release = () => {
    count++;
    const all = waiting;
    waiting = [];
    for (const go of all) go();
  };
  const read = async (file) => {
    const bytes = await contentOf(folder, file);
    requests.push(bytes?.length ?? 0);
    clearTimeout(timer);
    timer = setTimeout(release, roundMs);
    await new Promise((go) => waiting.push(go));
    return bytes;
  };
  const restart = () => {
    requests.length = 0;
    count = 0;
  };
  return { read, requests, restart, rounds: () => count };
}

/** Whether the one more module is found by what it changed. */
export async function findsOneMore({ more }, folder) {
  const read = async (file) => (await contentOf(`${folder}-changed`, file)) ?? contentOf(folder, file);
  const search = await openSearch({ read, now: () => Date.now() });
  const { hits } = await search.search('one more module', { limit: 1 });
  return hits[0]?.record.name === more.name;
}
