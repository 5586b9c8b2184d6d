// From a registry repository to its distribution, by `mlld registry build`: the whole process, every signature verified,
// sources not asked (`--offline`: what they gave is a matter of the network), no pages for people (they have goals of their own).
// The repository is a git work tree; to publish
// is to commit one release more.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { generateModules } from './lib/generate.mjs';
import { childEnvironment, mlldAsync, settleDisk } from './lib/process.mjs';
import { repositoryWriter } from './lib/repository.mjs';
import { figure, timed } from './lib/stats.mjs';

export const name = 'build';
export const goals = [
  'a registry of 10,000 modules built in at most 20 s',
  'one release more published in at most 0.5 s; how many files that writes',
];

export async function run({ quick, tmp, log }) {
  const count = quick ? 40 : 10_000;
  const rounds = quick ? 1 : 3;
  const publishes = quick ? 1 : 5;
  const rows = [];
  for (const versions of quick ? [2.5] : [1, 2.5]) {
    const folder = path.join(tmp, `repository-${versions}`);
    log(`generating ${count} modules`);
    const registry = makeRepository({ folder, count, versions, late: 2 * publishes });
    rows.push(...(await measure({ tmp, folder, registry, rounds, log })));
    rmSync(folder, { recursive: true, force: true });
  }
  return { rows };
}

async function measure({ tmp, folder, registry, rounds, log }) {
  const { modules, releases } = registry.counts;
  // Each build gets a new folder, and old ones stay until the end: for some seconds ext4 steps around every inode that was set
  // free, which makes new files four times as dear.
  const outOf = (round) => path.join(folder, '..', `dist-${releases}`, String(round));
  const build = async (out, ...flags) => {
    settleDisk();
    const { ms, stdout } = await mlldAsync(
      ['registry', 'build', folder, '--out', out, '--offline', '--no-site', '--json', ...flags],
      {
        env: { HOME: tmp },
      },
    );
    return { ms, ...JSON.parse(stdout) };
  };
  const full = [];
  const copies = [];
  let written = 0;
  for (let round = 0; round < rounds; round++) {
    log(`building ${modules} modules, ${releases} releases`);
    const out = outOf(round);
    mkdirSync(path.dirname(out), { recursive: true });
    const report = await build(out);
    if (report.releases !== releases)
      throw new Error(`wanted ${releases} releases, built ${report.releases}`);
    full.push(report.ms);
    written = report.written;
    settleDisk();
    copies.push(await timed(() => cpSync(out, `${out}-copy`, { recursive: true })));
  }
  log('publishing');
  const late = [...registry.late];
  const publish = async (...flags) => {
    const builds = [];
    for (const one of late.splice(0, registry.late.length / 2)) {
      registry.publish(one);
      builds.push(await build(outOf(rounds - 1), ...flags));
    }
    return builds;
  };
  const publishes = await publish();
  const idle = await build(outOf(rounds - 1));
  const committed = await publish('--committed');
  rmSync(path.dirname(outOf(0)), { recursive: true, force: true });
  const ours = figure(full, 'ms');
  const theirs = {
    ...figure(copies, 'ms'),
    what: `copying the ${written.toLocaleString('en')} files it wrote`,
  };
  const publishRow = (what, builds) => {
    const ours = figure(
      builds.map(({ ms }) => ms),
      'ms',
    );
    return { what, ours, goal: '≤ 500 ms', met: ours.median <= 500 };
  };
  const of = `${modules.toLocaleString('en')} modules, ${releases.toLocaleString('en')} releases`;
  const goal = { goal: '≤ 20,000 ms', met: ours.median <= 20_000 };
  return [
    { what: `build ${of}`, ours, theirs, ratio: ours.median / theirs.median, ...goal },
    publishRow(`publish one release more to ${of}`, publishes),
    publishRow('the same where commits are all that counts: `--committed`, as in the workflow', committed),
    {
      what: 'files that it writes',
      ours: figure(
        publishes.map((one) => one.written),
        'files',
      ),
    },
    { what: 'build again, nothing changed', ours: figure(idle.ms, 'ms') },
  ];
}

/** A repository of `count` modules, and `late` more modules to be published one by one. */
function makeRepository({ folder, count, versions, late }) {
  const writer = repositoryWriter(folder, {
    sourceBase: 'https://modules.example.org/',
    zone: 'registry.example.org',
  });
  const more = [];
  for (const one of generateModules({ count: count + late, versions })) {
    if (writer.counts.modules < count) writer.add(one);
    else more.push({ ...one, releases: one.releases.slice(0, 1) });
  }
  commitAll(folder, 'All modules');
  return {
    counts: { ...writer.counts },
    late: more,
    publish(one) {
      writer.add(one);
      commitAll(folder, `Publish ${one.ref}`);
    },
  };
}

function commitAll(folder, message) {
  const git = (...args) =>
    execFileSync('git', ['-C', folder, '-c', 'gc.auto=0', '-c', 'core.fsync=none', ...args], {
      env: childEnvironment({ HOME: folder, GIT_CONFIG_NOSYSTEM: '1' }),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  if (!existsSync(path.join(folder, '.git'))) git('init', '-q');
  git('add', '--all');
  git('-c', 'user.name=Benchmark', '-c', 'user.email=bench@example.org', 'commit', '-q', '-m', message);
}
