// The questions in a real browser over a slow line. Chromium runs without its developer tools, which make each request dearer: the
// page asks, measures and sends home what it measured. The line is the server's: every answer comes a round trip later, and all bytes
// share its rate. Connections are open already, as those of a page over HTTP/2 are.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from '../process.mjs';

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const timeoutMs = 120_000;

/**
 * @param {{folder: string, queries: string[], tmp: string, rtt: number, mbit: number}} options
 * @returns {Promise<{init: number[], cold: number[], warm: number[]} | undefined>} milliseconds; undefined without a browser
 */
export async function inBrowser({ folder, queries, tmp, rtt, mbit }) {
  if (chromium === undefined) return undefined;
  const script = path.join(tmp, 'search.js');
  await createRequire(path.join(root, 'package.json'))('esbuild').build({
    stdin: {
      contents: "import { openSearch } from '@mlld/search'; globalThis.openSearch = openSearch;",
      resolveDir: path.join(root, 'packages/search'),
    },
    bundle: true,
    format: 'iife',
    outfile: script,
    logLevel: 'error',
  });
  const home = path.join(tmp, 'browser');
  mkdirSync(home, { recursive: true });
  const server = await serve({ folder, script, queries, rtt, mbit });
  const browser = spawn(chromium, [...flags, `--user-data-dir=${home}`, server.url], {
    stdio: 'ignore',
    env: { ...process.env, HOME: home },
  });
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('the browser did not answer')), timeoutMs);
    browser.once('error', reject);
  });
  try {
    return await Promise.race([server.measured, late]);
  } finally {
    clearTimeout(timer);
    const gone = new Promise((resolve) => browser.once('exit', resolve));
    if (browser.kill()) await gone;
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
  await fetch('/measured', { method: 'POST', body: JSON.stringify(times) });
}

function pageOf(queries) {
  const data = JSON.stringify(queries).replaceAll('<', '\\u003c');
  return `<!doctype html><title>search</title><script src="/search.js"></script><script>(${ask})(${data})</script>`;
}

/** Bytes of a response's head, as HTTP/2 would have about. */
const headBytes = 200;

function serve({ folder, script, queries, rtt, mbit }) {
  let tell;
  const measured = new Promise((resolve) => {
    tell = resolve;
  });
  const contentOf = (file) => {
    if (file === '/') return pageOf(queries);
    const target = file === '/search.js' ? script : path.join(folder, file);
    return existsSync(target) ? readFileSync(target) : undefined;
  };
  let lineFree = 0;
  const server = createServer(async (request, response) => {
    const arrived = performance.now();
    const file = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    if (file === '/measured') {
      let text = '';
      for await (const part of request) text += part;
      response.end();
      return tell(JSON.parse(text));
    }
    const content = contentOf(file);
    const type =
      file === '/' ? 'text/html' : file === '/search.js' ? 'text/javascript' : 'application/octet-stream';
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': type,
      'cache-control': 'no-store',
    });
    const bits = 8 * (headBytes + Buffer.byteLength(content ?? ''));
    lineFree = Math.max(lineFree, arrived) + bits / (mbit * 1000);
    setTimeout(() => response.end(content), lineFree + rtt - performance.now());
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${server.address().port}/`,
        measured,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      }),
    );
  });
}
