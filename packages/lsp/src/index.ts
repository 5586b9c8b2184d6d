/** The language server of mlld. Editors speak LSP with it; what it knows of registries comes from its host. */
export type { CachedModule, HostFinding, KnownModule, LanguageHost } from './host.ts';
export { type ListenOptions, listen } from './listen.ts';
export { type ServerOptions, startServer } from './server.ts';
