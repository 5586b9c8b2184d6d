/** A session with a server, as the user agreed to it. */
import type { Client } from '@mlld/client';
import { type LockedMcp, printable, RegistryError } from '@mlld/format';
import { openServer, permissionWords, type Session } from '@mlld/mcp';
import type { Report } from '../report.ts';
import { approvedListing, type Environment, type FoundServer, sourceOf } from './server-module.ts';

export interface SessionContext {
  readonly client: Client;
  readonly env: Environment;
  readonly report: Pick<Report, 'warn' | 'detail'>;
  readonly offline?: boolean | undefined;
}

/** Starts nothing yet. @throws RegistryError MCP_NOT_APPROVED, MCP_NOT_RUNNABLE, BAD_CONFIG */
export function openFound(
  { module, locked, isNew }: FoundServer,
  { client, env, report, offline }: SessionContext,
  { held = true }: { readonly held?: boolean } = {},
): Session {
  const mcp = agreed({ module, locked, isNew } as FoundServer);
  return openServer(module, {
    locked: mcp,
    project: client.root,
    source: sourceOf(client, env, { offline }),
    // What an author has at hand may change while they work on it.
    approved: held && locked !== undefined ? approvedListing(client, module, mcp) : undefined,
    onConnection: ({ host, port, allowed }) => {
      const line = `${module.name}: connection to ${printable(host)}:${port}`;
      if (allowed) report.detail(line);
      else report.warn(`${line} was not granted, and was refused`);
    },
  });
}

/** Of a folder at hand, the author grants themselves all that it asks for. @throws RegistryError MCP_NOT_APPROVED */
function agreed({ module, locked, isNew }: FoundServer): LockedMcp {
  if (locked?.mcp !== undefined) return locked.mcp;
  if (locked === undefined && !isNew)
    return { granted: permissionWords(module.manifest.permissions), config: new Map() };
  throw notAgreed(module.name);
}

export function notAgreed(name: string): RegistryError {
  const short = name.replace(/(.)@[^@]*$/, '$1');
  return new RegistryError(
    'MCP_NOT_APPROVED',
    `you have not agreed to the tools and permissions of ${name}`,
    {
      hint: `Read them and decide: mlld mcp install ${short}`,
    },
  );
}
