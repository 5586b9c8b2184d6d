import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tempDir } from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Connection,
  findSandbox,
  launch,
  nodePermissionFlags,
  runSandboxed,
  type SandboxPolicy,
} from '../src/index.ts';

const { missing } = findSandbox();
if (missing !== undefined) console.warn(`tests of the sandbox are skipped: ${missing.reason}`);

function run(
  command: readonly string[],
  policy: SandboxPolicy = {},
  more: { input?: string; onConnection?: (c: Connection) => void } = {},
) {
  return runSandboxed({ command, policy, timeout: 15_000, maxOutput: 100_000, ...more });
}

// docs/spec/sandbox.md
describe.skipIf(missing !== undefined)('a sandbox', () => {
  test('passes input, output, arguments and the exit code as they are', async () => {
    const result = await run(
      ['sh', '-c', 'cat; echo "$1" >&2; exit 7', 'sh', 'a $(b) "c"'],
      {},
      { input: 'in' },
    );
    expect(result).toEqual({ exitCode: 7, stdout: 'in', stderr: 'a $(b) "c"\n', stopped: undefined });
  });

  test('has nothing of the environment but what is passed', async () => {
    process.env.SANDBOX_TEST_SECRET = 'leak';
    const { stdout } = await run(['env'], { env: { TOKEN: 'granted', LD_PRELOAD: '/nothing.so' } });
    delete process.env.SANDBOX_TEST_SECRET;
    expect(stdout).not.toContain('leak');
    expect(stdout).toContain('TOKEN=granted\n');
    expect(stdout).toMatch(/^HOME=\/tmp$/m);
  });

  test('shows no secret to who lists the processes of the machine', async () => {
    const { child, stop } = await launch({
      command: ['sleep', '20'],
      policy: { env: { TOKEN: 'very-secret' } },
    });
    const lines = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => {
        try {
          return readFileSync(`/proc/${name}/cmdline`, 'utf8');
        } catch {
          return '';
        }
      });
    expect(lines.some((line) => line.includes('very-secret'))).toBe(false);
    stop();
    await new Promise((resolve) => child.once('close', resolve));
  });

  test('shows folders read-only, or to be written, as the policy says', async () => {
    const dir = await tempDir('sandbox-files-');
    for (const name of ['seen', 'own', 'hidden']) mkdirSync(path.join(dir.path, name));
    for (const name of ['seen', 'hidden']) writeFileSync(path.join(dir.path, name, 'a'), name);
    const script = 'cat seen/a; cat hidden/a; echo b > seen/b; echo c > own/c; ls';
    const { stdout, stderr } = await run(['sh', '-c', script], {
      readable: [path.join(dir.path, 'seen')],
      writable: [path.join(dir.path, 'own')],
      cwd: dir.path,
    });
    expect(stdout).toBe('seenown\nseen\n');
    expect(stderr).toMatch(/hidden[\s\S]*Read-only/);
    expect(existsSync(path.join(dir.path, 'seen/b'))).toBe(false);
    expect(readFileSync(path.join(dir.path, 'own/c'), 'utf8')).toBe('c\n');
  });

  test('ends what runs too long or says too much, with all that it started', async () => {
    const late = await runSandboxed({
      command: ['sh', '-c', 'sleep 60 & sleep 60'],
      policy: {},
      timeout: 300,
      maxOutput: 1000,
    });
    expect(late.stopped).toBe('time');
    const loud = await runSandboxed({ command: ['yes'], policy: {}, timeout: 10_000, maxOutput: 1000 });
    expect(loud.stopped).toBe('output');
  });

  test('leaves nothing behind', async () => {
    const ours = () => readdirSync(tmpdir()).filter((name) => /^mlld-(?:sandbox|gate)-/.test(name));
    const before = ours();
    await run(['true'], { hosts: ['example.org'] });
    expect(ours().filter((name) => !before.includes(name))).toEqual([]);
  });

  test("Node's permissions stop programs and writing", async () => {
    const code =
      'const results = [];\n' +
      'try { require("child_process").execSync("id"); results.push("program") } catch (e) { results.push(e.code) }\n' +
      'require("fs").writeFileSync("/tmp/a", "");\n' +
      'try { require("fs").writeFileSync("/dev/shm/a", ""); results.push("written") } catch (e) { results.push(e.code) }\n' +
      'console.log(results.join())';
    const flags = (programs: boolean) =>
      nodePermissionFlags({ programs, network: false, writable: ['/tmp'] });
    const { stdout, stderr } = await run(['node', ...flags(false), '-e', code]);
    expect({ stdout, stderr }).toEqual({ stdout: 'ERR_ACCESS_DENIED,ERR_ACCESS_DENIED\n', stderr: '' });
    expect((await run(['node', ...flags(true), '-e', code])).stdout).toBe('program,ERR_ACCESS_DENIED\n');
  });
});

describe.skipIf(missing !== undefined)('the network of a sandbox', () => {
  const server = createServer((request, response) => response.end(`${request.headers.host} ${request.url}`));
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => void server.close());

  const get = (url: string) => [
    'node',
    '-e',
    `fetch(${JSON.stringify(url)}).then((r) => r.text()).then(console.log, (e) => console.log('failed', e.cause?.code))`,
  ];

  test('leads to the hosts that are declared, and says what was asked for', async () => {
    const asked: Connection[] = [];
    const { stdout } = await run(
      get(`http://localhost:${port}/path`),
      { hosts: [`localhost:${port}`] },
      { onConnection: (one) => asked.push(one) },
    );
    expect(stdout).toBe(`localhost:${port} /path\n`);
    expect(asked).toEqual([{ host: 'localhost', port, allowed: true }]);
  });

  test.each(['other.example', 'localhost.other.example'])('does not lead to %s', async (host) => {
    const asked: Connection[] = [];
    const { stdout } = await run(
      get(`http://${host}:${port}/`),
      { hosts: [`localhost:${port}`] },
      { onConnection: (one) => asked.push(one) },
    );
    expect(stdout).toMatch(/^failed/);
    expect(asked).toEqual([{ host, port, allowed: false }]);
  });

  test('is not there without hosts', async () => {
    expect((await run(get(`http://127.0.0.1:${port}/`))).stdout).toBe('failed ECONNREFUSED\n');
    expect((await run(get(`http://localhost:${port}/`))).stdout).toBe('failed ECONNREFUSED\n');
  });

  test('has no way around the gateway: an address leads nowhere', async () => {
    const policy = { hosts: [`localhost:${port}`] };
    const script = `exec 3<>/dev/tcp/192.0.2.1/${port} && echo connected`;
    expect((await run(['bash', '-c', script], policy)).stdout).toBe('');
  });

  test('serves programs that know nothing of it', async () => {
    const script = `exec 3<>/dev/tcp/localhost/${port}; printf 'GET /raw HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n' >&3; tail -n1 <&3`;
    expect((await run(['bash', '-c', script], { hosts: [`localhost:${port}`] })).stdout).toBe('x /raw');
  });
});
