/** What the quality score knows of an MCP server's tools (docs/spec/quality.md §1). */
import { expect, test } from 'vitest';
import { encodeMcpManifest, mcpTools, type Sha256Hex } from '../src/index.ts';

const sha256 = 'a'.repeat(64) as Sha256Hex;

function definition(name: string, more: Record<string, string>) {
  return { kind: 'tool', name, sha256, definition: { name, ...more } } as const;
}

const manifest = encodeMcpManifest({
  v: 1,
  server: sha256,
  artefact: { kind: 'files', tree: sha256, command: ['python3', '{artefact}/server.py'] },
  permissions: { hosts: [], folders: [], environment: [], commands: [] },
  observed: {
    profile: 'mlld-1',
    era: 'legacy',
    protocolVersion: '2025-06-18',
    implementation: { name: 'tea', version: '1.0.0' },
    startMs: 1,
    capabilities: {},
    definitions: [
      definition('brew', { description: 'Brews' }),
      definition('pour', {}),
      { ...definition('ask', {}), kind: 'prompt' },
    ],
    surface: sha256,
  },
});

test('tools are those that were listed, tested where a case calls them', () => {
  const tests = '{"cases":[{"name":"a","tool":"pour"},{"name":"b","prompt":"ask"},null,7]}';
  expect(
    mcpTools(
      new Map([
        ['mcp.json', manifest],
        ['mcp.test.json', tests],
      ]),
    ),
  ).toEqual([
    { name: 'brew', isDocumented: true, isTested: false },
    { name: 'pour', isDocumented: false, isTested: true },
  ]);
});

test.each(['', '{', 'null', '[]', '{"cases":{}}', '{"cases":null}'])('tests %j test nothing', (tests) => {
  const found = mcpTools(
    new Map([
      ['mcp.json', manifest],
      ['mcp.test.json', tests],
    ]),
  );
  expect(found.map(({ isTested }) => isTested)).toEqual([false, false]);
});

test.each(['', '{', 'null', '{"v":2}'])('a manifest %j lists no tool', (text) => {
  expect(mcpTools(new Map([['mcp.json', text]]))).toEqual([]);
});
