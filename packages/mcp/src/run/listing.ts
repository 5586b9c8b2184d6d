/** All that a server lists: every page, whole definitions (docs/spec/mcp.md §4). */
import { type Json, type JsonObject, limits, type McpDefinition, type McpDefinitionKind } from '@mlld/format';
import { assertCount, bad, definitionOf, type Listing, listingOf } from '../surface/definitions.ts';
import type { Connection } from './connect.ts';
import { failed } from './failed.ts';

interface Source {
  readonly kind: McpDefinitionKind;
  readonly method: string;
  readonly member: string;
  readonly ask: () => Promise<unknown>;
}

/** @throws RegistryError MCP_BAD_LISTING, MCP_SERVER_FAILED, TIMEOUT, TOO_LARGE */
export async function listAll(
  connection: Connection,
  timeoutMs: number = limits.mcpStartMs,
): Promise<Listing> {
  try {
    const lists = await Promise.all(
      sources(connection, timeoutMs).map((source) => listOne(connection, source)),
    );
    return listingOf(lists.flat(), connection.instructions);
  } catch (cause) {
    const error = connection.failure() ?? failed(cause);
    throw /listMaxPages/.test(error.message) ? bad(`more than ${limits.mcpPages} pages`, cause) : error;
  }
}

/**
 * Resources that a server says it changes are data, not promises: only their templates count. Tools, prompts and instructions always
 * count, whatever the server says.
 */
function sources({ client, capabilities }: Connection, timeout: number): Source[] {
  const options = { timeout, cacheMode: 'refresh' as const };
  const resources = capabilities.resources as JsonObject | undefined;
  const all: (Source | false)[] = [
    capabilities.tools !== undefined && {
      kind: 'tool',
      method: 'tools/list',
      member: 'tools',
      ask: () => client.listTools(undefined, options),
    },
    capabilities.prompts !== undefined && {
      kind: 'prompt',
      method: 'prompts/list',
      member: 'prompts',
      ask: () => client.listPrompts(undefined, options),
    },
    resources !== undefined &&
      resources.listChanged !== true && {
        kind: 'resource',
        method: 'resources/list',
        member: 'resources',
        ask: () => client.listResources(undefined, options),
      },
    resources !== undefined && {
      kind: 'template',
      method: 'resources/templates/list',
      member: 'resourceTemplates',
      ask: () => client.listResourceTemplates(undefined, options),
    },
  ];
  return all.filter((one) => one !== false);
}

/** Our own reading of what the SDK asked for: it walks the pages, and we take them as they came. */
async function listOne({ watch }: Connection, source: Source): Promise<McpDefinition[]> {
  const { kind, method, member, ask } = source;
  watch.forget(method);
  try {
    await ask();
  } catch (error) {
    // A server may know resources and no templates of them.
    if (kind === 'template' && (error as { code?: unknown }).code === -32601) return [];
    throw error;
  }
  const found = watch.pages(method).flatMap((page) => {
    const list = page[member];
    if (!Array.isArray(list)) throw bad(`the answer to ${method} has no ${member}`);
    return (list as Json[]).map((one) => definitionOf(kind, one));
  });
  assertCount(kind, found.length);
  return found;
}
