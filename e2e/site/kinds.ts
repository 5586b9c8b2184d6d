/** Modules of the other kinds for the site's tests: a theme and a template of the showcase, an MCP server, and a collection of them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeMcpManifest, type ModuleKind, type Sha256Hex } from '@mlld/format';
import {
  type Files,
  keysetFiles,
  merge,
  metadataFile,
  sha256,
} from '../../packages/builder/test/registry.ts';
import { say } from '../../packages/builder/test/said.ts';
import { moduleFiles, payloads, type Sources } from './registry.ts';

/** All files of a module of the showcase, its entry first. */
function textsOf(author: string, short: string, entry: string): Record<string, string> {
  const root = fileURLToPath(new URL(`../../showcase/${author}/${short}`, import.meta.url));
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => path.relative(root, path.join(one.parentPath, one.name)))
    .sort();
  return Object.fromEntries(
    [entry, ...names.filter((one) => one !== entry)].map((file) => [file, read(file)]),
  );
}

const mcp = () =>
  encodeMcpManifest({
    v: 1,
    server: sha256('{}'),
    artefact: {
      kind: 'files',
      tree: sha256('tree') as Sha256Hex,
      command: ['node', '{artefact}/server.mjs'],
    },
    permissions: {
      hosts: ['api.example.org'],
      folders: [{ path: 'project', access: 'read' }],
      environment: [{ name: 'TEA_TOKEN', secret: true, required: true }],
      commands: [],
    },
    observed: {
      profile: 'mlld',
      era: 'legacy',
      protocolVersion: '2025-06-18',
      implementation: { name: 'tea', version: '1.0.0' },
      startMs: 80,
      capabilities: {},
      definitions: [
        {
          kind: 'tool',
          name: 'brew_tea',
          sha256: sha256('definition') as Sha256Hex,
          definition: {
            name: 'brew_tea',
            description: `Brews tea ${payloads[0]}`,
            inputSchema: { type: 'object', properties: { cups: { type: 'number' } } },
          },
        },
      ],
      surface: sha256('surface') as Sha256Hex,
    },
  });

export function kindFiles(sources: Sources): Files {
  const module = (name: string, kind: ModuleKind, texts: Record<string, string>) =>
    merge(
      metadataFile(name, [name.slice(1).split('/')[0] ?? '']),
      moduleFiles(
        { name, version: '1.0.0', minute: 7, texts, change: { kind, needs: [], keywords: ['text'] } },
        sources,
      ),
    );
  return merge(
    ...['themes', 'templates', 'tools'].map((author) => keysetFiles(author)),
    module('@themes/harbour', 'theme', textsOf('themes', 'harbour', 'theme.json')),
    module('@templates/api-docs', 'template', textsOf('templates', 'api-docs', 'template.yml')),
    module('@tools/tea', 'mcp-server', {
      'mcp.json': mcp(),
      'module.yml': 'funding: https://example.org/give\n',
    }),
    say({
      type: 'collection',
      by: 'carol',
      slug: 'tea',
      title: 'For tea',
      about: `What a tea house needs ${payloads[1]}`,
      modules: [
        { name: '@tools/tea', reason: `Brews it ${payloads[0]}` },
        { name: '@themes/harbour', reason: 'Calm' },
      ],
    }),
  );
}
