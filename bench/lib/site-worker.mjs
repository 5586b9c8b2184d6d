// Writes the site of many modules into a folder, then what one more module changes, and prints what that cost. A process of its own,
// so that its memory is measured alone: node site-worker.mjs <count> <folder>
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyTagCatalog, readAssets, slugOf, writeSite } from '@mlld/site';
import { generateRecords } from './search/corpus.mjs';

const [count, out] = [Number(process.argv[2]), process.argv[3]];
const assets = readAssets(fileURLToPath(new URL('../../packages/site/dist/site-assets', import.meta.url)));
const rows = new Map();
for (const record of generateRecords({ count: count + 1 })) rows.set(record.name, rowOf(record));
const last = [...rows.keys()].at(-1);
const late = rows.get(last);
rows.delete(last);

const full = await write({});
rows.set(last, late);
const one = await write({ before: new Map([[last, undefined]]), planBefore: full.key });
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const cpuSeconds = Math.round((userCPUTime + systemCPUTime) / 1e6);
console.log(JSON.stringify({ full, one, megabytes: Math.round(maxRSS / 1024), cpuSeconds }));

function rowOf(record) {
  return {
    name: record.name,
    about: record.about,
    kind: 'module',
    version: record.version,
    versions: [record.version],
    created: '2026-01-01T00:00:00.000Z',
    updated: `${record.updated || '2026-01-01'}T00:00:00.000Z`,
    tags: [...new Set(record.keywords.map(slugOf))].filter((tag) => tag !== '').sort(),
    license: record.licence ?? 'CC0',
    needs: record.needs,
    evidence: 2,
    checked: 'match',
    exports: record.exports,
    imports: record.depends,
    yanked: record.yanked,
    deprecated: record.deprecated,
    advisories: [],
  };
}

/** A view with a README of about 2,300 bytes, as the median of real ones has. */
function viewOf(name) {
  const row = rows.get(name);
  if (row === undefined) return undefined;
  const sha256 = Buffer.from(name.padEnd(32).slice(0, 32)).toString('hex');
  const prose = `${row.about}. `.repeat(Math.ceil(700 / (row.about.length + 2)));
  const version = {
    version: row.version,
    publishedAt: row.updated,
    tags: ['latest'],
    evidence: 2,
    bytes: 3000,
    state: 'match',
  };
  return {
    ...row,
    deprecated: undefined,
    latest: row.version,
    versions: [version],
    publishedAt: row.updated,
    owners: [name.slice(1).split('/')[0]],
    entry: 'index.mld.md',
    digest: sha256,
    statement: sha256,
    sources: [],
    files: [{ path: 'index.mld.md', size: 3000, sha256 }],
    bytes: 3000,
    checked: { state: 'match' },
    imports: row.imports.map((one) => ({ name: one, selector: '^1.0.0' })),
    closure: [],
    dependents: [],
    dependentCount: 0,
    capabilities: [],
    readme: `# ${name}\n\n${prose}\n\n## Use\n\n- one\n- two\n\n\`\`\`mlld\nimport { @f } from ${name}\nshow @f("a")\n\`\`\`\n\n${prose}\n`,
    exports: row.exports.map((one) => ({
      name: one,
      kind: 'exe',
      params: [{ name: 'text', optional: false }],
      doc: row.about,
      examples: [],
      line: 1,
    })),
    runnable: true,
    reviews: [],
    stars: 0,
    advisories: [],
  };
}

async function write(change) {
  const started = performance.now();
  const plan = writeSite({
    registry: {
      name: 'registry.example.org',
      title: 'Example',
      url: 'https://registry.example.org/',
      blobs: true,
      logged: true,
    },
    assets,
    catalog: emptyTagCatalog,
    rows,
    view: async (name) => viewOf(name),
    sources: async (name) => [
      { path: 'index.mld.md', size: 3000, sha256: '0'.repeat(64), text: viewOf(name).readme },
    ],
    author: () => ({ keys: [], reviews: [] }),
    authors: new Set(),
    people: new Map(),
    installsOf: () => undefined,
    trending: [],
    advisories: [],
    collections: [],
    documents: [],
    newest: '2026-01-01T00:00:00.000Z',
    recounted: new Set(),
    ...change,
  });
  const folders = new Set();
  let [files, bytes] = [0, 0];
  for await (const [file, content] of plan.files) {
    const target = path.join(out, file);
    if (content === undefined) {
      rmSync(target, { force: true });
      continue;
    }
    const folder = path.dirname(target);
    if (!folders.has(folder)) mkdirSync(folder, { recursive: true });
    folders.add(folder);
    writeFileSync(target, content);
    files++;
    bytes += Buffer.byteLength(content);
  }
  return { key: plan.key, files, bytes, ms: performance.now() - started };
}
