/** What a server may do, as words that are shown, granted and kept in the lock file (docs/spec/mcp.md §5). */
import type { LockedMcp, McpFolder, McpPermissions } from '@mlld/format';
import { printable, RegistryError } from '@mlld/format';

/** `host:api.example.org`, `read:project`, `write:{folder}`, `env:NAME`, `command:git`; sorted. */
export function permissionWords({ hosts, folders, environment, commands }: McpPermissions): string[] {
  return [
    ...hosts.map((host) => `host:${host}`),
    ...folders.map(folderWord),
    ...environment.map(({ name }) => `env:${name}`),
    ...commands.map((command) => `command:${command}`),
  ].sort();
}

export const folderWord = ({ path, access }: McpFolder): string => `${access}:${path}`;

/** What each word means, for the question. */
export function describePermission(word: string, { environment }: McpPermissions): string {
  const at = word.indexOf(':');
  const [kind, rest] = [word.slice(0, at), printable(word.slice(at + 1), 200)];
  const secret = environment.some((one) => one.secret && `env:${one.name}` === word);
  const texts: Readonly<Record<string, string>> = {
    host: `connect to ${rest}`,
    read: rest === 'project' ? "read this project's folder" : `read the folder ${rest}`,
    write:
      rest === 'project' ? "read and change this project's folder" : `read and change the folder ${rest}`,
    env: `know ${secret ? 'the secret ' : ''}${rest} of your environment`,
    command: `start ${rest}`,
  };
  return texts[kind] ?? word;
}

/** @throws RegistryError MCP_NOT_APPROVED for permissions that nobody granted */
export function assertGranted(name: string, permissions: McpPermissions, locked: LockedMcp): void {
  const optional = new Set(
    permissions.environment.filter((one) => !one.required).map((one) => `env:${one.name}`),
  );
  const missing = permissionWords(permissions).filter(
    (word) => !locked.granted.includes(word) && !optional.has(word),
  );
  if (missing.length === 0) return;
  throw new RegistryError(
    'MCP_NOT_APPROVED',
    `${name} wants what you have not granted: ${missing.map((word) => describePermission(word, permissions)).join('; ')}`,
    { hint: `Look at it and decide: mlld mcp install ${name.replace(/@[^@]*$/, '')}`, data: { missing } },
  );
}
