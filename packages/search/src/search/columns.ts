/** Filters, sorting and counts by the properties that stand in columns: none is read unless it is asked for. */
import type { Facets, FacetValue, Sort } from '../api.ts';
import type { ColumnName } from '../files/column.ts';
import type { ColumnFilter } from '../query/query.ts';
import type { Merged, MergedColumn } from '../segment/merged.ts';
import { type Accept, byScore, type Candidate, everyOf } from './evaluate.ts';

export type Columns = ReadonlyMap<ColumnName, MergedColumn>;

const facetColumns = ['kind', 'category', 'needs', 'licence', 'is'] as const;
/** Values of one facet that are counted out. */
const facetValues = 30;

export async function readColumns(
  merged: Merged,
  { filters, sort, facets }: { filters: readonly ColumnFilter[]; sort: Sort; facets: boolean },
): Promise<Columns> {
  const names = new Set<ColumnName>(filters.map(({ column }) => column));
  if (sort !== 'relevance' && sort !== 'trending') names.add(sort);
  if (facets) for (const name of facetColumns) names.add(name);
  return new Map(
    await Promise.all([...names].map(async (name) => [name, await merged.column(name)] as const)),
  );
}

/** Undefined where there are no filters. */
export function acceptBy(filters: readonly ColumnFilter[], columns: Columns): Accept | undefined {
  const checks = filters.map((filter): Accept => {
    const column = columns.get(filter.column);
    if (column === undefined) return () => false;
    return (doc) => fits(filter, column, doc) !== filter.not;
  });
  return everyOf(checks);
}

function fits(filter: ColumnFilter, column: MergedColumn, doc: number): boolean {
  switch (filter.column) {
    case 'score':
    case 'quality': {
      // 0 says that there is none, all others are one more than they are.
      const value = column.numberOf(doc) - 1;
      return value >= 0 && value >= filter.least && value <= filter.most;
    }
    case 'updated': {
      const day = column.numberOf(doc);
      return day >= filter.least && day <= filter.most;
    }
    case 'is': {
      const there = column.textsOf(doc);
      return filter.values.every((value) => there.includes(value));
    }
    default: {
      const there = column.textsOf(doc);
      return filter.values.some(
        (value) =>
          there.some((one) => one.toLowerCase() === value) || (value === 'none' && there.length === 0),
      );
    }
  }
}

/** What an order is made of. */
export interface Ordering {
  readonly columns: Columns;
  /** The most trending one first. */
  readonly trending: readonly number[];
}

export function compareBy(
  sort: Sort,
  { columns, trending }: Ordering,
): (a: Candidate, b: Candidate) => number {
  if (sort === 'relevance') return byScore;
  if (sort === 'trending') {
    const places = new Map(trending.map((doc, place) => [doc, place]));
    const placeOf = ({ doc }: Candidate): number => places.get(doc) ?? trending.length;
    return (a, b) => placeOf(a) - placeOf(b) || byScore(a, b);
  }
  const column = columns.get(sort);
  return (a, b) => (column?.numberOf(b.doc) ?? 0) - (column?.numberOf(a.doc) ?? 0) || byScore(a, b);
}

export function countFacets(docs: readonly number[], columns: Columns): Facets {
  const of = (name: (typeof facetColumns)[number]): FacetValue[] => {
    const counts = new Map<string, number>();
    for (const doc of docs)
      for (const value of columns.get(name)?.textsOf(doc) ?? [])
        counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, facetValues);
  };
  return {
    kind: of('kind'),
    category: of('category'),
    needs: of('needs'),
    licence: of('licence'),
    is: of('is'),
  };
}
