/** Packages that start a service: the module as an MCP server, and over HTTP with its OpenAPI document. */

import { packageName } from '../names.ts';
import { openApi } from '../openapi.ts';
import { readme } from './readme.ts';
import { bundleFile, type PackageFiles, type TargetInput } from './target.ts';

export function mcpPackage(input: TargetInput): PackageFiles {
  const { module, bundle } = input;
  const own = packageName(module.name);
  const name = `${own}-mcp`;
  const description = module.about ?? `The mlld module ${module.name}`;
  const [author = '', short = ''] = module.name.slice(1).split('/');
  const server = {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-09-29/server.schema.json',
    name: `io.github.${author}/${short}`,
    description: description.slice(0, 100),
    version: module.version,
    packages: [
      { registryType: 'npm', identifier: name, version: module.version, transport: { type: 'stdio' } },
    ],
  };
  const config = { mcpServers: { [own]: { command: 'node', args: ['server.mjs'] } } };
  const usage = `Offers each function as a tool over stdio. \`.mcp.json\` tells an assistant in this folder; elsewhere its command is
\`node …/server.mjs\`. \`server.json\` describes it to an MCP registry.`;
  const grant = 'add `--grant need` behind `server.mjs` in the configuration of the assistant';
  return new Map([
    ['package.json', manifest(input, { name, bin: true })],
    ['server.json', json(server)],
    ['.mcp.json', json(config)],
    ['server.mjs', startSource(input, "'--mcp'")],
    [bundleFile, bundle],
    ['README.md', readme(input, { title: name, usage, grant })],
  ]);
}

export function openApiPackage(input: TargetInput): PackageFiles {
  const { module, bundle } = input;
  const name = `${packageName(module.name)}-http`;
  const usage = `\`openapi.json\` describes the service: one path a function. \`node server.mjs --port 8080\` starts it on 127.0.0.1, and tells its
address; without \`--port\` on any free port.

\`\`\`sh
curl -H 'content-type: application/json' -d '{}' http://127.0.0.1:8080/${module.functions[0]?.name ?? ''}
\`\`\``;
  return new Map([
    ['package.json', manifest(input, { name, bin: false })],
    ['openapi.json', json(openApi(module))],
    ['server.mjs', startSource(input, "'--http'")],
    [bundleFile, bundle],
    ['README.md', readme(input, { title: name, usage, grant: '`node server.mjs --grant need`' })],
  ]);
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

function manifest({ module }: TargetInput, { name, bin }: { name: string; bin: boolean }): string {
  return json({
    name,
    version: module.version,
    description: module.about ?? `The mlld module ${module.name}`,
    type: 'module',
    ...(bin ? { bin: { [name]: './server.mjs' } } : {}),
    scripts: { start: 'node server.mjs' },
    engines: { node: '>=20.19' },
  });
}

function startSource({ module, bundleDigest }: TargetInput, mode: string): string {
  return `#!/usr/bin/env node
// Made with mlld export from ${module.name} ${module.version}.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = process.env.MLLD_COMMAND ?? 'mlld';
const isScript = /\\.[cm]?js$/.test(command);
const bundle = fileURLToPath(new URL('./${bundleFile}', import.meta.url));
const words = ['call', ${mode}, '--digest', 'sha256:${bundleDigest}', ...process.argv.slice(2), bundle];
const child = spawn(isScript ? process.execPath : command, isScript ? [command, ...words] : words, { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('error', (cause) => {
  console.error(\`can't start \${command}: \${cause.message}\`);
  process.exitCode = 1;
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
`;
}
