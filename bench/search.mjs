// Search at 100,000 modules: what is found, how many bytes a cold query takes, how long it takes in the process, in a browser
// over a slow line and on the command line, what making the index costs; beside MiniSearch, SQLite's FTS5 and Pagefind.
//
// Modules are made of words of real text (lib/search/corpus.mjs); the 200 questions are about the first thousand of them.
// Absolute rates of what is found belong to this corpus: compare the engines.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { ensurePeers, PeerMissing, peerVersion } from './lib/peers.mjs';
import { childEnvironment, root } from './lib/process.mjs';
import { generateRecords, questions } from './lib/search/corpus.mjs';
import { askOurs, buildIndex, findsOneMore } from './lib/search/ours.mjs';
import { miniSearch, pagefindBytes, sqlite } from './lib/search/peers.mjs';
import { figure } from './lib/stats.mjs';

export const name = 'search';
export const goals = [
  'of 40 exact names 40 first, of 40 beginnings 40 and of 30 mistyped names 28 among the first five, of 40 pairs and triples of words 39, of 40 keywords 33 first',
  'a cold query: at most 20 KB and 8 requests in two rounds (medians; a mistyped word adds one for the words that there are)',
  'in a browser 20 ms away at 50 Mbit/s: at most 80 ms cold and 20 ms warm; compute p99 at most 30 ms; mlld search at most 120 ms',
  'the index is made within 60 s and 512 MB; one more module rewrites a fixed number of files',
];

const kinds = [
  ['exact', 'exact names, first', 1, 40],
  ['prefix', 'beginnings of names, among five', 5, 40],
  ['typo', 'names with one mistake, among five', 5, 28],
  ['typo 2', 'names with two mistakes, among five', 5, undefined],
  ['several', 'two or three words, among five', 5, 39],
  ['keyword', 'keywords, first', 1, 33],
];

export async function run({ quick, tmp, log, mayInstall }) {
  const count = quick ? 2000 : 100_000;
  log(`making ${count} modules`);
  const records = [...generateRecords({ count })];
  const asked = questions(records);
  const folder = path.join(tmp, 'dist');
  log('building the index');
  const built = await buildIndex(records, { tmp, folder });
  log('asking');
  const ours = await askOurs(asked, { folder, rounds: quick ? 1 : 3 });
  log('asking in a browser, and on the command line');
  const { inPage, command } = fromOutside(asked, { folder, tmp, quick });
  const { theirs, peers } = await askPeers(records, asked, { tmp, log, mayInstall, quick });
  return {
    peers,
    rows: [
      ...foundRows(asked, { ours: ours.places, theirs, records }),
      ...costRows(ours, theirs),
      ...timeRows({ ours, inPage, command, theirs }),
      ...buildRows(built, await findsOneMore(built, folder)),
    ],
  };
}

const every = (list, count) =>
  list.filter((_, i) => i % Math.ceil(list.length / count) === 0).map(({ query }) => query);

function fromOutside(asked, { folder, tmp, quick }) {
  const worker = path.join(root, 'bench/lib/search/outside-worker.mjs');
  const wanted = {
    ...{ folder, tmp },
    pageQueries: every(asked, quick ? 10 : 60),
    commandQueries: every(asked, quick ? 3 : 15),
  };
  const { MLLD_BENCH_BUNDLE = '' } = process.env;
  const env = childEnvironment(MLLD_BENCH_BUNDLE === '' ? {} : { MLLD_BENCH_BUNDLE });
  return JSON.parse(
    execFileSync(process.execPath, [worker, JSON.stringify(wanted)], { encoding: 'utf8', env }),
  );
}

/** Each peer by itself: one that can't be had, or that does not come to an end, costs its own rows. */
async function askPeers(records, asked, { tmp, log, mayInstall, quick }) {
  const theirs = {};
  const peers = {};
  const beside = async (title, name, work) => {
    log(`asking ${title}`);
    try {
      theirs[title] = await work();
      peers[name] = peerVersion(name);
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error;
      log(`without ${title}: ${error.message}`);
    }
  };
  try {
    ensurePeers({ mayInstall, log });
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    log(`without peers: ${error.message}`);
    return { theirs, peers };
  }
  const options = { log };
  await beside('MiniSearch', 'minisearch', () => askPeer(asked, records, () => miniSearch(records, options)));
  await beside('SQLite FTS5', 'better-sqlite3', () =>
    askPeer(asked, records, () => sqlite(records, { ...options, file: path.join(tmp, 'fts.db') })),
  );
  await beside('Pagefind', 'pagefind', () =>
    pagefindBytes(quick ? records : records.slice(0, 10_000), {
      ...options,
      folder: path.join(tmp, 'pagefind'),
    }),
  );
  return { theirs, peers };
}

async function askPeer(asked, records, open) {
  const start = performance.now();
  const engine = await open();
  const ms = performance.now() - start;
  const times = [];
  const places = asked.map(({ query }) => {
    const from = performance.now();
    const found = engine.ask(query).map((i) => records[i].name);
    times.push(performance.now() - from);
    return found;
  });
  engine.close?.();
  return { places, times, bytes: engine.bytes, ms };
}

function foundRows(asked, { ours, theirs, records }) {
  const known = new Map(records.map((record) => [record.name, record]));
  const countOf = (places, kind, top) =>
    asked.filter(
      (one, i) =>
        one.kind === kind && places[i].slice(0, top).some((found) => one.hit(found, known.get(found))),
    ).length;
  return kinds.flatMap(([kind, what, top, goal]) => {
    const all = asked.filter((one) => one.kind === kind).length;
    const found = countOf(ours, kind, top);
    const least = goal === undefined ? {} : { goal: `≥ ${goal} of ${all}`, met: found >= goal };
    const row = { what: `${what} (of ${all})`, ours: figure(found, 'found'), ...least };
    const compared = ['MiniSearch', 'SQLite FTS5'].filter((title) => theirs[title] !== undefined);
    if (compared.length === 0) return [row];
    return compared.map((title, i) => ({
      ...(i === 0 ? row : { what: `${what} (of ${all})`, ours: row.ours }),
      theirs: { ...figure(countOf(theirs[title].places, kind, top), 'found'), what: title },
    }));
  });
}

function costRows({ cold }, theirs) {
  const typed = cold.filter(({ kind }) => !kind.startsWith('typo'));
  const mistyped = cold.filter(({ kind }) => kind === 'typo');
  const bytes = figure(
    typed.map((one) => one.bytes / 1000),
    'KB',
  );
  const requests = figure(
    typed.map((one) => one.requests),
    'requests',
  );
  const rounds = figure(
    typed.map((one) => one.rounds),
    'rounds',
  );
  return [
    {
      what: 'bytes of a cold query',
      ours: bytes,
      goal: '≤ 20 KB',
      met: bytes.median <= 20,
      ...loadOf(theirs.MiniSearch, 'MiniSearch, its whole index'),
    },
    {
      what: 'bytes of a cold query',
      ours: bytes,
      ...loadOf(theirs['SQLite FTS5'], 'SQLite FTS5, its whole file'),
    },
    {
      what: 'bytes of a cold query',
      ours: bytes,
      ...loadOf(theirs.Pagefind, 'Pagefind before its first, of at most 10,000 modules'),
    },
    { what: 'requests of a cold query', ours: requests, goal: '≤ 8', met: requests.median <= 8 },
    { what: 'dependent rounds of a cold query', ours: rounds, goal: '≤ 2', met: rounds.max <= 2 },
    {
      what: 'bytes of a cold query with a mistake',
      ours: figure(
        mistyped.map((one) => one.bytes / 1000),
        'KB',
      ),
    },
    {
      what: 'dependent rounds of a cold query with a mistake',
      ours: figure(
        mistyped.map((one) => one.rounds),
        'rounds',
      ),
    },
  ];
}

function loadOf(their, what) {
  return their === undefined ? {} : { theirs: { ...figure(their.bytes / 1000, 'KB'), what } };
}

function timeRows({ ours, inPage, command, theirs }) {
  const p99 = quantile(ours.compute, 0.99);
  const row = (what, samples, most) => {
    const value = figure(samples, 'ms');
    return { what, ours: value, goal: `≤ ${most} ms`, met: value.median <= most };
  };
  const compared = theirs.MiniSearch && {
    theirs: { ...figure(quantile(theirs.MiniSearch.times, 0.99), 'ms'), what: 'MiniSearch' },
  };
  return [
    {
      what: 'compute, p99 of all questions',
      ours: figure(p99, 'ms'),
      goal: '≤ 30 ms',
      met: p99 <= 30,
      ...compared,
    },
    { what: 'compute, median', ours: figure(ours.compute, 'ms') },
    ...(inPage === undefined
      ? []
      : [
          { what: 'in a browser, opening the index', ours: figure(inPage.init, 'ms') },
          row('in a browser, cold', inPage.cold, 80),
          row('in a browser, warm', inPage.warm, 20),
        ]),
    ...(command.length === 0 ? [] : [row('mlld search, whole process', command, 120)]),
  ];
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function buildRows({ cpuMs, mb, files, more }, found) {
  return [
    { what: 'making the index, CPU', ours: figure(cpuMs / 1000, 's'), goal: '≤ 60 s', met: cpuMs <= 60_000 },
    { what: 'making the index, memory', ours: figure(mb, 'MB'), goal: '≤ 512 MB', met: mb <= 512 },
    {
      what: `files that one more module writes, of ${files} (vectors: one more)`,
      ours: figure(more.files, 'files'),
      goal: 'fixed, and it is found',
      met: found && more.files <= 2,
    },
    { what: 'bytes that one more module writes', ours: figure(more.bytes / 1000, 'KB') },
    {
      what: `bytes of what changed, at most (${more.most} modules)`,
      ours: figure(more.mostBytes / 1000, 'KB'),
    },
  ];
}
