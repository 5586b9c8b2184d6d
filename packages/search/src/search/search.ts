/** A query from its text to its hits. */
import type { Facets, Hit, SearchAnswer, SearchOptions, Sort } from '../api.ts';
import { parseQuery } from '../query/parse.ts';
import type { Clause, Query } from '../query/query.ts';
import { rankOf } from '../rank.ts';
import type { SearchRecord } from '../record.ts';
import type { Merged } from '../segment/merged.ts';
import { phraseOf } from '../text.ts';
import { acceptBy, type Columns, compareBy, countFacets, readColumns } from './columns.ts';
import { type Accept, best, type Candidate, evaluate } from './evaluate.ts';
import { correct, type Lookups, lookUp } from './lookup.ts';
import { wordsFoundIn } from './sums.ts';

export const searchLimits = { limit: 100, offset: 1000 } as const;
/** Modules whose text is looked at for a phrase: the best ones that have its words. */
const phraseCandidates = 200;

export interface MergedOptions extends SearchOptions {
  readonly now: number;
  /** Modules that have some of the words, also where others have all. */
  readonly some?: boolean;
  /** Ordinals of what is trending, the most first. */
  readonly trending?: readonly number[] | undefined;
}

/** What fits a query, before any of it is shown. */
export interface FoundCandidates {
  readonly query: Query;
  readonly candidates: readonly Candidate[];
  readonly lookups: Lookups;
  readonly columns: Columns;
  readonly accept: Accept | undefined;
  readonly compare: (a: Candidate, b: Candidate) => number;
}

export async function searchMerged(
  merged: Merged,
  text: string,
  options: MergedOptions,
): Promise<SearchAnswer> {
  const { limit = 10, offset = 0, facets = false } = options;
  const from = clamp(offset, searchLimits.offset);
  const count = clamp(limit, searchLimits.limit);
  const { query, candidates, lookups, columns, compare } = await findCandidates(merged, text, options);
  const shown = best(merged, candidates, { count: from + count, compare }).slice(from);
  const records = await merged.records(shown.map(({ doc }) => doc));
  return {
    hits: shown.map((one, i) => hitOf(merged, lookups, one, records[i]!)),
    total: candidates.length,
    ...(facets ? { facets: facetsOf(candidates, columns) } : {}),
    corrections: lookups.corrections,
    notes: [...query.notes, ...orderNotes(query.sort ?? options.sort, options.trending)],
  };
}

function orderNotes(sort: Sort | undefined, trending: readonly number[] = []): string[] {
  return sort === 'trending' && trending.length === 0
    ? ['This registry counts no installs, or nothing is trending: the best come first.']
    : [];
}

export function facetsOf(candidates: readonly { readonly doc: number }[], columns: Columns): Facets {
  return countFacets(
    candidates.map(({ doc }) => doc),
    columns,
  );
}

export async function findCandidates(
  merged: Merged,
  text: string,
  { sort: wanted = 'relevance', facets = false, now, some = false, trending = [] }: MergedOptions,
): Promise<FoundCandidates> {
  const query = parseQuery(text, now);
  const sort = query.sort ?? wanted;
  const [first, columns] = await Promise.all([
    lookUp(merged, query),
    readColumns(merged, { filters: query.columns, sort, facets }),
  ]);
  const accept = acceptBy(query.columns, columns);
  let lookups: Lookups = first;
  let found = evaluate(merged, query, { lookups, accept, some });
  if (!found.complete) {
    const corrected = await correct(merged, query, lookups);
    if (corrected !== undefined) {
      const again = evaluate(merged, query, { lookups: corrected, accept });
      if (again.complete || found.candidates.length === 0) [found, lookups] = [again, corrected];
    }
  }
  const compare = compareBy(sort, { columns, trending });
  const phrases = query.clauses.filter(({ phrase, not }) => phrase && !not);
  let candidates = found.candidates;
  if (phrases.length > 0)
    candidates = await withPhrases(
      merged,
      best(merged, candidates, { count: phraseCandidates, compare }),
      phrases,
    );
  return { query, candidates, lookups, columns, accept, compare };
}

export function clamp(value: number, most: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(0, Math.floor(value))) : most;
}

export function hitOf(
  merged: Merged,
  lookups: Lookups,
  { doc, match, text, factor, score }: Candidate,
  record: SearchRecord,
): Hit {
  const words = wordsFoundIn(merged, lookups.words, doc);
  return {
    record: { ...record, headings: [] },
    why: { match, score, rank: rankOf[match], text, factor, words },
  };
}

async function withPhrases(
  merged: Merged,
  candidates: readonly Candidate[],
  phrases: readonly Clause[],
): Promise<Candidate[]> {
  const records = await merged.records(candidates.map(({ doc }) => doc));
  return candidates.filter((_, i) => {
    const record = records[i];
    return record !== undefined && phrases.every((phrase) => stands(phrase, record));
  });
}

/** Whether the words stand side by side in one text of the module that a hit shows. */
function stands({ terms }: Clause, record: SearchRecord): boolean {
  const wanted = phraseOf(terms.join(' '));
  const texts = [
    record.name.slice(record.author.length + 2),
    record.about,
    ...record.keywords,
    ...record.categories,
  ];
  return texts.some((text) => phraseOf(text).includes(wanted));
}
