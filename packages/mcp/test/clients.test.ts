// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what clients fill in themselves
/** Configuration of clients: what is written, what is never written, and that a file of somebody stays theirs. */
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { McpServerJson } from '@mlld/format';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { clients, type ExportInput, type ExportServer } from '../src/clients/client.ts';
import { fromServerJson } from '../src/clients/from-server-json.ts';
import { readJsonc, setMember } from '../src/clients/jsonc.ts';
import { merged, mergeInto } from '../src/clients/merge.ts';
import { entryFor, freshFile } from '../src/clients/write-entry.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mlld-clients-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const client = (id: string) => clients.find((one) => one.id === id)!;
const token: ExportInput = {
  name: 'API_TOKEN',
  description: 'A token',
  secret: true,
  required: true,
  preset: 's3cret-default',
};
const place: ExportInput = { name: 'PLACE', secret: false, required: false, preset: 'Oslo' };
const local: ExportServer = {
  name: 'weather',
  launch: {
    kind: 'stdio',
    command: 'mlld',
    args: [['mcp'], ['serve'], ['@alice/weather@1.0.0']],
    env: new Map([
      ['API_TOKEN', [token]],
      ['PLACE', [place]],
    ]),
  },
};
const remote: ExportServer = {
  name: 'far',
  launch: {
    kind: 'http',
    url: ['https://', place, '.example.org/mcp'],
    headers: new Map([['Authorization', ['Bearer ', token]]]),
  },
};

test('each client gets its own form, and no file holds a secret', () => {
  const forms = Object.fromEntries(
    clients.map((one) => [one.id, JSON.parse(freshFile(one, entryFor(one, local)))]),
  );
  const stdio = { command: 'mlld', args: ['mcp', 'serve', '@alice/weather@1.0.0'] };
  expect(forms).toEqual({
    'claude-desktop': { mcpServers: { weather: { ...stdio, env: { PLACE: 'Oslo' } } } },
    'claude-code': {
      mcpServers: {
        weather: { type: 'stdio', ...stdio, env: { API_TOKEN: '${API_TOKEN}', PLACE: '${PLACE:-Oslo}' } },
      },
    },
    vscode: {
      inputs: [
        { type: 'promptString', id: 'api-token', description: 'A token', password: true },
        { type: 'promptString', id: 'place', description: 'PLACE', default: 'Oslo', password: false },
      ],
      servers: {
        weather: {
          type: 'stdio',
          ...stdio,
          env: { API_TOKEN: '${input:api-token}', PLACE: '${input:place}' },
        },
      },
    },
    cursor: {
      mcpServers: { weather: { ...stdio, env: { API_TOKEN: '${env:API_TOKEN}', PLACE: '${env:PLACE}' } } },
    },
    windsurf: {
      mcpServers: { weather: { ...stdio, env: { API_TOKEN: '${env:API_TOKEN}', PLACE: '${env:PLACE}' } } },
    },
    zed: { context_servers: { weather: { ...stdio, env: { PLACE: 'Oslo' } } } },
    gemini: { mcpServers: { weather: { ...stdio, env: { API_TOKEN: '${API_TOKEN}', PLACE: '${PLACE}' } } } },
  });
  const secret = { ...token, preset: 's3cret-default' };
  for (const one of clients) {
    const entry = entryFor(one, {
      ...local,
      launch: { ...local.launch, env: new Map([['API_TOKEN', [secret]]]) } as ExportServer['launch'],
    });
    // What Claude Code reads as a default would be the secret in clear.
    expect([one.id, JSON.stringify(entry.entry).includes('s3cret')]).toEqual([one.id, false]);
  }
  expect(entryFor(client('zed'), local).missing.map(({ name }) => name)).toEqual(['API_TOKEN']);
  expect(entryFor(client('windsurf'), remote).entry).toEqual({
    serverUrl: 'https://${env:PLACE}.example.org/mcp',
    headers: { Authorization: 'Bearer ${env:API_TOKEN}' },
  });
  expect(() => entryFor(client('claude-desktop'), remote)).toThrow('takes no URL');
});

test('the server.json of a server becomes the words that it says, each one word', () => {
  const server = {
    name: 'io.github.alice/weather',
    description: 'Weather',
    version: '1.0.0',
    packages: [
      {
        registryType: 'npm',
        identifier: '@alice/weather',
        version: '1.0.0',
        transport: { type: 'stdio' },
        packageArguments: [
          {
            type: 'positional',
            valueHint: 'folder',
            isRequired: true,
            value: '{where}; rm -rf /',
            variables: { where: { value: '/data' } },
          },
          { type: 'named', name: '--unit', default: 'metric' },
          { type: 'named', name: '--debug' },
        ],
        environmentVariables: [{ name: 'API_TOKEN', isSecret: true, isRequired: true }],
      },
    ],
  } as unknown as McpServerJson;
  expect(entryFor(client('claude-code'), fromServerJson(server, 'weather')).entry).toEqual({
    type: 'stdio',
    command: 'npx',
    args: ['-y', '@alice/weather@1.0.0', '/data; rm -rf /', '--unit', '${unit:-metric}'],
    env: { API_TOKEN: '${API_TOKEN}' },
  });
  const oci = {
    ...server,
    packages: [
      {
        ...server.packages![0]!,
        registryType: 'oci',
        identifier: 'docker.io/alice/weather:1.0.0',
        packageArguments: [],
      },
    ],
  };
  expect(entryFor(client('cursor'), fromServerJson(oci, 'weather')).entry).toMatchObject({
    command: 'docker',
    args: ['run', '-i', '--rm', '-e', 'API_TOKEN', 'docker.io/alice/weather:1.0.0'],
  });
  expect(() => fromServerJson({ ...server, packages: [] }, 'x')).toThrow('no package or remote');
});

const commented = `{
  // my servers
  "inputs": [{ "id": "api-token", "type": "promptString" }],
  "servers": {
    "mine": { "command": "mine" }, // keep
  },
}
`;

test('a file keeps its comments, its order and its other servers; another server of that name stays', () => {
  const vscode = { client: client('vscode'), entry: entryFor(client('vscode'), local), where: 'mcp.json' };
  const { text, outcome } = merged(commented, vscode, {});
  expect(outcome).toBe('added');
  for (const line of ['  // my servers', '    "mine": { "command": "mine" }, // keep'])
    expect(text).toContain(line.replace(' // keep', ''));
  expect(text).toContain('// keep');
  const value = readJsonc(text, { where: 'x', comments: true }).value as {
    inputs: { id: string }[];
    servers: object;
  };
  expect(Object.keys(value.servers)).toEqual(['mine', 'weather']);
  expect(value.inputs.map(({ id }) => id)).toEqual(['api-token', 'place']);
  expect(merged(text, vscode, {})).toEqual({ text, outcome: 'unchanged' });
  const taken = { ...vscode, entry: { ...vscode.entry, name: 'mine' } };
  expect(() => merged(commented, taken, {})).toThrow("another server called 'mine'");
  expect(merged(commented, taken, { replace: true }).outcome).toBe('replaced');
  for (const broken of [
    '{"mcpServers": []}',
    '{"a": 1, "a": 2}',
    '{"mcpServers": {}} x',
    '{"mcpServers": {,}}',
    '// no comments here\n{}',
  ])
    expect(() => merged(broken, { ...vscode, client: client('cursor') }, {})).toThrow();
});

test('whatever stands in a file, one member is set and all else is as it was', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
      fc.string(),
      fc.jsonValue({ maxDepth: 2 }),
      fc.nat(4),
      (document, name, value, indent) => {
        fc.pre(name !== '__proto__' && !Object.hasOwn(document, '__proto__'));
        const text = setMember(JSON.stringify(document, null, indent), [name], {
          value,
          where: 'x',
          comments: false,
        });
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ ...document, [name]: value })));
      },
    ),
    { numRuns: 200 },
  );
});

test('files are written as a whole: new ones for their user alone, others with their mode, links followed', async () => {
  const spec = { client: client('cursor'), entry: entryFor(client('cursor'), local) };
  const fresh = path.join(folder, 'new/.cursor/mcp.json');
  expect(await mergeInto(fresh, spec)).toBe('created');
  expect(statSync(fresh).mode & 0o777).toBe(0o600);
  expect(await mergeInto(fresh, spec)).toBe('unchanged');
  const real = path.join(folder, 'real.json');
  writeFileSync(real, '{\n  "mcpServers": {}\n}\n');
  chmodSync(real, 0o640);
  symlinkSync(real, path.join(folder, 'link.json'));
  expect(await mergeInto(path.join(folder, 'link.json'), spec)).toBe('added');
  expect([
    statSync(real).mode & 0o777,
    Object.keys(JSON.parse(readFileSync(real, 'utf8')).mcpServers),
  ]).toEqual([0o640, ['weather']]);
  const many = path.join(folder, 'many.json');
  const all = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) =>
      mergeInto(many, { ...spec, entry: { ...spec.entry, name: `server-${i}` } }),
    ),
  );
  const there = Object.keys(JSON.parse(readFileSync(many, 'utf8')).mcpServers);
  // Whoever came in between is told so; nobody's file is half written.
  expect(there.length).toBeGreaterThan(0);
  expect(all.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(there.length);
  writeFileSync(real, '{"mcpServers": ');
  await expect(mergeInto(real, spec)).rejects.toMatchObject({ code: 'BAD_JSON' });
  expect(readFileSync(real, 'utf8')).toBe('{"mcpServers": ');
  expect(readdirSync(folder).filter((file) => file.endsWith('.tmp'))).toEqual([]);
});
