/** What search knows of a module, from what the index says of it (docs/spec/search.md §2). */
import { decode as d } from '@mlld/format';
import {
  decodeRecord,
  encodeRecord,
  passagesEach,
  recordId,
  recordLimits,
  type SearchRecord,
} from '@mlld/search';
import { canonicalTags, type TagCatalog } from '@mlld/site';
import type { EachFacts, EachModule, LateFacts, ModuleFacts } from '../outputs/output.ts';
import { tagCatalog } from '../repository/tag-catalog.ts';
import { type Studied, type Study, studyModule } from '../site/study.ts';
import { passagesOf } from './passages.ts';

export interface SearchedModule {
  readonly record: SearchRecord;
  /** Of the version that `latest` names. */
  readonly study: Study | undefined;
}

/** A line with the record, one with its passages. */
export const eachSearched: EachModule = (facts: EachFacts) => {
  const catalog = tagCatalog(facts.repository);
  return async (module) => {
    const { record, study } = await searchedModule(module, facts, catalog);
    const passages = passagesOf(record, study, passagesEach(facts.modules));
    const pairs = passages.map(({ label, text }) => [label, text]);
    return `${JSON.stringify(encodeRecord(record))}\n${JSON.stringify(pairs)}`;
  };
};

/** @returns the record, and the JSON of its passages */
export function readSearched(text: string): readonly [SearchRecord, string] {
  const end = text.indexOf('\n');
  return [decodeRecord(JSON.parse(text.slice(0, end))), text.slice(end + 1)];
}

export async function searchedModule(
  module: ModuleFacts,
  facts: Pick<LateFacts, 'bytes'>,
  catalog: TagCatalog,
): Promise<SearchedModule> {
  const latest = module.versions.find(({ version }) => version === module.record.version);
  const studied = latest && (await studyModule(module, latest, facts.bytes));
  const record = recordOf(module, facts, { catalog, quality: studied?.quality });
  return { record, study: studied?.study };
}

interface Known {
  readonly catalog: TagCatalog;
  readonly quality: Studied['quality'];
}

function recordOf(
  module: ModuleFacts,
  facts: Pick<LateFacts, 'bytes'>,
  { catalog, quality }: Known,
): SearchRecord {
  const { header, record } = module;
  const judged = header.community?.judged.find(({ version }) => version === record.version);
  const { score } = header;
  return d.compact({
    id: recordId(record.name),
    name: record.name,
    author: record.author as SearchRecord['author'],
    kind: record.kind,
    version: record.version,
    about: record.about,
    keywords: record.keywords.slice(0, recordLimits.keywords),
    categories: canonicalTags(record.keywords, catalog).slice(0, recordLimits.categories),
    needs: record.needs.slice(0, recordLimits.needs),
    licence: record.license,
    exports: record.exports.slice(0, recordLimits.exports),
    headings: headingsOf(module, facts),
    depends: record.imports.slice(0, recordLimits.depends),
    updated: newestOf(module).slice(0, 10),
    signed: record.evidence >= 2,
    reviewed: judged !== undefined && judged.reviewers > 0 && judged.positive > judged.negative,
    safe: record.checked === 'match' && record.advisories.length === 0 && !header.yanked.has(record.version),
    score: score === undefined || score.insufficient ? undefined : score.value,
    quality: quality?.value,
    deprecated: record.deprecated !== undefined,
    yanked: record.yanked,
  });
}

function newestOf({ record, read }: ModuleFacts): string {
  const times = [record.publishedAt ?? '', ...read.changes.map(({ change }) => change.at)];
  return times.sort().at(-1) ?? '';
}

/** Headings of the README, or else of the entry where that is a document: those that say more than where they stand. */
function headingsOf({ versions, record }: ModuleFacts, { bytes }: Pick<LateFacts, 'bytes'>): string[] {
  const latest = versions.find(({ version }) => version === record.version);
  const entry = latest?.files.find(({ path }) => path === latest.entry);
  const hash =
    record.readme ??
    (entry?.path.endsWith('.md') === true && record.checked === 'match' ? entry.sha256 : undefined);
  const found = hash === undefined ? undefined : bytes(hash);
  return found === undefined ? [] : headingsIn(new TextDecoder().decode(found));
}

const furniture = new Set([
  'docs',
  'module',
  'tldr',
  'usage',
  'install',
  'installation',
  'license',
  'licence',
  'examples',
]);

export function headingsIn(markdown: string): string[] {
  const headings = new Set<string>();
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined) fence = fence === undefined ? mark : mark.startsWith(fence) ? undefined : fence;
    const text = fence === undefined ? /^#{1,4}\s+(.{1,300}?)\s*#*$/.exec(line)?.[1] : undefined;
    const plain = text
      ?.replace(/[`*_[\]]|\([^)]*\)/g, '')
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
      .trim()
      .slice(0, recordLimits.headingChars);
    if (plain !== undefined && plain !== '' && !furniture.has(plain.toLowerCase())) headings.add(plain);
    if (headings.size === recordLimits.headings) break;
  }
  return [...headings];
}
