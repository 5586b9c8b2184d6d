/** What the commands that serve MCP share: stdio or HTTP, where, and until when. */
import { printable, RegistryError } from '@mlld/format';
import { listenHttp, listenStdio, type ServerOptions } from '@mlld/mcp';
import type { Context, Flags } from '../command.ts';
import { parsePort, untilStopped } from '../commands/registry/service.ts';
import { stdoutStream } from '../output.ts';

export const listenFlags = {
  http: { type: 'boolean', about: 'Serve streamable HTTP at /mcp instead of stdio' },
  host: { type: 'string', value: 'address', about: 'Address to listen on, with --http (default: 127.0.0.1)' },
  port: { type: 'string', value: 'number', about: 'Port, with --http (default: any free one)' },
  'allow-host': {
    type: 'string',
    value: 'name',
    multiple: true,
    about: 'A host name under which it may be asked for, beside those of this machine',
  },
  'token-env': {
    type: 'string',
    value: 'variable',
    about: 'Demand the bearer token that this environment variable holds',
  },
} as const satisfies Flags;

export interface Serving {
  /** What it is called, for people. */
  readonly title: string;
  readonly factory: (options: ServerOptions) => Parameters<typeof listenStdio>[0];
  /** What is served can do more than read: others than this machine have to show a token. */
  readonly guarded: boolean;
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** Serves until the client, or Ctrl-C, ends it. Nothing but the protocol goes to stdout. */
export async function serveMcp(
  context: Context<typeof listenFlags>,
  { title, factory, guarded }: Serving,
): Promise<void> {
  const { flags, report } = context;
  const options: ServerOptions = {
    onError: (error) =>
      report.warn(
        `a call failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      ),
    onCall: (name, ms, isError) =>
      report.detail(`${name} ${isError ? 'failed' : 'answered'} ${ms.toFixed(1)} ms`),
  };
  const stopped = untilStopped(report);
  if (!flags.http) {
    report.detail(`${title} over stdio`);
    // A client that leaves early is no failure.
    stdoutStream();
    const { ended, close } = listenStdio(factory(options), options);
    await Promise.race([ended, stopped]);
    await close();
    return;
  }
  const host = flags.host ?? '127.0.0.1';
  const token = tokenOf(context);
  if (guarded && token === undefined && !loopback.has(host))
    throw new RegistryError('USAGE', `on ${printable(host)} others than this machine can call these tools`, {
      hint: 'Demand a token: put one into a variable, and name that with --token-env.',
    });
  const http = await listenHttp(factory(options), {
    ...options,
    host,
    port: parsePort('--port', flags.port) ?? 0,
    allowedHosts: [...flags['allow-host'], ...(loopback.has(host) ? [] : [host])],
    token,
  });
  if (flags.json) report.json({ url: http.url, port: http.port });
  else report.print(http.url);
  await stopped;
  await http.close();
}

/** @throws RegistryError USAGE */
function tokenOf({ flags, env }: Context<typeof listenFlags>): string | undefined {
  const name = flags['token-env'];
  if (name === undefined) return undefined;
  const token = env[name] ?? '';
  if (token.length >= 16 && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new RegistryError(
    'USAGE',
    `--token-env: wanted a token of at least 16 characters in ${printable(name)}`,
    {
      hint: 'For instance: openssl rand -hex 32',
    },
  );
}
