/**
 * A module that tries to break out, under each runner. What it achieves is the table in docs/sandbox.md, which this test makes
 * (MLLD_UPDATE=1) and compares.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { MlldError, type NodeHostOptions, nodeHost, run, runProcess } from '@mlld/lang';
import { findSandbox, nodePermissionFlags } from '@mlld/sandbox';
import { makeTempDir } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchModule } from '../packages/cli/src/launch-module.ts';
import { createReport } from '../packages/cli/src/report.ts';
import { type Attempt, attempts, type Place, type Runner } from './probe/attempts.ts';

const table = path.join(import.meta.dirname, '../docs/sandbox.md');
const update = process.env.MLLD_UPDATE !== undefined;

type Outcome = 'stopped' | 'inside' | '**gets through**' | 'not tried' | 'no way to ask';

interface Column {
  readonly title: string;
  readonly runner: Runner;
  readonly isSafe: boolean;
  readonly launch?: NonNullable<NodeHostOptions['launch']>;
}

const report = createReport({ verbose: false, color: false, stderr: { write: () => true } as never });
const sandboxed: Column['launch'] = (request, root) =>
  launchModule(request, { root, unsandboxed: [], report });
const flags = nodePermissionFlags({ programs: false, network: false, writable: ['/tmp'] });
const columns: readonly Column[] = [
  { title: 'process alone', runner: 'sh', isSafe: false, launch: runProcess },
  {
    title: "Node's permissions alone",
    runner: 'node',
    isSafe: false,
    launch: (request, root) =>
      runProcess({ ...request, command: ['node', ...flags, ...request.command.slice(1)] }, root),
  },
  { title: '`js`', runner: 'js', isSafe: true },
  { title: '`wasm`', runner: 'wasm', isSafe: true },
  ...(['node', 'py', 'sh', 'cmd'] as const).map(
    (runner): Column => ({
      title: `\`${runner}\``,
      runner,
      isSafe: true,
      launch: sandboxed,
    }),
  ),
];

const hostile = readFileSync(path.join(import.meta.dirname, '../packages/lang/testdata/wasm/hostile.wasm'));

const isRoot = process.getuid?.() === 0;

let place: Place;
let victim: ChildProcess;
const reached = { tcp: 0, udp: 0, unix: 0 };
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  const dir = await makeTempDir('mlld-probe-');
  closers.push(() => dir.remove());
  for (const folder of ['home/.ssh', 'project']) mkdirSync(dir.join(folder), { recursive: true });
  const token = 'MLLD-PROBE-TOKEN';
  for (const file of ['secret.txt', 'home/.ssh/id_ed25519']) writeFileSync(dir.join(file), token);
  process.env.PROBE_SECRET = token;
  const listen = async (kind: 'tcp' | 'unix', where: number | string) => {
    const server = createServer((socket) => {
      reached[kind]++;
      socket.end();
    });
    await new Promise<void>((resolve) =>
      typeof where === 'number' ? server.listen(where, '127.0.0.1', resolve) : server.listen(where, resolve),
    );
    closers.push(() => server.close());
    return server.address();
  };
  const udp = createSocket('udp4').on('message', () => reached.udp++);
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  closers.push(() => udp.close());
  await listen('unix', dir.join('socket'));
  await listen('unix', `\0mlld-probe-${process.pid}`);
  place = {
    token,
    folder: dir.path,
    tcp: ((await listen('tcp', 0)) as AddressInfo).port,
    udp: udp.address().port,
    abstract: `mlld-probe-${process.pid}`,
    victim: 0,
  };
  respawn();
});

afterAll(async () => {
  delete process.env.PROBE_SECRET;
  victim.kill('SIGKILL');
  for (const close of closers.reverse()) await close();
});

/** A process of the user's, for the module to look into and to end. */
function respawn(): void {
  victim = spawn('sleep', ['600'], { env: { ...process.env, PROBE_SECRET: place.token }, stdio: 'ignore' });
  place = { ...place, victim: victim.pid ?? 0 };
}

/** What the module prints, or the code of the error that it ends with. */
async function attempted(attempt: Attempt, { runner, launch }: Column): Promise<string> {
  const code = runner === 'wasm' ? '' : attempt.code(place)[runner === 'cmd' ? 'sh' : runner];
  const bodies: Record<Runner, string> = {
    cmd: 'cmd { bash -c @script }',
    sh: `sh {\n${code}\n}`,
    py: `py {\n${code}\n}`,
    node: `node {\n${code}\n}`,
    js: `js {\n${code}\n}`,
    wasm: `wasm "./hostile.wasm" "${attempt.wasm}"`,
  };
  const module = `needs { js, node, py, sh, cmd }\nexe @try(${runner === 'wasm' ? '' : 'script'}) = ${bodies[runner]}\nexport { @try }`;
  let out = '';
  const host = nodeHost({
    root: path.join(place.folder, 'project'),
    resolveModule: async () => ({
      source: module,
      bytes: hostile,
      file: '@mallory/probe@1.0.0/index.mld',
      origin: { name: '@mallory/probe', version: '1.0.0', digest: 'sha256:probe' },
    }),
    ...(launch === undefined ? {} : { launch }),
    overrides: {
      grant: async () => true,
      writeOut: (text) => {
        out += text;
      },
      writeErr: () => {},
      limits: {
        processTime: attempt.milliseconds ?? 15_000,
        processOutput: 4_000_000,
        jsTime: 1000,
        wasmTime: 1000,
      },
    },
  });
  const program = `import { try } from @mallory/probe\nshow @try(${runner === 'wasm' ? '' : JSON.stringify(code).replaceAll('@', '\\@')})`;
  try {
    await run(program, { file: path.join(place.folder, 'project/main.mld'), host });
    return out;
  } catch (error) {
    if (!(error instanceof MlldError)) throw error;
    return `${out}\n${error.code}`;
  }
}

/** Whether the victim has ended, or does within so many milliseconds: a signal takes its time on a busy machine. */
async function hasEnded(milliseconds: number): Promise<boolean> {
  const isOver = () => victim.exitCode !== null || victim.signalCode !== null;
  if (!isOver() && milliseconds > 0)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      victim.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  return isOver();
}

async function outcome(attempt: Attempt, column: Column): Promise<Outcome> {
  if (!column.isSafe && attempt.isHarmful === true) return 'not tried';
  if (!column.isSafe && !isRoot) return 'not tried';
  if (column.runner === 'wasm' && attempt.wasm === undefined) return 'no way to ask';
  const before = { ...reached };
  const printed = await attempted(attempt, column);
  const ended = await hasEnded(attempt.settles ?? 0);
  if (ended) respawn();
  const written = path.join(place.folder, 'written');
  const isWritten = existsSync(written);
  if (isWritten) rmSync(written);
  const isThrough =
    printed.includes('GOT') ||
    printed.includes(hostname()) ||
    ended ||
    isWritten ||
    (Object.keys(reached) as (keyof typeof reached)[]).some((name) => reached[name] > before[name]);
  if (isThrough) return '**gets through**';
  return printed.trim() === 'sandbox' ? 'inside' : 'stopped';
}

// docs/spec/sandbox.md §3
test.skipIf(findSandbox().missing !== undefined)(
  'nothing gets out of any runner, as docs/sandbox.md says',
  async () => {
    const rows: string[][] = [];
    const through: string[] = [];
    for (const attempt of attempts) {
      const cells: Outcome[] = [];
      if (attempt.isAlone) cells.push(...(await Promise.all(columns.map((one) => outcome(attempt, one)))));
      else for (const column of columns) cells.push(await outcome(attempt, column));
      rows.push([attempt.what, ...cells]);
      columns.forEach((column, i) => {
        if (column.isSafe && cells[i] === '**gets through**')
          through.push(`${column.title}: ${attempt.what}`);
      });
    }
    expect(through).toEqual([]);
    // What gets through without a sandbox is shown for root, whom the system itself stops least.
    if (!isRoot) return;
    const head = ['what it tries', ...columns.map(({ title }) => title)];
    const lines = [head, head.map(() => '---'), ...rows]
      .map((cells) => `| ${cells.join(' | ')} |`)
      .join('\n');
    const text = readFileSync(table, 'utf8');
    const made = text.replace(
      /(<!-- made by e2e\/probe\.test\.ts -->\n)[\s\S]*?(\n<!-- end -->)/,
      `$1${lines}$2`,
    );
    if (update) writeFileSync(table, made);
    expect(made).toBe(update ? made : text);
  },
  300_000,
);
