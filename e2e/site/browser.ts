/** Debian's chromium, and the servers that show it a site. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

export const executable = '/usr/bin/chromium';
/** Why the tests of pages can't run here, if they can't. */
export const missing = existsSync(executable) ? undefined : `${executable} is not installed`;

const switches = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** With a profile of its own, which playwright makes and removes. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: executable, args: switches });
}

export interface Site {
  /** Ends in `/`. */
  readonly url: string;
  readonly close: () => Promise<void>;
  /** Requests that were answered with no file. */
  readonly lost: string[];
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** A host that knows nothing: files below a path, no headers but the type. `change` may answer other bytes. */
export async function dumbHost(
  folder: string,
  { prefix = '/', change }: { prefix?: string; change?: (file: string, bytes: Buffer) => Buffer } = {},
): Promise<Site> {
  const lost: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host');
    const inner = decodeURIComponent(pathname.startsWith(prefix) ? pathname.slice(prefix.length) : '\0');
    const file = inner === '' || inner.endsWith('/') ? `${inner}index.html` : inner;
    readFile(path.join(folder, file))
      .then((bytes) => {
        response.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' });
        response.end(change === undefined ? bytes : change(file, bytes));
      })
      .catch(async () => {
        lost.push(pathname);
        response.writeHead(404, { 'content-type': 'text/html' });
        response.end(await readFile(path.join(folder, '404.html')).catch(() => ''));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    lost,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

/** What a page did that it must not: errors, violations of its policy, requests to others. */
export function watch(page: Page, origin: string): string[] {
  const found: string[] = [];
  page.on('pageerror', (error) => found.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/404 \(Not Found\)/.test(message.text()))
      found.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    found.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(?:data|blob|about):/.test(url)) found.push(`request: ${url}`);
  });
  return found;
}
