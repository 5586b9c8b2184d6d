/** One search index for browser, command and server: made, read and ranked (docs/spec/search.md). */
export type {
  Correction,
  Facets,
  FacetValue,
  Field,
  Hit,
  MatchClass,
  Search,
  SearchAnswer,
  SearchOptions,
  SearchSource,
  Sort,
  Why,
  WordMatch,
} from './api.ts';
export { buildBase } from './base/build.ts';
export { openSearch } from './open.ts';
export { decodeRecord, encodeRecord, recordId, recordLimits, type SearchRecord } from './record.ts';
