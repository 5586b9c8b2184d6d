/**
 * One search index for browser, command and server: made, read and ranked (docs/spec/search.md).
 *
 * - `openSearch`: asks the index of a distribution
 * - `buildBase`, `makeDelta`: make one
 * - `SearchRecord`: what it knows of a module
 */
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
export { type Base, buildBase, type IndexFile, listOf, type Packing } from './base/build.ts';
export { type Delta, encodeDelta, parseDelta } from './base/delta.ts';
export {
  type BaseInfo,
  type Bridge,
  encodeManifest,
  hashDigits,
  indexVersion,
  type Manifest,
  parseManifest,
} from './base/manifest.ts';
export {
  type BaseRecords,
  basePaths,
  bridgesKept,
  makeDelta,
  mostChanges,
  smallIndex,
} from './base/update.ts';
export { inflate } from './files/bytes.ts';
export { openSearch } from './open.ts';
export { factorOf, fieldWeights, levelOf, rankOf } from './rank.ts';
export { decodeRecord, encodeRecord, recordId, recordLimits, type SearchRecord } from './record.ts';
