/** One download: bounded in bytes, time and redirects; a failure says whether asking again may help. */
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { limits, readBounded, retryAfterMs } from '@mlld/format';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type Download =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string; readonly again: boolean; readonly waitMs?: number };

export interface DownloadOptions {
  readonly fetch: Fetch;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export async function download(url: string, options: DownloadOptions): Promise<Download> {
  try {
    const { protocol } = new URL(url);
    if (protocol === 'file:') return await readLocal(url, options.maxBytes);
    if (protocol !== 'https:' && protocol !== 'http:')
      return { ok: false, reason: `${protocol} sources are not asked`, again: false };
    return await get(url, options, limits.redirects);
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    return { ok: false, reason: reasonOf(error), again: true };
  }
}

async function get(url: string, options: DownloadOptions, redirects: number): Promise<Download> {
  const timeout = AbortSignal.timeout(limits.answerMs);
  const response = await options.fetch(url, {
    redirect: 'manual',
    signal: AbortSignal.any([options.signal, timeout]),
    headers: { 'user-agent': 'mlld-registry-builder', accept: '*/*' },
  });
  const location = response.headers.get('location');
  if (response.status >= 300 && response.status < 400 && location !== null) {
    await response.body?.cancel();
    const next = new URL(location, url);
    const downgrade = url.startsWith('https:') && next.protocol !== 'https:';
    if (redirects === 0 || downgrade || !/^https?:$/.test(next.protocol))
      return { ok: false, reason: `redirect refused`, again: false };
    return get(next.href, options, redirects - 1);
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    return refused(response);
  }
  const { maxBytes } = options;
  const bytes = await readBounded(response.body, maxBytes);
  return bytes === undefined
    ? { ok: false, reason: `more than ${maxBytes} bytes`, again: false }
    : { ok: true, bytes };
}

function refused(response: Response): Download {
  const { status } = response;
  const again = status === 408 || status === 429 || status >= 500;
  const after = retryAfterMs(response.headers.get('retry-after'), Date.now());
  const reason = `HTTP status ${status}`;
  return after !== undefined && again
    ? { ok: false, reason, again, waitMs: Math.min(after, limits.answerMs) }
    : { ok: false, reason, again };
}

async function readLocal(url: string, maxBytes: number): Promise<Download> {
  let file: Awaited<ReturnType<typeof open>> | undefined;
  try {
    file = await open(fileURLToPath(url));
    const stat = await file.stat();
    if (!stat.isFile()) return { ok: false, reason: 'no regular file', again: false };
    if (stat.size > maxBytes) return { ok: false, reason: `more than ${maxBytes} bytes`, again: false };
    return { ok: true, bytes: await file.readFile() };
  } catch (error) {
    return { ok: false, reason: reasonOf(error), again: true };
  } finally {
    await file?.close();
  }
}

/** A short reason without anything that differs from run to run. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (typeof code === 'string') return code;
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  return error instanceof Error ? error.name : 'failed';
}
