/** What search knows of a module, from what the index says of it (docs/spec/search.md §2). */
import { decode as d, type ModuleName } from '@mlld/format';
import { recordId, recordLimits, type SearchRecord } from '@mlld/search';
import { qualityOf } from '@mlld/trust';
import type { LateFacts, ModuleFacts } from '../outputs/output.ts';

export async function searchRecord(name: ModuleName, facts: LateFacts): Promise<SearchRecord | undefined> {
  const module = await facts.module(name);
  return module && recordOf(module, facts);
}

function recordOf(module: ModuleFacts, facts: LateFacts): SearchRecord {
  const { header, versions, record } = module;
  const latest = versions.find(({ version }) => version === record.version);
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
    categories: [],
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
    quality: latest === undefined ? undefined : qualityOf(header, latest).length * 20,
    deprecated: record.deprecated !== undefined,
    yanked: record.yanked,
  });
}

function newestOf({ record, read }: ModuleFacts): string {
  const times = [record.publishedAt ?? '', ...read.changes.map(({ change }) => change.at)];
  return times.sort().at(-1) ?? '';
}

/** Headings of the README, or else of the entry where that is a document: those that say more than where they stand. */
function headingsOf({ versions, record }: ModuleFacts, { bytes }: LateFacts): string[] {
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
