/** A connection to a server: the SDK's client over our transports (docs/spec/mcp.md §7). */
import { type JsonObject, limits, type McpEra, RegistryError } from '@mlld/format';
import {
  Client,
  type ClientOptions,
  type JSONRPCMessage,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { failed } from './failed.ts';
import { watchedFetch } from './http.ts';
import { type StdioProcess, StdioTransport } from './stdio.ts';
import { Watch } from './watch.ts';

/** Where a server is reached. A process is started by `start`, each time that a connection is made. */
export type Endpoint =
  | { readonly kind: 'process'; readonly start: () => Promise<StdioProcess> }
  | {
      readonly kind: 'http';
      readonly url: URL;
      readonly headers: Readonly<Record<string, string>>;
      readonly fetch?: typeof fetch | undefined;
    };

export interface ConnectOptions {
  /** What is known of the server's era: spares a question, and with `legacy` a process that ends of it. */
  readonly known?: { readonly era: McpEra; readonly protocolVersion: string } | undefined;
  /** How this client calls itself. A server that lists other things to other names is found out (mcp.md §4.1). */
  readonly clientName?: string | undefined;
  /** Told when the server says that its tools, prompts or resources are others now. */
  readonly onChanged?: (() => void) | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface Connection {
  readonly client: Client;
  readonly watch: Watch;
  readonly era: McpEra;
  readonly protocolVersion: string;
  readonly implementation: { readonly name: string; readonly version: string };
  readonly capabilities: JsonObject;
  readonly instructions: string | undefined;
  /** Why it ended, if it did. */
  readonly failure: () => RegistryError | undefined;
  readonly close: () => Promise<void>;
}

/** @throws RegistryError MCP_SERVER_FAILED, MCP_BAD_LISTING, TIMEOUT, NO_SANDBOX, … */
export async function connect(endpoint: Endpoint, options: ConnectOptions = {}): Promise<Connection> {
  const { known } = options;
  try {
    return await attempt(endpoint, options, known?.era === 'legacy' ? 'legacy' : 'asking');
  } catch (error) {
    // Some servers of the older era end when the first thing they are asked is not `initialize`.
    const mayBeOlder = known === undefined && endpoint.kind === 'process';
    if (!mayBeOlder || !(error instanceof RegistryError) || error.code !== 'MCP_SERVER_FAILED') throw error;
    return attempt(endpoint, options, 'legacy');
  }
}

async function attempt(
  endpoint: Endpoint,
  { known, clientName = 'mlld', onChanged, timeoutMs = limits.mcpStartMs }: ConnectOptions,
  how: 'legacy' | 'asking',
): Promise<Connection> {
  const watch = new Watch();
  const client = new Client(
    { name: clientName, version: '1.0.0' },
    { ...clientOptions(onChanged), versionNegotiation: { mode: mode(known, how) } },
  );
  const { transport, failure } = await open(endpoint, watch);
  const close = () => client.close().catch(() => {});
  try {
    await client.connect(transport as Transport, {
      timeout: timeoutMs,
      ...(how === 'legacy' ? { prior: { kind: 'legacy' as const } } : {}),
    });
  } catch (cause) {
    await transport.close();
    throw failure() ?? failed(cause);
  }
  client.onerror = () => {};
  const server = client.getServerVersion();
  return {
    client,
    watch,
    era: client.getProtocolEra() === 'modern' ? 'modern' : 'legacy',
    protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
    implementation: { name: server?.name ?? '', version: server?.version ?? '' },
    capabilities: (watch.pages('initialize').at(-1)?.capabilities ??
      watch.pages('server/discover').at(-1)?.capabilities ??
      {}) as JsonObject,
    instructions: client.getInstructions(),
    failure,
    close,
  };
}

function mode(known: ConnectOptions['known'], how: 'legacy' | 'asking') {
  if (how === 'legacy') return 'legacy' as const;
  return known === undefined ? ('auto' as const) : { pin: known.protocolVersion };
}

/** The profile: no capabilities, so that a server lists the same to everybody who has none (mcp.md §4.1). */
function clientOptions(onChanged: (() => void) | undefined): ClientOptions {
  const base: ClientOptions = { capabilities: {}, listMaxPages: limits.mcpPages };
  if (onChanged === undefined) return base;
  const handler = { autoRefresh: false, debounceMs: 0, onChanged };
  return { ...base, listChanged: { tools: handler, prompts: handler, resources: handler } };
}

interface Opened {
  readonly transport: {
    start(): Promise<void>;
    send(message: JSONRPCMessage): Promise<void>;
    close(): Promise<void>;
  };
  readonly failure: () => RegistryError | undefined;
}

async function open(endpoint: Endpoint, watch: Watch): Promise<Opened> {
  if (endpoint.kind === 'process') {
    const transport = new StdioTransport(await endpoint.start(), watch);
    return { transport, failure: () => transport.failure };
  }
  let failure: RegistryError | undefined;
  const { url, headers } = endpoint;
  const transport = new StreamableHTTPClientTransport(url, {
    requestInit: { headers, redirect: 'error' },
    fetch: watchedFetch({
      origin: url.origin,
      watch,
      fetch: endpoint.fetch,
      onFailure: (error) => {
        failure ??= error;
      },
    }),
    reconnectionOptions: {
      maxRetries: 2,
      initialReconnectionDelay: 500,
      maxReconnectionDelay: 5000,
      reconnectionDelayGrowFactor: 2,
    },
  });
  return { transport, failure: () => failure };
}
