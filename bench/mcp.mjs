// What a call of an MCP server costs: ours, in a sandbox and held to what was approved, beside a plain client of the official SDK,
// and beside a start by `npx --no-install`. The server is the protocol's own (server-memory).
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { endpointOf, observe, openSession } from '@mlld/mcp';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { mlld } from './lib/process.mjs';
import { figure, interleave } from './lib/stats.mjs';

export const name = 'mcp';
export const goals = [
  'a warm call: at most 1 ms over a plain SDK client',
  'an import of a server from what it listed when it was published: no process, at most 60 ms over --version',
];

const root = path.resolve(import.meta.dirname, '..');
const entry = 'node_modules/@modelcontextprotocol/server-memory/dist/index.js';

const plainClient = async (command, args) => {
  const client = new Client({ name: 'mlld', version: '1.0.0' }, { capabilities: {} });
  await client.connect(new StdioClientTransport({ command, args, cwd: root, stderr: 'ignore' }));
  await client.listTools();
  return client;
};
const ask = (one) => one.callTool({ name: 'search_nodes', arguments: { query: 'x' } });

export async function run({ quick, tmp, log }) {
  const endpoint = endpointOf({
    manifest: {
      artefact: { kind: 'npm', tree: '', command: ['node', `{artefact}/${entry}`], packages: [] },
      permissions: { hosts: [], folders: [], environment: [], commands: [] },
    },
    server: { name: 'bench/memory', description: 'Remembers', version: '1.0.0' },
    locked: { granted: [], config: new Map() },
    folder: root,
    project: tmp,
    env: {},
  });
  const observed = await observe(endpoint);
  const approved = {
    listing: { instructions: observed.instructions, definitions: observed.definitions },
    surface: observed.surface,
  };
  const open = () =>
    openSession({
      name: 'memory',
      endpoint: async () => endpoint,
      known: observed,
      approved,
      relistMs: 3_600_000,
    });
  log('cold calls');
  const cold = (start, call) => async () => {
    const begun = performance.now();
    const one = await start();
    await call(one);
    const ms = performance.now() - begun;
    await one.close();
    return ms;
  };
  const ours = (one) => one.call('search_nodes', { query: 'x' });
  const samples = await interleave(
    {
      ours: cold(async () => open(), ours),
      plain: cold(() => plainClient(process.execPath, [path.join(root, entry)]), ask),
      npx: cold(() => plainClient('npx', ['--no-install', 'mcp-server-memory']), ask),
    },
    { rounds: quick ? 1 : 10, warmup: quick ? 0 : 1 },
  );
  log('warm calls');
  const [held, plain] = [open(), await plainClient(process.execPath, [path.join(root, entry)])];
  const timed = (call) => async () => {
    const begun = performance.now();
    await call();
    return performance.now() - begun;
  };
  const warm = await interleave(
    { ours: timed(() => ours(held)), plain: timed(() => ask(plain)) },
    { rounds: quick ? 20 : 1000, warmup: quick ? 5 : 100 },
  );
  await Promise.all([held.close(), plain.close()]);
  log('imports');
  const imports = await importTimes({ quick, tmp, observed });
  const over = (a, b) => figure(a, 'ms').median - figure(b, 'ms').median;
  const row = (what, a, b, theirs, goal = {}) => ({
    what,
    ours: figure(a, 'ms'),
    theirs: { ...figure(b, 'ms'), what: theirs },
    ratio: figure(a, 'ms').median / figure(b, 'ms').median,
    ...goal,
  });
  const warmOver = over(warm.ours, warm.plain);
  const importOver = over(imports.program, imports.version);
  return {
    rows: [
      row(`warm call: ${warmOver.toFixed(2)} ms over`, warm.ours, warm.plain, 'SDK client', {
        goal: '≤ 1 ms over',
        met: warmOver <= 1,
      }),
      row('cold call: start, list, compare, call', samples.ours, samples.plain, 'SDK client, no sandbox'),
      row('cold call', samples.ours, samples.npx, 'npx --no-install'),
      row(
        `import and show a tool: ${importOver.toFixed(1)} ms over`,
        imports.program,
        imports.version,
        'mlld --version',
        {
          goal: '≤ 60 ms over',
          met: importOver <= 60,
        },
      ),
    ],
  };
}

/** A program that imports a locked server and shows its tools, as a whole process. */
async function importTimes({ quick, tmp, observed }) {
  const project = path.join(tmp, 'project');
  mkdirSync(project, { recursive: true });
  const { env, program } = await lockedServer({ tmp, project, observed });
  return interleave(
    {
      program: () => {
        const { ms, stdout } = mlld(['run', program], { cwd: project, env });
        if (!stdout.includes('search_nodes'))
          throw new Error(`the program printed ${JSON.stringify(stdout)}`);
        return ms;
      },
      version: () => mlld(['--version'], { cwd: project, env }).ms,
    },
    { rounds: quick ? 2 : 15, warmup: 1 },
  );
}

async function lockedServer({ tmp, project, observed }) {
  const { encodeLock, encodeMcpManifest, layout } = await import('@mlld/format');
  const { sha256 } = await import('@mlld/trust');
  const manifest = encodeMcpManifest({
    v: 1,
    server: sha256('{}'),
    artefact: { kind: 'files', tree: sha256(''), command: ['node', '{artefact}/server.mjs'] },
    permissions: { hosts: [], folders: [], environment: [], commands: [] },
    observed,
  });
  const hash = sha256(manifest);
  const cache = path.join(tmp, 'cache');
  const blob = path.join(cache, 'registry.example.org', layout.blob(hash));
  mkdirSync(path.dirname(blob), { recursive: true });
  writeFileSync(blob, manifest);
  const entry = {
    name: '@tools/memory',
    wanted: '^1.0.0',
    version: '1.0.0',
    registry: 'registry.example.org',
    entry: 'mcp.json',
    files: new Map([['mcp.json', hash]]),
    sources: [],
    imports: new Map(),
    evidence: 2,
    needs: [],
    granted: [],
    fetchedAt: '2026-01-31T12:00:00Z',
  };
  const lock = { modules: new Map([[entry.name, entry]]), authors: new Map(), legacy: new Map() };
  writeFileSync(path.join(project, 'mlld-lock.json'), encodeLock(lock));
  writeFileSync(path.join(project, 'p.mld'), 'import mcp memory from @tools/memory\nshow `@memory.tools`\n');
  return { program: 'p.mld', env: { MLLD_CACHE_DIR: cache, HOME: tmp } };
}
