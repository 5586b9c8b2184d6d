/** The world as Node offers it. HTTP and DNS are loaded when they are first used: a locked program needs neither. */
import type { Ops } from '../ops.ts';
import { randomHex, sha256 } from './crypto.ts';
import type { DnsClient } from './dns.ts';
import { nodeFiles } from './files.ts';
import type { HttpClient } from './http.ts';
import { tick } from './tick.ts';

export function nodeOps(): Ops {
  let client: HttpClient | undefined;
  const httpClient = async () => {
    const { httpClient: make } = await import('./http.ts');
    client ??= make();
    return client;
  };
  let resolver: DnsClient | undefined;
  const dnsClient = async () => {
    const { dnsClient: make } = await import('./dns.ts');
    resolver ??= make();
    return resolver;
  };
  return {
    files: nodeFiles,
    http: async (request) => (await httpClient()).exchange(request),
    txt: async (question) => (await dnsClient()).txt(question),
    addresses: async (host) => (await import('./dns.ts')).nodeAddresses(host),
    now: () => Date.now(),
    tick,
    random: randomHex,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    sha256,
    close: () => {
      client?.close();
      resolver?.close();
    },
  };
}
