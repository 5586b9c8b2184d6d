/**
 * `@mlld/client`: resolve, fetch, verify, cache, import (docs/spec/resolve.md).
 *
 * `createClient` is the whole of it; `Ops` is what it does to the world, for tests and other hosts.
 */
export type { CacheCheck, CacheClean, CachedModule, CacheListing } from './cache-admin.ts';
export { type Client, type ClientOptions, createClient, type ImportOptions } from './client.ts';
export type { ChangeOptions, UpdateChange, UpdateReport } from './dependencies.ts';
export type { ListedModule, ModuleInfo, OutdatedModule, Why } from './inspect.ts';
export type { InstalledModule, InstallReport } from './install.ts';
export type { Origin, ResolvedModule } from './locked.ts';
export type { Ready } from './materialise.ts';
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
export { findProject } from './paths.ts';
export type { ReadModule } from './read-module.ts';
export type { VerifyStep } from './verify.ts';
export type { VerifyReport } from './verify-module.ts';
