/** One request as an access log tells of it. Everything in it was chosen by a stranger. */
import { isIP } from 'node:net';

export interface LogRequest {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly address: string;
  readonly method: string;
  /** Path with an optional query, or a whole URL; as it stands in the log. */
  readonly target: string;
  readonly status: number;
  /** Absent where the log does not tell. */
  readonly agent: string | undefined;
}

/** Why a line is no request (statistics.md §1.4). */
export type LineProblem = 'form' | 'long' | 'time' | 'address' | 'agent' | 'other';

export type LineResult = LogRequest | LineProblem | undefined;

/** Reads lines of one log in order. Undefined: a line that says nothing, such as a header. */
export type LineParser = (line: string) => LineResult;

export interface RawRequest {
  readonly at: number;
  readonly address: unknown;
  readonly method: unknown;
  readonly target: unknown;
  readonly status: unknown;
  readonly agent: unknown;
}

/** The request that some members make; the problem with the first that is of no use. */
export function requestOf({
  at,
  address,
  method,
  target,
  status,
  agent,
}: RawRequest): LogRequest | LineProblem {
  if (!Number.isFinite(at) || at <= 0) return 'time';
  const from = typeof address === 'string' ? networkOf(address) : undefined;
  if (from === undefined) return 'address';
  const code = typeof status === 'string' && /^\d{3}$/.test(status) ? Number(status) : status;
  if (typeof method !== 'string' || typeof target !== 'string' || typeof code !== 'number') return 'form';
  if (agent !== undefined && typeof agent !== 'string') return 'form';
  return { at, address: from, method, target, status: code, agent };
}

/**
 * Whom an address counts as: an IPv4 address itself, of IPv6 the network of a household (/64), since one machine has many
 * addresses there. Undefined for what is no address.
 */
export function networkOf(text: string): string | undefined {
  const bare = text.startsWith('[')
    ? text.slice(1).replace(/\](?::\d+)?$/, '')
    : text.replace(/^([\d.]+):\d+$/, '$1');
  const kind = isIP(bare);
  if (kind === 4) return bare;
  if (kind !== 6) return undefined;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = bare.toLowerCase().replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined
      ? 0
      : Math.max(0, 8 - groups.length - last.length - (last.at(-1)?.includes('.') ? 1 : 0));
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...last];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
