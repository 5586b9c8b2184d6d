/** The reference servers of the protocol, from npm: locked with all that they need, unpacked by us, run and listed in a sandbox. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LockedMcp, McpFolder, McpServerJson } from '@mlld/format';
import { findSandbox } from '@mlld/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackedFolder } from '../src/artefact/unpack.ts';
import { assertSameForAll, observe } from '../src/observe.ts';
import { type Prepared, prepare } from '../src/prepare.ts';
import { endpointOfModule, listingOfModule, openServer, type ServerModule } from '../src/run/open.ts';
import { openSession, type Session } from '../src/run/session.ts';
import { endpointOf } from '../src/run/start.ts';
import { codeOf } from './codes.ts';
import { type NpmRegistry, npmRegistry } from './support/npm-registry.ts';

const noSandbox = findSandbox().tools === undefined;
const version = '2026.8.31';
let folder: string;
let registry: NpmRegistry;
const env = () => ({ PATH: process.env.PATH, HOME: folder, npm_config_cache: path.join(folder, 'npm') });
const source = (more = {}) => ({
  cacheDir: path.join(folder, 'cache'),
  env: env(),
  registry: registry.url,
  ...more,
});

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'mlld-reference-'));
  registry = await npmRegistry();
});
afterAll(async () => {
  await Promise.all(sessions.map((one) => one.close()));
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const sessions: Session[] = [];
const describedFiles = (server: object) => new Map([['server.json', Buffer.from(JSON.stringify(server))]]);
const described = (name: string, more: object = {}) => ({
  name: `io.github.modelcontextprotocol/${name}`,
  description: 'A reference server of the protocol',
  version,
  packages: [
    {
      registryType: 'npm',
      identifier: `@modelcontextprotocol/server-${name}`,
      version,
      transport: { type: 'stdio' },
      ...more,
    },
  ],
});

async function preparedServer(name: string) {
  const files = describedFiles(described(name));
  return { ...(await prepare({ files, settings: {} }, source())), files };
}

/** As installed here, not by our installer: that is tried with one of them, and takes its time. */
async function installed(
  name: string,
  { more = {}, folders = [], locked }: { more?: object; folders?: readonly McpFolder[]; locked: LockedMcp },
): Promise<Session> {
  const server = described(name, more) as McpServerJson;
  const endpoint = endpointOf({
    manifest: {
      artefact: {
        kind: 'npm',
        tree: '' as never,
        command: ['node', `{artefact}/node_modules/@modelcontextprotocol/server-${name}/dist/index.js`],
        packages: [],
      },
      permissions: { hosts: [], folders, environment: [], commands: [] },
    },
    server,
    locked,
    folder: path.resolve(import.meta.dirname, '../../..'),
    project: folder,
    env: {},
  });
  const observed = await observe(endpoint);
  const listing = { instructions: observed.instructions, definitions: observed.definitions };
  const session = openSession({
    name,
    endpoint: async () => endpoint,
    known: observed,
    approved: { listing, surface: observed.surface },
  });
  sessions.push(session);
  return session;
}

function moduleOf({
  manifest,
  server,
  files,
}: Prepared & { files: ReadonlyMap<string, Uint8Array> }): ServerModule {
  return { name: server.name, manifest, server, files };
}

function opened(module: ServerModule, locked: LockedMcp, project = folder): Session {
  const listing = listingOfModule(module.name, module.manifest);
  const surface = module.manifest.observed!.surface;
  const approved = { listing, surface };
  const session = openServer(module, { locked, project, source: source({ offline: true }), approved });
  sessions.push(session);
  return session;
}

describe.skipIf(noSandbox)('the reference servers', () => {
  it('memory: locked by npm, unpacked without it, and offline ever after', async () => {
    const prepared = await preparedServer('memory');
    const { artefact } = prepared.manifest;
    if (artefact.kind !== 'npm') throw new Error('wanted npm');
    expect(artefact.packages.length).toBeGreaterThan(50);
    expect(artefact.packages.every(({ sha512 }) => /^[0-9a-f]{128}$/.test(sha512))).toBe(true);
    expect(artefact.command).toEqual([
      'node',
      '{artefact}/node_modules/@modelcontextprotocol/server-memory/dist/index.js',
    ]);
    const asked = registry.asked.length;

    const locked = { granted: [], config: new Map() };
    const endpoint = await endpointOfModule(moduleOf(prepared), {
      locked,
      project: folder,
      source: source(),
    });
    const observed = await observe(endpoint);
    await assertSameForAll(endpoint, observed);
    expect(observed.definitions.filter(({ kind }) => kind === 'tool')).toHaveLength(9);
    expect(observed.era).toBe('legacy');

    const session = opened({ ...moduleOf(prepared), manifest: { ...prepared.manifest, observed } }, locked);
    // Its own folder can't be written to, and it was granted no other.
    const made = await session.call('create_entities', { entities: [] });
    expect(made.isError).toBe(true);
    expect(await session.call('read_graph', {})).toMatchObject({
      structuredContent: { entities: [], relations: [] },
    });
    expect(registry.asked.length).toBe(asked);

    // The closure that is locked stays, though npm is not there to be asked.
    const again = await prepare(
      { files: prepared.files, settings: {} },
      source({ env: { ...env(), PATH: '/nowhere' }, offline: true }),
      prepared.manifest,
    );
    expect(again.manifest).toEqual(prepared.manifest);

    // One changed byte in the cache: found before the next start, and mended from the tarballs.
    const place = await unpackedFolder(artefact, prepared.files, source({ offline: true }));
    const file = path.join(place!, 'node_modules/@modelcontextprotocol/server-memory/dist/index.js');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, `${good}\nfetch("https://evil.example.org");`);
    await unpackedFolder(artefact, prepared.files, source({ offline: true }));
    expect(readFileSync(file, 'utf8')).toBe(good);

    // A tarball of other bytes is not taken.
    const lied = {
      ...artefact,
      packages: artefact.packages.map((one) => ({ ...one, sha512: '0'.repeat(128) })),
    };
    const fresh = source({ cacheDir: path.join(folder, 'other') });
    const refused = await unpackedFolder(lied, prepared.files, fresh).catch((error: unknown) => error);
    expect(codeOf(refused)).toBe('HASH_MISMATCH');
    const offline = await unpackedFolder(artefact, prepared.files, {
      ...fresh,
      offline: true,
      env: {},
    }).catch((error: unknown) => error);
    expect(codeOf(offline)).toBe('OFFLINE');
  }, 60_000);

  it('filesystem: sees the folders that were granted, and no others', async () => {
    const data = path.join(folder, 'data');
    mkdirSync(data);
    writeFileSync(path.join(data, 'a.txt'), 'granted');
    writeFileSync(path.join(folder, 'secret.txt'), 'not granted');
    const session = await installed('filesystem', {
      more: {
        packageArguments: [
          { type: 'positional', valueHint: 'folder', isRequired: true, isRepeated: true, format: 'filepath' },
        ],
      },
      folders: [{ path: '{folder}', access: 'read' }],
      locked: { granted: ['read:{folder}'], config: new Map([['folder', data]]) },
    });
    const read = (name: string) => session.call('read_text_file', { path: name });
    expect(await read(path.join(data, 'a.txt'))).toMatchObject({ structuredContent: { content: 'granted' } });
    expect((await read(path.join(folder, 'secret.txt'))).isError).toBe(true);
    const wrote = await session.call('write_file', { path: path.join(data, 'b.txt'), content: 'x' });
    expect(wrote.isError).toBe(true);
    expect(existsSync(path.join(data, 'b.txt'))).toBe(false);
  });

  it('everything: prompts, resources, structured output, progress', async () => {
    const session = await installed('everything', { locked: { granted: [], config: new Map() } });
    const { definitions } = await session.listing();
    expect(definitions.filter(({ kind }) => kind === 'tool')).toHaveLength(13);
    expect(await session.call('echo', { message: 'hi' })).toMatchObject({
      content: [{ type: 'text', text: 'Echo: hi' }],
    });
    expect(
      (await session.call('get-structured-content', { location: 'New York' })).structuredContent,
    ).toMatchObject({ temperature: expect.any(Number) });
    const seen: number[] = [];
    await session.call(
      'trigger-long-running-operation',
      { duration: 0.2, steps: 4 },
      { onProgress: ({ progress }) => seen.push(progress) },
    );
    expect(seen.slice(0, 2)).toEqual([1, 2]);
    const { messages } = await session.prompt('simple-prompt', {});
    expect(messages.length).toBeGreaterThan(0);
    const templates = definitions.filter(({ kind }) => kind === 'template');
    expect(templates.length).toBeGreaterThan(0);
    const { contents } = await session.resource('demo://resource/dynamic/text/1');
    expect(contents[0]).toMatchObject({ uri: 'demo://resource/dynamic/text/1' });
    await session.close();
    expect(codeOf(await session.call('echo', { message: 'x' }).catch((error: unknown) => error))).toBe(
      'MCP_SERVER_FAILED',
    );
  });
});
