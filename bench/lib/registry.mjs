// A whole registry of generated modules on this machine: repository, sources, distribution, and the servers.
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { build } from '@mlld/builder';
import { opening } from './opening.mjs';
import { writePolicy } from './policy.mjs';
import { mlldBin, startServer } from './process.mjs';
import { repositoryWriter } from './repository.mjs';

export const registryName = 'registry.example.org';

/** A port of the loopback that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Writes `modules`, whose sources are below `sourceBase`, as a signed repository, and builds its distribution with the
 * contents of all files in it. The distribution says that it is at `url`. `logged`: with a policy and a log.
 * @returns {Promise<{dist: string, counts: object}>}
 */
export async function buildRegistry({ folder, modules, url, zone, sourceBase, logged = false }) {
  const [repository, sources, dist] = ['repository', 'sources', 'dist'].map((name) =>
    path.join(folder, name),
  );
  const writer = repositoryWriter(repository, { registry: registryName, zone, url, sourceBase, sources });
  for (const one of modules) writer.add(one);
  const log = logged ? { key: writePolicy(repository, registryName), begin: true } : undefined;
  const report = await build(repository, {
    out: dist,
    log,
    // The builder asks the sources as it always does; what answers is the folder that holds them.
    fetch: async (asked) => new Response(readFileSync(path.join(sources, asked.slice(sourceBase.length)))),
  });
  const { match } = report.checked;
  if (report.findings.length > 0 || match !== writer.counts.releases)
    throw new Error(`the build found: ${JSON.stringify([report.checked, ...report.findings.slice(0, 3)])}`);
  return { dist, counts: writer.counts };
}

/** Serves a distribution by `mlld registry serve`. @returns {Promise<{url: string, dns?: string, stop: () => Promise<void>}>} */
export async function serveRegistry(dist, { port, dns = false } = {}) {
  const args = ['registry', 'serve', dist, '--json', '--port', String(port ?? 0)];
  if (dns) args.push('--dns-port', '0');
  const server = await startServer(process.execPath, [mlldBin, ...args], { ready: /\{[\s\S]*\n?\}\s*$/ });
  const said = JSON.parse(server.match[0]);
  return {
    url: said.url,
    ...(said.dns === undefined ? {} : { dns: `${said.dns.address}:${said.dns.port}` }),
    stop: server.stop,
  };
}

/** The web server that authors keep their modules on: the sources of `buildRegistry` in `folder`. */
export async function serveSources(folder) {
  const server = createHttpServer((request, response) => {
    try {
      response.end(readFileSync(path.join(folder, 'sources', request.url)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Modules published, built and served, all on the loopback: the registry by the command, the sources from this process.
 * @returns {Promise<{dist: string, url: string, stop: () => Promise<void>}>}
 */
export function startRegistry({ folder, modules, logged }) {
  return opening(async (later) => {
    const sources = await serveSources(folder);
    later(sources.stop);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const sourceBase = `http://127.0.0.1:${sources.port}/`;
    const { dist } = await buildRegistry({ folder, modules, url, sourceBase, logged });
    const registry = await serveRegistry(dist, { port });
    later(registry.stop);
    return { dist, url: registry.url };
  });
}
