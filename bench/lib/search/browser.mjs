// The questions in a real browser over a slow line: Chromium through playwright-core, with the round trip and the rate of the
// network set by its own developer tools.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from '../process.mjs';

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * @param {{folder: string, queries: string[], tmp: string, rtt: number, mbit: number}} options
 * @returns {Promise<{init: number[], cold: number[], warm: number[]} | undefined>} milliseconds; undefined without a browser
 */
export async function inBrowser({ folder, queries, tmp, rtt, mbit }) {
  if (chromium === undefined) return undefined;
  const require = createRequire(path.join(root, 'package.json'));
  const { chromium: driver } = require('playwright-core');
  const script = path.join(tmp, 'search.js');
  await require('esbuild').build({
    stdin: {
      contents: "import { openSearch } from '@mlld/search'; globalThis.openSearch = openSearch;",
      resolveDir: path.join(root, 'packages/search'),
    },
    bundle: true,
    format: 'iife',
    outfile: script,
    logLevel: 'error',
  });
  const server = await serve(folder, script);
  const browser = await driver.launch({ executablePath: chromium, headless: true, args: flags });
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    const throughput = (mbit * 1_000_000) / 8;
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: rtt,
      downloadThroughput: throughput,
      uploadThroughput: throughput,
    });
    return await page.evaluate(ask, queries);
  } finally {
    await browser.close();
    server.close();
  }
}

/** Runs in the page: each query is asked of an index that was just opened, and then once more. */
async function ask(queries) {
  const read = async (file) => {
    const answer = await fetch(`/${file}`);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
  };
  const times = { init: [], cold: [], warm: [] };
  for (const query of queries) {
    const started = performance.now();
    const search = await globalThis.openSearch({ read, now: () => Date.now() });
    const opened = performance.now();
    await search.search(query, { limit: 5 });
    const found = performance.now();
    await search.search(query, { limit: 5 });
    times.init.push(opened - started);
    times.cold.push(found - opened);
    times.warm.push(performance.now() - found);
  }
  return times;
}

function serve(folder, script) {
  const page = '<!doctype html><title>search</title><script src="/search.js"></script>';
  const server = createServer((request, response) => {
    const file = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    if (file === '/') return response.end(page);
    const target = file === '/search.js' ? script : path.join(folder, file);
    if (!existsSync(target)) {
      response.statusCode = 404;
      return response.end();
    }
    response.end(readFileSync(target));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${server.address().port}/`,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      }),
    );
  });
}
