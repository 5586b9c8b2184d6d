// The slow network of the benchmarks is that of the tests (testing/src/latency-proxy.ts), bundled to run without a
// build step of its own.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './process.mjs';

/** @returns {Promise<{startLatencyProxy: Function, startUdpLatencyProxy: Function}>} */
export async function loadProxies(tmp) {
  const outfile = path.join(tmp, 'latency-proxy.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['testing/src/latency-proxy.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}
