/** `mlld registry serve` and `mlld registry dns` as processes: output, signals, exit statuses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import net, { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { bareEnvironment, runCli, tempDir, writeTree } from '@mlld/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

const bundle = fileURLToPath(new URL('../dist/bundle/mlld.cjs', import.meta.url));
const zone = `$ORIGIN modules.example.org.
$TTL 300
@ IN SOA ns1.example.org. hostmaster.example.org. 1 3600 600 604800 300
@ IN NS ns1.example.org.
strings.alice IN TXT "v=mlld1;ver=1.0.0;url=https://example.org/strings.mld"
tables.alice IN TXT "v=mlld1;ver=1.0.0;url=https://example.org/tables.mld"
`;

async function distribution(): Promise<string> {
  const { path } = await tempDir();
  await writeTree(path, {
    'dist/registry.json': JSON.stringify({ v: 1, name: 'registry.example.org', zone: 'modules.example.org' }),
    'dist/names/all': '@alice/strings\n@alice/tables\n',
    'dist/zone': zone,
  });
  return path;
}

interface Running {
  readonly child: ChildProcess;
  readonly first: string;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

/** Starts a command that goes on; resolves when it has said something that `until` takes. */
async function start(
  cwd: string,
  args: readonly string[],
  until: (said: string) => boolean,
): Promise<Running> {
  const child = spawn(process.execPath, [bundle, ...args], { cwd, env: bareEnvironment({ HOME: cwd }) });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stderr })),
  );
  const first = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (until(stdout)) resolve(stdout);
    });
    void ended.then(({ code }) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
  return { child, first, ended };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('mlld registry serve', () => {
  test('serves files and names, tells where, and ends in order at Ctrl-C', async () => {
    const cwd = await distribution();
    const args = ['registry', 'serve', '--port', '0', '--dns-port', '0', '--doh', '--json', '--verbose'];
    const { child, first, ended } = await start(cwd, args, isJson);
    const said = JSON.parse(first) as { url: string; dns: { address: string; port: number } };
    expect(await (await fetch(`${said.url}names/all`)).text()).toContain('@alice/strings');
    expect((await fetch(`${said.url}dns-query`)).status).toBe(400);
    const resolver = new Resolver();
    resolver.setServers([`${said.dns.address}:${said.dns.port}`]);
    expect(await resolver.resolveTxt('strings.alice.modules.example.org')).toHaveLength(1);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toContain('GET /names/all 200');
    expect(stderr).toContain('DNS/udp TXT strings.alice.modules.example.org NOERROR');
  });

  test('tells a person what to try', async () => {
    const cwd = await distribution();
    const args = ['registry', 'serve', 'dist', '--port', '0', '--dns-port', '0'];
    const { child, first, ended } = await start(cwd, args, (said) => said.includes('Ctrl-C'));
    expect(first).toMatch(/registry\.example\.org, 2 modules/);
    expect(first).toMatch(
      /mlld info @alice\/strings --registry http:\/\/127\.0\.0\.1:\d+\/ --dns 127\.0\.0\.1:\d+/,
    );
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  test('a port in use, where it was demanded, is an error that tells what to do', async () => {
    const blocker = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    onTestFinished(() => void blocker.close());
    const { port } = blocker.address() as AddressInfo;
    const cwd = await distribution();
    const result = await runCli(['registry', 'serve', '--port', String(port), '--json'], { cwd });
    expect(result.code).toBe(6);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'PORT_BUSY' } });
  });

  test.each([
    [['--port', '65536'], 2, 'USAGE'],
    [['--cert', 'cert.pem'], 2, 'USAGE'],
    [['nowhere'], 3, 'REGISTRY_NOT_FOUND'],
  ])('%j', async (args, code, errorCode) => {
    const result = await runCli(['registry', 'serve', ...args, '--json'], { cwd: await distribution() });
    expect([result.code, JSON.parse(result.stdout)]).toMatchObject([code, { error: { code: errorCode } }]);
  });
});

describe('mlld registry dns', () => {
  test('zone prints what the build wrote, or its records as JSON', async () => {
    const cwd = await distribution();
    expect((await runCli(['registry', 'dns', 'zone'], { cwd })).stdout).toBe(zone);
    const { stdout } = await runCli(['registry', 'dns', 'zone', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ zone: 'modules.example.org', serial: 1 });
    expect(stdout).toContain('v=mlld1;ver=1.0.0;url=https://example.org/tables.mld');
  });

  test('serve and diff: the same, then a zone that moved on', async () => {
    const cwd = await distribution();
    const { child, first, ended } = await start(
      cwd,
      ['registry', 'dns', 'serve', '--port', '0', '--json'],
      isJson,
    );
    const { port } = JSON.parse(first) as { port: number };
    const server = `127.0.0.1:${port}`;
    const same = await runCli(['registry', 'dns', 'diff', server], { cwd });
    expect([same.code, same.stdout]).toEqual([0, expect.stringContaining('answers all 2 sets')]);
    await writeTree(cwd, {
      'next/zone': zone
        .replace('ver=1.0.0', 'ver=1.1.0')
        .concat('new.alice TXT "v=mlld1;url=https://example.org/n"\n'),
    });
    const other = await runCli(['registry', 'dns', 'diff', server, '--folder', 'next'], { cwd });
    expect(other.code).toBe(1);
    expect(other.stdout.split('\n')).toEqual([
      'new.alice.modules.example.org TXT: missing',
      '  + v=mlld1;url=https://example.org/n',
      'strings.alice.modules.example.org TXT: different',
      '  - v=mlld1;ver=1.0.0;url=https://example.org/strings.mld',
      '  + v=mlld1;ver=1.1.0;url=https://example.org/strings.mld',
      '',
    ]);
    expect(other.stderr).toContain(
      `error[ZONE_DIFFERS]: 2 of 3 sets of records of modules.example.org differ at ${server}`,
    );
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
  });

  test.each([
    [['ask'], 2, 'USAGE'],
    [['zone', 'more'], 2, 'USAGE'],
    [['diff'], 2, 'USAGE'],
    [['diff', '127.0.0.1:99999'], 2, 'USAGE'],
    [['diff', 'a b'], 2, 'USAGE'],
    [['zone', '--folder', 'nowhere'], 3, 'FILE_NOT_FOUND'],
  ])('%j', async (args, code, errorCode) => {
    const result = await runCli(['registry', 'dns', ...args, '--json'], { cwd: await distribution() });
    expect([result.code, JSON.parse(result.stdout)]).toMatchObject([code, { error: { code: errorCode } }]);
  });
});
