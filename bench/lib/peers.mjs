// Programs that ours is compared with. They are no dependencies of the project: bench/peers names them with exact
// versions and a lock file, and they are installed in .tmp/bench-peers when a benchmark first needs them.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, startServer } from './process.mjs';

const home = path.join(root, '.tmp/bench-peers');

/** Thrown when a peer isn't there and can't be had: the benchmark is skipped with this message. */
export class PeerMissing extends Error {}

/** Installs the peers if they are not there. @returns {Record<string, string>} their versions */
export function ensurePeers({ mayInstall, log }) {
  const from = path.join(root, 'bench/peers');
  const lock = path.join(home, 'package-lock.json');
  const wanted = readFileSync(path.join(from, 'package-lock.json'), 'utf8');
  const there = existsSync(path.join(home, 'node_modules/.package-lock.json'));
  if (!there || readFileSync(lock, 'utf8') !== wanted) {
    if (!mayInstall) throw new PeerMissing('the peers are not installed; npm run bench -- install does it');
    log('installing the peers in .tmp/bench-peers ...');
    mkdirSync(home, { recursive: true });
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(path.join(from, file), path.join(home, file));
    npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: home,
      what: 'npm could not install the peers',
    });
  }
  const manifest = path.join(home, 'node_modules/verdaccio/package.json');
  const { stdout } = spawnSync('npm', ['--version'], { encoding: 'utf8' });
  return { verdaccio: JSON.parse(readFileSync(manifest, 'utf8')).version, npm: stdout.trim() };
}

/** Peers that the lock file can't hold: their packages are one a platform, and npm locks only its own. Each has a folder of its own. */
const besideLock = new Map([
  ['pagefind', 'pagefind@1.6.0'],
  // Only needed for its own benchmark, and 146 packages large.
  ['lighthouse', 'lighthouse@12.2.3'],
]);

const homeOf = (name) => (besideLock.has(name) ? `${home}-${name}` : home);

/** Milliseconds that npm gets: a registry that does not answer costs a row, and not the benchmark. */
const npmMs = 240_000;

function npm(args, { cwd, what }) {
  const result = spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: npmMs });
  if (result.status === 0) return;
  const late = result.error?.code === 'ETIMEDOUT' ? `no end after ${npmMs / 1000} s` : undefined;
  throw new PeerMissing(`${what}: ${late ?? result.stderr?.trim().slice(-300)}`);
}

/** `promise`, or PeerMissing where it takes too long. */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new PeerMissing(`${what}: no end after ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * A peer as a module. `better-sqlite3` is compiled when it is first needed, which takes a minute or two.
 * @returns {Promise<any>}
 * @throws PeerMissing where it can't be had
 */
export async function loadPeer(name, { log }) {
  const folder = homeOf(name);
  const beside = besideLock.get(name);
  if (beside !== undefined && !existsSync(path.join(folder, 'node_modules', name, 'package.json'))) {
    log(`installing ${beside} ...`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
    npm(['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', beside], {
      cwd: folder,
      what: `npm could not install ${beside}`,
    });
  }
  if (
    name === 'better-sqlite3' &&
    !existsSync(path.join(folder, 'node_modules', name, 'build/Release/better_sqlite3.node'))
  ) {
    log('compiling better-sqlite3 ...');
    npm(['rebuild', name], { cwd: folder, what: 'better-sqlite3 could not be compiled' });
  }
  const manifest = path.join(folder, 'node_modules', name, 'package.json');
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8'));
  const file = exports?.import ?? exports?.['.']?.import;
  const require = createRequire(path.join(folder, 'package.json'));
  const entry = typeof file === 'string' ? path.join(path.dirname(manifest), file) : require.resolve(name);
  const module = await import(pathToFileURL(entry).href);
  return module.default ?? module;
}

/** The version of an installed peer. */
export function peerVersion(name) {
  const manifest = path.join(homeOf(name), 'node_modules', name, 'package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/**
 * Starts verdaccio on the loopback with what its storage folder holds, and no upstream to ask.
 * @returns {Promise<{url: string, stop: () => Promise<void>}>} url without a trailing slash
 */
export async function startVerdaccio({ folder, storage, port }) {
  const config = path.join(folder, 'verdaccio.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      storage,
      uplinks: {},
      packages: { '**': { access: '$all' } },
      web: { enable: false },
      log: { type: 'stdout', format: 'json', level: 'warn' },
      server: { keepAliveTimeout: 60 },
      // The limit of requests a minute is meant for logins; nothing here should be held back.
      userRateLimit: { windowMs: 1000, max: 1_000_000 },
    }),
  );
  const bin = path.join(home, 'node_modules/verdaccio/bin/verdaccio');
  const server = await startServer(
    process.execPath,
    [bin, '--config', config, '--listen', `127.0.0.1:${port}`],
    {
      cwd: folder,
      env: { HOME: folder },
      ready: /http address/,
    },
  );
  return { url: `http://127.0.0.1:${port}`, stop: server.stop };
}
