/** Pages through the API of another registry: one request at a time, slowly, bounded, and from where it stopped. */
import { limits, printable, RegistryError, readBounded, retryAfterMs } from '@mlld/format';
import { type ReadAnswer, readAnswer } from './answers.ts';

export interface PullOptions {
  /** Base URL: what stands before `/v0.1/`. */
  readonly registry: URL;
  readonly search?: string | undefined;
  /** Only what changed since; ISO time. */
  readonly since?: string | undefined;
  /** Where an earlier run stopped. */
  readonly cursor?: string | undefined;
  readonly fetch?: typeof fetch;
  readonly pauseMs?: number;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

export interface Page extends ReadAnswer {
  readonly number: number;
}

/** @throws RegistryError UNREACHABLE, HTTP_STATUS, REDIRECT_REFUSED, TOO_LARGE, BAD_JSON, BAD_SHAPE */
export async function* pages(options: PullOptions): AsyncGenerator<Page> {
  const { registry, search, since, pauseMs = limits.mcpImportPauseMs } = options;
  const seen = new Set<string>();
  let cursor = options.cursor;
  for (let number = 1; number <= limits.mcpImportPages; number++) {
    const url = new URL(`${registry.pathname.replace(/\/+$/, '')}/v0.1/servers`, registry);
    url.searchParams.set('limit', String(limits.mcpPageMostServers));
    if (search !== undefined) url.searchParams.set('search', search);
    if (since !== undefined) url.searchParams.set('updated_since', since);
    else url.searchParams.set('include_deleted', 'true');
    if (cursor !== undefined) url.searchParams.set('cursor', cursor);
    const bytes = await ask(url, options);
    const page = readAnswer(bytes, {
      where: printable(url.href, 300),
      now: new Date(options.now()).toISOString(),
    });
    yield { ...page, number };
    cursor = page.nextCursor;
    if (cursor === undefined) return;
    if (seen.has(cursor))
      throw new RegistryError('BAD_SHAPE', `${registry.href} answers the same page again and again`);
    seen.add(cursor);
    await sleep(pauseMs, options.signal);
  }
  throw new RegistryError('TOO_LARGE', `${registry.href} has more than ${limits.mcpImportPages} pages`);
}

const tries = 5;

async function ask(url: URL, options: PullOptions): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    const answer = await askOnce(url, options);
    if (answer instanceof Uint8Array) return answer;
    if (attempt === tries || !answer.again) throw answer.error;
    await sleep(Math.min(answer.afterMs ?? 500 * 2 ** attempt, 60_000), options.signal);
  }
}

interface Failed {
  readonly error: RegistryError;
  readonly again: boolean;
  readonly afterMs?: number;
}

async function askOnce(url: URL, { fetch: get = fetch, signal }: PullOptions): Promise<Uint8Array | Failed> {
  let answer: Response;
  try {
    const timeout = AbortSignal.timeout(30_000);
    answer = await get(url, {
      redirect: 'manual',
      headers: { accept: 'application/json', 'user-agent': 'mlld-registry-import' },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    if (answer.ok) return await bounded(answer, url);
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    if (signal?.aborted) throw new RegistryError('CANCELLED', 'stopped', { cause });
    return { error: new RegistryError('UNREACHABLE', `${url.host} does not answer`, { cause }), again: true };
  }
  await answer.body?.cancel();
  if (answer.status >= 300 && answer.status < 400)
    throw new RegistryError(
      'REDIRECT_REFUSED',
      `${url.host} sends elsewhere, to ${printable(answer.headers.get('location') ?? '', 200)}`,
      { hint: 'If that is the registry, name it.' },
    );
  const afterMs = retryAfterMs(answer.headers.get('retry-after'), Date.now());
  return {
    error: new RegistryError('HTTP_STATUS', `${url.host} answers ${answer.status}`),
    again: answer.status === 429 || answer.status >= 500,
    ...(afterMs === undefined ? {} : { afterMs }),
  };
}

async function bounded(answer: Response, url: URL): Promise<Uint8Array> {
  const most = limits.mcpImportPageBytes;
  const bytes = await readBounded(answer.body, most);
  if (bytes === undefined)
    throw new RegistryError('TOO_LARGE', `${url.host} answers more than ${most} bytes`);
  return bytes;
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new RegistryError('CANCELLED', 'stopped'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
