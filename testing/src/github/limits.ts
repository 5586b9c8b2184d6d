import { ApiError } from './errors.ts';
import type { Fault } from './faults.ts';
import type { State, Token } from './state.ts';

/** Seconds of a rate-limit window. */
const WINDOW = 3600;

/** Counts a request against the primary limit; 403 with `x-ratelimit-remaining: 0` once it is used up. */
export function spend(state: State, token: Token | undefined): void {
  rollWindow(state);
  const holder = token ?? state.anonymous;
  if (holder.used >= limitOf(state, token)) throw primaryLimit();
  holder.used++;
}

/** The `x-ratelimit-*` headers of every API answer. */
export function limitHeaders(state: State, token: Token | undefined): Record<string, string> {
  const limit = limitOf(state, token);
  const used = Math.min((token ?? state.anonymous).used, limit);
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(limit - used),
    'x-ratelimit-used': String(used),
    'x-ratelimit-reset': String(state.resetAt),
    'x-ratelimit-resource': 'core',
  };
}

export function limitJson(state: State, token: Token | undefined): Record<string, unknown> {
  rollWindow(state);
  const limit = limitOf(state, token);
  const used = Math.min((token ?? state.anonymous).used, limit);
  const core = { limit, used, remaining: limit - used, reset: state.resetAt };
  return { resources: { core }, rate: core };
}

/** The answer of a fault that plays a limit. */
export function limitFault(state: State, fault: Fault): ApiError {
  const seconds = fault.retryAfter ?? 1;
  if (fault.rateLimit === 'secondary') {
    return new ApiError(
      fault.status ?? 403,
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      { headers: { 'retry-after': String(seconds) } },
    );
  }
  const error = primaryLimit(fault.status);
  const reset = String(Math.ceil(state.now() / 1000) + seconds);
  return Object.assign(error, { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } });
}

const primaryLimit = (status = 403): ApiError => new ApiError(status, 'API rate limit exceeded');

const limitOf = (state: State, token: Token | undefined): number =>
  token === undefined ? state.limits.anonymous : state.limits.perToken;

function rollWindow(state: State): void {
  const second = Math.floor(state.now() / 1000);
  if (second < state.resetAt) return;
  state.resetAt = second + WINDOW;
  state.anonymous.used = 0;
  for (const token of state.tokens.values()) token.used = 0;
}
