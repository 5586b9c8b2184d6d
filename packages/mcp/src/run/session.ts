/** A server that a program uses: started at the first call, held to what was approved, ended with the program (mcp.md §7). */
import { type JsonObject, limits, type McpEra, RegistryError, type Sha256Hex } from '@mlld/format';
import type { CallToolResult, GetPromptResult, ReadResourceResult } from '@modelcontextprotocol/client';
import { type Listing, surfaceOf } from '../surface/definitions.ts';
import { describeChanges, diffListings } from '../surface/diff.ts';
import type { Connection, Endpoint } from './connect.ts';
import { failed } from './failed.ts';

export interface SessionOptions {
  /** For messages: `@tools/github-mcp@1.2.0`. */
  readonly name: string;
  /** Called at the first call. */
  readonly endpoint: () => Promise<Endpoint>;
  readonly known?: { readonly era: McpEra; readonly protocolVersion: string } | undefined;
  /** What the user approved. Without it, whatever the server lists when it starts, held from then on. */
  readonly approved?: { readonly listing: Listing; readonly surface: Sha256Hex } | undefined;
  readonly clientName?: string | undefined;
  /** Milliseconds after which a listing is asked for again before a call, though the server announced no change. */
  readonly relistMs?: number | undefined;
  /** Calls at the same time; further ones wait. */
  readonly calls?: number | undefined;
}

export interface CallOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { progress: number; total?: number; message?: string }) => void)
    | undefined;
}

export interface Session {
  readonly call: (tool: string, args: JsonObject, options?: CallOptions) => Promise<CallToolResult>;
  readonly resource: (uri: string, options?: CallOptions) => Promise<ReadResourceResult>;
  readonly prompt: (
    name: string,
    args: Readonly<Record<string, string>>,
    options?: CallOptions,
  ) => Promise<GetPromptResult>;
  /** What the server lists now; starts it. */
  readonly listing: () => Promise<Listing>;
  /** Whether a process or connection is there. */
  readonly isRunning: () => boolean;
  readonly close: () => Promise<void>;
}

export function openSession(options: SessionOptions): Session {
  const { relistMs = 60_000 } = options;
  const slots = limiter(options.calls ?? limits.mcpCalls);
  let running: Promise<Running> | undefined;
  let blocked: RegistryError | undefined;

  const ready = async (): Promise<Running> => {
    if (blocked !== undefined) throw blocked;
    if (running === undefined) {
      const starting = start(options);
      running = starting;
      starting.catch((error: RegistryError) => {
        if (running === starting) running = undefined;
        if (isFinal(error)) blocked = error;
      });
    }
    const one = await running;
    const ended = one.connection.failure();
    if (ended !== undefined) {
      // A server that ended by itself is started again by the next call; one that lied is not.
      running = undefined;
      if (isFinal(ended)) blocked = ended;
      throw ended;
    }
    if (one.stale || Date.now() - one.listedAt > relistMs) await relist(one);
    return one;
  };

  const relist = async (one: Running): Promise<void> => {
    one.checking ??= check(one, options).finally(() => {
      one.checking = undefined;
    });
    try {
      await one.checking;
    } catch (error) {
      if (error instanceof RegistryError && isFinal(error)) {
        blocked = error;
        await one.connection.close();
      }
      throw error;
    }
  };

  const within = <T>(how: CallOptions, use: (one: Running) => Promise<T>): Promise<T> =>
    slots(async () => {
      const one = await ready();
      try {
        return await use(one);
      } catch (cause) {
        if (how.signal?.aborted === true)
          throw new RegistryError('CANCELLED', `${options.name}: the call was cancelled`, { cause });
        throw named(options.name, one.connection.failure() ?? failed(cause), how.timeoutMs);
      }
    });

  const requestOptions = ({ timeoutMs = limits.mcpCallMs, signal, onProgress }: CallOptions) => ({
    timeout: timeoutMs,
    maxTotalTimeout: timeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onprogress: onProgress as never }),
  });

  return {
    call: (tool, args, how = {}) =>
      within(how, ({ connection }) =>
        connection.client.callTool({ name: tool, arguments: args as never }, requestOptions(how)),
      ),
    resource: (uri, how = {}) =>
      within(how, ({ connection }) => connection.client.readResource({ uri }, requestOptions(how))),
    prompt: (name, args, how = {}) =>
      within(how, ({ connection }) =>
        connection.client.getPrompt({ name, arguments: args as never }, requestOptions(how)),
      ),
    listing: async () => (await ready()).listing,
    isRunning: () => running !== undefined,
    close: async () => {
      const one = await running?.catch(() => undefined);
      running = undefined;
      blocked ??= new RegistryError('MCP_SERVER_FAILED', `${options.name} was closed`);
      await one?.connection.close();
    },
  };
}

interface Running {
  readonly connection: Connection;
  listing: Listing;
  listedAt: number;
  /** The server said that something is other now. */
  stale: boolean;
  checking: Promise<void> | undefined;
}

async function start(options: SessionOptions): Promise<Running> {
  let one: Running | undefined;
  let changedBefore = false;
  // The SDK is loaded when a server is first started: an import alone needs none of it.
  const [{ connect }, { listAll }] = await Promise.all([import('./connect.ts'), import('./listing.ts')]);
  const endpoint = await options.endpoint();
  const connection = await connect(endpoint, {
    known: options.known,
    clientName: options.clientName,
    onChanged: () => {
      if (one === undefined) changedBefore = true;
      else one.stale = true;
    },
  }).catch((error: unknown) => {
    throw named(options.name, failed(error));
  });
  try {
    const listing = await listAll(connection);
    assertApproved(options.name, options.approved, listing);
    one = { connection, listing, listedAt: Date.now(), stale: changedBefore, checking: undefined };
    return one;
  } catch (error) {
    await connection.close();
    throw named(options.name, failed(error));
  }
}

async function check(one: Running, { name, approved }: SessionOptions): Promise<void> {
  one.stale = false;
  const { listAll } = await import('./listing.ts');
  const listing = await listAll(one.connection).catch((error: unknown) => {
    throw named(name, failed(error));
  });
  const before = approved ?? { listing: one.listing, surface: surfaceOf(one.listing) };
  assertApproved(name, before, listing);
  one.listing = listing;
  one.listedAt = Date.now();
}

/** @throws RegistryError MCP_SURFACE_CHANGED */
export function assertApproved(name: string, approved: SessionOptions['approved'], listing: Listing): void {
  if (approved === undefined || surfaceOf(listing) === approved.surface) return;
  const changes = diffListings(approved.listing, listing);
  const lines = describeChanges(changes);
  const shown = lines.slice(0, 40).map((line) => `\n  ${line}`);
  const more = lines.length > 40 ? `\n  … ${lines.length - 40} more lines` : '';
  throw new RegistryError(
    'MCP_SURFACE_CHANGED',
    `${name} does not list what you approved; it is blocked${shown.join('')}${more}`,
    {
      hint: `Read it. If that is what you want: mlld mcp approve ${name.replace(/(.)@[^@]*$/, '$1')}`,
      data: { changes },
    },
  );
}

/** Errors after which the server is not asked again by this program. */
function isFinal({ code }: RegistryError): boolean {
  return code === 'MCP_SURFACE_CHANGED' || code === 'MCP_BAD_LISTING' || code === 'NO_SANDBOX';
}

function named(name: string, error: RegistryError, timeoutMs?: number): RegistryError {
  if (error.message.startsWith(name)) return error;
  const time = error.code === 'TIMEOUT' && timeoutMs !== undefined ? ` (${timeoutMs} ms)` : '';
  return new RegistryError(error.code, `${name}: ${error.message}${time}`, {
    hint: error.hint,
    cause: error.cause,
    data: error.data,
  });
}

/** Runs at most `most` at the same time, the others in their order. */
function limiter(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let active = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (active >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else active++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) active--;
      else next();
    }
  };
}
