/** Processes and WebAssembly of published modules, as `mlld run` runs them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findSandbox } from '@mlld/sandbox';
import { type CliResult, runCli, runProcess } from '@mlld/testing';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../../client/test/fixture/project.ts';
import { distribution, type FixtureModule, writeDistribution } from '../../client/test/fixture/registry.ts';

const wasm = readFileSync(path.join(import.meta.dirname, '../../lang/testdata/wasm/hostile.wasm'));
const bundle = fileURLToPath(new URL('../dist/bundle/mlld.cjs', import.meta.url));
const { missing, tools } = findSandbox();

let cwd: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  cwd = tempFolder();
  env = { HOME: tempFolder(), MLLD_DNS: 'off', MLLD_REGISTRY: tempFolder() };
});

/** Publishes one module, and runs a program that imports `f` from it and trusts it. */
async function run(
  module: Omit<FixtureModule, 'ref'>,
  { words = [], more = {} }: { words?: string[]; more?: NodeJS.ProcessEnv } = {},
): Promise<CliResult> {
  writeDistribution(distribution([{ ref: '@alice/tool@1.0.0', ...module }]), env.MLLD_REGISTRY ?? '');
  writeFileSync(path.join(cwd, 'p.mld'), 'import { f } from @alice/tool <trust always>\nshow @f()\n');
  return runCli(['run', ...words, 'p.mld'], { cwd, env: { ...env, ...more } });
}

test('a function of WebAssembly that a module brings along', async () => {
  const code = 'exe @f() = @g("hello")\nexe @g(x) = wasm "./lib/hostile.wasm" "echo"\nexport { @f }\n';
  const files = { 'index.mld': code, 'lib/hostile.wasm': wasm };
  expect(await run({ files })).toMatchObject({ code: 0, stdout: 'hello\n' });
});

// docs/spec/sandbox.md
describe.skipIf(missing !== undefined)('processes of a published module', () => {
  test('see neither the home nor the project nor the environment', async () => {
    writeFileSync(path.join(cwd, 'secret.txt'), 'secret');
    const files = `needs { sh }\nexe @f() = sh { cat ${cwd}/secret.txt || echo "none $HOME [$TOKEN]" }\n`;
    const { stdout } = await run({ files, needs: ['sh'] }, { more: { TOKEN: 'x' } });
    expect(stdout).toBe('none /tmp []\n');
  });

  test('see the project if they declare files, and write to it if they declare that', async () => {
    writeFileSync(path.join(cwd, 'a.txt'), 'seen');
    const files = (need: string) =>
      `needs { sh, ${need} }\nexe @f() = sh { cat a.txt; echo x 2>/dev/null > b.txt; ls }\n`;
    const needs = ['sh', 'filesystem'];
    expect((await run({ files: files('filesystem'), needs })).stdout).not.toContain('b.txt');
    [cwd, env] = [tempFolder(), { ...env, HOME: tempFolder(), MLLD_REGISTRY: tempFolder() }];
    writeFileSync(path.join(cwd, 'a.txt'), 'seen');
    expect((await run({ files: files('filesystem: [write]'), needs })).stdout).toContain('b.txt');
    expect(readFileSync(path.join(cwd, 'b.txt'), 'utf8')).toBe('x\n');
  });

  test('reach the hosts that they declare, and the user is told of others', async () => {
    const server = createServer((_, response) => response.end('answer'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const code = `const get = (url) => fetch(url).then((r) => r.text(), () => 'nothing');
      return [await get('http://localhost:${port}/'), await get('http://other.example:${port}/')].join();`;
    const files = `needs { node, network: ["localhost:${port}"] }\nexe @f() = node {\n${code}\n}\n`;
    const { stdout, stderr } = await run({ files, needs: ['node', 'network'] });
    expect(stdout).toBe('answer,nothing\n');
    expect(stderr).toContain(
      `@alice/tool: connection to other.example:${port} is not declared, and was refused`,
    );
  });

  test('use the packages of the project that they declare', async () => {
    const home = path.join(cwd, 'node_modules/left');
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(cwd, 'package.json'), '{}');
    writeFileSync(path.join(home, 'index.js'), 'module.exports = "from the package";');
    const files = 'needs { node: [left] }\nexe @f() = node { return require("left"); }\n';
    expect(await run({ files, needs: ['node'] })).toMatchObject({ stdout: 'from the package\n' });
  });

  test('get the variables that the user names', async () => {
    const files = 'needs { sh, env }\nexe @f() = sh { echo "$A $B" }\n';
    const more = { A: 'one', B: 'two' };
    const needs = ['sh', 'env'];
    expect(await run({ files, needs }, { more })).toMatchObject({
      stderr: expect.stringContaining('--env NAME'),
    });
    expect(await run({ files, needs }, { more, words: ['--env', 'A'] })).toMatchObject({ stdout: 'one \n' });
  });

  test('run without a sandbox only if the user says so', async () => {
    const files = 'needs { sh }\nexe @f() = sh { hostname }\n';
    expect((await run({ files, needs: ['sh'] })).stdout).toBe('sandbox\n');
    // The same machine, but bubblewrap is covered.
    const covered = (...words: string[]) =>
      runProcess(
        'bwrap',
        [
          '--dev-bind',
          '/',
          '/',
          '--ro-bind',
          '/dev/null',
          tools?.bubblewrap ?? '',
          process.execPath,
          bundle,
          'run',
          ...words,
          'p.mld',
        ],
        { cwd, env: { PATH: process.env.PATH, ...env } },
      );
    const refused = await covered();
    expect(refused).toMatchObject({ code: 7 });
    expect(refused.stderr).toContain('NO_SANDBOX');
    expect(refused.stderr).toContain('apt install bubblewrap');
    expect(refused.stderr).toContain('--allow-unsandboxed @alice/tool');
    const other = await covered('--allow-unsandboxed', '@alice/other');
    expect(other.code).toBe(7);
    const allowed = await covered('--allow-unsandboxed', '@alice/tool');
    expect({ code: allowed.code, isSandbox: allowed.stdout.toString().includes('sandbox') }).toEqual({
      code: 0,
      isSandbox: false,
    });
  });
});
