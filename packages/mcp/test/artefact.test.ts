import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { McpServerJson, Sha256Hex } from '@mlld/format';
import { layout } from '@mlld/format';
import { strToU8, zipSync } from 'fflate';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleArtefact, bundleTree } from '../src/artefact/bundle.ts';
import { commandOf } from '../src/artefact/command.ts';
import { closureOf } from '../src/artefact/npm.ts';
import { untar, unzip } from '../src/artefact/tarball.ts';
import { archivePath } from '../src/artefact/tree.ts';
import { argumentsOf, environmentOf, headersOf, inputsOf, urlOf } from '../src/config/inputs.ts';
import { prepare } from '../src/prepare.ts';
import { codeOf, messageOf } from './codes.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mlld-artefact-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function failure(run: () => unknown): string {
  try {
    run();
    return 'nothing';
  } catch (error) {
    return codeOf(error);
  }
}

async function tarball(options: object, names: string[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of create({ cwd: folder, ...options }, names)) parts.push(part as Buffer);
  return gzipSync(Buffer.concat(parts));
}

describe('archives', () => {
  it('give their regular files', async () => {
    mkdirSync(path.join(folder, 'package/lib'), { recursive: true });
    writeFileSync(path.join(folder, 'package/lib/a.js'), 'a');
    const files = untar(await tarball({}, ['package']));
    expect([...files.keys()]).toEqual(['package/lib/a.js']);
  });

  it('with links, with ways out, or damaged are refused', async () => {
    mkdirSync(path.join(folder, 'linked'));
    symlinkSync('/etc/passwd', path.join(folder, 'linked/passwd'));
    const linked = await tarball({}, ['linked']);
    expect(failure(() => untar(linked))).toBe('BAD_PATH');
    const out = await tarball({ prefix: '..', preservePaths: true }, ['package/lib/a.js']);
    expect(failure(() => untar(out))).toBe('BAD_PATH');
    expect(failure(() => untar(Buffer.from('no gzip')))).toBe('TOO_LARGE');
    expect(failure(() => unzip(zipSync({ '../up.js': strToU8('x') })))).toBe('BAD_PATH');
    expect(failure(() => unzip(strToU8('no zip')))).toBe('BAD_SHAPE');
  });

  it.each(['', '/etc/passwd', 'a/../b', 'a//b', './a', 'a\\b', 'a\u0000b', '..'])('%j is no path', (name) => {
    expect(failure(() => archivePath(name))).toBe('BAD_PATH');
  });
});

describe('bundles', () => {
  const url = 'https://example.org/a.mcpb';
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as Sha256Hex;
  const zip = (server: object) =>
    zipSync({ 'manifest.json': strToU8(JSON.stringify({ server })), 'server.js': strToU8('1') });

  it('are taken by their hash, and started as their manifest says', async () => {
    const dirname = '$\u007b__dirname}';
    const config = {
      command: 'node',
      args: [`${dirname}/server.js`],
      env: { TOKEN: '$\u007buser_config.token}' },
    };
    const bytes = zip({ type: 'node', mcp_config: config });
    const sha256 = hash(bytes);
    const kept = path.join(folder, layout.blob(sha256));
    mkdirSync(path.dirname(kept), { recursive: true });
    writeFileSync(kept, bytes);
    const tree = await bundleTree({ url, sha256 }, { cacheDir: folder, offline: true });
    expect(bundleArtefact(tree, { url, sha256 })).toMatchObject({
      kind: 'mcpb',
      command: ['node', '{artefact}/server.js'],
    });
    writeFileSync(kept, zip({ type: 'node' }));
    const refused = await bundleTree({ url, sha256 }, { cacheDir: folder, offline: true }).catch(
      (e: unknown) => e,
    );
    expect(codeOf(refused)).toBe('OFFLINE');
    expect(failure(() => bundleArtefact(unzip(zip({ type: 'uv' })), { url, sha256 }))).toBe(
      'MCP_NOT_RUNNABLE',
    );
  });
});

describe('closures of npm', () => {
  const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
  const lock = (packages: object) =>
    JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } });
  it('have every package by its hash, without those of developers', () => {
    const text = lock({
      'node_modules/a': { version: '1.0.0', integrity },
      'node_modules/a/node_modules/@b/c': { version: '2.0.0', integrity },
      'node_modules/dev': { version: '1.0.0', integrity, dev: true },
    });
    expect(closureOf(text).map(({ name, path: place }) => [name, place])).toEqual([
      ['a', 'node_modules/a'],
      ['@b/c', 'node_modules/a/node_modules/@b/c'],
    ]);
  });
  it.each([
    { version: '1.0.0' },
    { version: '1.0.0', integrity: 'sha1-x' },
    { integrity },
    { version: '1.0.0', integrity, link: true },
  ])('with %j are refused', (one) => {
    expect(failure(() => closureOf(lock({ 'node_modules/a': one })))).toBe('BAD_SHAPE');
  });
});

describe('what is configured', () => {
  const server: McpServerJson = {
    name: 'a/b',
    description: 'x',
    version: '1.0.0',
    packages: [
      {
        registryType: 'mlld',
        identifier: '@a/b',
        version: '1.0.0',
        transport: { type: 'stdio' },
        packageArguments: [
          { type: 'named', name: '--level', default: 'low', choices: ['low', 'high'] },
          { type: 'named', name: '--root', value: '{base}/data', variables: { base: { isRequired: true } } },
          { type: 'positional', valueHint: 'folder', isRepeated: true },
        ],
        environmentVariables: [{ name: 'TOKEN', isSecret: true, isRequired: true }, { name: 'PLACE' }],
      },
    ],
    remotes: [
      {
        type: 'streamable-http',
        url: 'https://{tenant}.example.org/mcp',
        variables: { tenant: { isRequired: true } },
        headers: [{ name: 'x-level', value: 'high' }],
      },
    ],
  };
  const [pack] = server.packages!;
  const [remote] = server.remotes!;
  const given = (values: Record<string, string>) => (input: { name: string }) => values[input.name];

  it('becomes words, variables, headers and a URL; no shell reads it', () => {
    const values = given({ base: '/srv; rm -rf /', folder: 'a b\nc', TOKEN: 't', tenant: 'x/../y' });
    expect(argumentsOf(pack, values)).toEqual([
      '--level',
      'low',
      '--root',
      '/srv; rm -rf //data',
      'a b',
      'c',
    ]);
    expect(environmentOf(pack, values)).toEqual({ TOKEN: 't' });
    expect(headersOf(remote, values)).toEqual({ 'x-level': 'high' });
    expect(
      inputsOf(server, { kind: 'files', tree: '' as never, command: ['x'] }).map(({ name }) => name),
    ).toEqual(['level', 'base', 'folder', 'TOKEN', 'PLACE']);
    expect(urlOf(remote!, given({ tenant: 'acme' })).href).toBe('https://acme.example.org/mcp');
    expect(failure(() => urlOf(remote!, values))).toBe('BAD_CONFIG');
  });

  it('and does not fit, or is missing, is refused', () => {
    expect(failure(() => argumentsOf(pack, given({ level: 'middle', base: 'x' })))).toBe('BAD_CONFIG');
    expect(failure(() => argumentsOf(pack, given({})))).toBe('BAD_CONFIG');
    expect(failure(() => environmentOf(pack, given({})))).toBe('BAD_CONFIG');
  });
});

describe('what is only described', () => {
  it('says how people run it', async () => {
    const pypi = {
      registryType: 'pypi',
      identifier: 'weather-mcp',
      version: '1.0.0',
      transport: { type: 'stdio' as const },
      packageArguments: [{ type: 'named' as const, name: '--place' }],
    };
    expect(commandOf(pypi)).toEqual(['uvx', 'weather-mcp==1.0.0', '--place', '<place>']);
    const oci = {
      registryType: 'oci',
      identifier: 'ghcr.io/a/b:1',
      transport: { type: 'stdio' as const },
      environmentVariables: [{ name: 'TOKEN' }],
    };
    expect(commandOf(oci)).toEqual(['docker', 'run', '-i', '--rm', '-e', 'TOKEN', 'ghcr.io/a/b:1']);
    const described = {
      name: 'org.example/weather',
      description: 'Weather',
      version: '1.0.0',
      packages: [pypi],
    };
    const files = new Map([['server.json', Buffer.from(JSON.stringify(described))]]);
    const { manifest } = await prepare({ files, settings: {} }, { cacheDir: folder, env: {} });
    expect(manifest.artefact).toMatchObject({ kind: 'command', registryType: 'pypi' });
    for (const settings of [
      { run: ['python3', '-c', 'x'] },
      { run: 'node x' },
      { network: true },
      { folders: [{ path: '/etc', access: 'read' }] },
    ]) {
      const failed = await prepare(
        { files, settings: settings as never },
        { cacheDir: folder, env: {} },
      ).catch((e: unknown) => e);
      expect([settings, codeOf(failed)], messageOf(failed)).toEqual([settings, 'BAD_SHAPE']);
    }
  });
});
