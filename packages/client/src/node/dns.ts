/** TXT questions by Node's own resolver. Contract: `TxtQuestion` in ../ops.ts. */
import { lookup, Resolver } from 'node:dns/promises';
import { RegistryError } from '@mlld/format';
import type { TxtQuestion, TxtRecord } from '../ops.ts';

/** No record is an empty list; anything else that is no answer is DNS_FAILED with the resolver's code in `data`. */
export async function nodeTxt({ name, server, timeoutMs }: TxtQuestion): Promise<TxtRecord[]> {
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 2), tries: 2 });
  if (server !== undefined) setServer(resolver, server);
  const timer = setTimeout(() => resolver.cancel(), timeoutMs);
  try {
    return await resolver.resolveTxt(name);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new RegistryError('DNS_FAILED', `TXT ${name}: ${code}`, { cause, data: { code } });
  } finally {
    clearTimeout(timer);
  }
}

function setServer(resolver: Resolver, server: string): void {
  try {
    resolver.setServers([server]);
  } catch (cause) {
    throw new RegistryError(
      'BAD_CONFIG',
      `dns: wanted system, off, <address>:<port> or a URL, found '${server}'`,
      {
        cause,
      },
    );
  }
}

export async function nodeAddresses(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
