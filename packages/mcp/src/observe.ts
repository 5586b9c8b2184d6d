/** What our own verifier sees when it runs a server (docs/spec/mcp.md §4): written into `mcp.json` and held against later. */
import type { McpObserved } from '@mlld/format';
import { connect, type Endpoint } from './run/connect.ts';
import { listAll } from './run/listing.ts';
import { bad, type Listing, surfaceOf } from './surface/definitions.ts';
import { describeChanges, diffListings } from './surface/diff.ts';

/** The client that a surface is stated for: it calls itself `mlld` and has no capabilities of its own. */
export const profile = 'mlld-1';

/** Another client without capabilities: it must be told the same. */
const otherClient = 'mcp-inspector';

/** @throws RegistryError MCP_BAD_LISTING, MCP_SERVER_FAILED, TIMEOUT, NO_SANDBOX */
export async function observe(endpoint: Endpoint): Promise<McpObserved> {
  const started = performance.now();
  const connection = await connect(endpoint);
  try {
    const listing = await listAll(connection);
    const { era, protocolVersion, implementation, capabilities, instructions } = connection;
    return {
      profile,
      era,
      protocolVersion,
      implementation: {
        name: implementation.name.slice(0, 500),
        version: implementation.version.slice(0, 500),
      },
      startMs: Math.round(performance.now() - started),
      capabilities,
      ...(instructions === undefined ? {} : { instructions }),
      definitions: listing.definitions,
      surface: surfaceOf(listing),
    };
  } finally {
    await connection.close();
  }
}

/** @throws RegistryError MCP_BAD_LISTING where another client, or the same one a second time, is told other things */
export async function assertSameForAll(endpoint: Endpoint, observed: McpObserved): Promise<void> {
  const listing = await listingTo(endpoint, observed);
  const own: Listing = { instructions: observed.instructions, definitions: observed.definitions };
  if (surfaceOf(listing) === observed.surface) return;
  const lines = describeChanges(diffListings(own, listing));
  throw bad(`to another client it lists other things\n  ${lines.slice(0, 20).join('\n  ')}`);
}

async function listingTo(endpoint: Endpoint, known: McpObserved): Promise<Listing> {
  const connection = await connect(endpoint, { clientName: otherClient, known });
  try {
    return await listAll(connection);
  } finally {
    await connection.close();
  }
}
