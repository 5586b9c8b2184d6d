/** The client as the flags and the environment of a command make it. */
import { type Client, type ClientOptions, createClient, type RequestEvent } from '@mlld/client';
import type { Context, clientFlags, Flags } from './command.ts';
import { confirmer } from './prompt.ts';

type ClientContext<F extends Flags> = Context<F & typeof clientFlags>;

/** Opens a client for one command; warnings go to stderr, requests too with `--verbose`. */
export function openClient<F extends Flags>(
  context: ClientContext<F>,
  options: Partial<ClientOptions> = {},
): Client {
  return createClient({
    ...clientSettings(context),
    get confirm() {
      return confirmer(context);
    },
    scan: async (files) => (await import('./capabilities.ts')).capabilityNames(files),
    onRequest: (event) => context.report.detail(describeRequest(event)),
    ...options,
  });
}

/** What the flags of a command say about the registry and the cache. */
export function clientSettings<F extends Flags>({
  flags,
  cwd,
  env,
  report,
}: ClientContext<F>): ClientOptions {
  return {
    cwd,
    env,
    registry: flags.registry,
    zone: flags.zone,
    dns: flags.dns,
    cacheDir: flags['cache-dir'],
    // A flag that is not given leaves the word to the environment.
    offline: flags.offline ? true : undefined,
    requireFresh: flags['require-fresh'],
    onWarning: (text) => report.warn(text),
  };
}

/** Opens a client, runs with it, and lets go of its connections. */
export async function withClient<F extends Flags, T>(
  context: ClientContext<F>,
  run: (client: Client) => Promise<T>,
  options: Partial<ClientOptions> = {},
): Promise<T> {
  const client = openClient(context, options);
  try {
    return await run(client);
  } finally {
    client.close();
  }
}

function describeRequest({ kind, target, outcome, ms, bytes }: RequestEvent): string {
  const method = kind === 'http' ? 'GET' : kind === 'dns' ? 'DNS' : 'READ';
  return `${method} ${target} ${outcome} ${ms.toFixed(1)} ms ${bytes} B`;
}
