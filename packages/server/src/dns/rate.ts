/**
 * How many UDP answers a network gets. Addresses of UDP packets can be forged, so that answers hit somebody else: who
 * asks faster than any honest resolver needs is told to come back by TCP, where addresses can't be forged.
 */
import { isIPv4 } from 'node:net';
import { limits } from '@mlld/format';

/** Networks that are remembered; when there are more, all start again. */
const maxNetworks = 50_000;

export interface RateLimit {
  /** Whether this address may have one more answer over UDP now. */
  readonly allows: (address: string) => boolean;
}

/** @param now milliseconds of a steady clock */
export function rateLimit(now: () => number = () => performance.now()): RateLimit {
  let second = -1;
  const counts = new Map<string, number>();
  return {
    allows(address) {
      // Nobody outside can forge the loopback.
      if (address.startsWith('127.') || address === '::1') return true;
      const current = Math.floor(now() / 1000);
      if (current !== second || counts.size > maxNetworks) {
        second = current;
        counts.clear();
      }
      const network = networkOf(address);
      const count = (counts.get(network) ?? 0) + 1;
      counts.set(network, count);
      return count <= limits.dnsAnswersPerSecond;
    },
  };
}

/** IPv4: the first three octets; IPv6: the first 56 bits. */
function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address;
  if (isIPv4(mapped)) return mapped.slice(0, mapped.lastIndexOf('.'));
  const [before = '', after] = (mapped.split('%')[0] ?? '').split('::');
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4);
  const [a, b, c, d] = groups.map((group) => Number.parseInt(group, 16) || 0);
  return [a, b, c, (d ?? 0) >> 8].join(':');
}
