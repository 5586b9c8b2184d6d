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
    const args = ['ci', '--prefix', home, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const result = spawnSync('npm', args, { cwd: home, encoding: 'utf8' });
    if (result.status !== 0)
      throw new PeerMissing(`npm could not install the peers: ${result.stderr?.trim()}`);
  }
  const manifest = path.join(home, 'node_modules/verdaccio/package.json');
  const npm = spawnSync('npm', ['--version'], { encoding: 'utf8' });
  return { verdaccio: JSON.parse(readFileSync(manifest, 'utf8')).version, npm: npm.stdout.trim() };
}

/** Peers that the lock file can't hold: their packages are one a platform, and npm locks only its own. */
const besideLock = new Map([
  ['pagefind', 'pagefind@1.6.0'],
  // Only needed for its own benchmark, and 146 packages large.
  ['lighthouse', 'lighthouse@12.2.3'],
]);

/**
 * A peer as a module. `better-sqlite3` is compiled when it is first needed, which takes a minute or two.
 * @returns {Promise<any>}
 */
export async function loadPeer(name, { log }) {
  const require = createRequire(path.join(home, 'package.json'));
  const beside = besideLock.get(name);
  if (beside !== undefined && !existsSync(path.join(home, 'node_modules', name))) {
    log(`installing ${beside} ...`);
    const args = [
      'install',
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefix',
      home,
      beside,
    ];
    const result = spawnSync('npm', args, { cwd: home, encoding: 'utf8' });
    if (result.status !== 0)
      throw new PeerMissing(`npm could not install ${beside}: ${result.stderr?.trim().slice(-300)}`);
  }
  if (
    name === 'better-sqlite3' &&
    !existsSync(path.join(home, 'node_modules', name, 'build/Release/better_sqlite3.node'))
  ) {
    log('compiling better-sqlite3 ...');
    const result = spawnSync('npm', ['rebuild', name, '--prefix', home], { cwd: home, encoding: 'utf8' });
    if (result.status !== 0)
      throw new PeerMissing(`better-sqlite3 could not be compiled: ${result.stderr?.trim().slice(-300)}`);
  }
  const manifest = path.join(home, 'node_modules', name, 'package.json');
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8'));
  const file = exports?.import ?? exports?.['.']?.import;
  const entry = typeof file === 'string' ? path.join(path.dirname(manifest), file) : require.resolve(name);
  const module = await import(pathToFileURL(entry).href);
  return module.default ?? module;
}

/** The version of an installed peer. */
export function peerVersion(name) {
  return JSON.parse(readFileSync(path.join(home, 'node_modules', name, 'package.json'), 'utf8')).version;
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
