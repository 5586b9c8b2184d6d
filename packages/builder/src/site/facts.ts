/** What the site shows beside modules: the registry itself, advisories, people, documents. */
import {
  type Advisory,
  type Author,
  limits,
  type ModuleName,
  type RegistryInfo,
  type Review,
} from '@mlld/format';
import type { AdvisoryView, AuthorData, DocumentView, RegistryView } from '@mlld/site';
import { advisoryIds, readAdvisory } from '../advisories/history.ts';
import type { LateFacts } from '../outputs/output.ts';
import { publishedAt } from '../repository/model.ts';
import type { Tree } from '../repository/tree.ts';
import { advisoryView } from './advisory-view.ts';
import { reviewView } from './view.ts';

export function registryView(info: RegistryInfo, logged: boolean): RegistryView {
  const { name, title, url, zone, repository, blobs } = info;
  return { name, title, url, zone, repository, blobs, logged };
}

/** Advisories that anybody may know of, the last changed first. */
export function advisoryViews(facts: LateFacts): AdvisoryView[] {
  const sources = { ...facts, keysOf: facts.repository.keysOf };
  return advisoryIds(facts.statements)
    .flatMap((id) => readAdvisory(id, sources)?.status ?? [])
    .filter(({ advisory }) => advisory.state === 'published' || advisory.state === 'withdrawn')
    .map(({ advisory, votes, responseMinutes }) =>
      advisoryView(
        { ...advisory, votes },
        { modified: advisory.at, responseMinutes, resolvedMinutes: resolvedMinutes(advisory, facts) },
      ),
    )
    .sort((a, b) => (a.modified < b.modified ? 1 : a.modified > b.modified ? -1 : a.id < b.id ? 1 : -1));
}

/** Until every module that it is about had a version that mends it, by what its authors signed. */
function resolvedMinutes(
  { affected, patches, reportedAt }: Advisory,
  { read }: LateFacts,
): number | undefined {
  const times = affected.map(({ name }) => {
    const { releases } = read(name);
    const fixed = patches.filter((patch) => patch.name === name).map(({ version }) => version);
    return releases
      .filter(({ version }) => fixed.includes(version))
      .map(publishedAt)
      .filter((at) => at !== '')
      .sort()[0];
  });
  const last = times.includes(undefined) ? undefined : times.sort().at(-1);
  if (last === undefined) return undefined;
  return Math.max(0, Math.round((Date.parse(last) - Date.parse(reportedAt)) / 60_000));
}

/** Reviews by who wrote them: read once, when the first author's page asks. */
export function reviewsByAuthor({ statements }: LateFacts): (author: string) => AuthorData['reviews'] {
  let all: Map<string, Map<string, Review>> | undefined;
  const read = () => {
    const found = new Map<string, Map<string, Review>>();
    for (const file of statements.list('reviews')) {
      const said = statements.read(file)?.said;
      if (said?.type !== 'review') continue;
      const own = found.get(said.by) ?? new Map<string, Review>();
      const key = `${said.name} ${said.version}`;
      if (said.n > (own.get(key)?.n ?? 0)) own.set(key, said);
      found.set(said.by, own);
    }
    return found;
  };
  return (author) => {
    all ??= read();
    return [...(all.get(author)?.values() ?? [])]
      .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.name < b.name ? -1 : 1))
      .slice(0, 50)
      .map((review) => ({ ...reviewView(review), name: review.name as ModuleName }));
  };
}

export function authorFacts(
  author: Author,
  facts: LateFacts,
): Omit<AuthorData, 'author' | 'modules' | 'collections' | 'reviews'> {
  const { keysets } = facts.repository.keysOf(author);
  const newest = keysets.at(-1);
  const anchors = newest?.keyset.anchors;
  return {
    keys: [...(newest?.keys.keys() ?? [])],
    github: anchors?.github?.login,
    dns: anchors?.dns,
    since: keysets[0]?.keyset.createdAt,
  };
}

/** Prose of the repository: at its root, and below `governance/`. */
const rootDocuments = [
  'README.md',
  'CONTRIBUTING.md',
  'QUALITY.md',
  'CODE_OF_CONDUCT.md',
  'GOVERNANCE.md',
  'SECURITY.md',
];
export const documentPaths = [...rootDocuments, 'governance'] as const;
const mostDocuments = 200;

export function documents({ tree }: { readonly tree: Tree }): DocumentView[] {
  const files = [
    ...rootDocuments,
    ...tree
      .list('governance')
      .filter(({ name, kind }) => kind === 'file' && /^[A-Za-z0-9][A-Za-z0-9_-]*\.md$/.test(name))
      .map(({ name }) => `governance/${name}`),
  ].slice(0, mostDocuments);
  const found = files.flatMap((file): DocumentView[] => {
    const bytes = tree.read(file, limits.configBytes);
    if (bytes === undefined) return [];
    const markdown = Buffer.from(bytes).toString('utf8');
    const slug = file
      .replace(/^.*\//, '')
      .replace(/\.md$/, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-');
    const title = /^# +(.+)$/m.exec(markdown)?.[1]?.trim() ?? slug;
    return [{ slug, title: title.slice(0, 100), markdown }];
  });
  return [...new Map([...found, reports].map((one) => [one.slug, one])).values()];
}

/** Always there, because each module's page links to it. */
const reports: DocumentView = {
  slug: 'report',
  title: 'Reporting a module',
  markdown: `# Reporting a module

A vulnerability goes to the module's author first: its page and \`mlld info <name>\` say where. If they don't answer, or if the module
means harm, tell the registry:

\`\`\`
mlld report @author/name --reason malware
\`\`\`

The report is signed with your key and becomes a statement of the registry, in the open. Maintainers look at it; what is true becomes an
advisory, which \`mlld audit\` and every later install see. Whoever disagrees can say so in an appeal, which is answered in the open too.
`,
};
