/**
 * The official `server.json` of an MCP server (schema 2025-12-11; docs/spec/mcp.md §2): its shape, and the rules of meaning that the
 * official registry adds. All that is wrong is told at once, each thing with its place.
 */
import { printable, RegistryError } from './errors.ts';
import { type Json, type JsonObject, parseJson } from './json.ts';
import { limits } from './limits.ts';
import { inspectServer } from './mcp-server-rules.ts';

export const serverSchema =
  'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json' as const;

/** A value that the user gives, or that stands fixed. */
export interface McpInput {
  readonly description?: string;
  readonly isRequired?: boolean;
  readonly format?: 'string' | 'number' | 'boolean' | 'filepath';
  readonly value?: string;
  readonly isSecret?: boolean;
  readonly default?: string;
  readonly placeholder?: string;
  readonly choices?: readonly string[];
  /** What `{names}` in `value` stand for. */
  readonly variables?: Readonly<Record<string, McpInput>>;
}

export interface McpNamedInput extends McpInput {
  readonly name: string;
}

export interface McpServerArgument extends McpInput {
  readonly type: 'positional' | 'named';
  /** Of a named one, with its dashes. */
  readonly name?: string;
  /** Of a positional one, what the user knows it by. */
  readonly valueHint?: string;
  readonly isRepeated?: boolean;
}

export interface McpTransport {
  readonly type: 'stdio' | 'streamable-http' | 'sse';
  readonly url?: string;
  readonly headers?: readonly McpNamedInput[];
  /** Of a remote: what `{names}` in its URL stand for. */
  readonly variables?: Readonly<Record<string, McpInput>>;
}

export interface McpPackage {
  /** `npm`, `pypi`, `oci`, `nuget`, `mcpb`; `mlld` for a server that is the module's own files. */
  readonly registryType: string;
  readonly identifier: string;
  readonly version?: string;
  readonly registryBaseUrl?: string;
  readonly fileSha256?: string;
  readonly runtimeHint?: string;
  readonly transport: McpTransport;
  readonly runtimeArguments?: readonly McpServerArgument[];
  readonly packageArguments?: readonly McpServerArgument[];
  readonly environmentVariables?: readonly McpNamedInput[];
}

export interface McpIcon {
  readonly src: string;
  readonly mimeType?: string;
  readonly sizes?: readonly string[];
  readonly theme?: 'light' | 'dark';
}

export interface McpServerJson {
  readonly $schema?: string;
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly version: string;
  readonly websiteUrl?: string;
  readonly repository?: {
    readonly url: string;
    readonly source: string;
    readonly id?: string;
    readonly subfolder?: string;
  };
  readonly icons?: readonly McpIcon[];
  readonly packages?: readonly McpPackage[];
  readonly remotes?: readonly McpTransport[];
  readonly _meta?: JsonObject;
}

/** One thing that is wrong, as the official API's `/validate` tells it. */
export interface McpServerIssue {
  readonly type: 'json' | 'schema' | 'semantic';
  /** `$.packages[0].version` */
  readonly path: string;
  readonly message: string;
}

/** All that is wrong with a `server.json`; nothing if it is good. Never throws. */
export function validateServerJson(value: Json): readonly McpServerIssue[] {
  return inspectServer(value).slice(0, 200);
}

/** Reads and checks a `server.json`. @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE */
export function parseServerJson(
  bytes: Uint8Array | string,
  { where = 'server.json' }: { readonly where?: string } = {},
): McpServerJson {
  const value = parseJson(bytes, { where, maxBytes: limits.mcpServerJsonBytes });
  const issues = validateServerJson(value);
  if (issues.length === 0) return value as unknown as McpServerJson;
  const [first, ...rest] = issues;
  const more = rest.length === 0 ? '' : ` (and ${rest.length} more)`;
  throw new RegistryError(
    'BAD_SHAPE',
    `${where}: ${first?.path}: ${printable(first?.message ?? '', 300)}${more}`,
    { hint: 'docs/spec/mcp.md §2 has the rules.', data: { issues } },
  );
}
