/** A server of the official SDK for what is served: one factory for both protocol eras, stdio and HTTP. */
import { isRegistryError, limits, printable, type RegistryError } from '@mlld/format';
import {
  type CallToolResult,
  fromJsonSchema,
  type McpRequestContext,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { CallOptions, Served, ServedResource, ServedResult, ServedTool } from './tool.ts';

export interface ServerOptions {
  /** What nobody expected: a bug. The caller hears that it is one, and no more. */
  readonly onError: (error: unknown) => void;
  /** Told of each call. */
  readonly onCall?: ((name: string, milliseconds: number, isError: boolean) => void) | undefined;
}

type Factory = (context: McpRequestContext) => McpServer;

/** A new server for each connection or request; calls of all of them together are limited. */
export function serverFactory(served: Served, options: ServerOptions): Factory {
  const guarded = limitedCalls(options);
  return () => {
    const { name, title, version, instructions } = served;
    const server = new McpServer({ name, title, version }, { instructions });
    for (const tool of served.tools) addTool(server, tool, guarded);
    for (const resource of served.resources) addResource(server, resource, options);
    return server;
  };
}

type Guarded = (
  tool: ServedTool,
  args: Readonly<Record<string, unknown>>,
  context: ServerContext,
) => Promise<CallToolResult>;

function limitedCalls({ onError, onCall }: ServerOptions): Guarded {
  let running = 0;
  return async (tool, args, context) => {
    if (running >= limits.mcpServedCalls)
      return failure('Too many calls at the same time. Call again when one has been answered.');
    running++;
    const started = performance.now();
    let result: CallToolResult;
    try {
      result = resultOf(await tool.call(args, callOptions(context)));
    } catch (error) {
      result = failureOf(error, onError);
    } finally {
      running--;
    }
    onCall?.(tool.name, performance.now() - started, result.isError === true);
    return result;
  };
}

function callOptions({ mcpReq }: ServerContext): CallOptions {
  const token = mcpReq._meta?.progressToken;
  return {
    signal: mcpReq.signal,
    progress: (done, message) => {
      if (token === undefined) return;
      const params = { progressToken: token, progress: done, message };
      mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
    },
  };
}

function addTool(server: McpServer, tool: ServedTool, guarded: Guarded): void {
  const { name, title, description, input, output, hints } = tool;
  server.registerTool(
    name,
    {
      ...(title === undefined ? {} : { title }),
      description,
      inputSchema: fromJsonSchema<Record<string, unknown>>(input as Parameters<typeof fromJsonSchema>[0]),
      ...(output === undefined
        ? {}
        : { outputSchema: fromJsonSchema(output as Parameters<typeof fromJsonSchema>[0]) }),
      annotations: hints,
    },
    (args, context) => guarded(tool, args, context),
  );
}

function addResource(server: McpServer, resource: ServedResource, { onError }: ServerOptions): void {
  const { name, uri, title, description, mimeType, read } = resource;
  const config = { title, description, mimeType };
  const answer = async (at: URL, variables: ReadonlyMap<string, string>) => {
    try {
      return { contents: [{ uri: at.href, mimeType, text: await read(variables) }] };
    } catch (error) {
      if (!isRegistryError(error)) onError(error);
      const known = isRegistryError(error);
      throw new ProtocolError(
        known ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError,
        known ? sentence(error) : 'the server failed at this request',
      );
    }
  };
  if (!uri.includes('{')) {
    server.registerResource(name, uri, config, (at) => answer(at, new Map()));
    return;
  }
  server.registerResource(name, new ResourceTemplate(uri, { list: undefined }), config, (at, variables) =>
    answer(
      at,
      new Map(
        Object.entries(variables).map(([key, value]) => [
          key,
          decoded(Array.isArray(value) ? (value[0] ?? '') : value),
        ]),
      ),
    ),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function resultOf({ text, structured, isError = false }: ServedResult): CallToolResult {
  return {
    content: [{ type: 'text', text }],
    ...(structured === undefined ? {} : { structuredContent: { ...structured } }),
    ...(isError ? { isError } : {}),
  };
}

/** What went wrong is the tool's answer, so that a model can mend its call; a bug tells nothing of itself. */
function failureOf(error: unknown, onError: (error: unknown) => void): CallToolResult {
  if (isRegistryError(error)) return failure(sentence(error));
  if (error instanceof Error && 'code' in error && error.name === 'MlldError')
    return failure(printable(`${String(error.code)}: ${error.message}`, 2000));
  onError(error);
  return failure('INTERNAL: the server failed at this call');
}

function sentence({ code, message, hint }: RegistryError): string {
  return `${code}: ${printable(message, 2000)}${hint === undefined ? '' : `\n${printable(hint, 1000)}`}`;
}

function failure(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}
