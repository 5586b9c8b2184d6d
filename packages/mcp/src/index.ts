export { type HttpListener, type HttpListenOptions, listenHttp, listenStdio } from './serve/listen.ts';
export {
  type ModuleToServe,
  type RunOutcome,
  type ServedExport,
  serveModule,
  serverName,
} from './serve/module.ts';
export {
  type RegistryDesk,
  type RegistryServerOptions,
  type Shaped,
  serveRegistry,
} from './serve/registry.ts';
export type { ServerOptions } from './serve/server.ts';
export type { CallOptions, Served, ServedResource, ServedResult, ServedTool } from './serve/tool.ts';
export { visible, visibleLine } from './serve/untrusted.ts';
