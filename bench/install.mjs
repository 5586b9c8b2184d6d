// Installing many small modules: ours from `mlld registry serve`, npm from verdaccio, both on the loopback, the same names, files and
// dependencies, in turns in the same run. What npm does in addition is to lay the files out in node_modules; what we do in
// addition is to verify each author's signature when a module is first locked. `npm ci` works from a lock file, as our install with
// one does; without one both resolve as well, which npm does by `npm install`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { forest, generateModules } from './lib/generate.mjs';
import { writeNpmProject, writeNpmStorage } from './lib/npm-packages.mjs';
import { opening } from './lib/opening.mjs';
import { ensurePeers, startVerdaccio } from './lib/peers.mjs';
import { mlldAsync, runTimedAsync } from './lib/process.mjs';
import { freePort, startRegistry } from './lib/registry.mjs';
import { figure, interleave } from './lib/stats.mjs';

export const name = 'install';
export const goals = [
  '1,000 modules into an empty cache at least 5 times as fast as npm ci of as many packages; without a lock file, as npm install',
  'with a warm cache at least 10 times as fast',
];

export async function run({ quick, tmp, mayInstall, log }) {
  const peers = ensurePeers({ mayInstall, log });
  const count = quick ? 30 : 1000;
  const roots = quick ? 5 : 100;
  log(`generating ${count} modules`);
  const modules = [...generateModules({ count, versions: 1, imports: forest(count, roots) })];
  const servers = await startServers({ tmp, modules, log });
  try {
    const sides = { ...ours({ tmp, servers, modules, roots }), ...npm({ tmp, servers, modules, roots }) };
    log('installing');
    // The first makes the lock file that the others need; by the third the command has kept its own compiled code.
    for (let i = 0; i < (quick ? 1 : 3); i++) await sides.fresh();
    const samples = await interleave(sides, { rounds: quick ? 1 : 3, warmup: 0 });
    return { rows: rowsOf(samples, count), peers };
  } finally {
    await servers.stop();
  }
}

function rowsOf(samples, count) {
  const row = ({ what, mine, theirs, least, doing }) => {
    const ours = figure(samples[mine], 'ms');
    const other = { ...figure(samples[theirs], 'ms'), what: doing };
    const ratio = other.median / ours.median;
    return { what, ours, theirs: other, ratio, goal: `≥ ${least}×`, met: ratio >= least };
  };
  const cold = { theirs: 'npmCold', doing: 'npm ci (lock file), empty cache', least: 5 };
  const modules = `${count} modules`;
  return [
    row({
      ...cold,
      what: `${modules}, empty cache, no lock file`,
      mine: 'fresh',
      theirs: 'npmFresh',
      doing: 'npm install, empty cache',
    }),
    row({ ...cold, what: `${modules}, empty cache, lock file`, mine: 'cold' }),
    row({
      what: `${modules}, warm cache, lock file`,
      mine: 'warm',
      theirs: 'npmWarm',
      doing: 'npm ci (lock file), warm cache',
      least: 10,
    }),
  ];
}

function startServers({ tmp, modules, log }) {
  return opening(async (later) => {
    const registry = await startRegistry({ folder: path.join(tmp, 'registry'), modules });
    later(registry.stop);
    log('publishing the same as npm packages');
    const peer = path.join(tmp, 'verdaccio');
    const storage = path.join(peer, 'storage');
    const packages = writeNpmStorage(storage, modules);
    const verdaccio = await startVerdaccio({ folder: peer, storage, port: await freePort() });
    later(verdaccio.stop);
    return { registry: registry.url, verdaccio: verdaccio.url, packages };
  });
}

/**
 * Names a new folder each time; what is in the old ones stays until the end: for some minutes ext4 steps around every inode that was
 * set free, which makes new files many times as dear, for whoever comes next.
 */
function newFolders(tmp, name) {
  let n = 0;
  return () => path.join(tmp, `${name}-${n++}`);
}

/** Our three ways: nothing there; a lock file; a lock file and a warm cache. */
function ours({ tmp, servers, modules, roots }) {
  const project = path.join(tmp, 'ours');
  const newCache = newFolders(tmp, 'ours-cache');
  let cache = newCache();
  const dependencies = Object.fromEntries(modules.slice(-roots).map(({ ref }) => [ref, '^1.0.0']));
  mkdirSync(project, { recursive: true });
  writeFileSync(path.join(project, 'mlld-config.json'), JSON.stringify({ dependencies }, null, 2));
  const args = ['install', '--registry', servers.registry, '--dns', 'off', '--json'];
  const install = async (...flags) => {
    const words = [...args, '--cache-dir', cache, ...flags];
    const { ms, stdout } = await mlldAsync(words, { cwd: project, env: { HOME: tmp } });
    const found = JSON.parse(stdout).modules.length;
    if (found !== modules.length) throw new Error(`wanted ${modules.length} modules, installed ${found}`);
    return ms;
  };
  const lock = path.join(project, 'mlld-lock.json');
  return {
    fresh: () => {
      cache = newCache();
      rmSync(lock, { force: true });
      return install();
    },
    cold: () => {
      cache = newCache();
      return install('--frozen');
    },
    warm: () => install('--frozen'),
  };
}

function npm({ tmp, servers, modules, roots }) {
  const { verdaccio, packages } = servers;
  const newProject = newFolders(tmp, 'npm');
  const newCache = newFolders(tmp, 'npm-cache');
  let cache = newCache();
  const config = path.join(tmp, 'npmrc');
  writeFileSync(config, '');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  flags.push('--registry', verdaccio, '--userconfig', config);
  const run = async (command) => {
    const project = newProject();
    const direct = packages.slice(-roots);
    writeNpmProject(project, { packages, direct, url: verdaccio, locked: command === 'ci' });
    const { ms, stdout } = await runTimedAsync('npm', [command, ...flags, '--cache', cache], {
      cwd: project,
      env: { HOME: tmp },
    });
    if (!stdout.includes(`added ${modules.length} packages`)) throw new Error(`npm ${command}: ${stdout}`);
    return ms;
  };
  const emptyCache = (command) => () => {
    cache = newCache();
    return run(command);
  };
  return { npmFresh: emptyCache('install'), npmCold: emptyCache('ci'), npmWarm: () => run('ci') };
}
