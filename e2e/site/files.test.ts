/** What programs read of a site: links that lead somewhere, feeds, sitemaps, pictures; and what a change rewrites. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { inflateSync } from 'node:zlib';
import { build, outputsFor } from '@mlld/builder';
import { makeTempDir } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logKey } from '../../packages/builder/test/log-registry.ts';
import { writeFiles } from '../../packages/builder/test/registry.ts';
import { buildSite, moduleFiles, type Sources, siteRegistry, statistics } from './registry.ts';

let dir: Awaited<ReturnType<typeof makeTempDir>>;
let out: string;
const sources: Sources = new Map();
const base = 'https://registry.example.org/';

beforeAll(async () => {
  dir = await makeTempDir();
  ({ out } = await buildSite(dir.path, siteRegistry(sources), sources));
}, 120_000);
afterAll(() => dir?.remove());

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));
}

const read = (file: string) => readFileSync(path.join(out, file), 'utf8');

/** Whether a URL of the registry is a file of the distribution. */
function isThere(url: URL): boolean {
  const file = decodeURIComponent(url.pathname.slice(1));
  const target = path.join(out, file === '' || file.endsWith('/') ? `${file}index.html` : file);
  return existsSync(target) && statSync(target).isFile();
}

test('every link of every page leads to a page, and every fragment to a place on it', () => {
  const pages = filesBelow(out).filter((file) => file.endsWith('.html'));
  expect(pages.length).toBeGreaterThan(40);
  const ids = new Map(
    pages.map((file) => [
      `/${file}`,
      new Set([...read(file).matchAll(/\sid="([^"]*)"/g)].map(([, id]) => unescaped(id ?? ''))),
    ]),
  );
  const dead: string[] = [];
  for (const file of pages) {
    const here = new URL(file.replace(/(^|\/)index\.html$/, '$1'), base);
    for (const [, raw] of read(file).matchAll(/\s(?:href|src|action)="([^"]*)"/g)) {
      const url = new URL(unescaped(raw ?? ''), here);
      if (url.origin !== new URL(base).origin) continue;
      if (!isThere(url)) dead.push(`${file}: ${raw}`);
      else if (url.hash !== '' && url.pathname.endsWith('/')) {
        const there = ids.get(`${url.pathname}index.html`);
        if (there?.has(decodeURIComponent(url.hash.slice(1))) !== true)
          dead.push(`${file}: ${raw} has no such place`);
      }
    }
  }
  expect([...new Set(dead)]).toEqual([]);
});

test('each page says its canonical address once: its own, or that of what it shows a version of', () => {
  for (const file of filesBelow(out).filter((one) => one.endsWith('.html'))) {
    const own = base + file.replace(/(^|\/)index\.html$/, '$1');
    const said = [...read(file).matchAll(/<link rel="canonical" href="([^"]*)"/g)].map(([, url]) => url);
    if (file === '404.html' || file === 'module/index.html') expect(said, file).toEqual([]);
    else if (/^@alice\/strings\/1\.2\.0\/index/.test(file)) expect(said).toEqual([`${base}@alice/strings/`]);
    else if (said[0] !== own) {
      // The newest version of a module.
      const module = /^(@[^/]+\/[^/]+\/)[^/]+\/index\.html$/.exec(file)?.[1];
      expect(said, file).toEqual([`${base}${module}`]);
    } else expect(said, file).toHaveLength(1);
  }
  expect(read('@alice/strings/1.1.0/index.html')).toContain(`href="${base}@alice/strings/1.1.0/"`);
  for (const file of filesBelow(out).filter((one) => one.endsWith('/index.md')))
    expect(read(file)).toContain(`- Page: ${base}${file.replace(/index\.md$/, '')}\n`);
});

function unescaped(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}

/** Checks that XML is well-formed, as far as our writers could fail. */
function wellFormed(xml: string): void {
  const open: string[] = [];
  const rest = xml.replace(/^<\?xml[^?]*\?>\n/, '');
  for (const [tag, close, name, self] of rest.matchAll(
    /<(\/?)([\w:.-]+)(?:\s+[\w:.-]+="[^"<]*")*\s*(\/?)>|</g,
  )) {
    if (name === undefined) throw new Error(`a stray < in ${rest.slice(0, 200)}`);
    if (close === '/') expect(open.pop(), tag).toBe(name);
    else if (self !== '/') open.push(name);
  }
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
  expect(rest).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
}

test('Atom feeds have what RFC 4287 demands; JSON feeds what version 1.1 does; both say the same', () => {
  const feeds = filesBelow(out).filter((file) => /feed\.xml$|^feeds\/.*\.xml$/.test(file));
  expect(feeds).toEqual(
    expect.arrayContaining([
      'feeds/new.xml',
      'feeds/updates.xml',
      'feeds/advisories.xml',
      '@alice/feed.xml',
      'tags/text/feed.xml',
    ]),
  );
  for (const file of feeds) {
    const xml = read(file);
    wellFormed(xml);
    const entries = xml.split('<entry>').slice(1);
    for (const part of [xml.split('<entry>')[0] ?? '', ...entries]) {
      expect(part, file).toMatch(/<id>tag:registry\.example\.org,2026:[^<]+<\/id>/);
      expect(part, file).toMatch(/<title>[^<]+<\/title>/);
      expect(part, file).toMatch(/<updated>\d{4}-\d\d-\d\dT[\d:.]+Z<\/updated>/);
    }
    for (const entry of entries) expect(entry).toContain('<author><name>');
    expect(xml).toContain(`<link rel="self" type="application/atom+xml" href="${base}${file}"/>`);
    const json = JSON.parse(read(file.replace(/\.xml$/, '.json'))) as {
      version: string;
      title: string;
      items: { id: string; url: string; content_text: string }[];
    };
    expect(json.version).toBe('https://jsonfeed.org/version/1.1');
    expect(json.items.map(({ id }) => id)).toEqual(
      entries.map((entry) => unescaped(/<id>([^<]+)/.exec(entry)?.[1] ?? '')),
    );
    for (const { url } of json.items) expect(isThere(new URL(url)), url).toBe(true);
  }
});

test('sitemaps, OpenSearch and llms.txt name what is there', () => {
  for (const file of [
    'sitemap.xml',
    ...filesBelow(path.join(out, 'sitemaps')).map((one) => `sitemaps/${one}`),
    'opensearch.xml',
  ])
    wellFormed(read(file));
  const locations = [
    ...`${read('sitemap.xml')}${read('sitemaps/modules.xml')}${read('sitemaps/pages.xml')}`.matchAll(
      /<loc>([^<]+)<\/loc>/g,
    ),
  ];
  expect(locations.length).toBeGreaterThan(15);
  for (const [, url] of locations) expect(isThere(new URL(url ?? '')), url).toBe(true);
  expect(read('opensearch.xml')).toContain(`template="${base}search/?q={searchTerms}"`);
  for (const [, url] of read('llms.txt').matchAll(/\]\((https:[^)]+)\)/g))
    expect(isThere(new URL(url ?? '')), url).toBe(true);
});

test('the Markdown twin of a page has its documentation, exports and examples', () => {
  const twin = read('@alice/strings/index.md');
  expect(twin).toContain('# @alice/strings 1.2.0');
  expect(twin).toContain('mlld add @alice/strings');
  expect(twin).toContain('### `@padStart(text, size, fill?)`'.slice(0, 14));
  expect(twin).toContain('```output');
});

test('a picture is a PNG of 1200 by 630, and badges are small', () => {
  const png = readFileSync(path.join(out, '@alice/strings/og.png'));
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1200, 630]);
  const at = png.indexOf('IDAT');
  const data = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  expect(data.length).toBe(630 * 1201);
  expect(new Set(data).size).toBeGreaterThan(8);
  expect(png.length).toBeLessThan(60_000);
  const badge = read('@alice/strings/badge.svg');
  wellFormed(badge);
  expect(badge).toContain('1.2.0');
});

test('a repository that has not changed writes nothing; a closed day no page of a module; one more version few files, the same as at once', async () => {
  const options = {
    outputs: await outputsFor({ site: true }),
    log: { key: logKey.pem },
    fetch: async (url: string) =>
      new Response(sources.get(url) ?? 'none', { status: sources.has(url) ? 200 : 404 }),
  };
  const repository = `${dir.path}/repository`;
  expect(await build(repository, { out, ...options })).toMatchObject({ written: 0 });
  const pagesOfModules = () => filesBelow(out).filter((file) => /^@|^installs\/modules/.test(file));
  const times = (files: readonly string[]) => files.map((file) => statSync(path.join(out, file)).mtimeMs);
  const [modules, then] = [pagesOfModules(), times(pagesOfModules())];
  writeFiles(repository, statistics({ first: 42, count: 1 }));
  const day = await build(repository, { out, ...options });
  // A day of the week that runs: the statement, its counts, the log, and what is about all modules.
  expect(day.written).toBeLessThan(25);
  expect(times(modules)).toEqual(then);
  expect(read('statistics/index.html')).toContain('2026-02-16');
  writeFiles(repository, statistics({ first: 43, count: 6 }));
  await build(repository, { out, ...options });
  expect(read('@alice/strings/index.html')).toContain('up to 2026-02-22');
  // The end of a week: of each counted module the page that shows it, and the sums.
  const now = times(modules);
  const rewritten = modules.filter((_, i) => now[i] !== then[i]);
  expect(
    rewritten.filter((file) => file.startsWith('@')).map((file) => file.replace(/\.(?:br|gz)$/, '')),
  ).toSatisfy(
    (files: string[]) => files.length > 0 && files.every((file) => /^@[^/]+\/[^/]+\/index\.html$/.test(file)),
  );
  const text = 'exe @one() = js { return 1; }\nexport { @one }\n';
  writeFiles(
    repository,
    moduleFiles({ name: '@bob/json', version: '1.2.0', minute: 90, texts: { 'json.mld.md': text } }, sources),
  );
  const report = await build(repository, { out, ...options });
  expect(report).toMatchObject({ full: false });
  expect(report.written).toBeLessThan(100);
  expect(read('@bob/json/index.html')).toContain('1.2.0');
  const fresh = `${dir.path}/fresh`;
  await build(repository, { ...options, out: fresh, log: { key: logKey.pem, begin: true } });
  // The two logs grew in other steps; pages don't show that.
  const pages = (folder: string) =>
    filesBelow(folder)
      .filter(
        (file) =>
          /\.(?:html|xml|json|md|svg|png|txt)$/.test(file) && !/^(?:proof|registry|modules)/.test(file),
      )
      .sort();
  expect(pages(out)).toEqual(pages(fresh));
  for (const file of pages(out))
    expect(readFileSync(path.join(out, file)).equals(readFileSync(path.join(fresh, file))), file).toBe(true);
}, 60_000);
