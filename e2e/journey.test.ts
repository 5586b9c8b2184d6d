/**
 * The whole story, with real processes: an author publishes by pull request, the registry merges and builds, someone
 * else's program imports over DNS and HTTP, and then with every server gone. GitHub is the loopback one of `testing/`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  bareEnvironment,
  type GitHub,
  gitEnvironment,
  makeTempDir,
  runCli,
  runProcess,
  startGitHub,
  type TempDir,
  throwawayKey,
} from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const bundle = fileURLToPath(new URL('../packages/cli/dist/bundle/mlld.cjs', import.meta.url));

const greet = (version: string, greeting = 'Hello') => `---
name: greet
author: alice
version: ${version}
about: Greets people by name
license: CC0
keywords: [greeting]
mlldVersion: "*"
---

# @alice/greet

## tldr

Greets people by name.

\`\`\`mlld-run
exe @greet(name) = js { return "${greeting} " + (name || "you") + "!"; }
export { @greet }
\`\`\`

## docs

### greet(name)

Greets one person.

\`\`\`mlld
import { @greet } from @alice/greet
show @greet("Ada")
\`\`\`

\`\`\`output
${greeting} Ada!
\`\`\`
`;

const program = `import { greet } from @alice/greet
show @greet("Bob")
`;

let home: TempDir;
let github: GitHub;
let author: Record<string, string>;
let serve: { process: ChildProcess; url: string; dns: string } | undefined;

const at = (...parts: string[]) => home.join(...parts);

async function mlld(args: string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
  return runCli(args, { cwd: options.cwd ?? home.path, env: options.env ?? {} });
}

async function ok(args: string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
  const result = await mlld(args, options);
  expect(`${result.code}\n${result.stderr}`, `mlld ${args.join(' ')}`).toMatch(/^0\n/);
  return result;
}

/** Merges the newest open pull request, as a maintainer does on the web page. */
async function merge() {
  const pull = github.pulls('registry/modules').at(-1)!;
  const answer = await fetch(`${github.url}/repos/registry/modules/pulls/${pull.number}/merge`, {
    method: 'PUT',
    headers: { authorization: 'Bearer bob-token', 'content-type': 'application/json' },
    body: '{}',
  });
  expect(answer.status).toBe(200);
}

/** The registry's checkout, brought up to date, checked and built. */
async function rebuild() {
  const checkout = at('registry');
  await rm(checkout, { recursive: true, force: true });
  const cloned = await runProcess('git', ['clone', '-q', `${github.gitUrl}/registry/modules.git`, checkout], {
    env: gitEnvironment({ HOME: home.path }),
    cwd: home.path,
  });
  expect(cloned.code, cloned.stderr).toBe(0);
  await ok(['registry', 'check', checkout]);
  await ok(['registry', 'build', checkout, '--out', at('dist')]);
}

async function startServer() {
  const child = spawn(
    process.execPath,
    [bundle, 'registry', 'serve', at('dist'), '--port', '0', '--dns-port', '0', '--json'],
    {
      env: bareEnvironment({ HOME: home.path }),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const started = JSON.parse(chunk.toString()) as { url: string; dns: { address: string; port: number } };
  serve = { process: child, url: started.url, dns: `${started.dns.address}:${started.dns.port}` };
}

async function stopServer() {
  const child = serve?.process;
  serve = undefined;
  if (child === undefined || child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
}

beforeAll(async () => {
  home = await makeTempDir('mlld-journey-');
  await mkdir(at('author', '.ssh'), { recursive: true });
  const key = await throwawayKey({ dir: at('author', '.ssh'), name: 'id_ed25519' });
  await ok([
    'registry',
    'init',
    at('seed'),
    '--name',
    'registry.example.org',
    '--zone',
    'modules.example.org',
  ]);
  const files: Record<string, string> = {
    'registry.json': await readFile(at('seed', 'registry.json'), 'utf8'),
  };
  github = await startGitHub({
    users: [
      { login: 'alice', id: 101, token: 'alice-token', signingKeys: [key.publicKey] },
      { login: 'bob', id: 102, token: 'bob-token' },
      { login: 'registry', id: 103, type: 'Organization', members: ['bob'] },
    ],
    repos: [{ owner: 'registry', name: 'modules', files }],
  });
  author = { HOME: at('author'), MLLD_GITHUB_API: github.url, MLLD_GITHUB_TOKEN: 'alice-token' };
  await mkdir(at('work'), { recursive: true });
  await writeFile(at('work', 'greet.mld.md'), greet('1.0.0'));
});

afterAll(async () => {
  await stopServer();
  await github?.close();
  await home?.remove();
});

describe.sequential('from an author’s file to a working import', () => {
  test('the author publishes: a gist, a signed release, a pull request', async () => {
    await ok(['check', 'greet.mld.md'], { cwd: at('work'), env: author });
    const { stdout } = await ok(['publish', 'greet.mld.md', '--yes', '--to', 'registry/modules'], {
      cwd: at('work'),
      env: author,
    });
    expect(stdout).toContain('@alice/greet 1.0.0 is proposed');
    expect(github.gists('alice')).toHaveLength(1);
  });

  test('publishing again finds what is there', async () => {
    await ok(['publish', 'greet.mld.md', '--yes', '--to', 'registry/modules'], {
      cwd: at('work'),
      env: author,
    });
    expect(github.gists('alice')).toHaveLength(1);
    expect(github.pulls('registry/modules')).toHaveLength(1);
  });

  test('the registry merges, checks, builds and serves', async () => {
    await merge();
    await rebuild();
    await startServer();
    expect(serve?.url).toMatch(/^http:/);
  });

  test('a program imports it by name, verified', async () => {
    await mkdir(at('app'));
    await writeFile(at('app', 'main.mld'), program);
    const env = { HOME: at('user'), MLLD_REGISTRY: serve!.url, MLLD_DNS: serve!.dns };
    const { stdout } = await ok(['run', 'main.mld'], { cwd: at('app'), env });
    expect(stdout).toBe('Hello Bob!\n');
    const lock = JSON.parse(await readFile(at('app', 'mlld-lock.json'), 'utf8'));
    expect(lock.modules['@alice/greet']).toMatchObject({
      registryVersion: '1.0.0',
      registry: 'registry.example.org',
      evidence: 2,
    });
    const verified = await ok(['verify', '@alice/greet', '--json'], { cwd: at('app'), env });
    expect(JSON.parse(verified.stdout)).toMatchObject([{ name: '@alice/greet', evidence: 2 }]);
  });

  test('a machine with DNS and the gist alone, without any index, imports it too', async () => {
    await mkdir(at('seed-app'));
    await writeFile(at('seed-app', 'main.mld'), program);
    const env = {
      HOME: at('user2'),
      MLLD_ZONE: 'modules.example.org',
      MLLD_DNS: serve!.dns,
    };
    const { stdout } = await ok(['run', 'main.mld'], { cwd: at('seed-app'), env });
    expect(stdout).toBe('Hello Bob!\n');
  });

  test('a machine without DNS imports from the index', async () => {
    await mkdir(at('no-dns'));
    await writeFile(at('no-dns', 'main.mld'), program);
    const env = { HOME: at('user3'), MLLD_REGISTRY: serve!.url, MLLD_DNS: 'off' };
    expect((await ok(['run', 'main.mld'], { cwd: at('no-dns'), env })).stdout).toBe('Hello Bob!\n');
  });

  test('a second version: the lock holds the first, update takes the second', async () => {
    await writeFile(at('work', 'greet.mld.md'), greet('1.1.0', 'Good day'));
    await ok(['publish', 'greet.mld.md', '--yes', '--to', 'registry/modules'], {
      cwd: at('work'),
      env: author,
    });
    await merge();
    await rebuild();
    const env = { HOME: at('user'), MLLD_REGISTRY: serve!.url, MLLD_DNS: serve!.dns };
    expect((await ok(['run', 'main.mld'], { cwd: at('app'), env })).stdout).toBe('Hello Bob!\n');
    const outdated = JSON.parse((await mlld(['outdated', '--json'], { cwd: at('app'), env })).stdout);
    expect(JSON.stringify(outdated)).toContain('1.1.0');
    await ok(['update'], { cwd: at('app'), env });
    expect((await ok(['run', 'main.mld'], { cwd: at('app'), env })).stdout).toBe('Good day Bob!\n');
  });

  test('with every server gone the program still runs', async () => {
    await stopServer();
    await github.close();
    const env = { HOME: at('user'), MLLD_REGISTRY: 'http://127.0.0.1:9/', MLLD_DNS: '127.0.0.1:9' };
    expect((await ok(['run', 'main.mld'], { cwd: at('app'), env })).stdout).toBe('Good day Bob!\n');
  });

  test('and a new machine without the cache is told what was tried', async () => {
    const env = { HOME: at('user4'), MLLD_REGISTRY: 'http://127.0.0.1:9/', MLLD_DNS: 'off' };
    const result = await mlld(['run', 'main.mld', '--json'], { cwd: at('app'), env });
    expect(result.code).toBe(5);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'UNREACHABLE' } });
  });
});
