/** What the code of a module can reach for (docs/spec/scan.md §2). */
import { type McpManifest, mcpFiles, parseMcpManifest, printable } from '@mlld/format';
import { capabilities } from '@mlld/lang';
import { sourcesOf } from './scan-target.ts';

/** `kind:name` of each capability, sorted. What could not be read whole can do anything, and says so. */
export function capabilityNames(files: ReadonlyMap<string, Uint8Array>): string[] {
  const { needs, unread } = capabilities(sourcesOf(files));
  const names = needs.map(({ kind, name }) => `${kind}:${name}`);
  const server = files.get(mcpFiles.manifest);
  const offered = server === undefined ? [] : serverCapabilities(parseMcpManifest(server));
  return [...new Set([...names, ...unread.map((file) => `code:unread ${file}`), ...offered])].sort();
}

/**
 * An MCP server can do what it may, and what it offers: a definition that changed is another capability, and is asked about when the
 * server is updated (docs/spec/mcp.md §5.3).
 */
function serverCapabilities({ permissions, observed }: McpManifest): string[] {
  const { hosts, folders, environment, commands } = permissions;
  return [
    ...hosts.map((host) => `network:${host}`),
    ...folders.map(({ path, access }) => `${access}:${path}`),
    ...environment.map(({ name }) => `environment:${name}`),
    ...commands.map((command) => `command:${command}`),
    ...(observed?.definitions ?? []).map(
      ({ kind, name, sha256 }) => `mcp:${kind}/${printable(name, 200)}#${sha256.slice(0, 12)}`,
    ),
    ...(observed?.instructions === undefined ? [] : [`mcp:instructions#${observed.surface.slice(0, 12)}`]),
  ];
}
