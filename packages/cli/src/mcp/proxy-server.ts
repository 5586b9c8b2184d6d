/** An MCP server that was installed, offered to other clients as mlld runs it. */
import { listingOfModule, proxyFactory, type ServerOptions, serverName } from '@mlld/mcp';
import { findServer } from './server-module.ts';
import { openFound, type SessionContext } from './server-session.ts';

/** @throws RegistryError MCP_NOT_APPROVED, MCP_NOT_RUNNABLE, … */
export async function serveServer(context: SessionContext, target: string, cwd: string) {
  const found = await findServer(context.client, target, { cwd });
  const session = openFound(found, context);
  const { module } = found;
  const listing =
    module.manifest.observed === undefined
      ? await session.listing()
      : listingOfModule(module.name, module.manifest);
  const proxied = {
    of: module.name,
    name: serverName(module.name),
    version: module.server.version,
    listing,
    session,
  };
  return {
    title: module.name,
    factory: (options: ServerOptions) => proxyFactory(proxied, options),
    close: () => session.close(),
  };
}
