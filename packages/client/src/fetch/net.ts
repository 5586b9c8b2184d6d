/** What every part of the client that talks to the world gets: the effects, the limits, and who listens. */
import { isRegistryError, limits } from '@mlld/format';
import type { NetLimits, Ops, RequestEvent } from '../ops.ts';
import type { ProxyFor } from './proxy.ts';
import type { AuthorizationFor } from './tokens.ts';

export interface Net {
  readonly ops: Ops;
  readonly limits: NetLimits;
  /** No request leaves the machine; files of a local registry are read all the same. */
  readonly offline: boolean;
  readonly proxyFor: ProxyFor;
  readonly authorizationFor: AuthorizationFor;
  readonly onRequest: (event: RequestEvent) => void;
  readonly warn: (text: string) => void;
}

/** The limits of the project, with what a caller sets otherwise. */
export function netLimits(set: Partial<NetLimits> = {}): NetLimits {
  const { firstByteMs, answerMs, slowAfterMs, leastBytesPerSecond, dnsMs, hedgeMs } = limits;
  const { downloads, downloadsPerHost } = limits;
  return {
    ...{
      firstByteMs,
      answerMs,
      slowAfterMs,
      leastBytesPerSecond,
      dnsMs,
      hedgeMs,
      downloads,
      downloadsPerHost,
    },
    ...set,
  };
}

/** Runs one request and tells the listener how it ended. */
export async function logged<T>(
  { ops, onRequest }: Net,
  what: Pick<RequestEvent, 'kind' | 'target'>,
  run: () => Promise<{ readonly value: T; readonly outcome: string; readonly bytes: number }>,
): Promise<T> {
  const started = ops.tick();
  try {
    const { value, outcome, bytes } = await run();
    onRequest({ ...what, outcome, bytes, ms: ops.tick() - started });
    return value;
  } catch (error) {
    onRequest({
      ...what,
      outcome: isRegistryError(error) ? error.code : 'INTERNAL',
      bytes: 0,
      ms: ops.tick() - started,
    });
    throw error;
  }
}
