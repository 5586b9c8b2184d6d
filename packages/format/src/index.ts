export {
  type AdvisoryEntry,
  type AdvisoryIndex,
  type AdvisoryStats,
  encodeAdvisoryIndex,
  parseAdvisoryIndex,
} from './advisory-index.ts';
export { canonicalJson } from './canonical.ts';
export {
  type CollectionsFile,
  type CommunityFile,
  encodeCollectionsFile,
  encodeCommunityFile,
  encodeTrustsFile,
  parseCollectionsFile,
  parseCommunityFile,
  parseTrustsFile,
  type TrustsFile,
} from './community.ts';
export {
  type Config,
  type DnsSetting,
  emptyConfig,
  encodeConfig,
  parseConfig,
  parseDnsSetting,
} from './config.ts';
export * as decode from './decode.ts';
export {
  compareBytes,
  contentDigest,
  type FileHash,
  isSha256,
  legacyContentHash,
  parseHashPrefix,
  parseSha256,
  type Sha256,
  type Sha256Hex,
} from './digest.ts';
export {
  authorTxt,
  encodeTxt,
  type ModuleTxt,
  namesAuthor,
  parseTxt,
  type RegistryTxt,
  txtStrings,
} from './dns-record.ts';
export { formatDuration, parseDuration } from './duration.ts';
export {
  type ErrorCode,
  errorCodes,
  exitStatus,
  isRegistryError,
  printable,
  RegistryError,
} from './errors.ts';
export { encodeHead, type Head, parseHead } from './head.ts';
export type { CommunityHint, Judged, JudgedVersion, ScoreHint, Standing } from './header-hints.ts';
export { readBounded, retryAfterMs } from './http.ts';
export {
  type Artifact,
  type Checked,
  type Evidence,
  encodeIndex,
  type IndexFileEntry,
  type IndexHeader,
  type IndexVersion,
  type ModuleIndex,
  parseIndex,
} from './index-file.ts';
export {
  type AllInstalls,
  dayMs,
  daysBefore,
  isoDay,
  type ModuleInstalls,
  type Series,
  type Sums,
  shownDays,
  shownWeeks,
  since,
  weekEnd,
  weekOf,
} from './installs.ts';
export { assertSize, decodeUtf8, type Json, type JsonObject, parseJson, parseNdjson } from './json.ts';
export { type KindFacts, kindFacts, type UsageLine, usageOf } from './kinds.ts';
export { dnsNames, isImmutable, layout, moduleFiles, pages, userLayout } from './layout.ts';
export { limits } from './limits.ts';
export {
  type AuthorPin,
  besideKey,
  emptyLock,
  encodeLock,
  type LegacyEntry,
  type Lock,
  type LockedMcp,
  type LockedModule,
  parseLock,
} from './lock.ts';
export {
  encodeImportedServer,
  encodeMcpList,
  type ImportedServer,
  isServerName,
  type McpApiList,
  type McpOfficialMeta,
  type McpServerEntry,
  mcpMeta,
  mcpServerEntry,
  parseImportedServer,
  parseMcpList,
  parseMcpShard,
} from './mcp-api.ts';
export {
  encodeMcpManifest,
  type McpArtefact,
  type McpDefinition,
  type McpDefinitionKind,
  type McpEra,
  type McpFolder,
  type McpManifest,
  type McpNpmPackage,
  type McpObserved,
  type McpPermissions,
  type McpVariable,
  mcpDefinitionKinds,
  mcpFiles,
  mcpPermissionsShape,
  parseMcpManifest,
} from './mcp-manifest.ts';
export {
  type McpIcon,
  type McpInput,
  type McpNamedInput,
  type McpPackage,
  type McpServerArgument,
  type McpServerIssue,
  type McpServerJson,
  type McpTransport,
  parseServerJson,
  serverSchema,
  validateServerJson,
} from './mcp-server-json.ts';
export { type McpTool, mcpTools } from './mcp-tools.ts';
export {
  type Author,
  authorOf,
  formatRef,
  formatSelector,
  isModuleName,
  isTag,
  type ModuleName,
  moduleName,
  parseAuthor,
  parseModuleName,
  parseRef,
  parseRegistryName,
  parseSelector,
  type Ref,
  type Selector,
  shortName,
} from './name.ts';
export { editDistance, nearest } from './nearest.ts';
export { parsePath, parsePaths } from './path.ts';
export {
  encodeProof,
  type LoggedText,
  type LogInclusion,
  type ProofBundle,
  parseProof,
  type SignedText,
} from './proof.ts';
export {
  decodeVersionRecord,
  isStatement,
  type ModuleMetadata,
  parseMetadata,
  parseTags,
  type VersionRecord,
} from './record.ts';
export {
  type EmbeddingsConfig,
  type EndpointConfig,
  encodeRegistryInfo,
  parseRegistryInfo,
  type RegistryInfo,
} from './registry-json.ts';
export { type Location, locate, type RepositoryRecord, type SourceRecord } from './source.ts';
export { type Likeness, likeness, type Squat, type SquatIndex, squatIndex, typosquats } from './squat.ts';
export {
  decodeRelease,
  type ExportEntry,
  type ExportParam,
  encodeStatement,
  type FileEntry,
  type ModuleKind,
  moduleKinds,
  parseRelease,
  type Release,
  type Statement,
  type StatementType,
  signatureNamespace,
  statementType,
} from './statement.ts';
export {
  type Advisory,
  type AdvisoryState,
  type AdvisoryVote,
  type AffectedModule,
  advisoryContentMembers,
  advisoryMembers,
  advisoryStates,
  encodeAdvisory,
  type Patch,
  parseAdvisory,
  parseAdvisoryId,
  parseAdvisoryVote,
  type Severity,
  severities,
} from './statement-advisory.ts';
export {
  changeTypes,
  type DeprecateChange,
  encodeChange,
  type ModuleChange,
  parseChange,
  type TagChange,
  type YankChange,
} from './statement-changes.ts';
export {
  type CollectedModule,
  type Collection,
  type CommunityStatement,
  depths,
  encodeCommunity,
  parseCommunity,
  parseSlug,
  type Report,
  type Review,
  ratings,
  reportReasons,
  reviewCriteria,
  type Star,
  type Transfer,
  type Trust,
  type TrustLevel,
  trustLevels,
} from './statement-community.ts';
export {
  type Keyset,
  type KeysetAnchors,
  type KeysetKey,
  type KeysetRecovery,
  parseKeyset,
} from './statement-keyset.ts';
export {
  encodePolicy,
  encodeRecordStatement,
  encodeSnapshot,
  type Policy,
  type PolicyRole,
  parsePolicy,
  parseRecordStatement,
  parseSnapshot,
  policyRoles,
  type RecordStatement,
  type Role,
  type Snapshot,
} from './statement-policy.ts';
export {
  type Count,
  type Counts,
  encodeStatistics,
  encodeStatisticsData,
  leastOf,
  parseDay,
  parseStatistics,
  parseStatisticsData,
  parseStatisticsSource,
  roundCount,
  type StatisticsLine,
  type StatisticsStatement,
} from './statement-statistics.ts';
export { fits, type Schema, schemaOf } from './type-schema.ts';
export {
  capabilityKinds,
  emptyPolicy,
  type People,
  type PolicyRule,
  type UserPolicy,
} from './user-policy.ts';
export {
  type Bump,
  bumpBetween,
  compareVersions,
  covers,
  highest,
  nextVersion,
  parseVersion,
  satisfies,
  selectorAllows,
} from './version.ts';
export { type VersionInterval, versionIntervals } from './version-intervals.ts';
export { isRange, isVersion } from './version-syntax.ts';
