/**
 * One search index for browser, command and server: made, read and ranked (docs/spec/search.md).
 *
 * - `openSearch`: asks the index of a distribution
 * - `orderRecords`, `buildBase`, `makeDelta`: make one
 * - `SearchRecord`: what it knows of a module
 */
export type {
  Correction,
  Facets,
  FacetValue,
  Field,
  Hit,
  LikeAnswer,
  LikeHit,
  LikeOptions,
  LikeWhy,
  MatchClass,
  Search,
  SearchAnswer,
  SearchOptions,
  SearchSource,
  Sort,
  Why,
  WordMatch,
} from './api.ts';
export { sorts } from './api.ts';
export {
  type Base,
  buildBase,
  type IndexFile,
  type OrderedRecords,
  orderRecords,
  type Packing,
} from './base/build.ts';
export { type Delta, encodeDelta, parseDelta } from './base/delta.ts';
export {
  type BaseInfo,
  encodeManifest,
  hashDigits,
  indexVersion,
  type Manifest,
  parseManifest,
} from './base/manifest.ts';
export { encodePack, openPack, type PackBytes, packInMemory } from './base/pack.ts';
export { basePaths } from './base/paths.ts';
export {
  type BaseRecords,
  makeDelta,
  mostChanges,
  smallIndex,
} from './base/update.ts';
export { explain, explainLike } from './explain.ts';
export {
  buildMeaning,
  buildMeaningDelta,
  type MeaningFiles,
  type MeaningSource,
  passagesEach,
  type TermSource,
} from './meaning/build.ts';
export {
  type CellEntry,
  decodeCell,
  decodeHead,
  decodeMeaningDelta,
  decodeTermRows,
  encodeCell,
  encodeTerms,
  type MeaningHead,
  type MeaningProvider,
  mostPassages,
  type PassageVector,
  type TermRow,
} from './meaning/format.ts';
export { type LearnLimits, learnFew, learnMany, learnTerms } from './meaning/learn.ts';
export type { EmbedQuery } from './meaning/read.ts';
export { knownTerms, stemsIn, type Terms, type Tokenizing, termTable } from './meaning/tokenize.ts';
export { normalised, quantise, type Row, sumOf } from './meaning/vector.ts';
export { openSearch } from './open.ts';
export { factorOf, fieldWeights, levelOf, rankOf } from './rank.ts';
export { decodeRecord, encodeRecord, recordId, recordLimits, type SearchRecord } from './record.ts';
export { neighbours, type Shared } from './similar/neighbours.ts';
