/**
 * The bytes behind one URL (docs/spec/resolve.md §5). Everything here is attacker-controlled: a source is named by an
 * index that nobody has to believe, and its redirects by the source itself.
 */
import { fileURLToPath } from 'node:url';
import { limits, printable, RegistryError } from '@mlld/format';
import { logged, type Net } from './net.ts';
import { variableOf } from './tokens.ts';

export interface DownloadOptions {
  readonly maxBytes: number;
  /** Media type to ask for. */
  readonly accept?: string;
  /** Asks only whether what has this ETag is still there. */
  readonly etag?: string | undefined;
  /** Requests of one pool share connections (one pool a registry). */
  readonly pool: string;
  /** Whether the host of the URL itself, and where it redirects to, may have an address that isn't public (§5.4). */
  readonly mayBePrivate: (hop: number) => Promise<boolean> | boolean;
  /** Whether a `file:` URL may be read (§5.2). */
  readonly mayBeFile: boolean;
  /** Value of `authorization` for the URL of each hop; `start` is the one that was asked for (§5.3). */
  readonly authorizationOf?: ((url: URL, start: URL) => string | undefined) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called when it is the server's turn (`HttpRequest`). */
  readonly onTurn?: (() => void) | undefined;
  /** Requests to the same host that follow on the heels of this one (`HttpRequest`). */
  readonly follows?: number | undefined;
}

export interface Downloaded {
  readonly bytes: Uint8Array;
  /** The address that answered; empty for a file. */
  readonly address: string;
  readonly etag?: string | undefined;
  /** What has the ETag that was asked with is still there; then there are no bytes. */
  readonly isUnchanged?: boolean;
}

/**
 * Downloads one URL. Undefined when there is no such file (404, 410).
 * @throws RegistryError OFFLINE, UNREACHABLE, TIMEOUT, TOO_LARGE, HTTP_STATUS, REDIRECT_REFUSED, ADDRESS_REFUSED
 */
export async function download(
  net: Net,
  url: string,
  options: DownloadOptions,
): Promise<Downloaded | undefined> {
  const start = parseUrl(url);
  if (start.protocol === 'file:') return readFileUrl(net, start, options);
  if (net.offline) throw new RegistryError('OFFLINE', `${start.href}: not asked, because of --offline`);
  let at = start;
  for (let hop = 0; hop <= limits.redirects; hop++) {
    assertFetchable(at);
    const answer = await exchange(net, at, { options, hop, start });
    const { address, etag } = answer;
    if (answer.status === 200) return { bytes: answer.body, address, etag };
    if (answer.status === 304 && options.etag !== undefined)
      return { bytes: answer.body, address, isUnchanged: true };
    if (answer.status === 404 || answer.status === 410) return undefined;
    if (![301, 302, 303, 307, 308].includes(answer.status)) throw badStatus(at, answer.status);
    at = redirectTarget(at, answer.location);
  }
  throw new RegistryError('REDIRECT_REFUSED', `${start.href}: more than ${limits.redirects} redirects`);
}

interface Hop {
  readonly options: DownloadOptions;
  readonly hop: number;
  readonly start: URL;
}

function exchange(net: Net, url: URL, { options, hop, start }: Hop) {
  const { accept, maxBytes, pool, mayBePrivate, signal, onTurn, follows } = options;
  return logged(net, { kind: 'http', target: url.href }, async () => {
    const proxy = net.proxyFor(url);
    const authorization = options.authorizationOf?.(url, start);
    const value = await net.ops.http({
      url,
      maxBytes,
      pool,
      limits: net.limits,
      mayBePrivate: () => mayBePrivate(hop),
      ...(accept === undefined ? {} : { accept }),
      ...(options.etag === undefined ? {} : { etag: options.etag }),
      ...(proxy === undefined ? {} : { proxy }),
      ...(authorization === undefined ? {} : { authorization }),
      ...(signal === undefined ? {} : { signal }),
      ...(onTurn === undefined ? {} : { onTurn }),
      ...(follows === undefined ? {} : { follows }),
    });
    return { value, outcome: String(value.status), bytes: value.body.length };
  });
}

function readFileUrl(net: Net, url: URL, { mayBeFile, maxBytes }: DownloadOptions) {
  if (!mayBeFile) {
    throw new RegistryError(
      'REDIRECT_REFUSED',
      `${url.href}: a registry on the network may not name local files`,
    );
  }
  return logged<Downloaded | undefined>(net, { kind: 'file', target: url.href }, async () => {
    const bytes = net.ops.files.read(fileURLToPath(url), maxBytes);
    if (bytes === undefined) return { value: undefined, outcome: 'missing', bytes: 0 };
    return { value: { bytes, address: '' }, outcome: 'read', bytes: bytes.length };
  });
}

/** §5.3: a redirect stays on HTTP, never leaves TLS, and has no credentials in it. */
function redirectTarget(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href)) {
    const found = location === undefined ? 'none' : `'${printable(location)}'`;
    throw new RegistryError('REDIRECT_REFUSED', `${from.href}: a redirect wants a location, found ${found}`);
  }
  const to = new URL(location, from);
  if (from.protocol === 'https:' && to.protocol !== 'https:')
    throw new RegistryError(
      'REDIRECT_REFUSED',
      `${from.href}: redirects from https to ${printable(to.href)}`,
    );
  if (!isWeb(to))
    throw new RegistryError('REDIRECT_REFUSED', `${from.href}: redirects to ${printable(to.href)}`);
  return to;
}

function assertFetchable(url: URL): void {
  if (!isWeb(url)) {
    throw new RegistryError('UNREACHABLE', `${printable(url.href)}: no way to fetch '${url.protocol}' URLs`, {
      hint: 'This program fetches https:, http: and, from a local registry, file:.',
    });
  }
  if (url.username !== '' || url.password !== '')
    throw new RegistryError('REDIRECT_REFUSED', `${url.host}${url.pathname}: a URL with credentials in it`);
}

function isWeb(url: URL): boolean {
  return url.protocol === 'https:' || url.protocol === 'http:';
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new RegistryError('UNREACHABLE', `'${printable(url)}' is no URL`);
  }
}

function badStatus(url: URL, status: number): RegistryError {
  const hints = new Map([
    [401, `It wants a token: set ${variableOf(url.origin)}, or tokens in ~/.mlld/mlld-config.json.`],
    [403, 'The server refuses. That is an answer, not an accident: no other registry is asked.'],
    [429, 'Too many requests. Wait a little, then run the command again.'],
    [451, 'Removed for legal reasons.'],
  ]);
  return new RegistryError('HTTP_STATUS', `${url.href}: status ${status}`, {
    hint:
      hints.get(status) ??
      (status >= 500 ? 'The server has a problem of its own. Try again later.' : undefined),
    data: { status, url: url.href },
  });
}
