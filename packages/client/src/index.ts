/**
 * `@mlld/client`: resolve, fetch, verify, cache, import (docs/spec/resolve.md).
 *
 * `createClient` is the whole of it; `Ops` is what it does to the world, for tests and other hosts.
 */
export type { AuditedRegistry, AuditFinding, AuditOptions, AuditReport } from './advisories/audit.ts';
export type { FixProposal } from './advisories/fix.ts';
export type { AdvisoryBook } from './advisories/store.ts';
export type { CacheCheck, CacheClean, CachedModule, CacheListing } from './cache/cache-admin.ts';
export { type Client, type ClientOptions, createClient, type ImportOptions } from './client.ts';
export type { Opinion, WeighedReview } from './community/opinion.ts';
export type { Roots } from './community/people.ts';
export { findProject } from './config/paths.ts';
export type { CapabilityNews } from './install/agree.ts';
export type { ChangeOptions, UpdateChange, UpdateReport } from './install/dependencies.ts';
export type { KnownIndex, ListedModule, ModuleInfo, OutdatedModule, Why } from './install/inspect.ts';
export type { InstalledModule, InstallReport } from './install/install.ts';
export type { Ready } from './install/materialise.ts';
export type { ReadModule } from './install/read-module.ts';
export type { Origin, ResolvedModule } from './lock/locked.ts';
export { nodeOps } from './node/index.ts';
export type {
  Confirm,
  FileStat,
  Files,
  FolderEntry,
  HttpAnswer,
  HttpRequest,
  NetLimits,
  Ops,
  RequestEvent,
  TxtQuestion,
  TxtRecord,
} from './ops.ts';
export {
  type EffectiveRule,
  type NamedPeople,
  namedPeople,
  type PolicyPeople,
  type PolicySource,
  ruleFor,
} from './policy/rules.ts';
export type { LocalSearch, LocalSearchOptions } from './search/local.ts';
export type { CapabilityScanner } from './session.ts';
export type { VerifyStep } from './verify/verify.ts';
export type { VerifyReport } from './verify/verify-module.ts';
