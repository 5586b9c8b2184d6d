/**
 * An MCP server of the registry behind a server of ours: any client gets it as mlld runs it, in its sandbox and held to what was
 * approved. Lists are what was approved, byte for byte, and need no process; the first call starts one.
 */
import { isRegistryError, type JsonObject, type McpDefinitionKind, printable } from '@mlld/format';
import {
  type CallToolResult,
  type GetPromptResult,
  type ListPromptsResult,
  type ListResourcesResult,
  type ListResourceTemplatesResult,
  type ListToolsResult,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Session } from '../run/session.ts';
import type { Listing } from '../surface/definitions.ts';
import type { ServerOptions } from './server.ts';

export interface Proxied {
  /** `@tools/github-mcp@1.2.0` */
  readonly of: string;
  readonly name: string;
  readonly version: string;
  readonly listing: Listing;
  readonly session: Session;
}

export function proxyFactory(proxied: Proxied, options: ServerOptions): () => Server {
  const { name, of, version, listing } = proxied;
  const has = (kind: McpDefinitionKind) => listing.definitions.some((one) => one.kind === kind);
  const capabilities = {
    ...(has('tool') ? { tools: {} } : {}),
    ...(has('resource') || has('template') ? { resources: {} } : {}),
    ...(has('prompt') ? { prompts: {} } : {}),
  };
  return () => {
    const { instructions } = listing;
    const server = new Server(
      { name, title: of, version },
      { capabilities, ...(instructions === undefined ? {} : { instructions }) },
    );
    if (has('tool')) addTools(server, proxied, options);
    if (has('resource') || has('template')) addResources(server, proxied, options);
    if (has('prompt')) addPrompts(server, proxied, options);
    return server;
  };
}

function listed({ listing }: Proxied, kind: McpDefinitionKind): JsonObject[] {
  return listing.definitions.filter((one) => one.kind === kind).map(({ definition }) => definition);
}

function addTools(server: Server, proxied: Proxied, { onError, onCall }: ServerOptions): void {
  server.setRequestHandler(
    'tools/list',
    () => ({ tools: listed(proxied, 'tool') }) as unknown as ListToolsResult,
  );
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const started = performance.now();
    let result: CallToolResult;
    try {
      const answer = await proxied.session.call(
        params.name,
        (params.arguments ?? {}) as JsonObject,
        how(context),
      );
      result = answer as unknown as CallToolResult;
    } catch (error) {
      if (!isRegistryError(error)) onError(error);
      const text = isRegistryError(error)
        ? `${error.code}: ${printable(error.message, 4000)}`
        : 'INTERNAL: the server failed at this call';
      result = { content: [{ type: 'text', text }], isError: true };
    }
    onCall?.(params.name, performance.now() - started, result.isError === true);
    return result;
  });
}

function addResources(server: Server, proxied: Proxied, { onError }: ServerOptions): void {
  server.setRequestHandler(
    'resources/list',
    () => ({ resources: listed(proxied, 'resource') }) as unknown as ListResourcesResult,
  );
  server.setRequestHandler(
    'resources/templates/list',
    () => ({ resourceTemplates: listed(proxied, 'template') }) as unknown as ListResourceTemplatesResult,
  );
  server.setRequestHandler(
    'resources/read',
    ({ params }, context) =>
      answered(
        proxied.session.resource(params.uri, how(context)),
        onError,
      ) as unknown as Promise<ReadResourceResult>,
  );
}

function addPrompts(server: Server, proxied: Proxied, { onError }: ServerOptions): void {
  server.setRequestHandler(
    'prompts/list',
    () => ({ prompts: listed(proxied, 'prompt') }) as unknown as ListPromptsResult,
  );
  server.setRequestHandler(
    'prompts/get',
    ({ params }, context) =>
      answered(
        proxied.session.prompt(params.name, params.arguments ?? {}, how(context)),
        onError,
      ) as unknown as Promise<GetPromptResult>,
  );
}

async function answered<T>(asked: Promise<T>, onError: (error: unknown) => void): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (isRegistryError(error))
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `${error.code}: ${printable(error.message, 4000)}`,
      );
    onError(error);
    throw new ProtocolError(ProtocolErrorCode.InternalError, 'the server failed at this request');
  }
}

function how({ mcpReq }: ServerContext) {
  const token = mcpReq._meta?.progressToken;
  return {
    signal: mcpReq.signal,
    ...(token === undefined
      ? {}
      : {
          onProgress: (progress: { progress: number; total?: number; message?: string }) => {
            mcpReq
              .notify({ method: 'notifications/progress', params: { progressToken: token, ...progress } })
              .catch(() => {});
          },
        }),
  };
}
