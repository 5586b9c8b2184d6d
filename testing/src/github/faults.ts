/** Where a request arrived. */
export type Surface = 'api' | 'login' | 'raw' | 'gist-raw' | 'git' | 'web';

/** A request in the order of arrival. `status` is 0 while it runs and when the connection was dropped. */
export interface LoggedRequest {
  /** Position in the log, from 0. */
  readonly index: number;
  readonly method: string;
  /** Path and query below the surface's base. */
  readonly path: string;
  readonly surface: Surface;
  /** Login of who asked. */
  readonly login: string | undefined;
  status: number;
}

export interface Fault {
  /**
   * Which requests: a text is `METHOD /path` without the query, in which `*` stands for one segment or less; a regular
   * expression is tried on the same text; a function sees the request.
   */
  readonly match: string | RegExp | ((request: LoggedRequest) => boolean);
  /** Answer with this instead of handling the request. */
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Cut the connection: `before` anything happened, or `after` the effect, so that only the answer is lost. */
  readonly dropConnection?: 'before' | 'after';
  /** Milliseconds before the request is handled. */
  readonly delay?: number;
  /** Answer as if this limit was reached: `primary` with `x-ratelimit-reset`, `secondary` with `retry-after`. */
  readonly rateLimit?: 'primary' | 'secondary';
  /** Seconds until the limit is over. Default 1. */
  readonly retryAfter?: number;
}

export interface Faults {
  /** Strikes the next request that matches. */
  once(fault: Fault): void;
  times(count: number, fault: Fault): void;
  /** Strikes every request that matches until `clear`. */
  always(fault: Fault): void;
  clear(): void;
  /** How often a fault struck. */
  readonly struck: number;
}

export interface FaultTable extends Faults {
  take(request: LoggedRequest): Fault | undefined;
}

export function createFaults(): FaultTable {
  let waiting: { fault: Fault; left: number }[] = [];
  let struck = 0;
  const times = (count: number, fault: Fault): void => {
    waiting.push({ fault, left: count });
  };
  return {
    once: (fault) => times(1, fault),
    times,
    always: (fault) => times(Number.POSITIVE_INFINITY, fault),
    clear() {
      waiting = [];
    },
    get struck() {
      return struck;
    },
    take(request) {
      const entry = waiting.find(({ fault }) => matches(fault, request));
      if (entry === undefined) return undefined;
      struck++;
      entry.left--;
      waiting = waiting.filter(({ left }) => left > 0);
      return entry.fault;
    },
  };
}

function matches({ match }: Fault, request: LoggedRequest): boolean {
  if (typeof match === 'function') return match(request);
  const text = `${request.method} ${request.path.split('?')[0]}`;
  if (match instanceof RegExp) return match.test(text);
  const pattern = match.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('[^/]*')}$`).test(text);
}
