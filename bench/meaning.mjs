// Search by meaning: hand-made questions that don't use a module's own words, about the real documentation of showcase/; by words, by
// vectors and by both, for each provider of vectors. Then what a question reads, also of a large index.
//
// Of 21 modules five chosen blindly hold the right one in about a quarter of the cases: compare the rows, and mind that one question in a
// hundred is one point. The static model is made of this project's documents by lib/meaning/static-model.mjs, the endpoint is a stub whose
// vectors are letter triples: true in form, no measure of what a real model gives.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { build } from '@mlld/builder';
import {
  buildBase,
  buildMeaning,
  encodeManifest,
  knownTerms,
  learnMany,
  learnTerms,
  openSearch,
  orderRecords,
  quantise,
  sumOf,
  termTable,
} from '@mlld/search';
import { questions, showcaseModules, tellTales } from './lib/meaning/showcase.mjs';
import { writeStaticModel } from './lib/meaning/static-model.mjs';
import { startStub } from './lib/meaning/stub-endpoint.mjs';
import { repositoryWriter } from './lib/repository.mjs';
import { generateRecords } from './lib/search/corpus.mjs';
import { figure } from './lib/stats.mjs';

export const name = 'meaning';
export const goals = [
  'at least 100 questions; of both lists together no fewer answers among the first five than by words alone',
  'a cold question reads at most 300 KB in 40 requests, also of 100,000 modules',
  'the twelve cells that are read hold the nearest of all vectors for at least 9 of 10 questions',
];

const sourceBase = 'https://sources.example.org/';

export async function run({ quick, tmp, log }) {
  const asked = questions();
  const told = tellTales(asked);
  if (told.length > 0) throw new Error(`questions that tell the answer:\n${told.join('\n')}`);
  const modules = await showcaseModules();
  const stub = await startStub();
  try {
    const rows = [];
    for (const [title, embeddings] of [
      ['learnt from the documentation', { provider: 'learnt' }],
      ['a static model (see above)', { provider: 'model2vec', model: 'random indexing' }],
      ['an endpoint (a stub)', { provider: 'endpoint', url: stub.url, model: 'triples', words: 2000 }],
    ]) {
      log(title);
      const folder = path.join(tmp, embeddings.provider);
      const dist = await registryWith(folder, modules, embeddings);
      rows.push(...(await askAll(dist, asked, { title, isFirst: rows.length === 0 })));
    }
    log('a large index');
    rows.push(...(await largeRows(asked, quick ? 400 : 100_000)));
    return { rows };
  } finally {
    await stub.stop();
  }
}

async function registryWith(folder, modules, embeddings) {
  const [repository, sources, out] = ['repository', 'sources', 'dist'].map((one) => path.join(folder, one));
  const writer = repositoryWriter(repository, { sourceBase, sources });
  for (const one of modules) writer.add(one);
  const info = path.join(repository, 'registry.json');
  writeFileSync(info, JSON.stringify({ ...JSON.parse(readFileSync(info, 'utf8')), embeddings }));
  if (embeddings.provider === 'model2vec') writeStaticModel(path.join(repository, 'embeddings'));
  const { checked } = await build(repository, {
    out,
    fetch: async (url) => new Response(readFileSync(path.join(sources, url.slice(sourceBase.length)))),
  });
  if (checked.match !== modules.length)
    throw new Error(`${checked.match} of ${modules.length} modules have their bytes`);
  return out;
}

/** Reads files of a folder, and counts them. */
function counting(read) {
  const asked = [];
  return {
    asked,
    read: async (file) => {
      const bytes = await read(file);
      asked.push(bytes?.length ?? 0);
      return bytes;
    },
  };
}

const reading = (dist) => async (file) => {
  const at = path.join(dist, file);
  return existsSync(at) ? readFileSync(at) : undefined;
};

async function askAll(dist, asked, { title, isFirst }) {
  const search = await openSearch({ read: reading(dist), now: Date.now });
  const by = {};
  for (const one of ['text', 'meaning', 'both']) {
    by[one] = { places: [], labels: 0, labelled: 0 };
    for (const { question, wanted } of asked) {
      const { hits, meaning } = await search.like(question, { limit: 20, by: one });
      if (meaning !== undefined) by[one].compared = true;
      const at = hits.findIndex(({ record }) => wanted.some(({ module }) => module === record.name));
      by[one].places.push(at < 0 ? 0 : at + 1);
      const labels = wanted.filter(
        ({ module, label }) => module === hits[at]?.record.name && label !== undefined,
      );
      if (labels.length > 0) by[one].labelled++;
      if (labels.some(({ label }) => label === hits[at].like.meaning?.label)) by[one].labels++;
    }
  }
  if (!by.meaning.compared) throw new Error(`${title}: nothing was compared by meaning`);
  const load = await loadOf(reading(dist), asked);
  const recall = (one) => by[one].places.filter((at) => at > 0 && at <= 5).length / asked.length;
  const mrr = (one) => by[one].places.reduce((sum, at) => sum + (at === 0 ? 0 : 1 / at), 0) / asked.length;
  const compared = (what, of, goal) => ({
    what,
    ours: figure(of, 'of 1'),
    theirs: {
      ...figure(what.includes('recall') ? recall('text') : mrr('text'), 'of 1'),
      what: 'words alone',
    },
    ...goal,
  });
  return [
    ...(isFirst
      ? [
          {
            what: 'questions',
            ours: figure(asked.length, 'questions'),
            goal: '≥ 100',
            met: asked.length >= 100,
          },
        ]
      : []),
    compared(`${title}: recall@5 by both`, recall('both'), {
      goal: '≥ words alone',
      met: recall('both') >= recall('text'),
    }),
    compared(`${title}: MRR by both`, mrr('both')),
    compared(`${title}: recall@5 by meaning alone`, recall('meaning')),
    compared(`${title}: MRR by meaning alone`, mrr('meaning')),
    {
      what: `${title}: of the modules found, the export that is meant`,
      ours: figure(by.both.labels / Math.max(1, by.both.labelled), 'of 1'),
    },
    ...load.map(([what, samples, unit]) => ({
      what: `${title}: ${what} of a cold question`,
      ours: figure(samples, unit),
    })),
    ...(await similarRows(search, title, isFirst)),
  ];
}

async function loadOf(read, asked) {
  const [bytes, requests] = [[], []];
  for (const { question } of asked.filter((_, i) => i % 8 === 0)) {
    const counted = counting(read);
    const search = await openSearch({ read: counted.read, now: Date.now });
    counted.asked.length = 0;
    await search.like(question);
    bytes.push(counted.asked.reduce((sum, one) => sum + one, 0) / 1000);
    requests.push(counted.asked.length);
  }
  return [
    ['KB', bytes, 'KB'],
    ['requests', requests, 'requests'],
  ];
}

// Modules that somebody who chose by hand would show beside each other.
const groups = [
  ['strings', 'similarity', 'text-search', 'diff', 'markdown', 'tables'],
  ['prompts', 'tokens', 'json', 'text-search', 'similarity', 'markdown'],
  ['csv', 'json', 'validate', 'lists', 'tables'],
  ['numbers', 'stats', 'dates', 'lists'],
  ['env', 'git', 'http', 'changelog', 'semver', 'diff'],
  ['digests', 'similarity', 'strings'],
];

/** Of the neighbours on a module's page, and of those by vectors, how many share a group with it. */
async function similarRows(search, title, isFirst) {
  const short = (full) => full.split('/')[1];
  const share = (one, other) => groups.some((group) => group.includes(one) && group.includes(other));
  const names = (await search.search('is:signed', { limit: 100 })).hits.map(({ record }) => record);
  const near = { words: [], vectors: [] };
  for (const record of names) {
    const own = short(record.name);
    for (const one of (await search.similar(record.name)).slice(0, 3))
      near.words.push(share(own, short(one.name)) ? 1 : 0);
    const text = [own, record.about, ...record.keywords].join(' ').replace(/[":-]/g, ' ');
    const { hits } = await search.like(text, { by: 'meaning', limit: 4 });
    for (const hit of hits.filter((one) => one.record.name !== record.name).slice(0, 3))
      near.vectors.push(share(own, short(hit.record.name)) ? 1 : 0);
  }
  const mean = (list) => figure(list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length), 'of 1');
  return [
    {
      what: `${title}: similar modules, three nearest by vectors in one group`,
      ours: mean(near.vectors),
      ...(isFirst ? { theirs: { ...mean(near.words), what: 'words (TF-IDF), as pages show them' } } : {}),
    },
  ];
}

/** Vectors of made-up modules: what a question reads, and whether the cells that it reads hold what is nearest. */
async function largeRows(asked, count) {
  const packing = {
    deflate: (bytes) => deflateRawSync(bytes, { level: 6 }),
    sha256: (data) => createHash('sha256').update(data).digest('hex'),
  };
  const started = process.cpuUsage();
  const base = buildBase(orderRecords(generateRecords({ count }), packing), packing);
  const cpuOfBase = cpuSince(started);
  const texts = base.records.map((one) =>
    [one.name.split('/')[1], one.about, ...one.keywords, ...one.headings].join(' '),
  );
  const before = process.cpuUsage();
  const rows = learnTerms(texts, learnMany);
  const table = termTable(new Map(rows.map((row) => [row.key, row])));
  const entries = texts.flatMap((text, module) => {
    const sum = sumOf(knownTerms(text, { kind: 'stems' }, table), learnMany.dims);
    return sum === undefined ? [] : [{ module, label: '', bytes: quantise(sum).bytes }];
  });
  const made = buildMeaning(
    {
      base: base.info.id,
      provider: 'learnt',
      model: 'words',
      dims: learnMany.dims,
      each: 1,
      entries,
      terms: { tokenizing: { kind: 'stems' }, rows },
    },
    packing,
  );
  const cpu = cpuSince(before);
  const files = new Map([...base.files(), ...made.termFiles, ...made.files]);
  const manifest = encodeManifest({ v: 1, base: base.info, meaning: { id: made.id } });
  files.set('search/manifest', packing.deflate(Buffer.from(manifest)));
  const read = async (file) => files.get(file);
  // What people ask about made-up modules: the beginnings of their descriptions.
  const queries = texts
    .filter((_, i) => i % Math.ceil(count / 60) === 0)
    .map((text) => ({ question: text.split(' ').slice(1, 9).join(' ').replace(/[":-]/g, ' ') }));
  const load = await loadOf(read, [...queries, ...queries].slice(0, 80).concat(asked.slice(0, 40)));
  const [kb, requests] = load.map(([, samples, unit]) => figure(samples, unit));
  const search = await openSearch({ read, now: Date.now });
  let held = 0;
  for (const { question } of queries) {
    const { hits } = await search.like(question, { by: 'meaning', limit: 1 });
    const vector = sumOf(knownTerms(question, { kind: 'stems' }, table), learnMany.dims);
    const nearest = Math.max(...entries.map(({ bytes }) => cosineOf(vector, bytes)));
    if ((hits[0]?.like.meaning.similarity ?? 0) >= nearest - 1e-6) held++;
  }
  const bytes = [...made.termFiles, ...made.files].reduce((sum, [, content]) => sum + content.length, 0);
  const of = `${count} modules`;
  return [
    { what: `${of}: KB of a cold question`, ours: kb, goal: '≤ 300 KB', met: kb.median <= 300 },
    { what: `${of}: requests of a cold question`, ours: requests, goal: '≤ 40', met: requests.median <= 40 },
    {
      what: `${of}: the nearest of all is found`,
      ours: figure(held / queries.length, 'of 1'),
      goal: '≥ 0.9',
      met: held / queries.length >= 0.9,
    },
    { what: `${of}: vectors and terms`, ours: figure(bytes / 1e6, 'MB') },
    {
      what: `${of}: files of vectors and terms`,
      ours: figure(made.files.length + made.termFiles.length, 'files'),
    },
    {
      what: `${of}: learning and making vectors, CPU`,
      ours: figure(cpu, 's'),
      theirs: { ...figure(cpuOfBase, 's'), what: 'the index of words' },
    },
  ];
}

function cpuSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function cosineOf(vector, bytes) {
  let [dot, squares] = [0, 0];
  for (let i = 0; i < vector.length; i++) {
    dot += vector[i] * bytes[i];
    squares += bytes[i] * bytes[i];
  }
  return dot / Math.sqrt(squares || 1);
}
