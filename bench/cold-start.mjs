// What a user waits for each time: a program whose imports are locked and cached. The servers are gone by then, so nothing
// of it can come from a network.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createClient } from '@mlld/client';
import { mlld, mlldAsync, runTimed } from './lib/process.mjs';
import { buildRegistry, freePort, serveRegistry } from './lib/registry.mjs';
import { figure, interleave } from './lib/stats.mjs';

export const name = 'cold-start';
export const goals = [
  'a locked, cached program with three imports, one of them with js: at most 80 ms over node -e 0',
  'resolving one locked module in a resident process: at most 0.2 ms',
];

const programs = {
  js: [
    'import { @greet } from @alice/greetings',
    'import { @label } from @alice/labels',
    'import { @total } from @bob/numbers',
    '',
    'show @greet("Ada")',
    'show `@label("sum"): @total([1, 2, 3.5])`',
    '',
  ].join('\n'),
  plain: [
    'import { @greet } from @alice/greetings',
    'import { @label } from @alice/labels',
    'import { @titles } from @bob/titles',
    '',
    'show @greet("Ada")',
    'show `@label("sum"): @titles.doctor`',
    '',
  ].join('\n'),
};
const printed = { js: 'Good morning, Ada.\nThe sum: 6.5\n', plain: 'Good morning, Ada.\nThe sum: Dr.\n' };

export async function run({ quick, tmp, log }) {
  const project = path.join(tmp, 'project');
  const cache = path.join(tmp, 'cache');
  await fillCache({ tmp, project, cache });
  log('running');
  const program = (kind) => () => {
    const { ms, stdout } = mlld(['run', `${kind}.mld`], environment({ tmp, project, cache }));
    if (stdout !== printed[kind]) throw new Error(`${kind}.mld printed ${JSON.stringify(stdout)}`);
    return ms;
  };
  const samples = await interleave(
    {
      js: program('js'),
      node: () => runTimed(process.execPath, ['-e', '0'], { cwd: tmp }).ms,
      plain: program('plain'),
      version: () => mlld(['--version'], { cwd: tmp }).ms,
    },
    { rounds: quick ? 2 : 25, warmup: quick ? 1 : 3 },
  );
  const node = { ...figure(samples.node, 'ms'), what: 'node -e 0' };
  const row = (what, key, most) => {
    const ours = figure(samples[key], 'ms');
    const over = ours.median - node.median;
    const goal = most === undefined ? {} : { goal: `≤ ${most} ms over`, met: over <= most };
    return {
      what: `${what}: ${over.toFixed(1)} ms over`,
      ours,
      theirs: node,
      ratio: ours.median / node.median,
      ...goal,
    };
  };
  return {
    rows: [
      row('mlld run, 3 imports, one of them js', 'js', 80),
      row('mlld run, 3 imports without js', 'plain'),
      row('mlld --version', 'version'),
      await resident({ quick, project, cache }),
    ],
  };
}

function environment({ tmp, project, cache }) {
  return { cwd: project, env: { HOME: tmp, MLLD_CACHE_DIR: cache, MLLD_OFFLINE: '1' } };
}

/** One import in a process that runs on: what the lock file says, the bytes from the cache, hashed. */
async function resident({ quick, project, cache }) {
  const client = createClient({ cwd: project, env: { MLLD_CACHE_DIR: cache, MLLD_OFFLINE: '1' } });
  const samples = [];
  for (let i = quick ? -20 : -500; i < (quick ? 50 : 2000); i++) {
    const start = performance.now();
    const { source } = await client.resolveImport('@bob/numbers');
    if (i >= 0) samples.push(performance.now() - start);
    if (source === '') throw new Error('the module is empty');
  }
  client.close();
  const ours = figure(samples, 'ms');
  return {
    what: 'resolveImport of a locked module, resident',
    ours,
    goal: '≤ 0.2 ms',
    met: ours.median <= 0.2,
  };
}

/** Publishes the modules, runs the programs once against the servers, and stops those. */
async function fillCache({ tmp, project, cache }) {
  mkdirSync(project, { recursive: true });
  for (const [kind, text] of Object.entries(programs)) writeFileSync(path.join(project, `${kind}.mld`), text);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const { dist } = await buildRegistry({
    folder: path.join(tmp, 'registry'),
    modules: modules(),
    url,
    sourceBase: url,
  });
  const registry = await serveRegistry(dist, { port });
  try {
    const env = { HOME: tmp, MLLD_CACHE_DIR: cache, MLLD_REGISTRY: url, MLLD_DNS: 'off' };
    for (const kind of Object.keys(programs)) await mlldAsync(['run', `${kind}.mld`], { cwd: project, env });
  } finally {
    await registry.stop();
  }
}

/** Small modules; each has documentation as long as that of a real one beside it. */
function modules() {
  const readme = `# About\n\n${'What each function does, with an example that can be run. '.repeat(180)}\n`;
  const module = (author, name, exported, code) => ({
    author,
    name,
    ref: `@${author}/${name}`,
    about: `${name} for the benchmark`,
    keywords: [name],
    directory: true,
    releases: [
      {
        version: '1.0.0',
        publishedAt: '2026-01-01T00:00:00.000Z',
        imports: [],
        needs: code.includes('= js') ? ['js'] : [],
        exports: [{ name: exported, kind: exported === 'titles' ? 'var' : 'exe', about: `The ${exported}` }],
        entry: 'index.mld',
        files: [
          { path: 'README.md', text: readme },
          { path: 'index.mld', text: `${code}\n\nexport { @${exported} }\n` },
          {
            path: 'module.yml',
            text: `name: ${name}\nauthor: ${author}\nversion: 1.0.0\nabout: ${name}\nentry: index.mld\n`,
          },
        ],
      },
    ],
  });
  return [
    module('alice', 'greetings', 'greet', 'exe @greet(name) = `Good morning, @name.`'),
    module('alice', 'labels', 'label', 'exe @label(name) = `The @name`'),
    module('bob', 'titles', 'titles', 'var @titles = { doctor: "Dr.", professor: "Prof." }'),
    module(
      'bob',
      'numbers',
      'total',
      'needs { js: [] }\n\nexe @total(list) = js {\n  return list.reduce((sum, one) => sum + one, 0);\n}',
    ),
  ];
}
