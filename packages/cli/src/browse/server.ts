/** Shows pages on the loopback, to this machine alone. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSha256, layout, type Sha256Hex } from '@mlld/format';
import { contentType, pageHeaders } from '@mlld/server';
import { type LiveSite, pageFile } from '@mlld/site';
import type { CachedRegistry } from './cache.ts';

export interface BrowseServer {
  /** Ends in `/`. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

export async function serveCached(
  { cached, site }: { readonly cached: CachedRegistry; readonly site: LiveSite },
  port = 0,
): Promise<BrowseServer> {
  const server = createServer((request, response) => {
    answer(request, response, { cached, site }).catch(() => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end('this page could not be made\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const own = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${own}/`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

type Shown = { readonly cached: CachedRegistry; readonly site: LiveSite };

async function answer(request: IncomingMessage, response: ServerResponse, shown: Shown): Promise<void> {
  const reply = (status: number, body: Uint8Array | string, headers: Record<string, string | number>) => {
    response.writeHead(status, {
      ...headers,
      'cache-control': 'no-store',
      'content-length': Buffer.byteLength(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const plain = { 'content-type': 'text/plain; charset=utf-8' };
  // Another site whose name was pointed at this machine gets nothing.
  if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? ''))
    return reply(421, 'asked for another host\n', plain);
  if (request.method !== 'GET' && request.method !== 'HEAD') return reply(405, 'GET alone\n', plain);
  const path = pathOf(request.url ?? '/');
  const found = path === undefined ? undefined : await read(path, shown);
  if (found !== undefined && path !== undefined)
    return reply(200, found, { ...pageHeaders(pageFile(path)), 'content-type': contentType(pageFile(path)) });
  const isPage = /\btext\/html\b/.test(request.headers.accept ?? '');
  const lost = isPage ? await shown.site.file('404.html') : undefined;
  return lost === undefined
    ? reply(404, 'not in the cache\n', plain)
    : reply(404, lost, { ...pageHeaders('404.html'), 'content-type': 'text/html; charset=utf-8' });
}

/** Undefined for what is no path. */
function pathOf(target: string): string | undefined {
  try {
    const path = decodeURIComponent(new URL(target, 'http://host').pathname).slice(1);
    return path.length > 1000 || path.split('/').some((part) => part === '..' || part.includes('\\'))
      ? undefined
      : path;
  } catch {
    return undefined;
  }
}

async function read(path: string, { cached, site }: Shown): Promise<Uint8Array | string | undefined> {
  const hash = path.startsWith('blob/sha256/') ? path.slice('blob/sha256/'.length) : undefined;
  if (hash !== undefined) return isSha256(hash) ? cached.blob(hash as Sha256Hex) : undefined;
  const isData = /^(?:index|proof|search)\//.test(path) && path !== 'search/' && path !== 'search/index.html';
  if (isData || path === layout.searchManifest) return cached.file(path);
  return site.file(pageFile(path));
}
