/** What GitHub's answers mean, as the codes of this project. */
import { type ErrorCode, printable, RegistryError, retryAfterMs } from '@mlld/format';

interface Failure {
  readonly status?: number;
  readonly message?: string;
  readonly response?: {
    readonly headers?: Readonly<Record<string, string | number | undefined>>;
    readonly data?: unknown;
  };
}

interface Asked {
  readonly method: string;
  readonly url: string;
}

/** The error for a failed request. One that is ours already stays as it is. */
export function githubError(error: unknown, asked: Asked): RegistryError {
  if (error instanceof RegistryError) return error;
  const failure = error as Failure;
  const what = `${asked.method} ${printable(pathOf(asked.url), 120)}`;
  if (failure.response === undefined) return unreachable(what, error);
  const status = failure.status ?? 0;
  const said = printable(messageOf(failure.response.data) ?? `status ${status}`, 300);
  const limit = rateLimit(failure, said, error);
  if (limit !== undefined) return limit;
  const [code, hint] = meaning(status, failure);
  return new RegistryError(code, `GitHub refused ${what}: ${said} (${status})`, {
    hint,
    cause: error,
    data: { status, request: what },
  });
}

function meaning(status: number, failure: Failure): [ErrorCode, string] {
  switch (status) {
    case 401:
      return ['NOT_LOGGED_IN', "The token is wrong or expired: run 'mlld login', or set MLLD_GITHUB_TOKEN."];
    case 403:
      return ['GITHUB_DENIED', 'The token may not do this: it needs the scopes gist and public_repo.'];
    case 404: {
      const missing = missingScopes(failure);
      if (missing.length === 0)
        return ['GITHUB_NOT_FOUND', 'Check the name, and whether your account can see it.'];
      return ['GITHUB_DENIED', `The token lacks the scope ${missing.join(', ')}: run 'mlld login'.`];
    }
    case 409:
      return ['GITHUB_CONFLICT', 'Something changed at the same moment. Run the same command again.'];
    case 422:
      return ['GITHUB_INVALID', 'Run again with --verbose to see the whole answer.'];
    default:
      if (status >= 500)
        return [
          'GITHUB_UNREACHABLE',
          'GitHub has trouble. Nothing is lost: run the same command again later.',
        ];
      return ['GITHUB_INVALID', 'Run again with --verbose to see the whole answer.'];
  }
}

function unreachable(what: string, cause: unknown): RegistryError {
  const reason = cause instanceof Error ? printable(cause.message) : 'no answer';
  return new RegistryError('GITHUB_UNREACHABLE', `GitHub gave no answer to ${what}: ${reason}`, {
    hint: 'Nothing is lost: run the same command again, it goes on where it stopped.',
    cause,
  });
}

function rateLimit(failure: Failure, said: string, cause: unknown): RegistryError | undefined {
  const headers = failure.response?.headers ?? {};
  const limited =
    failure.status === 429 ||
    (failure.status === 403 && (headers['x-ratelimit-remaining'] === '0' || /rate limit/i.test(said)));
  if (!limited) return undefined;
  const now = Date.now();
  const after = retryAfterMs(String(headers['retry-after'] ?? ''), now);
  const at = after === undefined ? Number(headers['x-ratelimit-reset'] ?? 0) * 1000 : now + after;
  const until = at > now ? new Date(at).toISOString() : undefined;
  return new RegistryError('GITHUB_RATE_LIMIT', `GitHub's rate limit is reached: ${said}`, {
    hint: `Run the same command again ${until === undefined ? 'later' : `after ${until}`}; it goes on where it stopped.`,
    cause,
    data: { until },
  });
}

/** Scopes that the request wanted and the token has not, as the headers of classic tokens tell. */
function missingScopes(failure: Failure): string[] {
  const list = (name: string) =>
    String(failure.response?.headers?.[name] ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean);
  const wanted = list('x-accepted-oauth-scopes');
  const have = list('x-oauth-scopes');
  return wanted.some((scope) => have.includes(scope)) ? [] : wanted;
}

/** `message`, and what `errors` adds to it. */
function messageOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { message, errors } = data as { message?: unknown; errors?: unknown };
  const details = (Array.isArray(errors) ? errors : []).map((one: unknown) => {
    if (typeof one === 'string') return one;
    const { message: text, resource, field, code } = (one ?? {}) as Record<string, unknown>;
    return typeof text === 'string' ? text : [resource, field, code].filter(Boolean).join(' ');
  });
  return [message, ...details].filter((one) => typeof one === 'string' && one !== '').join(': ') || undefined;
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
