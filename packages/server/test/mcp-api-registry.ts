/** A registry of MCP servers for the tests of its API: modules of its own, servers that were taken over, and one that can't be read. */
import { contentDigest, encodeImportedServer, layout, type McpServerEntry, type Release } from '@mlld/format';
import {
  changeFiles,
  type Files,
  keysetFiles,
  merge,
  metadataFile,
  minute,
  registryFile,
  releaseFiles,
  sha256,
} from '../../builder/test/registry.ts';

export const official = 'io.modelcontextprotocol.registry/official';
/** Contents of sources, by URL. */
export const texts = new Map<string, string>();

export const serverJson = (name: string, version: string, more: object = {}) => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name,
  description: 'Tells </script> the weather',
  version,
  remotes: [{ type: 'streamable-http', url: 'https://api.example.org/mcp' }],
  ...more,
});

/** A release of a module of the kind mcp-server, whose files a source gives. */
export function server(name: string, version: string, declared: string, at: number): Files {
  const author = name.slice(1, name.indexOf('/'));
  const base = `https://example.org/${author}/${'a'.repeat(40)}/${name.slice(name.indexOf('/') + 1)}-${version}/`;
  const contents = {
    'mcp.json': '{"v":1}\n',
    'server.json': `${JSON.stringify(serverJson(declared, version))}\n`,
  };
  const files = Object.entries(contents).map(([file, text]) => {
    texts.set(base + file, text);
    return { path: file, size: Buffer.byteLength(text), sha256: sha256(text) };
  });
  const change = (one: Release) => ({
    ...one,
    kind: 'mcp-server',
    files,
    digest: contentDigest(files, sha256),
    entry: 'mcp.json',
    sources: [base],
    exports: [],
    source: {
      type: 'url',
      url: `${base}mcp.json`,
      contentHash: files[0]!.sha256,
      ...(name === '@alice/weather'
        ? { repository: { type: 'git', url: 'https://github.com/alice/weather', commit: 'b'.repeat(40) } }
        : {}),
    },
  });
  return releaseFiles({ name, version, minute: at, change });
}

export const entry = (name: string, version: string, more: object = {}): McpServerEntry =>
  ({
    server: serverJson(name, version),
    _meta: {
      [official]: {
        status: 'active',
        statusChangedAt: minute(100),
        publishedAt: minute(100),
        updatedAt: minute(100),
        isLatest: true,
        ...more,
      },
    },
  }) as unknown as McpServerEntry;

export function imported(name: string, versions = [entry(name, '1.0.0')]): Files {
  const origin = { registry: 'https://upstream.example.org', importedAt: minute(200) };
  return new Map([
    [
      layout.mcpImported('upstream.example.org', name),
      encodeImportedServer({ v: 1, name, origin, versions }),
    ],
  ]);
}

export const numbers = Array.from(
  { length: 120 },
  (_, i) => `org.example.many/server-${String(i).padStart(3, '0')}`,
);

export function mcpRegistry(): Files {
  return merge(
    new Map([registryFile({ fileSources: true })]),
    keysetFiles('alice'),
    keysetFiles('bob'),
    metadataFile('@alice/weather', ['alice']),
    server('@alice/weather', '0.9.0', 'io.github.alice/weather', 1),
    server('@alice/weather', '1.0.0', 'io.github.alice/weather', 2),
    server('@alice/weather', '1.1.0', 'io.github.alice/weather', 3),
    changeFiles('@alice/weather', 1, {
      type: 'yank',
      version: '0.9.0',
      yanked: true,
      reason: 'leaks',
      minute: 50,
    }),
    metadataFile('@alice/old', ['alice']),
    server('@alice/old', '1.0.0', 'io.github.alice/old', 4),
    changeFiles('@alice/old', 1, { type: 'deprecate', message: 'Use weather', minute: 60 }),
    metadataFile('@bob/evil', ['bob']),
    server('@bob/evil', '1.0.0', 'io.github.alice/claimed', 5),
    imported('io.github.alice/weather'),
    imported('org.example/nul', [
      entry('org.example/nul', '2024/05'),
      entry('org.example/nul', 'old', { isLatest: false }),
    ]),
    new Map([['mcp/upstream.example.org/org.example/broken.json', '{"v":1}']]),
    ...numbers.map((name) => imported(name)),
  );
}
