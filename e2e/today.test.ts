/**
 * mlld 2.0.5, as people have it today and unpatched, imports from a registry of ours by configuration alone. The client is not
 * installed by `npm test`: `npm run today:install` brings it.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from '@mlld/builder';
import { serveDistribution } from '@mlld/server';
import { bareEnvironment, makeTempDir, runProcess, type TempDir, tempDir, writeTree } from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const client = fileURLToPath(new URL('../.tmp/mlld-2.0.5/node_modules/mlld/dist/cli.cjs', import.meta.url));
const versions = ['1.0.0', '1.2.0', '2.0.0'];

/** `@alice/greet`, a Markdown module, and `@alice/shout`, a strict one. */
function sourceOf(name: string, version: string): { file: string; text: string } {
  if (name === 'shout') {
    return { file: 'shout.mld', text: `exe @loud(text) = \`@text! (${version})\`\nexport { @loud }\n` };
  }
  const front = `name: greet\nauthor: alice\nversion: ${version}\nabout: Greets people\nlicense: CC0\nmlldVersion: ">=2.0.0"`;
  const code = `exe @hello(name) = \`Hello @name from ${version}\`\nexport { @hello }`;
  const text = `---\n${front}\n---\n\n# @alice/greet\n\n## tldr\n\nGreets.\n\n\`\`\`mlld-run\n${code}\n\`\`\`\n`;
  return { file: 'greet.mld.md', text };
}

/** A registry repository of today's unsigned records, whose sources are at `base`. */
function records(base: string): Record<string, string> {
  const files: Record<string, string> = {
    'registry.json': JSON.stringify({ v: 1, name: 'registry.example.org' }),
  };
  for (const name of ['greet', 'shout']) {
    const about = {
      name,
      author: 'alice',
      about: 'An example',
      owners: ['alice'],
      created: '2026-01-01T00:00:00Z',
    };
    files[`modules/alice/${name}/metadata.json`] = JSON.stringify(about);
    files[`modules/alice/${name}/tags.json`] = JSON.stringify({ latest: '2.0.0', stable: '1.0.0' });
    for (const version of versions) {
      const { file, text } = sourceOf(name, version);
      files[`modules/alice/${name}/${version}.json`] = JSON.stringify({
        version,
        needs: [],
        license: 'CC0',
        source: {
          type: 'url',
          url: `${base}${name}/${version}/${file}`,
          contentHash: createHash('sha256').update(text).digest('hex'),
        },
        dependencies: {},
        publishedAt: '2026-01-01T00:00:00Z',
      });
    }
  }
  return files;
}

/** The authors' own server. */
async function startSources(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const [, name = '', version = ''] = (request.url ?? '').split('/');
    response.end(sourceOf(name, version).text);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => void server.close(),
  };
}

describe.skipIf(!existsSync(client))('mlld 2.0.5 (skipped where it is not: npm run today:install)', () => {
  let home: TempDir;
  let service: Awaited<ReturnType<typeof serveDistribution>>;
  const asked: string[] = [];

  beforeAll(async () => {
    home = await makeTempDir();
    const sources = await startSources();
    await writeTree(home.join('repository'), records(sources.url));
    const report = await build(home.join('repository'), { out: home.join('dist') });
    sources.close();
    expect(report.checked.match).toBe(6);
    const onRequest = ({ target, status }: { target: string; status: number }) =>
      void asked.push(`${target} ${status}`);
    service = await serveDistribution({ folder: home.join('dist'), port: 0, onRequest });
  });
  afterAll(async () => {
    await service?.close();
    await home?.remove();
  });

  /** Runs a program with the client of today, in a project that knows us by its configuration and nothing else. */
  async function run(program: string): Promise<{ stdout: string; stderr: string; project: TempDir }> {
    const project = await tempDir();
    const baseUrl = `${service.url}m/alice/`;
    const prefix = {
      prefix: '@alice/',
      resolver: 'HTTP',
      type: 'input',
      config: { baseUrl, validateSSL: false },
    };
    await writeTree(project.path, {
      'mlld-config.json': JSON.stringify({ resolvers: { prefixes: [prefix] } }),
      'program.mld': program,
    });
    return { ...(await start(project, ['program.mld'])), project };
  }

  async function start(project: TempDir, args: readonly string[]) {
    const result = await runProcess(process.execPath, [client, ...args], {
      cwd: project.path,
      env: bareEnvironment({ HOME: project.path }),
      timeout: 90_000,
    });
    return { stdout: result.stdout.toString(), stderr: result.stderr };
  }

  test.each([
    ['', '2.0.0'],
    ['@1.0.0', '1.0.0'],
    ['@^1.0.0', '1.2.0'],
    ['@~1.0.0', '1.0.0'],
  ])(
    'import { @hello } from @alice/greet%s runs %s',
    async (selector, version) => {
      const { stdout, stderr } = await run(
        `import { @hello } from @alice/greet${selector}\nshow @hello("Bob")\n`,
      );
      expect(stdout.trim(), stderr).toBe(`Hello Bob from ${version}`);
    },
    120_000,
  );

  test('two modules in one program, one of them strict mlld', async () => {
    const { stdout, stderr } = await run(
      'import { @hello } from @alice/greet@1.2.0\nimport { @loud } from @alice/shout\nshow @loud(@hello("Bob"))\n',
    );
    expect(stdout.trim(), stderr).toBe('Hello Bob from 1.2.0! (2.0.0)');
  }, 120_000);

  test('its install command finds a module, without an ending in the address', async () => {
    const { project } = await run('show "nothing"\n');
    const before = asked.length;
    const { stdout, stderr } = await start(project, ['install', '@alice/greet']);
    expect(asked.slice(before), stdout + stderr).toContain('/m/alice/greet 200');
    expect(await readFile(project.join('mlld-lock.json'), 'utf8')).toContain('@alice/greet');
  }, 120_000);

  test('a module that is not there is an error that names it', async () => {
    const { stdout, stderr } = await run('import { @x } from @alice/absent\nshow @x\n');
    expect(stdout + stderr).toContain('alice/absent');
    expect(asked.some((one) => one.startsWith('/m/alice/absent') && one.endsWith(' 404'))).toBe(true);
  }, 120_000);
});
