// The same questions to other engines, each with the same recipe: all words with the last one as a prefix; if there is
// nothing, words that are mistyped; if there is nothing, some of the words.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { loadPeer, within } from '../peers.mjs';

const slugOf = (name) => name.slice(name.indexOf('/') + 1);
const weights = { slug: 4, name: 3, keywords: 2, about: 1 };
const fields = Object.keys(weights);
const documentOf = ({ name, keywords, about }, id) => ({
  id,
  slug: slugOf(name),
  name: name.slice(1),
  keywords: keywords.join(' '),
  about,
});

/** @returns {Promise<{bytes: number, ask: (query: string) => number[]}>} places of records, best first */
export async function miniSearch(records, options) {
  const MiniSearch = await loadPeer('minisearch', options);
  const engine = new MiniSearch({
    fields,
    storeFields: [],
    tokenize: (text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u),
  });
  engine.addAll(records.map(documentOf));
  const ask = (query) => {
    const words = query.replace(/[@/-]/g, ' ').trim();
    const isLast = (_term, i, terms) => i === terms.length - 1;
    const stages = [
      { combineWith: 'AND', prefix: isLast },
      { combineWith: 'AND', prefix: isLast, fuzzy: 0.2 },
      { combineWith: 'OR', prefix: isLast, fuzzy: 0.2 },
    ];
    for (const stage of stages) {
      const found = engine.search(words, { boost: weights, ...stage });
      if (found.length > 0) return found.slice(0, 5).map(({ id }) => id);
    }
    return [];
  };
  return { bytes: Buffer.byteLength(JSON.stringify(engine)), ask };
}

export async function sqlite(records, { file, ...options }) {
  const Database = await loadPeer('better-sqlite3', options);
  const db = new Database(file);
  db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE VIRTUAL TABLE words USING fts5(slug, name, keywords, about, tokenize = 'unicode61', prefix = '2 3');
    CREATE VIRTUAL TABLE grams USING fts5(slug, tokenize = 'trigram', content = '');`);
  const words = db.prepare('INSERT INTO words(rowid, slug, name, keywords, about) VALUES (?, ?, ?, ?, ?)');
  const grams = db.prepare('INSERT INTO grams(rowid, slug) VALUES (?, ?)');
  db.transaction(() => {
    for (const [i, record] of records.entries()) {
      const { slug, name, keywords, about } = documentOf(record, i);
      words.run(i + 1, slug, name, keywords, about);
      grams.run(i + 1, slug);
    }
  })();
  const rank = `bm25(words, ${fields.map((field) => weights[field]).join(', ')})`;
  const byWords = db.prepare(`SELECT rowid FROM words WHERE words MATCH ? ORDER BY ${rank} LIMIT 5`);
  const byGrams = db.prepare('SELECT rowid FROM grams WHERE grams MATCH ? ORDER BY rank LIMIT 5');
  const quoted = (word) => `"${word}"`;
  const ask = (query) => {
    const terms = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const text = slugOf(query);
    const parts = Array.from({ length: Math.max(0, text.length - 2) }, (_, i) =>
      quoted(text.slice(i, i + 3)),
    );
    const stages = [
      () => byWords.all(`${terms.map(quoted).join(' AND ')}*`),
      () => (parts.length === 0 ? [] : byGrams.all(parts.join(' OR '))),
      () => byWords.all(`${terms.map(quoted).join(' OR ')}*`),
    ];
    for (const stage of stages) {
      const found = stage();
      if (found.length > 0) return found.map(({ rowid }) => rowid - 1);
    }
    return [];
  };
  return { bytes: statSync(file).size, ask, close: () => db.close() };
}

/** Milliseconds that Pagefind gets for its index. */
const indexMs = 120_000;

/**
 * What a page has to load before Pagefind can show its first hit. Its answers are not compared: its engine runs in a page.
 * @returns {Promise<{bytes: number, files: number, ms: number}>}
 * @throws PeerMissing where it can't be had, or does not come to an end
 */
export async function pagefindBytes(records, { folder, ...options }) {
  const { close, createIndex } = await loadPeer('pagefind', options);
  const start = performance.now();
  try {
    await within(indexMs, 'Pagefind', pagefindIndex(createIndex, records, folder));
  } finally {
    await close();
  }
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const first = all.filter(({ name }) =>
    /^pagefind\.js$|pagefind-entry\.json$|^wasm\.en|\.pf_meta$/.test(name),
  );
  const size = (entry) => statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size;
  return {
    bytes: first.reduce((sum, entry) => sum + size(entry), 0),
    files: all.length,
    ms: performance.now() - start,
  };
}

async function pagefindIndex(createIndex, records, folder) {
  const { index } = await createIndex({});
  for (const record of records) {
    const { name, slug, keywords, about } = documentOf(record, 0);
    await index.addCustomRecord({
      url: `/${name}`,
      content: `${slug} ${name} ${keywords} ${about}`,
      language: 'en',
      meta: { title: name, about },
    });
  }
  mkdirSync(folder, { recursive: true });
  await index.writeFiles({ outputPath: folder });
}
