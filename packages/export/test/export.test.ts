/** Each exported package, used in its own language by the built command's process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findSandbox } from '@mlld/sandbox';
import { bareEnvironment, makeTempDir, runCli, runProcess, type TempDir } from '@mlld/testing';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { distribution, writeDistribution } from '../../client/test/fixture/registry.ts';
import { targetNames } from '../src/index.ts';

const command = fileURLToPath(new URL('../../cli/dist/bundle/mlld.cjs', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/package.json');

const base = 'exe @again(text, by) = js { return text.repeat(by) }\nexport { @again }\n';
const strings = `---
name: strings
author: alice
about: Small work on texts
---
# @alice/strings

## \`twice(text, by)\`

Says it again. */ """ \\

\`\`\`mlld-run
needs { sh }
import { @again } from @bob/base
exe @twice(text: string, by?: number): string = [
  let @count = @by ?? 2
  => @again(@text, @count)
]
exe @class(list: string[], from?: "a" | "b") = js { return { size: list.length, from: from ?? null } }
exe @who(name: string) = sh { printf "hi $name" }
exe @wrong(): number = \`no number\`
var @version = "1 😀"
export { @twice, @class, @who, @wrong, @version }
\`\`\`
`;

let desk: TempDir;

/** The value, or \`NO_SANDBOX\` on a machine that has none. */
const sandboxed = (value: string) => (findSandbox().missing === undefined ? value : 'NO_SANDBOX');

function environment(more: Record<string, string> = {}) {
  return bareEnvironment({ HOME: desk.path, MLLD_COMMAND: command, MLLD_DNS: 'off', ...more });
}

const cli = (...args: string[]) =>
  runCli(args, {
    cwd: desk.path,
    env: { HOME: desk.path, MLLD_DNS: 'off', MLLD_REGISTRY: path.join(desk.path, 'registry') },
  });

async function node(folder: string, source: string): Promise<unknown> {
  const file = path.join(desk.path, folder, 'use.mjs');
  writeFileSync(file, source);
  const { code, stdout, stderr } = await runProcess(process.execPath, [file], {
    cwd: desk.path,
    env: environment(),
  });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout.toString('utf8'));
}

beforeAll(async () => {
  desk = await makeTempDir('mlld-export-');
  const registry = distribution([
    { ref: '@bob/base@2.0.0', files: base, signed: true },
    {
      ref: '@alice/strings@1.2.0',
      files: { 'strings.mld.md': strings },
      imports: { '@bob/base': '2.0.0' },
      needs: ['sh'],
      signed: true,
    },
  ]);
  writeDistribution(registry, path.join(desk.path, 'registry'));
  const made = await Promise.all(
    targetNames.map((target) => cli('export', '@alice/strings', '--to', target, '--out', target)),
  );
  for (const { code, stderr } of made)
    expect([code, stderr]).toEqual([0, expect.stringContaining('It needs sh: refused until')]);
});
afterAll(() => desk.remove());

test('a package for JavaScript calls the functions, and grants nothing by itself', async () => {
  const used = await node(
    'js',
    `import { twice, class_, version, wrong, who, open } from './index.js';
const code = (promise) => promise.then((value) => value, (error) => error.code);
const module = open({ grant: ['sh'] });
const granted = await code(module.who('Ada'));
await module.close();
console.log(JSON.stringify([
  await twice('😀', 3), await twice('a'), await class_(['x', 'y'], 'b'), await version(),
  await code(wrong()), await code(twice(1)), await code(who('Ada')), granted,
  await Promise.all([1, 2, 3].map((by) => twice('a', by))),
  await code(open({ mlld: '/nowhere/mlld' }).twice('a')),
]));`,
  );
  expect(used).toEqual([
    '😀😀😀',
    'aa',
    { size: 2, from: 'b' },
    '1 😀',
    'BAD_SHAPE',
    'BAD_REQUEST',
    'NEED_NOT_GRANTED',
    sandboxed('hi Ada'),
    ['a', 'aa', 'aaa'],
    'PROGRAM_MISSING',
  ]);
  const readme = readFileSync(path.join(desk.path, 'js/README.md'), 'utf8');
  expect(readme).toContain('`sh`');
  expect(readme).toContain("open({ grant: ['need'] })");
});

test('its types are those of the documentation, as the compiler sees them', async () => {
  const source = `import { class_, open, twice } from './index.js';
const text: string = await twice('a', 2);
await class_(['a'], 'a');
// @ts-expect-error: a number is no text
await twice(1);
// @ts-expect-error: not one of the choices
await class_(['a'], 'c');
// @ts-expect-error: what it gives is a text
const wrong: number = await open().twice('a');
console.log(text, wrong);
`;
  const file = path.join(desk.path, 'ts/use.ts');
  writeFileSync(file, source);
  const bin = path.join(path.dirname(tsc), 'bin/tsc');
  const words = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', '', file];
  const { code, stdout } = await runProcess(process.execPath, [bin, ...words], {
    cwd: desk.path,
    env: environment(),
  });
  expect([stdout.toString('utf8'), code]).toEqual(['', 0]);
});

const python = await runProcess('python3', ['--version'], { env: bareEnvironment({}) }).then(
  ({ code }) => code === 0,
  () => false,
);

test.skipIf(!python)(
  'a package for Python calls the functions, typed (skipped where there is no python3)',
  async () => {
    const file = path.join(desk.path, 'python/use.py');
    writeFileSync(
      file,
      `import json, typing
import alice_strings as s
def code(call):
    try:
        return call()
    except s.MlldError as error:
        return error.code
with s.open_module(grant=["sh"]) as module:
    granted = code(lambda: module.who("Ada"))
hints = typing.get_type_hints(s.twice)
print(json.dumps([s.twice("\\U0001F600", 3), s.twice("a"), s.class_(["x"], "b"), s.version(), code(lambda: s.who("Ada")), granted,
    hints["text"].__name__, hints["return"].__name__]))
`,
    );
    const { code, stdout, stderr } = await runProcess('python3', ['-W', 'error::SyntaxWarning', file], {
      cwd: desk.path,
      env: environment(),
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout.toString('utf8'))).toEqual([
      '😀😀😀',
      'aa',
      { size: 1, from: 'b' },
      '1 😀',
      'NEED_NOT_GRANTED',
      sandboxed('hi Ada'),
      'str',
      'str',
    ]);
  },
);

test('a package for MCP offers the functions to a client', async () => {
  const folder = path.join(desk.path, 'mcp');
  const { mcpServers } = JSON.parse(readFileSync(path.join(folder, '.mcp.json'), 'utf8')) as {
    mcpServers: Record<string, { args: string[] }>;
  };
  const client = new Client({ name: 'test', version: '1.0.0' });
  const env = environment() as Record<string, string>;
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: mcpServers['alice-strings']!.args,
      cwd: folder,
      env,
    }),
  );
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['twice', 'class', 'who', 'wrong']);
  const answer = await client.callTool({ name: 'twice', arguments: { text: 'a', by: 3 } });
  expect(answer.structuredContent).toMatchObject({ result: 'aaa' });
  expect((await client.callTool({ name: 'who', arguments: { name: 'Ada' } })).isError).toBe(true);
  await client.close();
});

describe('a package for OpenAPI', () => {
  let child: ChildProcess;
  let url: string;
  let document: {
    paths: Record<string, { post: { requestBody: Body; responses: Record<string, Body> } }>;
    components: { schemas: { Error: object } };
  };
  interface Body {
    readonly content: { readonly 'application/json': { readonly schema: object } };
  }

  beforeAll(async () => {
    document = JSON.parse(readFileSync(path.join(desk.path, 'openapi/openapi.json'), 'utf8'));
    child = spawn(process.execPath, [path.join(desk.path, 'openapi/server.mjs'), '--port', '0'], {
      env: environment(),
      cwd: desk.path,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    url = /http:\S+/.exec(line)![0];
  });
  afterAll(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });

  const post = (
    name: string,
    body: unknown,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => fetch(url + name, { method: 'POST', headers, body: JSON.stringify(body) });

  test('answers as its document says', async () => {
    const ajv = new Ajv2020({ strict: false });
    const calls: [string, object, number][] = [
      ['twice', { text: 'a', by: 3 }, 200],
      ['class', { list: ['x'], from: 'a' }, 200],
      ['twice', { by: 3 }, 400],
      ['class', { list: ['x'], from: 'c' }, 400],
      ['who', { name: 'Ada' }, 403],
    ];
    for (const [name, body, status] of calls) {
      const { requestBody, responses } = document.paths[`/${name}`]!.post;
      expect(ajv.validate(requestBody.content['application/json'].schema, body)).toBe(status !== 400);
      const response = await post(name, body);
      expect([name, response.status]).toEqual([name, status]);
      const schema =
        status === 200
          ? responses[200]!.content['application/json'].schema
          : document.components.schemas.Error;
      expect(ajv.validate(schema, await response.json())).toBe(true);
    }
    expect(await (await post('twice', { text: 'a', by: 3 })).json()).toEqual({ value: 'aaa' });
    const served = (await (await fetch(`${url}openapi.json`)).json()) as typeof document;
    expect(served.paths).toEqual(document.paths);
  });

  test('answers no page of a browser, and nothing that is no call', async () => {
    const text = { 'content-type': 'text/plain' };
    expect((await post('twice', { text: 'a' }, text)).status).toBe(415);
    expect(
      (
        await post(
          'twice',
          { text: 'a' },
          { 'content-type': 'application/json', origin: 'https://example.org' },
        )
      ).status,
    ).toBe(421);
    expect((await post('nope', {})).status).toBe(404);
    expect((await post('twice', [])).status).toBe(400);
    expect((await fetch(`${url}twice`)).status).toBe(405);
  });
});

test('a bundle of other bytes is refused, whoever changed it', async () => {
  const file = path.join(desk.path, 'changed.mldbundle');
  const text = readFileSync(path.join(desk.path, 'mcp/module.mldbundle'), 'utf8');
  const bundle = JSON.parse(text) as { modules: { files: Record<string, string> }[] };
  bundle.modules[0]!.files['strings.mld.md'] = Buffer.from(strings.replace('hi', 'ho')).toString('base64');
  writeFileSync(file, JSON.stringify(bundle));
  expect((await cli('call', 'changed.mldbundle', 'version')).stderr).toContain('error[HASH_MISMATCH]');
  writeFileSync(file, `${text} `);
  const digest = /'(sha256:[0-9a-f]{64})'/.exec(
    readFileSync(path.join(desk.path, 'mcp/server.mjs'), 'utf8'),
  )![1]!;
  expect((await cli('call', '--digest', digest, 'changed.mldbundle', 'version')).stderr).toContain(
    'error[HASH_MISMATCH]',
  );
  expect((await cli('call', 'changed.mldbundle', 'version')).stdout).toBe('"1 😀"\n');
});

test('nothing is written over, nothing is written by a dry run, and the same module gives the same files', async () => {
  const { code, stderr } = await cli('export', '@alice/strings', '--to', 'mcp', '--out', 'mcp');
  expect([code === 0, stderr.includes('--force')]).toEqual([false, true]);
  const before = readFileSync(path.join(desk.path, 'mcp/module.mldbundle'), 'utf8');
  expect((await cli('export', '@alice/strings', '--to', 'mcp', '--out', 'mcp', '--force')).code).toBe(0);
  expect(readFileSync(path.join(desk.path, 'mcp/module.mldbundle'), 'utf8')).toBe(before);
  const dry = JSON.parse((await cli('export', '@alice/strings', '--to', 'js', '--dry-run', '--json')).stdout);
  expect(dry).toMatchObject({
    module: '@alice/strings@1.2.0',
    written: false,
    needs: ['sh'],
    folder: path.join(desk.path, 'alice-strings-js'),
  });
  expect(() => readFileSync(path.join(dry.folder, 'index.js'))).toThrow();
});

test('a module at hand runs with what it declares and is granted, and not as code of the user', async () => {
  mkdirSync(path.join(desk.path, 'own'));
  writeFileSync(
    path.join(desk.path, 'own/own.mld'),
    '---\nname: own\nauthor: alice\n---\nexe @run() = sh { printf hi }\nexport { @run }\n',
  );
  const { code, stderr } = await cli('call', 'own/own.mld', 'run', '--grant', 'sh');
  expect([code === 0, stderr.includes('NEED_NOT_DECLARED')]).toEqual([false, true]);
});
