export { type ReadAnswer, readAnswer } from './api/answers.ts';
export { type Page, type PullOptions, pages } from './api/pull.ts';
export {
  type ImportState,
  readImportState,
  type TakenOver,
  type TakeOver,
  takeOver,
  writeImportState,
} from './api/take-over.ts';
export type { NpmSource } from './artefact/npm.ts';
export { unpackedFolder } from './artefact/unpack.ts';
export {
  type ClientSpec,
  clients,
  type ExportInput,
  type ExportServer,
  type ExportValue,
  inputId,
  type Machine,
} from './clients/client.ts';
export { fromServerJson, inputOf } from './clients/from-server-json.ts';
export { type MergeOutcome, mergeInto } from './clients/merge.ts';
export { type ClientEntry, entryFor, freshFile } from './clients/write-entry.ts';
export { assertFits, type ConfigInput, inputsOf } from './config/inputs.ts';
export { describePermission, permissionWords } from './config/permissions.ts';
export { assertSameForAll, observe } from './observe.ts';
export { type ModuleFolder, type Prepared, prepare } from './prepare.ts';
export type { Endpoint } from './run/connect.ts';
export {
  endpointOfModule,
  listingOfModule,
  type OpenOptions,
  openServer,
  readServerModule,
  type ServerModule,
} from './run/open.ts';
export { ownProcess } from './run/own-process.ts';
export {
  type CallOptions as ServerCallOptions,
  openSession,
  type Session,
  type SessionOptions,
} from './run/session.ts';
export { endpointOf, type StartOptions } from './run/start.ts';
export { type HttpListener, type HttpListenOptions, listenHttp, listenStdio } from './serve/listen.ts';
export {
  type ModuleToServe,
  type RunOutcome,
  type ServedExport,
  serveModule,
  serverName,
} from './serve/module.ts';
export { type Proxied, proxyFactory } from './serve/proxy.ts';
export {
  type RegistryDesk,
  type RegistryServerOptions,
  type Shaped,
  serveRegistry,
} from './serve/registry.ts';
export { type ServerOptions, serverFactory } from './serve/server.ts';
export type { CallOptions, Served, ServedResource, ServedResult, ServedTool } from './serve/tool.ts';
export { visible, visibleLine } from './serve/untrusted.ts';
export {
  type Listing,
  storedListing,
  surfaceOf,
} from './surface/definitions.ts';
export {
  type ChangeWeight,
  describeChanges,
  diffListings,
  diffPermissions,
  type SurfaceChange,
} from './surface/diff.ts';
