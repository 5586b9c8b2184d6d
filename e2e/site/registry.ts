/** A registry for the site's tests: real modules of showcase/, two versions, reviews, an advisory, a log; and a hostile author. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BuildReport, build, outputsFor } from '@mlld/builder';
import {
  contentDigest,
  encodeStatement,
  encodeStatistics,
  encodeStatisticsData,
  layout,
  type ModuleName,
  type Release,
  roundCount,
  type Sha256Hex,
  type StatisticsLine,
  signatureNamespace,
} from '@mlld/format';
import { advisoryFiles, hour, publishedFiles } from '../../packages/builder/test/advisory-files.ts';
import { logKey, policyFiles } from '../../packages/builder/test/log-registry.ts';
import {
  changeFiles,
  type Files,
  keysetFiles,
  merge,
  metadataFile,
  minute,
  registryFile,
  registryName,
  sha256,
  signer,
  writeFiles,
} from '../../packages/builder/test/registry.ts';
import { review, star } from '../../packages/builder/test/said.ts';
import { kindFiles } from './kinds.ts';

export interface ModuleSpec {
  readonly name: string;
  readonly version: string;
  readonly minute: number;
  /** Texts by path; the first is the entry. */
  readonly texts: Readonly<Record<string, string>>;
  readonly change?: Partial<Release>;
}

/** Contents of all sources, by URL. */
export type Sources = Map<string, string>;

export function showcase(author: string, short: string): string {
  const file = new URL(`../../showcase/${author}/${short}/${short}.mld.md`, import.meta.url);
  return readFileSync(fileURLToPath(file), 'utf8');
}

/** A release of any files, signed by its author; its sources are put into `sources`. */
export function moduleFiles(
  { name, version, minute: at, texts, change = {} }: ModuleSpec,
  sources: Sources,
): Files {
  const [author = '', short = ''] = name.slice(1).split('/');
  const base = `https://example.org/${author}/${short}/${version}/`;
  const [entry = ''] = Object.keys(texts);
  const files = Object.entries(texts).map(([path, text]) => ({
    path,
    size: Buffer.byteLength(text),
    sha256: sha256(text),
  }));
  for (const [path, text] of Object.entries(texts)) sources.set(base + path, text);
  const digest = contentDigest(files, sha256);
  const contentHash: Sha256Hex = files.length === 1 ? files[0]!.sha256 : digest;
  const release: Release = {
    type: 'release',
    v: 1,
    registry: registryName,
    name: name as ModuleName,
    version,
    kind: 'module',
    about: `What ${name} is good for`,
    files,
    digest,
    entry,
    source: { type: 'url', url: base + entry, contentHash },
    sources: [base],
    imports: new Map(),
    exports: [],
    needs: ['js'],
    dependencies: {},
    license: 'CC0',
    keywords: ['text'],
    repo: 'https://example.org/repo',
    publishedAt: minute(at),
    publishedBy: 1000,
    ...change,
  };
  const statement = encodeStatement(release);
  const file = layout.release(name as ModuleName, version);
  const key = signer(author).sign(statement, signatureNamespace('release'));
  return new Map([
    [file, statement],
    [layout.signature(file), key],
  ]);
}

/** What a browser would run or fetch if any of it were taken for HTML, an attribute, a URL, JSON or Markdown. */
export const payloads = [
  '<script>window.ran("script")</script>',
  '"><img src=x onerror=window.ran("attribute")>',
  "'><svg/onload=window.ran('svg')>",
  '</script><script>window.ran("json")</script>',
  '</title></style></textarea><script>window.ran("title")</script>',
  'javascript:window.ran("url")',
  '<iframe srcdoc="<script>parent.ran(1)</script>"></iframe>',
  `{{constructor.constructor("window.ran(2)")()}} \${window.ran(3)}`,
  '\u202e<a href="javascript:window.ran(4)">\u2028x</a>]]>--><!--',
] as const;

const everything = payloads.join(' ').slice(0, 290);

export const hostileMarkdown = `# ${payloads[0]}

${payloads.join('\n\n')}

[link](javascript:window.ran("link")) [data](data:text/html,<script>window.ran(5)</script>) <javascript:window.ran(6)>
![image](https://evil.example.org/x.png "t\\" onerror=window.ran(7)") ![x](javascript:window.ran(8))
[ref]: javascript:window.ran(9)
[ref] [relative](../../../registry.json) [up](//evil.example.org/)

| <b onmouseover=window.ran(10)> | ${payloads[1].replaceAll('|', '')} |
|-|-|
| \`${payloads[3]}\` | [^n] |

[^n]: ${payloads[2]}

\`\`\`mlld"><script>window.ran(11)</script>
show "${payloads[4]}" >> ${payloads[1]}
\`\`\`

\`\`\`mlld
import { @f } from @mallory/xss
show @f("</code></pre><script>window.ran(12)</script>")
\`\`\`

\`\`\`output
</pre><script>window.ran(13)</script>
\`\`\`

- [x] <input autofocus onfocus=window.ran(14)>
`;

function hostile(sources: Sources): Files {
  const text = `---\nname: xss\nfunding: "javascript:window.ran(15)"\n---\n\n/needs { js: [] }\n\n${hostileMarkdown}\n## \`f(x)\`\n\n${hostileMarkdown}\n\`\`\`mlld-run\nexe @f(x) = js { return x; }\nexport { @f }\n\`\`\`\n`;
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" onload="window.ran(16)"><script>window.ran(17)</script></svg>';
  const change = {
    about: everything,
    keywords: [...payloads.map((one) => one.slice(0, 50)), 'text'],
    license: payloads[1],
    mlldVersion: payloads[0],
  };
  const spec = {
    name: '@mallory/xss',
    change,
    texts: { 'xss.mld.md': text, 'picture+onload.svg': svg, 'constructor.json': '{"__proto__":1}' },
  };
  return merge(
    keysetFiles('mallory'),
    metadataFile('@mallory/xss', ['mallory']),
    moduleFiles({ ...spec, version: '1.0.0', minute: 5 }, sources),
    moduleFiles(
      {
        ...spec,
        version: '1.1.0',
        minute: 6,
        texts: { ...spec.texts, 'xss.mld.md': `${text}\nmore ${everything}\n` },
      },
      sources,
    ),
    changeFiles('@mallory/xss', 1, { type: 'deprecate', message: everything, minute: 20 }),
    changeFiles('@mallory/xss', 2, { type: 'yank', version: '1.0.0', reason: everything, minute: 21 }),
  );
}

const tags = {
  v: 1,
  aliases: { unicode: 'text', xml: 'json' },
  categories: [
    { slug: 'words', title: 'Words', about: 'Text and what is in it', tags: ['text', 'format'] },
    { slug: 'data', title: payloads[0].slice(0, 60), about: everything, tags: ['json', 'list'] },
  ],
  collections: [
    { title: 'First steps', about: payloads[1], modules: ['@alice/strings', '@bob/lists', '@mallory/xss'] },
  ],
};

/** Six weeks of installs, or those of days after them, made up for these tests. */
export function statistics({ first = 0, count = 42 } = {}): Files {
  const files: Files = new Map();
  for (let i = first; i < first + count; i++) {
    const day = new Date(Date.UTC(2026, 0, 5) + i * 86_400_000).toISOString().slice(0, 10);
    const rounded = (base: number) => roundCount(base + i * 2 + ((i * 7) % 11));
    const line = (name: string, version: string, people: number): StatisticsLine => ({
      name: name as ModuleName,
      version,
      people: rounded(people),
      ci: rounded(people / 3),
      robots: roundCount(i % 7),
    });
    const data = encodeStatisticsData([
      line('@alice/strings', '*', 60),
      line('@alice/strings', '1.1.0', 20 - i),
      line('@alice/strings', '1.2.0', 40),
      // Found in the last week, and nowhere else.
      { name: '@bob/lists' as ModuleName, version: '*', people: i < 35 ? 0 : 90, ci: 0, robots: 5 },
      { name: '@bob/json' as ModuleName, version: '*', people: '<5', ci: 0, robots: 0 },
    ]);
    const statement = encodeStatistics({
      type: 'statistics',
      v: 1,
      registry: registryName,
      n: 1,
      by: 'guard' as never,
      at: new Date(Date.parse(day) + 3 * 86_400_000).toISOString(),
      source: 'main',
      day,
      complete: true,
      total: { people: rounded(60), ci: rounded(20), robots: 5 },
      data: { sha256: sha256(data), size: Buffer.byteLength(data), lines: 5 },
    });
    const file = layout.statistics('main', day, 1);
    files.set(file, statement);
    files.set(layout.signature(file), signer('counter').sign(statement, signatureNamespace('statistics')));
    files.set(layout.statisticsData('main', day, 1), data);
  }
  return files;
}

export function siteRegistry(sources: Sources): Files {
  const strings = showcase('alice', 'strings');
  const older = strings
    .replace('version: 1.2.0', 'version: 1.1.0')
    .replace(', @nearest\n}', '\n}')
    .replace('Everyday text functions.', 'Text functions.');
  const about = 'Format, case, pad, wrap and compare text';
  const base = merge(
    new Map([
      registryFile({
        url: 'https://registry.example.org/',
        repository: 'https://example.org/registry',
        title: 'Tea house',
      }),
    ]),
    policyFiles({
      roles: new Map([
        ['root', { keys: [signer('root').key], threshold: 1 }],
        ['advisories', { keys: [signer('guard').key], threshold: 1 }],
        ['statistics', { keys: [signer('counter').key], threshold: 1 }],
      ]),
    }),
    ...['alice', 'bob', 'carol', 'guard'].map((author) => keysetFiles(author)),
    ...['@alice/strings', '@bob/lists', '@bob/json'].map((name) =>
      metadataFile(name, [name.slice(1).split('/')[0]!]),
    ),
    moduleFiles(
      {
        name: '@alice/strings',
        version: '1.1.0',
        minute: 1,
        texts: { 'strings.mld.md': older },
        change: { about },
      },
      sources,
    ),
    moduleFiles(
      {
        name: '@alice/strings',
        version: '1.2.0',
        minute: 2,
        texts: { 'strings.mld.md': strings },
        change: { about, keywords: ['text', 'format', 'unicode'] },
      },
      sources,
    ),
    moduleFiles(
      {
        name: '@bob/lists',
        version: '2.0.0',
        minute: 3,
        texts: { 'lists.mld.md': showcase('bob', 'lists') },
        change: { keywords: ['list'], imports: new Map([['@alice/strings' as ModuleName, '^1.0.0']]) },
      },
      sources,
    ),
    moduleFiles(
      {
        name: '@bob/json',
        version: '1.1.0',
        minute: 4,
        texts: { 'json.mld.md': showcase('bob', 'json') },
        change: { keywords: ['json', 'Data Format'] },
      },
      sources,
    ),
    hostile(sources),
    statistics(),
    new Map([
      ['tags.json', JSON.stringify(tags)],
      ['CONTRIBUTING.md', '# Contributing\n\nSend a pull request. See [quality](QUALITY.md).\n'],
      ['QUALITY.md', hostileMarkdown],
    ]),
  );
  return merge(
    base,
    review(base, { by: 'carol', name: '@alice/strings', version: '1.2.0', text: 'I **read** all of it.' }),
    review(base, {
      by: 'carol',
      name: '@mallory/xss',
      version: '1.1.0',
      rating: 'negative',
      text: hostileMarkdown,
    }),
    star('carol', '@alice/strings'),
    kindFiles(sources),
    advisoryFiles(1, {
      affected: [{ name: '@mallory/xss' as ModuleName, ranges: ['<2.0.0'], digests: [], exports: [] }],
      patches: [],
      title: payloads[1],
      summary: payloads[0],
      details: hostileMarkdown,
      aliases: [payloads[2]],
    }),
    // Reviewed by the community for three days.
    publishedFiles(2, {
      at: hour(74),
      publishedAt: hour(74),
      affected: [{ name: '@mallory/xss' as ModuleName, ranges: ['<2.0.0'], digests: [], exports: [] }],
      patches: [],
      title: payloads[1],
      summary: payloads[0],
      details: hostileMarkdown,
      aliases: [payloads[2]],
    }),
  );
}

/** Builds it below a folder. @returns the distribution */
export async function buildSite(
  folder: string,
  files: Files,
  sources: Sources,
): Promise<{ out: string; report: BuildReport }> {
  const [repository, out] = [`${folder}/repository`, `${folder}/dist`];
  writeFiles(repository, files);
  const report = await build(repository, {
    out,
    outputs: await outputsFor({ site: true }),
    log: { key: logKey.pem, begin: true },
    fetch: async (url) => {
      const text = sources.get(url);
      return text === undefined ? new Response('none', { status: 404 }) : new Response(text);
    },
  });
  return { out, report };
}
