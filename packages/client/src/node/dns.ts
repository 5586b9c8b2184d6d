/** TXT questions by Node's own resolver. Contract: `TxtQuestion` in ../ops.ts. */
import { lookup, Resolver } from 'node:dns/promises';
import { RegistryError } from '@mlld/format';
import type { TxtQuestion, TxtRecord } from '../ops.ts';

export interface DnsClient {
  txt(question: TxtQuestion): Promise<TxtRecord[]>;
  /** Ends what is under way: a silent resolver may not keep a process alive that is done. */
  close(): void;
}

export function dnsClient(): DnsClient {
  const underWay = new Set<Resolver>();
  return {
    async txt({ name, server, timeoutMs }) {
      const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 2), tries: 2 });
      if (server !== undefined) setServer(resolver, server);
      const timer = setTimeout(() => resolver.cancel(), timeoutMs);
      underWay.add(resolver);
      try {
        return await resolver.resolveTxt(name);
      } catch (cause) {
        return noRecords(name, cause);
      } finally {
        clearTimeout(timer);
        underWay.delete(resolver);
      }
    },
    close() {
      for (const resolver of underWay) resolver.cancel();
    },
  };
}

/** No record is an empty list; anything else that is no answer is DNS_FAILED with the resolver's code in `data`. */
function noRecords(name: string, cause: unknown): TxtRecord[] {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
  if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
  throw new RegistryError('DNS_FAILED', `TXT ${name}: ${code}`, { cause, data: { code } });
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
